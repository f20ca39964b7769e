"""Plan, receipt, result, methods, sums, form and table count the same numbers, the right ones."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.forms.model.outcome import glance
from engagement_kit.forms.model.running import Running
from engagement_kit.forms.model.seen import price_line
from engagement_kit.question.periods import Between
from engagement_kit.question.plan_words import numbers_asked
from engagement_kit.question.tweet_ids import created_at

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "favorites"]
WORLD = World()
OTHER = WORLD.accounts[1].name
HOURS = {"hour": 1, "day": 24}


@cache
def some(kind: str, account: str = "acme") -> list[str]:
    """List tweets of the last months, the newest first."""
    if kind == "gone":
        return WORLD.sample_ids(account, 60, before=NOW, kind="unavailable")
    return WORLD.sample_ids(account, 900, before=NOW)


@st.composite
def questions(draw: st.DrawFn) -> ek.Query:
    """Ask about own, foreign and gone tweets, of before, within and after a period."""
    by: Any = draw(st.sampled_from(["day", "day", "hour", "total", "hour_of_day"]))
    end = NOW.replace(hour=0, minute=0) - timedelta(days=draw(st.integers(0, 40)))
    if by != "day":  # requests then end within days
        end -= timedelta(hours=draw(st.sampled_from([0, 0, 5])))
    period = ek.between(end - timedelta(days=draw(st.integers(1, 60))), end)
    ids = [
        *draw(st.lists(st.sampled_from(some("own")), min_size=1, max_size=40, unique=True)),
        *draw(st.lists(st.sampled_from(some("gone")), max_size=5, unique=True)),
        *draw(st.lists(st.sampled_from(some("own", OTHER)), max_size=3, unique=True)),
    ]
    return ek.Query("historical", draw(st.permutations(ids)), METRICS, by=by, period=period)


def pieces(query: ek.Query, tweet_id: str, step: int) -> int:
    """Count the hours or days of the period in which a tweet was there, one by one."""
    born, period = created_at(tweet_id), query.period
    assert born is not None
    assert isinstance(period, Between)
    long = timedelta(hours=step)
    first = period.start if step == 1 else period.start.replace(hour=0)
    starts = pd.date_range(first, period.end, freq=long)
    return sum(start < period.end and start + long > max(born, period.start) for start in starts)


def truth(query: ek.Query, step: int) -> tuple[int, int, int]:
    """Say what the world knows: numbers asked, those without a count, tweets that came later."""
    lost = {*some("gone"), *some("own", OTHER)}
    each = {one: pieces(query, one, step) for one in query.tweet_ids}
    asked = sum(each.values()) * len(METRICS)
    missing = sum(many for one, many in each.items() if one in lost) * len(METRICS)
    return asked, missing, sum(not many for many in each.values())


def said_in_form(client: Client, query: ek.Query) -> str:
    """Run it as the form does, and give what that says at the end."""
    running = Running(client, query)
    running.start()
    state = running.wait()
    assert state.result is not None, state
    return state.words


def check(result: Result, client: Client) -> None:
    """Hold all figures of a result against each other, and against the world."""
    query, receipt, table = result.plan.query, result.receipt, result.to_pandas()
    step = HOURS.get(result.plan.wanted.level, 1)
    asked, missing, later = truth(query, step)
    counts = (receipt.asked, receipt.missing, receipt.created_after)
    assert counts == (asked, missing, later)
    assert receipt.to_dict()["created_after"] == later
    assert receipt.answered == asked - missing
    assert numbers_asked(result.plan) == result.plan.price.asked == asked
    assert f"{receipt.answered:,} of {asked:,} number" in repr(result)
    assert f"Of {asked:,} number" in receipt.methods()
    assert receipt.to_pandas()["numbers"].sum() == asked
    said = f"{later:,} tweet" if later else "no tweet"
    for text in (repr(result), receipt.to_text(), receipt.methods(), receipt.to_html()):
        assert ("created after the period" in text) == bool(later)
        assert said in text or not later
    assert said_in_form(client, query).startswith(f"{receipt.answered:,} of {asked:,} numbers")
    # The table: no tweet is gone from it, and its sums expect what the receipt counts.
    assert {*table["tweet_id"]} == {*query.tweet_ids}
    base = result.to_pandas("hour" if step == 1 else "day")
    sums = ek.total(base)
    assert (sums["n_expected"].sum(), sums["n_missing"].sum()) == (asked, missing)
    if step == 1:
        days = ek.total(result.to_pandas("day"))
        assert (days["n_expected"].sum(), days["n_missing"].sum()) == truth(query, 24)[:2]
    if "window" in result.tables:
        window = ek.total(result.to_pandas("window"), "tweet_id")
        here = [one for one in query.tweet_ids if pieces(query, one, step)]
        assert sorted(window["tweet_id"].unique()) == sorted(here)
        assert window["n_expected"].eq(1).all()
        assert window["n_missing"].sum() == window["value"].isna().sum()
    lost = glance(result).missing
    assert sum(int(row[0].replace(",", "")) for row in lost) == missing
    check_spans(result)


def check_spans(result: Result) -> None:
    """Hold the list of what is missing against the table: each span once, nothing else."""
    spans, table = result.missing, result.to_pandas()
    rows = table[table["value"].isna()]
    named = ["tweet_id", "metric", "status"]
    assert not spans.duplicated(named).any(), spans
    assert spans.dtypes.astype(str).equals(table.dtypes.astype(str))
    found: dict[tuple[str, ...], list[Any]] = {}
    for one in rows.itertuples():
        key = tuple(str(getattr(one, name)) for name in named)
        found.setdefault(key, []).append(one)
    assert len(found) == len(spans)
    for span in spans.itertuples():
        parts = found[tuple(str(getattr(span, name)) for name in named)]
        assert span.start == min(one.start for one in parts)
        assert span.end == max(one.end for one in parts)
        keys = {one.request_key for one in parts if not pd.isna(one.request_key)}
        assert {span.request_key} == keys if len(keys) == 1 else pd.isna(span.request_key)
        seen = [one.observed_at for one in parts if not pd.isna(one.observed_at)]
        assert span.observed_at == min(seen) if seen else pd.isna(span.observed_at)
    sums = [ek.total(one)["n_missing"].sum() for one in (spans, rows) if len(one)]
    if result.plan.query.by in HOURS:
        assert len({*sums}) <= 1


@settings(max_examples=12)
@given(questions())
def test_all_figures_agree(query: ek.Query) -> None:
    """Tweets of before, within and after the period, own, foreign and gone; asked twice."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        tempfile.TemporaryDirectory() as folder,
        ek.connect(emulator, store=folder) as client,
    ):
        first = client.run(query, progress=False)
        check(first, client)
        again = client.run(query, progress=False)  # now it is known who is foreign
        check(again, client)
        assert first.receipt.fates == again.receipt.fates


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to a world whose clock stands still."""
    with (
        Emulator(WORLD, WorldClock(frozen=NOW)) as emulator,
        ek.connect(emulator, store=tmp_path / "raw") as one,
    ):
        yield one


def of_all_ages(days: int = 60) -> ek.Query:
    """Ask for tweets of before, within and after a period, gone and foreign ones among them."""
    ids = [*some("own")[::9][:60], *some("gone")[:3], *some("own", OTHER)[:3]]
    end = NOW.replace(hour=0, minute=0) - timedelta(days=2)
    period = ek.between(end - timedelta(days=days), end)
    return ek.Query("historical", ids, METRICS, by="day", period=period)


def test_purged_tweets_are_counted_as_the_others(client: Client) -> None:
    """As many numbers are asked; theirs are purged, and those created after keep their rows."""
    query = of_all_ages()
    asked, _, later = truth(query, 24)
    client.run(query, progress=False)
    gone = query.tweet_ids[::3]
    assert {*gone} & {one for one in query.tweet_ids if not pieces(query, one, 24)}
    client.purge(gone)
    result = client.run(query, progress=False)
    receipt = result.receipt
    assert (receipt.asked, receipt.created_after, numbers_asked(result.plan)) == (
        asked, later, asked,
    )  # fmt: skip
    assert receipt.fates["purged"] == sum(pieces(query, one, 24) for one in gone) * len(METRICS)
    sums = ek.total(result.to_pandas())
    assert (sums["n_expected"].sum(), sums["n_missing"].sum()) == (asked, receipt.missing)
    assert {*result.to_pandas()["tweet_id"]} == {*query.tweet_ids}


def test_of_tweets_that_came_later_alone_nothing_is_missing(client: Client) -> None:
    """No number is asked; each tweet keeps a row, and every word says why."""
    end = NOW.replace(hour=0, minute=0) - timedelta(days=100)
    ids = [one for one in some("own") if (created_at(one) or end) >= end][:4]
    period = ek.between(end - timedelta(days=3), end)
    query = ek.Query("historical", ids, METRICS, by="day", period=period)
    result = client.run(query, progress=False)
    receipt = result.receipt
    assert (receipt.asked, receipt.missing, receipt.created_after) == (0, 0, 4)
    assert result.missing[["tweet_id", "metric"]].shape == (8, 2)
    assert "nothing to count: 4 tweets were created after the period" in receipt.to_text()
    assert "Of 4 tweets there is nothing to count: they were created" in receipt.methods()
    assert not len(ek.total(result.to_pandas()))
    assert not len(ek.total(result.to_pandas("window")))
    assert glance(result).missing[-1][:2] == ("0", "out_of_range")
    assert "nothing to count (out_of_range): 4 tweets" in repr(result.plan)


def test_the_price_tells_tweets_that_came_later_from_numbers_that_can_not_be_had(
    client: Client,
) -> None:
    """Of the former nothing is missing; of the latter something is, and a person is to know."""
    query = of_all_ages()
    said = price_line(client.plan(query))
    assert said.endswith("some tweets were created after the period, see below")
    period = ek.between("2026-05-01", "2026-06-03")
    open_ = ek.Query("historical", query.tweet_ids, METRICS, by="day", period=period)
    assert price_line(client.plan(open_)).endswith("some can't be had, see below")


@pytest.mark.parametrize(
    "levels", [("engagement.type", "tweet.id"), ("engagement.type", "engagement.day")]
)
def test_raw_groupings_as_they_were_answered_count_as_sums_do(
    client: Client, levels: tuple[str, ...]
) -> None:
    """A missed span counts for its days of the tweet's life there, too."""
    ids = [*some("own")[300:310], *some("gone")[:3]]
    end = NOW.replace(hour=0, minute=0)
    query = ek.Query(
        "historical", ids, METRICS, groupings={"mine": levels},
        period=ek.between(end - timedelta(days=20), end),
    )  # fmt: skip
    result = client.run(query, progress=False)
    assert result.plan.as_written
    sums, receipt = ek.total(result.to_pandas()), result.receipt
    assert receipt.missing > 0
    assert (receipt.asked, receipt.missing) == (sums["n_expected"].sum(), sums["n_missing"].sum())
