"""The request form in JupyterLab, on a real kernel and the emulator: what a person does there."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
from opened import OpenedInLab, expect
from request_form import (
    CELLS,
    CONNECT,
    button,
    control,
    copied,
    look_at,
    paste,
    read,
    tick,
    words,
)

WANTED = """ek.Query(
    "historical", ek.sample_ids(client, 250), ["impressions", "url_clicks"], by="day",
    period=ek.between("2026-05-05", "2026-05-31"),
)"""
# Three calls one after the other that take longer than three of the form's.
OTHER_WORK = """
with ek.connect("emulator", faults=[Fault("slow", seconds=0.5)], threads=1) as other:
    rows = len(other.totals(ek.sample_ids(other, 751), ["favorites"]))
print(rows)
"""


def _fill_in(opened: OpenedInLab) -> None:
    """Fill in the question `WANTED`, from an empty form."""
    shown = opened.shown
    ids = read(opened, "ek.sample_ids(client, 250)")
    control(opened, "Endpoint").select_option("historical: any period, by day or hour")
    url = f"https://x.com/acme/status/{ids[1]}?s=20"
    paste(opened, "Tweet ids", "\n".join([ids[0], url, ids[0], "banana", *ids[2:]]))
    expect(words(opened, "counts")).to_contain_text("250 tweets; created")
    expect(words(opened, "counts")).to_contain_text("1 repeat left out · 1 that is no id")
    problem = words(opened, "counts").get_by_role("alert")
    expect(problem).to_contain_text("'banana'")
    expect(words(opened, "price")).to_have_text("not ready: see tweets")
    opened.screenshot("1-junk")
    button(opened, "Leave out what is no id").click()
    expect(problem).to_have_count(0)
    expect(control(opened, "Tweet ids")).to_have_value("\n".join(ids))
    expect(button(opened, "Leave out what is no id")).to_be_hidden()
    shown.get_by_role("radio", name="Daily").check()
    tick(opened, "engagements").uncheck()
    tick(opened, "url_clicks").check()
    shown.get_by_role("radio", name="From a moment up to another").check()
    expect(words(opened, "period-words")).to_contain_text("not whole yet")
    look_at(opened, words(opened, "period-words"), "2-no-days-yet")
    for label, day in {"Start day": "2026-05-05", "End day": "2026-05-31"}.items():
        control(opened, label).fill(day)
        control(opened, label).press("Tab")
    said = words(opened, "period-words")
    control(opened, "Start hour").select_option("06:00 UTC")
    expect(said).to_contain_text("From 2026-05-05 06:00 up to 2026-05-31 00:00 UTC")
    expect(said.get_by_role("alert")).to_contain_text("a daily table counts whole UTC days")
    look_at(opened, said, "3-no-whole-days")
    control(opened, "Start hour").select_option("00:00 UTC")
    expect(said.get_by_role("alert")).to_have_count(0)


def _see_the_price(opened: OpenedInLab) -> None:
    """See that the price line says what the plan of the kernel says."""
    opened.becomes(f"form.query == {WANTED}", "True")
    assert opened.run("client.plan(form.query).price == form.plan.price") == "True"
    left, rows, stored, numbers = read(
        opened, "[getattr(form.plan.price, n) for n in 'left rows stored numbers'.split()]"
    )
    line = words(opened, "price").get_by_role("status")
    expect(line).to_contain_text(f"{left} requests · ")
    expect(line).to_contain_text(
        f"about {rows:,} rows · {stored} of {numbers:,} numbers stored already"
    )
    assert left == 10
    expect(words(opened, "plan")).to_contain_text("historical, 250 tweets")
    look_at(opened, words(opened, "price"), "4-price")


def _pause_and_resume(opened: OpenedInLab) -> None:
    """While it is paused nothing is sent, and the notebook works."""
    opened.run("client.emulator.faults.add(Fault('slow', seconds=0.4))")
    status = words(opened, "run-status")
    button(opened, "Run").click()
    expect(status).to_contain_text(re.compile(r"^running: [1-9] of 10 requests"))
    expect(button(opened, "Run")).to_be_disabled()
    button(opened, "Pause").click()
    expect(status).to_contain_text(re.compile(r"^paused: [1-9] of 10 requests"))
    look_at(opened, status, "5-paused")
    served = int(opened.run("client.emulator.requests_served"))
    assert opened.run(OTHER_WORK) == "751"
    assert int(opened.run("client.emulator.requests_served")) <= served + 1  # it was under way
    expect(status).to_contain_text("paused")
    opened.run("client.emulator.faults.clear()")
    button(opened, "Resume").click()
    expect(status).to_contain_text("done: 10 of 10 requests")
    expect(button(opened, "Pause")).to_be_disabled()
    assert opened.run("client.emulator.requests_served") == "10"


def _see_the_result(opened: OpenedInLab) -> None:
    """Rows and plot are seen, and the file holds what the result holds."""
    expect(words(opened, "rows")).to_contain_text("EMULATOR: invented data")
    plot = words(opened, "plot").get_by_role("img")
    assert plot.evaluate("one => one.decode().then(() => one.naturalWidth)") > 400
    assert str(plot.get_attribute("alt")).startswith("Plot: ")
    look_at(opened, plot, "6-result")
    control(opened, "Plot").select_option(label="top tweets")
    expect(plot).to_have_attribute("alt", re.compile("^Plot: top "))
    look_at(opened, plot, "6-top")
    name = control(opened, "File").input_value()
    button(opened, "Export").click()
    expect(words(opened, "exported")).to_contain_text(f"{name} (")
    look_at(opened, words(opened, "exported"), "7-exported")
    table = pd.read_parquet(opened.folder / name)
    assert set(table["source"]) == {"emulator"}
    assert opened.run(f"pd.read_parquet({name!r}).equals(form.result.to_pandas())") == "True"


def _take_the_code(opened: OpenedInLab) -> None:
    """Each tab says what the kernel says; the code can be copied, run, and not be changed."""
    tabs = opened.shown.get_by_role("tab")
    tabs.get_by_text("JSON body").click()
    look_at(opened, words(opened, "price"), "8-json")
    tabs.get_by_text("YAML").click()
    expect(control(opened, "YAML")).to_have_value(opened.run("print(form.yaml)") + "\n")
    opened.screenshot("9-yaml")
    tabs.get_by_text("Python code").click()
    code = read(opened, "form.code")
    expect(control(opened, "Python code")).to_have_value(code)
    assert copied(opened, "Python code") == code
    opened.screenshot("a-code")
    opened.page.keyboard.type("x")
    expect(control(opened, "Python code")).to_have_value(code)
    same = "space['query'].key == form.query.key, space['table'].equals(form.result.to_pandas())"
    opened.run(f"space = {{}}; exec({code!r}, space)")
    assert opened.run(same).endswith("(True, True)")


def test_a_question_is_built_priced_run_and_taken_away(
    open_in_lab: Callable[..., OpenedInLab],
) -> None:
    """From an empty form to a price, a run with a pause, a plot, a file and code that runs."""
    opened = open_in_lab(CELLS)
    expect(words(opened, "run-status")).to_have_text("not run yet")
    _fill_in(opened)
    _see_the_price(opened)
    _pause_and_resume(opened)
    _see_the_result(opened)
    _take_the_code(opened)


def test_a_stop_says_how_to_go_on(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """A run that was stopped goes on where it was; nothing is asked twice."""
    opened = open_in_lab(CELLS)
    opened.run(f"form.query = {WANTED}")
    opened.run("client.emulator.faults.add(Fault('slow', seconds=0.4))")
    status = words(opened, "run-status")
    button(opened, "Run").click()
    expect(status).to_contain_text(re.compile(r"^running: [2-9] of 10 requests"))
    button(opened, "Stop").click()
    expect(status).to_contain_text(re.compile(r"^stopped: [2-9] of 10 requests"))
    expect(status).to_contain_text("Run again to go on")
    look_at(opened, status, "1-stopped")
    opened.run("client.emulator.faults.clear()")
    expect(words(opened, "price")).to_contain_text("left of 10")
    button(opened, "Run").click()
    expect(status).to_contain_text("done: 10 of 10 requests")
    look_at(opened, status, "2-done")
    assert int(opened.run("client.emulator.requests_served")) in {10, 11}  # one was under way
    opened.run(f"assert set(form.result.to_pandas()['tweet_id']) == set(({WANTED}).tweet_ids)")


def test_faults_and_refusals_are_said_in_words(open_in_lab: Callable[..., OpenedInLab]) -> None:
    """Server errors, the rate limit with the end of the wait, and each refused tweet."""
    opened = open_in_lab(CELLS)
    opened.run(f"form.query = {WANTED}")
    opened.run("client.emulator.faults.add(Fault('slow', seconds=0.2))")
    status = words(opened, "run-status")
    button(opened, "Run").click()
    expect(status).to_contain_text(re.compile(r"^running: [1-9] of 10 requests"))
    opened.run("storm = client.emulator.faults.add(Fault('server_error'))")
    expect(status).to_contain_text(re.compile(r"waiting: .*500.* until \d\d:\d\d:\d\d UTC"))
    look_at(opened, status, "1-server-errors")
    opened.run("client.emulator.faults.begin([Fault('rate_limited')])")
    expect(status).to_contain_text(re.compile(r"limit.* until \d\d:\d\d:\d\d UTC"))
    look_at(opened, status, "2-limit")
    button(opened, "Stop").click()
    expect(status).to_contain_text("stopped")
    # Another client: this one would keep to the limit that it was told of, up to a minute.
    opened.run(f"client.close()\n{CONNECT}\nform.client = client")
    _ask_for_the_refused(opened)


def _ask_for_the_refused(opened: OpenedInLab) -> None:
    """Each tweet that is refused is listed with its reason."""
    kinds = ("foreign", "unavailable", "protected")
    bad = read(opened, f"[i for kind in {kinds} for i in ek.sample_ids(client, 2, kind=kind)]")
    good = read(opened, "ek.sample_ids(client, 19)")
    opened.run("form.query = ek.Query('28hr', ['20'], ['impressions', 'replies'], by='hour')")
    paste(opened, "Tweet ids", " ".join([*good, *bad]))
    expect(words(opened, "counts")).to_contain_text("25 tweets")
    expect(words(opened, "price")).to_contain_text("1 request ·")
    button(opened, "Run").click()
    expect(words(opened, "run-status")).to_contain_text("done: 1 of 1 requests")
    rows = words(opened, "rows")
    expect(rows).to_contain_text("the tweet is deleted, protected, or was never there")
    expect(rows).to_contain_text("the tweet is of another account")
    for one in bad:
        expect(rows).to_contain_text(one)
    look_at(opened, rows, "3-refused")
    assert read(
        opened, "sorted(set(form.result.to_pandas().dropna(subset=['value'])['tweet_id']))"
    ) == sorted(good)
