"""The request form's fields in JupyterLab: where ids come from, what is offered, what is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from opened import OpenedInLab, expect
from request_form import CELLS, button, control, look_at, offered, read, tick, words


def _upload(opened: OpenedInLab, path: Path, column: str) -> None:
    """Choose a file by the button, then a column of it."""
    with opened.page.expect_file_chooser() as choosing:
        opened.shown.get_by_role("button", name=re.compile(r"Ids from a file")).click()
    choosing.value.set_files(path)
    expect(words(opened, "reading")).to_contain_text(f"{path.name}: choose the column")
    control(opened, "Column of the file").select_option(column)
    look_at(opened, control(opened, "Column of the file"), f"file-{path.suffix[1:]}")
    button(opened, "Add this column").click()


def _files(ids: list[str], folder: Path) -> dict[Path, str]:
    """Write 10, 20 and 30 ids as CSV, Parquet and JSONL; give the column of each."""
    frames = [pd.DataFrame({"when": "2026", "post": ids[at : at + n], "likes": 3})
              for at, n in ((0, 10), (10, 20), (30, 30))]  # fmt: skip
    paths = [folder / f"ids.{ending}" for ending in ("csv", "parquet", "jsonl")]
    frames[0].to_csv(paths[0], index=False)
    frames[1].to_parquet(paths[1])
    frames[2].to_json(paths[2], orient="records", lines=True)
    return dict.fromkeys(paths, "post")


def test_ids_of_files_and_frames_are_kept_with_all_else(
    open_in_lab: Callable[..., OpenedInLab], tmp_path: Path
) -> None:
    """Ids of three kinds of file and a data frame count, and come back after a restart."""
    opened = open_in_lab(CELLS)
    counts = words(opened, "counts")
    ids = read(opened, "ek.sample_ids(client, 80)")
    for many, (path, column) in zip((10, 30, 60), _files(ids, tmp_path).items(), strict=True):
        _upload(opened, path, column)
        expect(counts).to_contain_text(f"{many} tweets; created")
    assert opened.run(f"form.query.tweet_ids == tuple({ids[:60]})") == "True"
    opened.run("mine = pd.DataFrame({'n': 1, 'tweet': ek.sample_ids(client, 80)[50:]})")
    button(opened, "Look for data frames").click()
    control(opened, "Ids from a data frame").select_option("mine")
    control(opened, "Column of the frame").select_option("tweet")
    look_at(opened, control(opened, "Column of the frame"), "frame")
    button(opened, "Add these").click()
    expect(counts).to_contain_text("80 tweets; created")
    expect(counts).to_contain_text("10 repeats left out")
    expect(words(opened, "loaded")).to_contain_text("30 tweets from mine['tweet']")

    control(opened, "Endpoint").select_option("28hr: the last 28 hours, by hour")
    opened.shown.get_by_role("radio", name="Hour of day").check()
    tick(opened, "hashtag_clicks").check()
    control(opened, "At most so many requests (0: no limit)").fill("9")
    control(opened, "Tweet ids").fill(f"{ids[0]}\nbanana")
    expect(counts).to_contain_text("1 that is no id")
    control(opened, "Tweet ids").fill(ids[0])
    expect(words(opened, "price")).to_contain_text("4 requests")
    opened.becomes("form.seen.draft.max_requests", "9")
    query = read(opened, "form.query.to_dict()")
    assert (opened.folder / ".engagement_kit" / "notebook_0.request_form.json").exists()
    opened.restart()
    expect(counts).to_contain_text("80 tweets; created")
    expect(control(opened, "Tweet ids")).to_have_value(ids[0])
    expect(control(opened, "Endpoint")).to_have_value("28hr: the last 28 hours, by hour")
    expect(opened.shown.get_by_role("radio", name="Hour of day")).to_be_checked()
    expect(tick(opened, "hashtag_clicks")).to_be_checked()
    expect(control(opened, "At most so many requests (0: no limit)")).to_have_value("9")
    assert read(opened, "form.query.to_dict()") == query
    opened.screenshot("restarted")
    _text_says_the_same(opened)


def _text_says_the_same(opened: OpenedInLab) -> None:
    """See that the cell's text, for front ends without widgets, holds endpoint, price and code."""
    (text,) = ["".join(one["data"]["text/plain"]) for one in opened.outputs() if "data" in one]
    assert "endpoint: 28hr" in text
    assert f"price: {opened.run('print(form.price)')}" in text
    assert opened.run("print(form.code)") in text


def test_only_lawful_steps_are_offered(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """The builder offers what may follow, metrics are greyed with a reason, by endpoint."""
    opened = open_in_lab(CELLS)
    button(opened, "Take 25 sample tweets of the emulator").click()
    expect(words(opened, "counts")).to_contain_text("25 tweets")
    reason = opened.shown.get_by_text("Not to be had: offered on 28hr and historical.")
    expect(tick(opened, "url_clicks")).to_be_disabled()
    expect(tick(opened, "video_views")).to_be_enabled()
    expect(reason).to_have_count(11)
    opened.shown.get_by_role("radio", name="Custom groupings").check()
    assert offered(opened, "Grouping 1 by") == ["—", "tweet", "metric"]
    look_at(opened, words(opened, "shape-problems"), "totals")

    control(opened, "Endpoint").select_option("historical: any period, by day or hour")
    expect(tick(opened, "url_clicks")).to_be_enabled()
    expect(tick(opened, "quote_tweets")).to_be_disabled()
    expect(reason).to_have_count(0)
    expect(opened.shown.get_by_text("Not to be had: offered on totals.")).to_have_count(1)
    look_at(opened, tick(opened, "quote_tweets"), "greyed")
    chosen = {"by": "tweet", "then by": "metric", "and by": "day"}
    for step, level in chosen.items():
        box = control(opened, f"Grouping 1 {step}")
        expect(box).to_be_visible()
        lawful = read(
            opened,
            """list(__import__('engagement_kit.question.rules', fromlist=['r'])
            .next_levels(form.seen.draft.slots[0][1], form.seen.draft.rules))""",
        )
        assert len(offered(opened, f"Grouping 1 {step}")) == 1 + len(lawful)
        box.select_option(level)
    preview = words(opened, "preview")
    expect(preview).to_contain_text("grouping_1: one row per tweet, metric and day")
    expect(preview.get_by_role("columnheader").first).to_have_text("tweet_id")
    control(opened, "Name of grouping 1").fill("mine")
    expect(preview).to_contain_text("mine: one row per")
    control(opened, "Grouping 2 by").select_option("metric")
    expect(preview).to_contain_text("grouping_2: one row per metric, summed over all tweets")
    look_at(opened, preview, "builder")
    levels = [["tweet.id", "engagement.type", "engagement.day"], ["engagement.type"]]
    asked = json.dumps(dict(zip(("mine", "grouping_2"), levels, strict=True)), sort_keys=True)
    opened.becomes(
        "print(json.dumps({n: list(g) for n, g in form.query.groupings}, sort_keys=True))", asked
    )
