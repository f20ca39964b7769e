"""The request form, by setting values and clicking buttons: each path, and what it comes to."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd
import pytest
from acting import on_screen, screen, text_of, upload
from gated import gated

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator
from engagement_kit.errors import QueryError
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.parts.shape import ShapePart
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE

MakeForm = Callable[..., ek.RequestForm]
OLD = "697506383516729344"
LIVE_KEYS = {
    "consumer_key": "a",
    "consumer_secret": "b",
    "access_token": "1-c",
    "access_token_secret": "d",
    "bearer_token": "e",
}


@pytest.fixture
def form(make_form: MakeForm, client: Client) -> ek.RequestForm:
    """Make an empty form of the emulator."""
    return make_form(client)


@pytest.fixture
def ids(client: Client) -> list[str]:
    """Give thirty tweets of the account."""
    return ek.sample_ids(client, 30)


def shown(widget: Any, form: ek.RequestForm) -> bool:
    """Say whether a person sees a widget."""
    return any(one is widget for _, one in on_screen(form.widget))


def offered(control: Any) -> list[Any]:
    """Give the values that a list offers."""
    return [value for _, value in control._options_full]


# --- tweets -------------------------------------------------------------------------------------
def test_an_empty_form_says_what_to_do(form: ek.RequestForm) -> None:
    """No query yet; what is missing is said beside its field, and Run waits."""
    with pytest.raises(QueryError) as caught:
        _ = form.query
    assert "at least one tweet id is needed" in str(caught.value)
    assert form.problems == {"tweet_ids": ("none yet: at least one tweet id is needed",)}
    assert "at least one tweet id" in text_of(form._tweets.counts.value)
    assert form.price == "not ready: see tweets"
    assert form.plan is None
    assert form._run.run.disabled


def test_pasted_ids_are_counted_as_they_are_typed(form: ek.RequestForm, ids: list[str]) -> None:
    """Good, repeated and junk ones, with the days of creation; junk can be left out."""
    tweets = form._tweets
    tweets.pasted.value = f"{ids[0]}\nhttps://x.com/acme/status/{ids[1]}, {ids[0]}; nonsense"
    words = text_of(tweets.counts.value)
    assert "2 tweets; created 2026-06-01 (UTC) · 1 repeat left out · 1 that is no id" in words
    assert "'nonsense': a tweet id is 1 to 19 digits" in words
    assert form.plan is None
    assert shown(tweets.leave_out, form)
    tweets.leave_out.click()
    assert tweets.pasted.value.split() == ids[:2]
    assert form.query.tweet_ids == tuple(ids[:2])
    assert not shown(tweets.leave_out, form)


def test_sample_tweets_of_an_emulator(form: ek.RequestForm, ids: list[str]) -> None:
    """Offered while there are none."""
    assert shown(form._tweets.sample, form)
    form._tweets.sample.click()
    assert form.query.tweet_ids == tuple(ids[:25])
    assert not shown(form._tweets.sample, form)


def test_the_live_api_has_no_samples(make_form: MakeForm) -> None:
    """The form says whom it asks, and offers none."""
    form = make_form(ek.connect(**LIVE_KEYS))
    assert not shown(form._tweets.sample, form)
    assert "LIVE API" in text_of(form._head.value)
    assert "EMULATOR" not in text_of(form._head.value)


def test_ids_from_a_file(form: ek.RequestForm, ids: list[str]) -> None:
    """Choose the file, choose the column, add it; the chooser goes, the ids stay."""
    tweets = form._tweets
    text = "\n".join(["text;author;id", *(f"x;7;{one}" for one in [*ids, ids[0], "none"])])
    assert not shown(tweets.file_column, form)
    upload(tweets.upload, "mine.csv", text.encode())
    assert shown(tweets.file_column, form)
    assert offered(tweets.file_column) == ["text", "author", "id"]
    assert tweets.file_column.value == "id"
    assert form.problems["tweet_ids"] == ("none yet: at least one tweet id is needed",)
    tweets.add_file.click()
    assert form.seen.ids.ids == tuple(ids)
    assert "1 repeat left out · 1 that is no id" in text_of(tweets.counts.value)
    why = (
        "'none': a tweet id is 1 to 19 digits, without a leading zero (in column 'id' of mine.csv)"
    )
    assert why in text_of(tweets.counts.value)
    assert text_of(tweets.loaded.value) == "30 tweets from column 'id' of mine.csv"
    assert not shown(tweets.file_column, form)
    tweets.leave_out.click()
    assert form.query.tweet_ids == tuple(ids)
    tweets.forget.click()
    assert form.seen.ids.ids == ()
    assert not shown(tweets.forget, form)


def test_the_same_file_twice(form: ek.RequestForm, ids: list[str]) -> None:
    """A file can be chosen again, as after Forget."""
    for _ in range(2):
        upload(form._tweets.upload, "a.txt", " ".join(ids).encode())
        form._tweets.add_file.click()
        assert form.query.tweet_ids == tuple(ids)
        form._tweets.forget.click()


def test_a_file_that_can_not_be_read(form: ek.RequestForm, ids: list[str]) -> None:
    """What is wrong is said; what was loaded stays, and so does what it says."""
    tweets = form._tweets
    form.add_ids(ids)
    upload(tweets.upload, "a.parquet", b"no")
    assert "a.parquet can't be read as parquet" in text_of(tweets.reading.value)
    assert text_of(tweets.loaded.value) == "30 tweets from code"
    assert not shown(tweets.file_column, form)
    tweets.pasted.value = ids[0]
    assert "a.parquet can't be read as parquet" in text_of(tweets.reading.value)
    tweets.look_again.click()
    assert text_of(tweets.reading.value) == ""
    tweets.pasted.value = ""
    upload(tweets.upload, "a.parquet", b"no")
    upload(tweets.upload, "a.csv", f"id\n{OLD}".encode())
    assert "can't be read" not in text_of(tweets.reading.value)
    assert "choose the column" in text_of(tweets.reading.value)
    tweets.add_file.click()
    assert text_of(tweets.reading.value) == ""
    assert form.query.tweet_ids == (*ids, OLD)


def test_ids_from_a_frame_of_the_notebook(
    monkeypatch: pytest.MonkeyPatch, make_form: MakeForm, client: Client, ids: list[str]
) -> None:
    """Frames are found when the form opens, or when one looks again; columns go with the frame."""
    names: dict[str, Any] = {"likes": pd.DataFrame({"n": [1.5]})}
    monkeypatch.setattr("engagement_kit.forms.request_form._notebook", lambda: names)
    form = make_form(client)
    tweets = form._tweets
    assert not shown(tweets.frame, form)
    tweets.add_frame.click()
    names["mine"] = pd.DataFrame({"text": ["x"] * 30, "tweet_id": ids})
    names["odd"] = pd.DataFrame([[*ids[:1]] * 2], columns=["a", "a"])
    tweets.look_again.click()
    assert offered(tweets.frame) == ["mine", "odd"]
    assert offered(tweets.frame_column) == ["tweet_id", "text"]
    tweets.frame.value = "odd"
    assert offered(tweets.frame_column) == ["a", "a (column 2)"]
    tweets.frame.value = "mine"
    tweets.add_frame.click()
    assert form.query.tweet_ids == tuple(ids)
    assert text_of(tweets.loaded.value) == "30 tweets from mine['tweet_id']"
    del names["mine"]
    tweets.add_frame.click()
    assert "mine['tweet_id'] is not there any more" in text_of(tweets.reading.value)
    assert form.query.tweet_ids == tuple(ids)


def test_a_frame_whose_ids_became_floats(
    monkeypatch: pytest.MonkeyPatch, make_form: MakeForm, client: Client, ids: list[str]
) -> None:
    """The column comes first; adding it tells why they are no ids, and they can be left out."""
    frame = pd.DataFrame({"n": 1, "tweet": [float(ids[0]), None]})
    monkeypatch.setattr("engagement_kit.forms.request_form._notebook", lambda: {"mine": frame})
    form = make_form(client)
    tweets = form._tweets
    tweets.add_frame.click()
    why = "a float loses digits of a tweet id (or is a missing cell); read the column as text"
    assert f"{why} (in mine['tweet'])" in text_of(tweets.counts.value)
    assert text_of(tweets.loaded.value) == "0 tweets from mine['tweet']"
    tweets.leave_out.click()
    assert text_of(tweets.loaded.value) == ""
    assert not shown(tweets.forget, form)


def test_a_long_text_is_said_to_be_out_of_the_box(form: ek.RequestForm) -> None:
    """Right under the counts, which stand right under the box."""
    tweets = form._tweets
    tweets.pasted.value = "\n".join(str(10**18 + n) for n in range(3_000))
    assert tweets.pasted.value == ""
    assert "3,000 tweets from pasted text, which is too long" in text_of(tweets.loaded.value)
    children = list(tweets.widget.children)
    at = children.index(tweets.pasted)
    assert children[at + 1 : at + 3] == [tweets.counts, tweets.loaded]
    tweets.forget.click()
    assert form.seen.ids.ids == ()


def test_ids_from_code(form: ek.RequestForm, ids: list[str]) -> None:
    """Any column or text that has ids."""
    form.add_ids(pd.Series(ids), "my column")
    form.add_ids(OLD)
    assert form.query.tweet_ids == (*ids, OLD)
    assert "30 tweets from my column" in text_of(form._tweets.loaded.value)


# --- endpoint and metrics -----------------------------------------------------------------------
def test_what_an_endpoint_does_not_offer_is_greyed(form: ek.RequestForm, ids: list[str]) -> None:
    """With the reason, and is not asked; its tick comes back with the endpoint."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "historical"
    boxes, meanings = form._metrics.boxes, form._metrics.meanings
    boxes["url_clicks"].value = True
    assert form.query.metrics == ("impressions", "engagements", "url_clicks")
    form._tweets.endpoint.value = "totals"
    assert (boxes["url_clicks"].value, boxes["url_clicks"].disabled) == (False, True)
    assert "Not to be had: offered on 28hr and historical." in text_of(meanings["url_clicks"].value)
    assert form.query.metrics == ("impressions", "engagements")
    form._tweets.endpoint.value = "28hr"
    assert (boxes["url_clicks"].value, boxes["url_clicks"].disabled) == (True, False)
    assert "Not to be had" not in meanings["url_clicks"].value
    assert "clicks on links" in text_of(meanings["url_clicks"].value)


def test_what_age_forbids_is_greyed_where_it_is_not_ticked(form: ek.RequestForm) -> None:
    """Where it is ticked it stays in the query, and says why; it comes back with a young tweet."""
    boxes, meanings = form._metrics.boxes, form._metrics.meanings
    boxes["engagements"].value = False
    boxes["favorites"].value = True
    form._tweets.pasted.value = OLD
    why = "Not to be had: on totals only of tweets up to 90 days old."
    assert (boxes["engagements"].value, boxes["engagements"].disabled) == (False, True)
    assert (boxes["impressions"].value, boxes["impressions"].disabled) == (True, False)
    for name in ("engagements", "impressions"):
        assert why in text_of(meanings[name].value)
    assert form.query.metrics == ("impressions", "favorites")
    assert "some can't be had, see below" in form.price
    assert "up to 90 days old" in text_of(form._written.price.value)
    boxes["impressions"].value = False
    assert boxes["impressions"].disabled
    form._tweets.pasted.value = "2061384949969226276"
    assert not boxes["impressions"].disabled
    assert not boxes["engagements"].disabled
    assert "Not to be had" not in meanings["engagements"].value


def test_what_keys_forbid_is_greyed(make_form: MakeForm, client: Client) -> None:
    """With a bearer token alone, private metrics need the author's keys."""
    app_only = replace(client.connection.credentials, users={}, account="")
    where = replace(client.connection.where, account="", credentials=app_only.kinds)
    form = make_form(Client(replace(client.connection, credentials=app_only, where=where)))
    form._tweets.pasted.value = "2061384949969226276"
    boxes = form._metrics.boxes
    assert (boxes["impressions"].value, boxes["impressions"].disabled) == (True, False)
    assert "needs the author's own keys" in text_of(form._metrics.meanings["impressions"].value)
    form._metrics.none.click()
    assert boxes["impressions"].disabled
    form._metrics.all.click()
    assert form.query.metrics == (
        "favorites", "retweets", "replies", "quote_tweets", "video_views",
    )  # fmt: skip
    assert form._run.run.disabled is False
    form.client = client
    assert not boxes["impressions"].disabled


def test_all_and_none(form: ek.RequestForm, ids: list[str]) -> None:
    """All that can be had; ticks of other endpoints stay for those."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "historical"
    form._metrics.boxes["url_clicks"].value = True
    form._tweets.endpoint.value = "totals"
    form._metrics.all.click()
    assert len(form.query.metrics) == 7
    form._tweets.endpoint.value = "28hr"
    assert "url_clicks" in form.query.metrics
    form._metrics.none.click()
    assert form.problems == {"metrics": ("none yet: tick at least one metric",)}
    assert "tick at least one metric" in text_of(form._metrics.problems.value)


# --- what to get --------------------------------------------------------------------------------
def test_plain_words_for_rows(form: ek.RequestForm, ids: list[str]) -> None:
    """What the endpoint gives is offered; for the rest it says where that is."""
    form._tweets.pasted.value = ids[0]
    shape = form._shape
    assert offered(shape.shape) == ["total", "grand_totals", "custom"]
    assert "not on totals, but on 28hr and historical" in text_of(shape.not_here.value)
    form._tweets.endpoint.value = "historical"
    assert form.query.by == "day"
    assert text_of(shape.not_here.value) == ""
    for by in ("total", "hour", "hour_of_day", "day"):
        shape.shape.value = by
        assert form.query.by == by
        assert "one row per tweet" in text_of(shape.preview.value)
    shape.shape.value = "grand_totals"
    assert form.query.groupings == (("grand_totals", (TYPE,)),)
    assert "summed over all tweets" in text_of(shape.preview.value)


def test_the_builder_offers_lawful_steps_alone(form: ek.RequestForm, ids: list[str]) -> None:
    """Each value of a grouping by the ones before it, and one grouping of four values in all."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "28hr"
    shape = form._shape
    assert not shown(shape.builder, form)
    shape.shape.value = "custom"
    assert shown(shape.builder, form)
    assert form.problems["shape"] == ("none yet: choose at least one value of one grouping",)
    one, two, _ = shape.slots
    assert offered(one.levels[0]) == ["", ID, TYPE, DAY, HOUR]
    assert not shown(one.levels[1], form)
    choose(shape, 0, ID, TYPE, DAY)
    assert offered(one.levels[3]) == ["", HOUR]
    one.levels[3].value = HOUR
    choose(shape, 1, TYPE, ID, DAY)
    assert not shown(two.levels[3], form)
    one.levels[3].value = ""
    assert offered(two.levels[3]) == ["", HOUR]
    two.levels[3].value = HOUR
    assert not shown(one.levels[3], form)
    one.name.value, two.name.value = "a", "b"
    assert form.query.groupings == (("a", (ID, TYPE, DAY)), ("b", (TYPE, ID, DAY, HOUR)))
    assert "a: one row per tweet, metric and day" in text_of(shape.preview.value)
    assert "b: one row per tweet, metric and hour" in text_of(shape.preview.value)


def choose(shape: ShapePart, at: int, *levels: str) -> None:
    """Choose the values of one grouping, one after the other."""
    for control, level in zip(shape.slots[at].levels, levels, strict=False):
        assert level in offered(control)
        control.value = level


def test_a_value_that_is_changed_takes_unlawful_ones_with_it(
    form: ek.RequestForm, ids: list[str]
) -> None:
    """What may still follow stays; what stands behind a value that is taken off goes."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "28hr"
    form._shape.shape.value = "custom"
    choose(form._shape, 0, ID, TYPE, DAY, HOUR)
    levels = form._shape.slots[0].levels
    levels[0].value = TYPE
    assert form.query.groupings == (("grouping_1", (TYPE,)),)
    choose(form._shape, 0, TYPE, ID, DAY)
    levels[1].value = ""
    assert form.query.groupings == (("grouping_1", (TYPE,)),)


def test_names_of_groupings_have_rules(form: ek.RequestForm, ids: list[str]) -> None:
    """Names that an answer needs itself, none, and one twice: said beside the builder."""
    form._tweets.pasted.value = ids[0]
    form._shape.shape.value = "custom"
    choose(form._shape, 0, ID)
    choose(form._shape, 1, TYPE)
    one, two, _ = form._shape.slots
    for name, why in (
        ("errors", "root key of every answer"),
        ("", "this name is empty"),
        ("   ", "this name is empty"),
        ("grouping_2", "each grouping has a name of its own"),
    ):
        one.name.value = name
        assert form.plan is None
        assert why in text_of(form._shape.problems.value), name
    one.name.value = "fine"
    assert text_of(form._shape.problems.value) == ""
    assert [name for name, _ in form.query.groupings] == ["fine", two.name.value]


def test_groupings_of_another_endpoint(form: ek.RequestForm, ids: list[str]) -> None:
    """They stay as they are, say what is wrong here, and are right again there."""
    query = ek.Query("28hr", ids[:1], ["impressions"], groupings={"g": [ID, DAY]})
    form.query = query
    form._tweets.endpoint.value = "totals"
    assert "totals knows no engagement.day" in text_of(form._shape.problems.value)
    assert "day (not here)" in [text for text, _ in form._shape.slots[0].levels[1]._options_full]
    form._tweets.endpoint.value = "28hr"
    assert form.query == query


# --- period -------------------------------------------------------------------------------------
def test_periods(form: ek.RequestForm, ids: list[str]) -> None:
    """Only on historical; UTC and the exclusive end are said; each control has its effect."""
    form._tweets.pasted.value = ids[0]
    period = form._period
    assert not shown(period.choice, form)
    assert "whole life up to now, always" in text_of(period.words.value)
    form._tweets.endpoint.value = "historical"
    assert shown(period.relative, form)
    assert not shown(period.fixed, form)
    assert form.query.period == ek.last(days=28)
    assert "The last 28 days that are over: now 2026-05-04 00:00 up to 2026-06-01 00:00 UTC" in (
        text_of(period.words.value)
    )
    period.length.value = 30
    form._shape.shape.value = "hour"
    period.unit.value = "hours"
    assert form.query.period == ek.last(hours=30)
    period.kind.value = "first"
    assert form.query.period == ek.first(hours=30)
    period.kind.value = "between"
    assert not shown(period.relative, form)
    assert form.problems["period"] == ("not whole yet: choose the days of start and end",)
    period.start_day.value, period.end_day.value = date(2026, 5, 1), date(2026, 5, 2)
    period.start_hour.value, period.end_hour.value = 5, 6
    assert form.query.period == ek.between("2026-05-01T05:00Z", "2026-05-02T06:00Z")
    assert "up to 2026-05-02 06:00 UTC; the end itself is not counted" in text_of(
        period.words.value
    )
    period.end_day.value = date(2026, 4, 1)
    assert "start must be before end" in text_of(period.words.value)
    period.end_day.value = None
    assert "choose the days" in text_of(period.words.value)


def test_quick_picks(form: ek.RequestForm, ids: list[str]) -> None:
    """Relative ones stay relative; the month is up to the last midnight."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "historical"
    form._period.month.click()
    assert form.query.period == ek.between("2026-06-01", "2026-06-02")
    form._period.first_7.click()
    assert form.query.period == ek.first(days=7)
    form._period.last_28.click()
    assert form.query.period == ek.last(days=28)


def test_a_daily_table_of_parts_of_days(form: ek.RequestForm, ids: list[str]) -> None:
    """What does not go together is said beside the period."""
    form._tweets.pasted.value = ids[0]
    form._tweets.endpoint.value = "historical"
    form._period.unit.value = "hours"
    assert "a daily table counts whole UTC days" in text_of(form._period.words.value)
    form._period.length.value = 48
    assert form.query.period == ek.last(days=2)
    for length in (0, -1, 10**30):
        form._period.length.value = length
        assert "the length must be" in text_of(form._period.words.value)


def test_a_saved_relative_period_stays_relative(
    make_form: MakeForm, client: Client, tmp_path: Path, ids: list[str]
) -> None:
    """In the file there is no date."""
    form = make_form(client, ek.Query("historical", ids, period=ek.last(days=7)))
    saved = form.save(tmp_path / "q.yaml").read_text()
    assert "last:\n    days: 7" in saved
    assert form.yaml == saved
    assert make_form(client, ek.Query.load(tmp_path / "q.yaml"))._period.kind.value == "last"


# --- options ------------------------------------------------------------------------------------
def test_options(form: ek.RequestForm, ids: list[str]) -> None:
    """Account, age of stored counts and budget have their effects; a problem is said there."""
    form._tweets.pasted.value = "\n".join(ids)
    options = form._options
    me, other, *_ = options.account.options
    assert me == "acme"
    options.account.value = other
    assert form.query.owners == other
    assert form.seen.ready
    options.account.value = "nobody"
    assert "nobody" in text_of(options.owners.value)
    assert form._run.run.disabled
    options.account.value = ""
    form._tweets.endpoint.value = "28hr"
    options.max_requests.value = 1
    assert "max_requests allows 1" in text_of(options.problems.value)
    assert form._run.run.disabled
    options.max_requests.value = 0
    assert text_of(options.problems.value) == ""
    assert not form._run.run.disabled
    options.max_age.value = 24
    assert "timedelta(hours=24)" in form.code
    assert "max_requests" not in form.code


def test_who_wrote_which_tweet(make_form: MakeForm, client: Client, ids: list[str]) -> None:
    """A mapping is kept, said, and can be forgotten."""
    query = ek.Query("totals", ids, owners={ids[0]: "acme", ids[1]: "globex"})
    form = make_form(client, query)
    assert form.query == query
    assert "2 tweets of 2 accounts" in text_of(form._options.owners.value)
    assert not shown(form._options.account, form)
    form._options.forget_owners.click()
    assert form.query.owners is None
    assert shown(form._options.account, form)


# --- price and papers ---------------------------------------------------------------------------
def test_the_price_line(make_form: MakeForm, client: Client, ids: list[str]) -> None:
    """Requests, minutes, rows, what is stored, and what can't be had."""
    paced = Client(client.connection, store=client.folder, per_minute=60)
    form = make_form(paced, ek.Query("28hr", ids, ["impressions"], by="total"))
    assert form.plan is not None
    many = f"{form.plan.price.numbers:,}"
    assert form.price == (
        f"2 requests · about 2 seconds · about 30 rows · 0 of {many} numbers stored already"
    )
    form._run.run.click()
    form.running.wait()  # type: ignore[union-attr]
    assert form.price == f"nothing to ask · about 30 rows · {many} of {many} numbers stored already"


def test_tabs_are_written_when_they_are_looked_at(form: ek.RequestForm, ids: list[str]) -> None:
    """Plan, JSON body, Python code, YAML; what is typed into them is taken back."""
    form._tweets.pasted.value = ids[0]
    written = form._written
    assert "question" in text_of(written.plan.value)
    body, code, yaml = written.boxes.values()
    assert body.value == ""
    for at, (box, text) in enumerate(
        ((body, '"tweet_ids"'), (code, "ek.Query("), (yaml, "endpoint: totals")), start=1
    ):
        written.tabs.selected_index = at
        assert text in box.value
        before = box.value
        box.value = "typed"
        assert box.value == before
    form._tweets.pasted.value = ""
    assert "not ready yet" in yaml.value
    written.tabs.selected_index = 2
    assert code.value.startswith("# not ready yet")
    assert code.value == form.code


def test_the_json_body_is_what_is_sent(form: ek.RequestForm, ids: list[str]) -> None:
    """Of the first request, with how many there are."""
    form._tweets.pasted.value = "\n".join(ids)
    form._tweets.endpoint.value = "28hr"
    form._written.tabs.selected_index = 1
    head, _, text = form._written.boxes[1].value.partition("\n")
    assert head == "POST 28hr, request 1 of 2"
    assert form.plan is not None
    assert json.loads(text) == form.plan.requests[0].to_body()


def test_plain_text_for_front_ends_without_widgets(form: ek.RequestForm) -> None:
    """The same information in words, and the code."""
    form._tweets.pasted.value = OLD
    bundle = form._repr_mimebundle_()
    text = bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle
    for part in (form.price, "not to be had: impressions", form.code, "created 2016-02-10"):
        assert part in text
    assert repr(form) == text
    form._tweets.pasted.value = "x"
    assert "to mend: tweet_ids: 'x'" in repr(form)


# --- running ------------------------------------------------------------------------------------
def test_a_run_by_clicking(form: ek.RequestForm, ids: list[str], tmp_path: Path) -> None:
    """Run, wait, look at the rows and the plot, export both kinds: the path is shown."""
    form._tweets.pasted.value = "\n".join(ids)
    run = form._run
    assert not shown(run.outcome, form)
    run.run.click()
    assert form.running is not None
    end = form.running.wait()
    assert end.phase == "done"
    assert form.result is end.result
    assert shown(run.outcome, form)
    assert "done: 1 of 1 requests · 60 of 60 numbers" in text_of(run.status.value)
    assert "EMULATOR: invented data" in text_of(run.preview.value)
    assert ids[0] in text_of(run.preview.value)
    assert 'alt="Plot: ' in run.plot.value
    assert (run.pause.disabled, run.resume.disabled, run.stop.disabled) == (True, True, True)
    assert not run.run.disabled
    for kind, ending, read in (
        ("CSV", ".csv", lambda path: pd.read_csv(path, dtype=str)),
        ("Parquet", ".parquet", pd.read_parquet),
    ):
        run.kind.value = kind
        assert run.path.value == f"engagement-totals-{form.query.key}-lifetime{ending}"
        run.export.click()
        path = Path(run.path.value).resolve()
        assert str(path) in text_of(run.exported.value)
        assert len(read(path)) == 60
        assert set(read(path)["tweet_id"].astype(str)) == set(ids)
    run.path.value = str(tmp_path / "deep" / "table")
    run.export.click()
    assert (tmp_path / "deep" / "table.parquet").is_file()


def test_another_plot_of_the_result_is_chosen(form: ek.RequestForm, client: Client) -> None:
    """Over time at first; the top tweets at a click; the next result begins anew."""
    form.query = ek.Query("28hr", ek.sample_ids(client, 30), ["impressions"], by="hour")
    run = form._run
    form.start().wait()
    assert 'alt="Plot: impressions of 30 tweets by hour"' in run.plot.value
    run.drawn.value = "top"
    assert 'alt="Plot: top 10 of 30 tweets by impressions' in run.plot.value
    assert [form for _, form in run.drawn.options] == [
        None, "over_time", "by_age", "hour_of_day", "top",
    ]  # fmt: skip
    form.query = ek.Query("totals", ek.sample_ids(client, 3), ["impressions"])
    form.start().wait()
    assert 'alt="Plot: top 3 of 3 tweets' in run.plot.value
    assert run.drawn.value is None
    assert not shown(run.drawn, form)


@pytest.mark.parametrize("path", ["", "  ", "a\0b", "~nobody_here/x", "/proc/x/y"])
def test_files_that_can_not_be_written(form: ek.RequestForm, ids: list[str], path: str) -> None:
    """Said beside the field, in words, and forgotten once it works."""
    form._tweets.pasted.value = ids[0]
    form._run.run.click()
    form.running.wait()  # type: ignore[union-attr]
    form._run.path.value = path
    form._run.export.click()
    said = text_of(form._run.exported.value)
    assert "can't be written" in said or "name a file" in said
    assert "Error" not in said
    assert "done" in text_of(form._run.status.value)
    form._run.path.value = "fine"
    form._run.export.click()
    assert "written: " in text_of(form._run.exported.value)


def test_pause_resume_and_stop_by_clicking(make_form: MakeForm, client: Client) -> None:
    """The buttons that make sense are free; a run that was stopped goes on by Run."""
    slow, gate = gated(client)
    many = ek.sample_ids(client, 150)
    form = make_form(slow, ek.Query("28hr", many, ["impressions"]))
    run = form._run
    run.run.click()
    gate.wait_for(1)
    assert (run.run.disabled, run.pause.disabled, run.resume.disabled) == (True, False, True)
    run.pause.click()
    assert (run.pause.disabled, run.resume.disabled, run.stop.disabled) == (True, False, False)
    assert "paused" in text_of(run.status.value)
    run.resume.click()
    assert (run.pause.disabled, run.resume.disabled) == (False, True)
    run.run.click()
    gate.let(2)
    gate.wait_for(3)
    run.stop.click()
    assert form.running is not None
    assert form.running.wait(60).phase == "stopped"
    assert "Run again to go on" in text_of(run.status.value)
    assert not run.run.disabled
    assert "of 6" in form.price
    gate.let()
    run.run.click()
    end = form.running.wait()
    assert end.phase == "done"
    assert form.result is not None
    assert form.result.receipt.answered == form.result.receipt.asked


def test_edits_while_it_runs_are_not_lost(
    make_form: MakeForm, client: Client, ids: list[str]
) -> None:
    """The run keeps its own query; what is shown is the new one, also after the run's end."""
    slow, gate = gated(client)
    query = ek.Query("28hr", ids, ["impressions"])
    form = make_form(slow, query)
    form._run.run.click()
    gate.wait_for(1)
    form._tweets.endpoint.value = "totals"
    form._tweets.pasted.value = OLD
    form._metrics.boxes["favorites"].value = True
    gate.let()
    assert form.running is not None
    result = form.running.wait().result
    assert result is not None
    assert result.plan.query == query
    assert form.result is result
    assert form.query == ek.Query("totals", OLD, ["impressions", "engagements", "favorites"][::2])


def test_a_key_while_something_is_shown_is_not_taken_back(
    monkeypatch: pytest.MonkeyPatch, form: ek.RequestForm
) -> None:
    """A screen that is late never puts an older text into the box: a browser would lose the key."""
    tweets, looking, typed = form._tweets, threading.Event(), threading.Event()
    texts: list[str] = []
    look = form._looker.look

    def slow(draft: Draft, who: Any) -> Any:
        seen = look(draft, who)
        if threading.current_thread() is late:
            looking.set()
            assert typed.wait(60)
        return seen

    def taken() -> bool:
        return form._draft.pasted == "20 21"

    monkeypatch.setattr(form._looker, "look", slow)
    tweets.pasted.value = "20 2"
    tweets.pasted.observe(lambda event: texts.append(event["new"]), names="value")
    late = threading.Thread(target=form._refresh)
    late.start()
    assert looking.wait(60)
    typing = threading.Thread(target=lambda: setattr(tweets.pasted, "value", "20 21"))
    typing.start()
    until = time.monotonic() + 20
    while not taken() and time.monotonic() < until:
        time.sleep(0)  # lets the other thread go on
    typed.set()
    late.join()
    typing.join()
    assert set(texts) == {"20 21"}
    assert form.query.tweet_ids == ("20", "21")


def test_running_twice(form: ek.RequestForm, ids: list[str]) -> None:
    """While one goes on there is no second; after it, all is stored."""
    form._tweets.pasted.value = "\n".join(ids)
    for left in ("1 request", "nothing to ask"):
        assert form.price.startswith(left)
        form._run.run.click()
        assert form.running is not None
        assert form.running.wait().phase == "done"
        assert form.result is not None
        assert len(form.result.to_pandas()) == 60


def test_refused_tweets_are_listed(form: ek.RequestForm, client: Client, ids: list[str]) -> None:
    """With the API's own words, and what that means."""
    foreign = ek.sample_ids(client, 2, kind="foreign")
    form._tweets.endpoint.value = "28hr"
    form._tweets.pasted.value = "\n".join(ids[:3] + foreign)
    form._run.run.click()
    assert form.running is not None
    form.running.wait()
    said = text_of(form._run.lost.value)
    assert "Forbidden to access tweets" in said
    assert foreign[0] in said
    assert form.result is not None
    assert form.result.receipt.missing


def test_wrong_keys(
    monkeypatch: pytest.MonkeyPatch, make_form: MakeForm, ids: list[str], client: Client
) -> None:
    """401 in the API's own words, with what to do; the form stays usable."""
    assert client.emulator is not None
    for name, value in client.emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TWITTER_CONSUMER_SECRET", "wrong")
    wrong = ek.connect()
    form = make_form(wrong, ek.Query("28hr", ids, ["impressions"]))
    form._run.run.click()
    assert form.running is not None
    form.running.wait()
    said = text_of(form._run.status.value)
    assert said.startswith("broken: ")
    assert "401" in said
    assert 'role="alert"' in form._run.status.value
    form.client = client
    form._run.run.click()
    assert form.running.wait().phase == "done"
    wrong.close()


def test_what_can_not_be_shown_keeps_its_result(
    monkeypatch: pytest.MonkeyPatch, form: ek.RequestForm, ids: list[str]
) -> None:
    """A fault in drawing is said in words; the result is there, and the form stays usable."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    form._tweets.pasted.value = ids[0]
    monkeypatch.setattr("engagement_kit.forms.model.outcome.quick_plot", broken)
    form._run.run.click()
    assert form.running is not None
    end = form.running.wait()
    assert form.result is end.result
    assert form.result is not None
    assert "can't be shown: ZeroDivisionError" in text_of(form._run.preview.value)
    form._run.export.click()
    assert "written: " in text_of(form._run.exported.value)
    assert not form._run.run.disabled
    assert form._run.pause.disabled


def test_a_click_on_a_run_that_is_not_ready(form: ek.RequestForm, ids: list[str]) -> None:
    """What is to be mended is said, until it is mended."""
    form._run.run.click()
    assert "tweets: none yet" in text_of(form._run.status.value)
    form._tweets.pasted.value = ids[0]
    assert text_of(form._run.status.value) == "not run yet"
    form.client = None
    form._run.run.click()
    assert "there is no client to ask" in text_of(form._run.status.value)


# --- clients ------------------------------------------------------------------------------------
def test_without_a_client(make_form: MakeForm, client: Client, ids: list[str]) -> None:
    """A question can be built, priced and saved; a client may come later."""
    form = make_form(None, ek.Query("28hr", ids, ["impressions"]))
    assert "No client" in text_of(form._head.value)
    assert "2 requests" in form.price
    assert "no client yet" in text_of(form._written.price.value)
    assert form._run.run.disabled
    assert form.yaml.startswith("endpoint: 28hr")
    form.client = client
    assert "EMULATOR: invented data" in text_of(form._head.value)
    assert not form._run.run.disabled


def test_an_emulator_elsewhere(monkeypatch: pytest.MonkeyPatch, make_form: MakeForm) -> None:
    """Marked as invented; when it is gone the form says so, and is back when it is."""
    with Emulator() as emulator:
        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        client = ek.connect()
        form = make_form(client)
        assert "EMULATOR: invented data" in text_of(form._head.value)
        form._tweets.sample.click()
        assert form.seen.ready
    form._metrics.boxes["favorites"].value = True
    assert "does not answer any more" in text_of(form._options.problems.value)
    assert form._run.run.disabled
    form._tweets.pasted.value = ""
    assert not shown(form._tweets.sample, form)
    form._tweets.endpoint.value = "historical"
    form._period.month.click()
    assert form.seen.draft.kind == "between"
    form.client = None
    assert text_of(form._options.problems.value) == ""
    client.close()


@pytest.mark.parametrize("given", [("client", 5), ("query", {"endpoint": "totals"})])
def test_what_is_no_client_or_query(given: tuple[str, Any]) -> None:
    """Refused when the form is made, in the words of all refusals."""
    with pytest.raises(QueryError, match=given[0]):
        ek.RequestForm(**{given[0]: given[1]}, keep=None)


def test_a_query_can_be_set(form: ek.RequestForm, ids: list[str]) -> None:
    """And what is no query is refused, the form staying as it is."""
    query = ek.Query("historical", ids, ["url_clicks"], period=ek.first(days=3))
    form.query = query
    assert form.query == query
    assert form._period.kind.value == "first"
    with pytest.raises(QueryError):
        form.query = "totals"  # type: ignore[assignment]
    assert form.query == query


# --- keeping ------------------------------------------------------------------------------------
def test_a_restarted_kernel_opens_with_the_last_values(client: Client, ids: list[str]) -> None:
    """All that was filled in, junk too; by default in a folder beside the notebook."""
    form = ek.RequestForm(client)
    form._tweets.pasted.value = f"{ids[0]} junk"
    form.add_ids(ids, "a column")
    form._tweets.endpoint.value = "historical"
    form._period.length.value = 3
    form._options.max_age.value = 6
    again = ek.RequestForm(client)
    assert again.seen.draft == form.seen.draft
    assert screen(again) == screen(form)
    assert Path(".engagement_kit/request_form.json").is_file()
    given = ek.RequestForm(client, ek.Query("totals", ids[:1], ["replies"]))
    assert given.query == ek.Query("totals", ids[:1], ["replies"])
    for one in (form, again, given):
        assert one._fault.value == ""


def test_nothing_is_kept_where_nobody_wants_it(form: ek.RequestForm, ids: list[str]) -> None:
    """With keep=None no file is made."""
    form._tweets.pasted.value = ids[0]
    assert form.price
    assert list(Path().iterdir()) == []


def test_a_form_of_a_long_past_moves_on(make_form: MakeForm, client: Client) -> None:
    """What can be had is looked at by the client's clock, each time."""
    young = ek.sample_ids(client, 1)
    form = make_form(client, ek.Query("totals", young, ["impressions"]))
    assert "impressions" not in form.seen.closed
    assert client.emulator is not None
    client.emulator.clock.travel(timedelta(days=91))
    form._metrics.boxes["favorites"].value = True
    assert "impressions" in form.seen.closed


def test_an_answer_to_another_question_is_marked(form: ek.RequestForm, ids: list[str]) -> None:
    """A result stays when the question changes, and says of which one it is."""
    form._tweets.pasted.value = " ".join(ids[:3])
    form.start().wait()
    earlier = form._run.earlier
    assert earlier.value == ""
    form._tweets.pasted.value = ids[0]
    assert "an earlier question: totals, 3 tweets, impressions, engagements" in text_of(
        earlier.value
    )
    assert form._run.outcome.layout.display is None
    form._tweets.pasted.value = " ".join(ids[:3])
    assert earlier.value == ""
    form._tweets.pasted.value = ids[0]
    form.start().wait()
    assert earlier.value == ""


def test_why_it_can_not_be_run_is_said(form: ek.RequestForm, ids: list[str]) -> None:
    """A budget that is too small: beside the price, and instead of a run."""
    form.query = ek.Query("28hr", ids[:26], ["impressions"])
    form._options.max_requests.value = 1
    assert form.price.endswith("can't be run: see options")
    with pytest.raises(ek.errors.EngagementError, match="options: the plan takes 2 requests"):
        form.start()
    form._options.max_requests.value = 2
    assert "can't be run" not in form.price


def test_a_closed_client_is_noticed(form: ek.RequestForm, ids: list[str]) -> None:
    """Run says so and asks nothing; another client begins anew."""
    form.query = ek.Query("totals", ids[:2], ["favorites"])
    form.start().wait()
    assert form.client is not None
    form.client.close()
    form._run.run.click()
    assert "the client is closed" in text_of(form._run.status.value)
    assert form._run.run.disabled
    with ek.connect("emulator", clock="2026-06-01T12:34:00Z") as other:
        form.client = other
        assert text_of(form._run.status.value) == "not run yet"
        assert form.start().wait().phase == "done"


def test_what_is_run_is_what_was_priced_just_now(form: ek.RequestForm, ids: list[str]) -> None:
    """Time passed since the price was shown: Run looks again, and carries that plan out."""
    form.query = ek.Query("historical", ids[-3:], ["impressions"], period=ek.last(days=2))
    before = form.plan
    assert form.client is not None
    assert form.client.emulator is not None
    form.client.emulator.clock.travel(timedelta(days=3))
    result = form.start().wait().result
    assert before is not None
    assert result is not None
    assert result.plan.now == before.now + timedelta(days=3)


def test_a_typed_file_name_stays(form: ek.RequestForm, ids: list[str]) -> None:
    """Of it the ending alone follows the format; a name of ours follows table and format."""
    form.query = ek.Query("28hr", ids[-2:], ["impressions"])
    form.start().wait()
    run = form._run
    assert run.path.value.endswith("-hour.parquet")
    run.which.value = "window"
    assert run.path.value.endswith("-window.parquet")
    run.path.value = "mine.parquet"
    run.which.value = "hour"
    assert run.path.value == "mine.parquet"
    run.kind.value = "CSV"
    assert run.path.value == "mine.csv"
    for odd in (".", "/", "..", "a\0b"):
        run.path.value = odd
        run.kind.value = "Parquet" if run.kind.value == "CSV" else "CSV"
        assert run.path.value in {odd, f"{odd}.csv", f"{odd}.parquet"}


def test_showing_a_form_leaves_nothing_behind(
    make_form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither text nor bundle write the file of ids that the code reads; the code does."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    many = [str(2_061_000_000_000_000_000 + n) for n in range(130)]
    form = make_form(query=ek.Query("totals", many, ["favorites"]), keep=None)
    assert "form.code writes the file" in repr(form)
    form._repr_mimebundle_()
    assert list(empty.iterdir()) == []
    names: dict[str, Any] = {}
    exec(form.code.partition("assert")[0], names)  # noqa: S102 -- our own code is what is tested
    assert names["query"] == form.query
    names["client"].close()


def test_last_values_are_kept_by_notebook(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server tells the notebook's name; two notebooks in one folder do not meet."""
    monkeypatch.chdir(tmp_path)
    for name, many in (("a.ipynb", 1), ("sub/b.ipynb", 2)):
        monkeypatch.setenv("JPY_SESSION_NAME", f"/home/me/{name}")
        ek.RequestForm(client).add_ids(ek.sample_ids(client, many))
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/a.ipynb")
    form = ek.RequestForm(client)
    assert len(form.query.tweet_ids) == 1
    assert "a.request_form.json" in text_of(form._head.value)
    written = sorted(one.name for one in (tmp_path / ".engagement_kit").iterdir())
    assert written == ["a.request_form.json", "b.request_form.json"]


def test_an_untouched_form_gives_no_alarm(make_form: Any) -> None:
    """What is not filled in yet is said, and no problem is read aloud."""
    form = make_form(keep=None)
    assert "none yet" in text_of(form._tweets.counts.value)
    shown = [one.value for _, one in on_screen(form.widget) if isinstance(one, w.HTML)]
    assert not any('class="ek-problem"' in one for one in shown)
