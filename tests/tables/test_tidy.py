"""One answer becomes the rows that a reader of it expects; what it leaves out has rows, too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.tables.schema import SCHEMA

A, B = "1500000000000000000", "1500000000000000001"
BORN_A = "2022-03-05T06:47:23.309000+00:00"

Body = Callable[[str], bytes]


def rows(table: Any, *names: str) -> list[tuple[Any, ...]]:
    """Give columns of an Arrow table as plain rows, moments as text."""
    picked = [table.column(name).to_pylist() for name in names]
    return [
        tuple(one.isoformat() if isinstance(one, datetime) else one for one in row)
        for row in zip(*picked, strict=True)
    ]


def hourly(*ids: str, hours: int = 4) -> ek.Query:
    """Ask for the first hours of 2026-05-01."""
    period = ek.between("2026-05-01T00:00Z", f"2026-05-01T{hours:02d}:00Z")
    return ek.Query("historical", ids, ["replies"], by="hour", period=period)


def sparse(counts: dict[str, Any], tweet: str = A, hours: int = 4) -> dict[str, Any]:
    """Make an hourly answer of one tweet."""
    return {
        "start": "2026-05-01T00:00:00Z",
        "end": f"2026-05-01T{hours:02d}:00:00Z",
        "by hour": {tweet: {"replies": {"2026-05-01": counts}}},
    }


# --- bodies printed in public ---------------------------------------------------------------------
def test_totals_public(body: Body) -> None:
    """Fifteen lifetime counts in the order of the answer, from creation on."""
    table = ek.tidy_arrow(body("totals-public.200"))
    assert table.schema == SCHEMA
    names = ("favorites", "quote_tweets", "replies", "retweets", "video_views")
    counts = {
        "1021817816134156288": (530, 79, 147, 323, 0),
        "1067094924124872705": (1360, 29, 56, 178, 5754512),
        "1070059276213702656": (69, 5, 7, 26, 0),
    }
    assert rows(table, "tweet_id", "metric", "value", "status") == [
        (tweet, name, value, "observed")
        for tweet, values in counts.items()
        for name, value in zip(names, values, strict=True)
    ]
    assert set(rows(table, "grain", "end", "complete")) == {("lifetime", None, None)}
    assert rows(table, "start")[0] == ("2018-07-24T18:02:06.480000+00:00",)


def test_28hr_hourly(body: Body) -> None:
    """58 hours with their zeros; only the impressions of the first eleven hours are positive."""
    table = ek.tidy_arrow(body("28hr-hourly.200"))
    expected = [551, 412, 371, 280, 100, 19, 6, 5, 2, 7, 3, 1] + [0] * 17
    starts = pd.date_range("2015-09-14T17:00Z", periods=29, freq="h")
    assert rows(table, "tweet_id", "metric", "start", "end", "value") == [
        ("123456789", name, one.isoformat(), (one + pd.Timedelta(hours=1)).isoformat(), value)
        for name, values in (("impressions", expected), ("engagements", [0] * 29))
        for one, value in zip(starts, values, strict=True)
    ]
    assert set(rows(table, "grain", "status", "hour_of_day")) == {("hour", "observed", None)}


def test_28hr_unavailable(body: Body) -> None:
    """A bare 26 is a count; the tweet that is gone has a row for each metric."""
    table = ek.tidy_arrow(body("28hr-unavailable.200"))
    gone, here = "323456789", "423456789"
    assert rows(table, "tweet_id", "metric", "value", "status") == [
        (here, "favorites", 67, "observed"),
        (here, "replies", 8, "observed"),
        (here, "retweets", 26, "observed"),
        (gone, "favorites", None, "unavailable"),
        (gone, "replies", None, "unavailable"),
        (gone, "retweets", None, "unavailable"),
    ]
    window = ("window", "2015-11-17T22:00:00+00:00", "2015-11-19T02:00:00+00:00")
    assert set(rows(table, "grain", "start", "end")) == {window}


def test_historical_by_tweet(body: Body) -> None:
    """Twelve counts of one window, which is the answer's own."""
    table = ek.tidy_arrow(
        body("historical-by-tweet.200"), observed_at=datetime(2016, 1, 1, tzinfo=UTC)
    )
    names = ("impressions", "engagements", "url_clicks", "detail_expands")
    counts = {"123456789": (0,) * 4, "223456789": (788, 134, 30, 1323), "323456789": (4, 0, 2, 0)}
    assert rows(table, "tweet_id", "metric", "value") == [
        (tweet, name, value)
        for tweet, values in counts.items()
        for name, value in zip(names, values, strict=True)
    ]
    window = ("window", "2015-08-01T00:00:00+00:00", "2015-08-15T00:00:00+00:00", True)
    assert set(rows(table, "grain", "start", "end", "complete")) == {window}


def test_groupings_grand_totals(body: Body) -> None:
    """Sums over tweets have a null tweet id, and no period where the fragment names none."""
    table = ek.tidy_arrow(body("groupings-grand-totals.200"))
    assert rows(table, "tweet_id", "metric", "value", "start", "end") == [
        (None, "favorites", 12, None, None),
        (None, "replies", 2, None, None),
        (None, "retweets", 2, None, None),
    ]


def test_video_views_unsupported(body: Body) -> None:
    """The "0" of a too old video is null with its reason; its neighbours are counts."""
    table = ek.tidy_arrow(body("video-views-unsupported.200"))
    old = "too_old_for_video"
    counts = {
        "479311209565413376": (69, 1692, 142, None),
        "477139122520219648": (10, 1023, 6, None),
        "1397568983931392004": (268, 26803, 56, 17902),
    }
    names = ("favorites", "impressions", "retweets", "video_views")
    assert rows(table, "tweet_id", "metric", "value", "status") == [
        (tweet, name, value, "observed" if value is not None else old)
        for tweet, values in counts.items()
        for name, value in zip(names, values, strict=True)
    ]


def test_partial_with_errors(body: Body) -> None:
    """Counts beside `errors` are counts; the named tweet has a row per metric."""
    table = ek.tidy_arrow(body("partial-with-errors.200"))
    counts = {
        "423456789": (67, 8, 26), "123456789": (109, 41, 88), "223456789": (0, 2, 0),
        "323456789": (None,) * 3,
    }  # fmt: skip
    assert rows(table, "tweet_id", "metric", "value") == [
        (tweet, name, value)
        for tweet, values in counts.items()
        for name, value in zip(("favorites", "replies", "retweets"), values, strict=True)
    ]


def test_error_bodies_with_lists_give_rows_without_counts(body: Body) -> None:
    """Whom the lists name has rows, placeholders as they are printed."""
    table = ek.tidy_arrow(body("error-older-than-90-days.200"))
    assert rows(table, "tweet_id", "metric", "value", "status") == [
        ("*TWEET_IDS*", "impressions", None, "too_old_for_impressions"),
        ("*TWEET_IDS*", "engagements", None, "too_old_for_impressions"),
    ]
    table = ek.tidy_arrow(body("error-unavailable.400"))
    assert rows(table, "tweet_id", "metric", "status") == [("TWEET_IDS", None, "unavailable")]


# --- what the query adds --------------------------------------------------------------------------
def test_wanted_and_neither_counted_nor_listed_is_reported(body: Body) -> None:
    """With the query, a tweet and a metric that the answer is silent about have rows."""
    query = ek.Query(
        "totals", ["1021817816134156288", "1070059276213702656", "1067094924124872705", A],
        ["favorites", "retweets", "replies", "quote_tweets", "video_views"],
        groupings={"perTweetMetricsUnowned": ["tweet.id", "engagement.type"]},
    )  # fmt: skip
    table = ek.tidy_arrow(body("totals-public.200"), query)
    lost = [row for row in rows(table, "tweet_id", "status", "start") if row[1] != "observed"]
    assert lost == [(A, "not_in_answer", BORN_A)] * 5
    assert table.num_rows == 20


def test_holes_of_a_series_are_spans_not_zeros() -> None:
    """Neighbouring missing hours make one row; a tweet without any hour misses the whole."""
    table = ek.tidy_arrow(sparse({"01": "5"}), hourly(A, B))
    day = "2026-05-01T0{}:00:00+00:00".format
    assert rows(table, "tweet_id", "start", "end", "value", "status") == [
        (A, day(1), day(2), 5, "observed"),
        (A, day(0), day(1), None, "not_in_answer"),
        (A, day(2), day(4), None, "not_in_answer"),
        (B, day(0), day(4), None, "not_in_answer"),
    ]


def test_hours_before_creation_are_not_missing() -> None:
    """Only hours of the tweet's life are wanted from a sparse answer."""
    body = {
        "start": "2022-03-05T00:00:00Z", "end": "2022-03-05T09:00:00Z",
        "by hour": {A: {"replies": {"2022-03-05": {"07": "1"}}}},
    }  # fmt: skip
    period = ek.between("2022-03-05T00:00Z", "2022-03-05T09:00Z")
    query = ek.Query("historical", [A, B], ["replies"], by="hour", period=period)
    lost = ek.tidy(body, query).query("status == 'not_in_answer'")
    spans = [(a.hour, b.hour) for a, b in zip(lost["start"], lost["end"], strict=True)]
    assert spans == [(6, 7), (8, 9), (6, 9)]


def test_missing_hours_of_day_have_rows() -> None:
    """An hour of day that the window has and the answer has not is missing, not absent."""
    body = {
        "start": "2026-05-01T00:00:00Z", "end": "2026-05-03T00:00:00Z",
        "g": {A: {"replies": {f"{n:02d}": "1" for n in range(24) if n not in {3, 4}}}},
    }  # fmt: skip
    period = ek.between("2026-05-01", "2026-05-03")
    levels = ["tweet.id", "engagement.type", "engagement.hour"]
    query = ek.Query("historical", A, ["replies"], groupings={"g": levels}, period=period)
    lost = ek.tidy(body, query).query("status == 'not_in_answer'")
    assert lost["hour_of_day"].tolist() == [3, 4]
    assert ek.total(ek.tidy(body, query))["value"].isna().all()


def test_days_hold_only_the_hours_inside_the_window() -> None:
    """The first and last day are cut by the window; a missing day is cut alike."""
    body = {
        "start": "2026-05-01T05:00:00Z", "end": "2026-05-04T09:00:00Z",
        "g": {A: {"replies": {"2026-05-01": "1", "2026-05-02": "2"}}},
    }  # fmt: skip
    period = ek.between("2026-05-01T05:00Z", "2026-05-04T09:00Z")
    levels = ["tweet.id", "engagement.type", "engagement.day"]
    query = ek.Query("historical", A, ["replies"], groupings={"g": levels}, period=period)
    table = ek.tidy_arrow(body, query, observed_at=datetime(2026, 6, 1, tzinfo=UTC))
    assert rows(table, "start", "end", "value", "complete") == [
        ("2026-05-01T05:00:00+00:00", "2026-05-02T00:00:00+00:00", 1, True),
        ("2026-05-02T00:00:00+00:00", "2026-05-03T00:00:00+00:00", 2, True),
        ("2026-05-03T00:00:00+00:00", "2026-05-04T09:00:00+00:00", None, None),
    ]


def test_the_day_that_still_runs_keeps_its_midnight() -> None:
    """Asked again later, it is the same number: the later observation takes its place."""
    body = {
        "start": "2026-05-01T08:00:00Z", "end": "2026-05-02T13:00:00Z",
        "g": {A: {"replies": {"2026-05-01": "1", "2026-05-02": "2"}}},
    }  # fmt: skip
    table = ek.tidy(body, observed_at=datetime(2026, 5, 2, 12, 34, tzinfo=UTC))
    assert table["end"].iloc[-1] == pd.Timestamp("2026-05-03T00:00Z")
    assert table["complete"].tolist() == [True, False]


def test_a_day_beyond_the_window_is_no_negative_span() -> None:
    """An odd key is kept with its own bounds."""
    body = {
        "start": "2026-05-02T00:00:00Z", "end": "2026-05-03T00:00:00Z",
        "g": {A: {"replies": {"2026-04-01": "1", "2026-05-02": "2", "2026-06-01": "3"}}},
    }  # fmt: skip
    table = ek.tidy(body)
    assert (table["start"] < table["end"]).all()
    assert table["value"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("by_metric", [True, False])
def test_an_unavailable_tweet_has_one_row_for_each_number_it_lacks(*, by_metric: bool) -> None:
    """One per metric, or one where metrics are summed over."""
    levels = ["tweet.id", "engagement.type"] if by_metric else ["tweet.id"]
    counts: Any = {"replies": "1", "favorites": "2"} if by_metric else "3"
    query = ek.Query("totals", [A, B], ["replies", "favorites"], groupings={"g": levels})
    table = ek.tidy({"unavailable_tweet_ids": [B], "g": {A: counts}}, query)
    gone = table[table["status"] == "unavailable"]
    assert gone["tweet_id"].tolist() == [B] * (2 if by_metric else 1)
    assert gone["metric"].isna().all() == (not by_metric)


def test_a_listed_tweet_with_counts_keeps_them_alone() -> None:
    """What is counted is not said to be missing as well."""
    body = {"unavailable_tweet_ids": [A], "g": {A: {"replies": "1"}, B: {"favorites": "2"}}}
    table = ek.tidy_arrow(body)
    assert rows(table, "tweet_id", "metric", "value") == [
        (A, "replies", 1), (B, "favorites", 2), (A, "favorites", None),
    ]  # fmt: skip


# --- odd bodies -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "leaf",
    ["null", "2.5", '"12abc"', "99999999999999999999", '"99999999999999999999"', "true", "[1]"],
)
def test_odd_leaves_are_unreadable_and_null(leaf: str) -> None:
    """Their row stays; nothing is put in its place."""
    text = json.dumps(sparse({"00": "LEAF", "01": "-2"})).replace('"LEAF"', leaf)
    table = ek.tidy_arrow(text)
    assert rows(table, "value", "status") == [(None, "unreadable"), (-2, "observed")]


def test_a_key_that_stands_twice_has_no_value() -> None:
    """Two readers of such JSON would believe different numbers; we believe none."""
    text = f'{{"g": {{"{A}": {{"replies": 4, "replies": 5, "favorites": 1}}}}}}'
    assert rows(ek.tidy_arrow(text), "metric", "value", "status") == [
        ("replies", None, "unreadable"), ("favorites", 1, "observed"),
    ]  # fmt: skip


def test_unknown_metrics_and_root_keys_are_kept() -> None:
    """The API may grow: a new metric is a metric, a new root key is no error."""
    table = ek.tidy(
        {"g": {A: {"bookmarks": "4"}}, "meta": "new", "unsupported_for_x_tweet_ids": []}
    )
    assert table[["metric", "value"]].to_numpy().tolist() == [["bookmarks", 4]]


@given(st.text(max_size=30), st.sampled_from(["tweet", "metric"]))
def test_any_key_can_be_read_with_the_query(key: str, where: str) -> None:
    """A key that is no id and no known name is kept as it is."""
    nested = {key: {"replies": "1"}} if where == "tweet" else {A: {key: "1"}}
    query = ek.Query("totals", [A], ["replies"], groupings={"g": ["tweet.id", "engagement.type"]})
    table = ek.tidy_arrow({"g": nested}, query)
    column = "tweet_id" if where == "tweet" else "metric"
    assert (key, 1) in rows(table, column, "value")


def test_the_finest_grouping_is_the_default_and_the_others_can_be_named() -> None:
    """Two grains never stand in one table."""
    body = {
        "all": {"replies": "3"},
        "fine": {A: {"replies": {"2026-05-01": {"00": "1", "01": "2"}}}},
    }
    assert set(ek.tidy(body)["grain"]) == {"hour"}
    assert ek.tidy(body, grouping="all")["value"].tolist() == [3]
    with pytest.raises(ek.errors.UnreadableAnswer, match="it has: 'all', 'fine'"):
        ek.tidy(body, grouping="none")


@pytest.mark.parametrize(
    ("given_body", "said"),
    [
        (b"<html>", "no JSON"),
        (b'{"g": {', "no JSON"),
        (b"[1]", "no object"),
        (b"{}", "no counts"),
        (b'{"errors": ["internal server error"]}', "internal server error"),
    ],
)
def test_what_is_no_answer_is_refused(given_body: bytes, said: str) -> None:
    """HTML, cut-off bodies and bare errors give no empty table."""
    with pytest.raises(ek.errors.UnreadableAnswer, match=said):
        ek.tidy(given_body)


def test_wrong_arguments_are_refused_together() -> None:
    """A naive moment and an unknown endpoint are told in one error."""
    with pytest.raises(ek.errors.QueryError) as caught:
        ek.tidy({"g": {A: "1"}}, endpoint="total", observed_at=datetime(2026, 1, 1))  # noqa: DTZ001
    assert [one.field for one in caught.value.problems] == ["endpoint", "observed_at"]


# --- bugs of other clients ------------------------------------------------------------------------
def test_other_clients_dropped_groupings_of_one_or_four_levels() -> None:
    """Peer bug 1: hourly counts by tweet came back as an empty object."""
    body = sparse({"00": "1"}) | {"one": {"replies": "1"}}
    assert ek.tidy(body, grouping="by hour")["value"].tolist() == [1]
    assert ek.tidy(body, grouping="one")["value"].tolist() == [1]


def test_another_client_failed_on_a_date_level_in_between() -> None:
    """Peer bug 2: hours under a day nobody asked for are read as hours of that day."""
    levels = ["tweet.id", "engagement.type", "engagement.hour"]
    period = ek.between("2026-05-01T00:00Z", "2026-05-01T02:00Z")
    query = ek.Query("historical", A, ["replies"], groupings={"by hour": levels}, period=period)
    table = ek.tidy_arrow(sparse({"00": "5", "01": "6"}, hours=2), query)
    assert rows(table, "grain", "hour_of_day", "value", "start") == [
        ("hour", None, 5, "2026-05-01T00:00:00+00:00"),
        ("hour", None, 6, "2026-05-01T01:00:00+00:00"),
    ]


def test_another_client_aligned_series_by_position() -> None:
    """Peer bug 10: after a missing hour, every count still stands at its own hour."""
    body = sparse({"00": "1", "01": "2", "02": "3", "03": "0"})
    body["by hour"][B] = {"replies": {"2026-05-01": {"03": "9", "01": "7"}}}
    wide = ek.tidy(body, hourly(A, B)).pivot_table("value", "start", "tweet_id", observed=True)
    assert wide.loc["2026-05-01T01:00Z"].tolist() == [2, 7]
    assert wide.loc["2026-05-01T03:00Z"].tolist() == [0, 9]  # and zeros are not removed


_PROGRAM = """
import sys, engagement_kit as ek
from datetime import datetime, UTC
seen = datetime(2015, 9, 15, 21, 30, tzinfo=UTC)
table = ek.tidy_arrow(sys.stdin.buffer.read(), observed_at=seen)
print(table.column("start").cast("int64").to_pylist(), table.column("complete").to_pylist())
"""


def test_another_client_read_utc_hours_as_local_ones(body: Body) -> None:
    """Peer bug 11: the machine's zone changes nothing, in a process of its own."""
    said = set()
    zones = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Africa/Cairo")
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "TZ": zone},
        )
        for zone in zones
    ]
    for one in running:
        said.add(one.communicate(body("28hr-hourly.200"))[0])
        assert one.returncode == 0
    assert len(said) == 1
