"""What is odd about tables: each check finds its kind, and nothing where there is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.emulator import Emulator, World, WorldClock
from engagement_kit.insight import quality
from engagement_kit.insight.findings import CHECKS
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import NULL_TIME, STATUSES, Cells, build, to_pandas
from engagement_kit.tables.times import birth_us

BORN = "2050491494400000000"  # 2026-05-02T08:21Z
YOUNGER = "2050491494400999999"
OLD = "697506383516729344"  # 2016-02-10
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "engagements", "favorites", "retweets", "replies", "video_views"]
COLUMNS = [
    "check", "severity", "metric", "n", "tweet_id", "start", "end", "meaning", "advice",
]  # fmt: skip
MIDDAY = pd.Timestamp("2026-05-05T12:00Z")


def micros(moment: Any) -> int:
    """Give a moment in microseconds since 1970."""
    return NULL_TIME if moment is pd.NaT else int(pd.Timestamp(moment).value // 1000)


def table(*rows: dict[str, Any], grain: str = "hour", source: str = "live") -> pd.DataFrame:
    """Make a tidy table of rows: `start`, `value` and whatever differs from the usual."""
    length = pd.Timedelta(hours={"hour": 1, "day": 24, "window": 96}.get(grain, 0))
    made = []
    for row in rows:
        full: dict[str, Any] = {"id": BORN, "metric": "favorites", "seen": MIDDAY, "over": 1} | row
        if grain == "lifetime":
            born = birth_us(full["id"])
            full["start"] = pd.NaT if born == NULL_TIME else pd.Timestamp(born, unit="us", tz="UTC")
        start = pd.Timestamp(full["start"])
        full |= {"start": start, "end": row.get("end", start + length)}
        full["end"] = full["seen"] if grain == "lifetime" else full["end"]
        full.setdefault("status", "observed")
        made.append(full)
    ids = tuple(dict.fromkeys(one["id"] for one in made))
    metrics = tuple(dict.fromkeys(one["metric"] for one in made))

    def column(get: Callable[[dict[str, Any]], int]) -> Any:
        return np.array([get(one) for one in made], dtype=np.int64)

    cells = Cells(
        tweets=ids, metrics=metrics, accounts=("acme",), keys=("0",),
        tweet=column(lambda one: ids.index(one["id"])),
        metric=column(lambda one: metrics.index(one["metric"])),
        account=column(lambda _: 0), key=column(lambda _: 0),
        start=column(lambda one: micros(one["start"])), end=column(lambda one: micros(one["end"])),
        hour=column(lambda _: -1), value=column(lambda one: one.get("value", 0)),
        status=column(lambda one: STATUSES.index(one["status"])),
        complete=column(lambda one: one["over"]), observed=column(lambda one: micros(one["seen"])),
    )  # fmt: skip
    return to_pandas(build(cells, grain, endpoint="historical", source=source))


def hours(values: list[int], start: str = "2026-05-03", **more: Any) -> pd.DataFrame:
    """Make a table of consecutive hours."""
    first = pd.Timestamp(start, tz="UTC")
    moments = [first + pd.Timedelta(hours=at) for at in range(len(values))]
    rows = [
        {"start": when, "value": value, **more} for when, value in zip(moments, values, strict=True)
    ]
    return table(*rows)


def day(value: int, start: str = "2026-05-03", **more: Any) -> pd.DataFrame:
    """Make a table of one day."""
    return table({"start": pd.Timestamp(start, tz="UTC"), "value": value, **more}, grain="day")


def lifetime(value: int, **more: Any) -> pd.DataFrame:
    """Make a table of one lifetime."""
    return table({"value": value, **more}, grain="lifetime")


def checks(*tables: pd.DataFrame) -> dict[str, int]:
    """Give how often each check found something."""
    found: dict[str, int] = quality(*tables).groupby("check")["n"].sum().to_dict()
    return found


# --- the frame ------------------------------------------------------------------------------------
def test_nothing_odd_is_an_empty_frame_of_the_same_columns() -> None:
    """Columns and types do not depend on what is found."""
    nothing, something = quality(hours([1, 2])), quality(hours([1, -2]))
    assert nothing.columns.tolist() == COLUMNS
    assert (len(nothing), len(something)) == (0, 1)
    assert nothing.dtypes.equals(something.dtypes)
    assert len(quality(hours([1]).head(0))) == 0


def test_the_worst_comes_first_with_an_example_and_advice() -> None:
    """Errors before cautions before notes, the more frequent first; each with what to do."""
    found = quality(
        hours([1, -2, -3]), hours([4], start="2026-05-01"), hours([5], over=0, start="2026-05-04")
    )
    assert found["severity"].tolist() == ["error", "caution", "caution"]
    assert found["check"].tolist() == ["before_creation", "negative", "running"]
    assert found["tweet_id"].tolist() == [BORN] * 3
    assert found.loc[1, "start"] == pd.Timestamp("2026-05-03T01:00Z")
    assert found.loc[1, "end"] == pd.Timestamp("2026-05-03T02:00Z")
    assert found[["meaning", "advice"]].map(len).gt(10).all(axis=None)


def test_tables_of_any_kind_are_looked_at() -> None:
    """Arrow tables and DataFrames; nothing at all, and what is not tidy, are refused."""
    frame = hours([-1])
    arrow = ek.tidy_arrow({"g": {BORN: {"likes": {"2026-05-03": {"01": "-1"}}}}})
    assert checks(arrow) == checks(frame) == {"negative": 1}
    with pytest.raises(ek.errors.TableError, match="no table"):
        quality()
    with pytest.raises(ek.errors.TableError, match="no tidy table"):
        quality(frame[["value"]])


@pytest.mark.filterwarnings("ignore:The 'future.infer_string' option is deprecated")
def test_text_that_is_not_there_is_null_whatever_pandas_makes_of_text() -> None:
    """Several metrics have no name in common: that is null, and never the text None."""
    lost = hours([1], over=0), hours([1], over=0, metric="replies")
    with pd.option_context("future.infer_string", False):
        plain = quality(*lost)
    for found in (quality(*lost), plain):
        assert found["metric"].isna().tolist() == [True]
        assert found["tweet_id"].tolist() == [BORN]
        assert quality(hours([-1]))["metric"].tolist() == ["favorites"]


def test_every_check_has_a_name_and_finds_nothing_in_clean_rows() -> None:
    """Each looks at the same rows, and tells nothing of whole hours and days that agree."""
    assert len({one.__name__ for one in CHECKS}) == len(CHECKS)
    assert checks(hours([1] * 24), day(24), lifetime(40)) == {"lifetimes_not_covered": 1}
    assert checks(hours([1] * 24), day(24)) == {}


# --- one check each -------------------------------------------------------------------------------
def test_counts_before_creation() -> None:
    """The hour before the tweet's own is too early; its own, begun before it, is not."""
    assert checks(hours([3, 5], start="2026-05-02T07:00")) == {"before_creation": 1}
    assert checks(hours([0, 5], start="2026-05-02T07:00")) == {}
    assert checks(hours([3], start="2026-05-02T07:00", id="20")) == {}  # says no time


def test_negative_counts() -> None:
    """In a period they are a caution; over a whole life an error."""
    assert checks(hours([-1, 2, -3])) == {"negative": 2}
    found = quality(lifetime(-1))
    assert found[["check", "severity"]].values.tolist() == [["negative_lifetime", "error"]]


def test_hours_against_days_where_all_hours_are_there() -> None:
    """A day that says otherwise than its 24 hours; with an hour less nothing can be said."""
    assert checks(hours([1] * 24), day(25)) == {"hours_against_days": 1}
    assert checks(hours([1] * 24), day(24)) == {}
    assert checks(hours([1] * 23), day(25)) == {}
    assert checks(hours([1] * 24, over=0), day(25)).keys() == {"running"}


def test_the_day_of_creation_is_whole_from_the_hour_of_creation_on() -> None:
    """Sixteen hours from 08:00 on are all of it; zeros before change nothing."""
    first = hours([2] * 16, start="2026-05-02T08:00")
    assert checks(first, day(33, start="2026-05-02")) == {"hours_against_days": 1}
    assert checks(first, day(32, start="2026-05-02")) == {}
    whole = hours([0] * 8 + [2] * 16, start="2026-05-02")
    assert checks(whole, day(33, start="2026-05-02")) == {"hours_against_days": 1}


def test_disagreement_of_one_moment_is_worse_than_a_revision() -> None:
    """Seen at the same moment it is an error; at different moments it may be revised."""
    later = MIDDAY + pd.Timedelta(days=1)
    for seen, severity in ((MIDDAY, "error"), (later, "caution")):
        found = quality(hours([1] * 24), day(30, seen=seen))
        assert found["severity"].tolist() == [severity]


def test_days_and_hours_against_windows() -> None:
    """A window is held against what lies in it; days that it cuts are no pieces."""
    window = table({"start": "2026-05-03T00:00Z", "value": 5}, grain="window")
    days = ek.concat([day(1, start=f"2026-05-0{at}") for at in (3, 4, 5, 6)])
    assert checks(days, window) == {"days_against_windows": 1}
    assert checks(hours([1] * 96), window) == {"hours_against_windows": 1}
    moved = table({"start": "2026-05-03T01:00Z", "value": 5}, grain="window")
    assert checks(days, moved) == {}


def test_hours_may_not_pass_their_lifetime() -> None:
    """More than the lifetime is odd; less is not, where some of the life is not there."""
    some = hours([10] * 5)
    assert checks(some, lifetime(49)) == {
        "hours_against_lifetimes": 1, "lifetimes_not_covered": 1,
    }  # fmt: skip
    assert checks(some, lifetime(51)) == {"lifetimes_not_covered": 1}
    late = hours([10] * 5, start="2026-05-06")  # after the lifetime was observed
    assert checks(late, lifetime(1)) == {"lifetimes_not_covered": 1}


def test_all_hours_of_a_life_are_its_lifetime() -> None:
    """Where both end at the same moment they are equal; else hours may be less."""
    life = hours([1] * 76, start="2026-05-02T08:00")  # up to MIDDAY
    assert checks(life, lifetime(76)) == {}
    assert checks(life, lifetime(77)) == {"hours_against_lifetimes": 1}
    assert quality(life, lifetime(77))["severity"].tolist() == ["error"]
    half_past = MIDDAY + pd.Timedelta(minutes=30)
    assert checks(life, lifetime(77, seen=half_past)) == {}
    running = hours([1] * 77, start="2026-05-02T08:00", seen=half_past)
    assert checks(running, lifetime(77, seen=half_past)) == {}
    assert checks(running, lifetime(78, seen=half_past)) == {"hours_against_lifetimes": 1}


def test_video_views_of_totals_are_never_held_against_hours() -> None:
    """They are another quantity: their being together is said, and they are not compared."""
    some = hours([10] * 5, metric="video_views")
    assert checks(some, lifetime(1, metric="video_views")) == {"two_video_views": 1}
    assert checks(some) == {}
    assert checks(lifetime(1, metric="video_views")) == {}


def test_what_was_redefined() -> None:
    """Engagements on both sides of 2017-10-09; a lifetime that goes across; other metrics not."""
    both = hours([1] * 4, start="2017-10-08T22:00", id=OLD, metric="engagements")
    assert checks(both) == {"redefined": 2}
    assert "without media views" in quality(both).loc[0, "meaning"]
    assert checks(both.head(2)) == {}
    assert checks(both.tail(2)) == {}
    assert checks(both.assign(metric=pd.Categorical(["favorites"] * 4))) == {}
    assert checks(lifetime(5, id=OLD, metric="engagements")) == {"redefined": 1}
    assert checks(lifetime(5, id="20", metric="engagements")) == {"redefined": 1}  # before 2010
    assert checks(lifetime(5, metric="engagements")) == {}
    assert checks(lifetime(5, id=OLD, metric="impressions")) == {}


def test_zeros_from_before_the_api_counted() -> None:
    """Zeros of favorites before 2015-09-15 say nothing; other zeros do."""
    old = "638000000000000000"  # 2015-08-30
    rows = {"id": old, "start": "2015-09-02"}
    assert checks(hours([0, 0], **rows)) == {"zero_before": 2}
    assert checks(hours([0, 0], **(rows | {"metric": "impressions"}))) == {}
    assert checks(hours([0, 0], **(rows | {"start": "2015-09-15"}))) == {}


def test_engagements_above_impressions_tweet_by_tweet() -> None:
    """One hour above is nothing, all of them together are."""
    shown = hours([5, 5], metric="impressions")
    assert checks(shown, hours([9, 0], metric="engagements")) == {}
    assert checks(shown, hours([9, 2], metric="engagements")) == {
        "engagements_above_impressions": 1
    }
    assert checks(shown, hours([9, 2], metric="engagements", id=YOUNGER)) == {}


def test_revisions_of_what_was_over() -> None:
    """Another count of an hour that was over is a revision; one that ran simply went on."""
    later = MIDDAY + pd.Timedelta(days=1)
    assert checks(hours([1, 2]), hours([1, 3], seen=later)) == {"revised": 1}
    assert checks(hours([1, 2]), hours([1, 2], seen=later)) == {}
    assert checks(hours([1, 2], over=0), hours([1, 3], seen=later)) == {}


def test_two_counts_of_one_moment() -> None:
    """They can't both be right; sums over tweets of two tables may be over other tweets."""
    assert checks(hours([1, 2]), hours([1, 3])) == {"contradicting": 1}
    summed = [
        one.assign(tweet_id=pd.Categorical([None] * 2, categories=["20"]))
        for one in (hours([1, 2]), hours([1, 3]))
    ]
    assert checks(*summed) == {}


def test_lifetimes_that_fall() -> None:
    """A later lifetime may be higher; lower ones are told."""
    later = MIDDAY + pd.Timedelta(days=1)
    assert checks(lifetime(5), lifetime(6, seen=later)) == {}
    assert checks(lifetime(5), lifetime(4, seen=later)) == {"fallen": 1}
    assert checks(lifetime(5), lifetime(4, seen=later, id=YOUNGER)) == {}


def test_periods_that_still_ran() -> None:
    """They are told, unless a later observation has them whole; lifetimes always run."""
    later = MIDDAY + pd.Timedelta(days=1)
    assert checks(hours([1, 2], over=0)) == {"running": 2}
    assert checks(hours([1, 2], over=0), hours([1], seen=later)) == {"running": 1}
    assert checks(lifetime(5, over=0)) == {}


@pytest.mark.parametrize("status", MEANINGS)
def test_missing_numbers_by_reason(status: str) -> None:
    """A span counts as many numbers as it has hours, of days as many days; each with advice."""
    start, end = pd.Timestamp("2026-05-03", tz="UTC"), pd.Timestamp("2026-05-05", tz="UTC")
    span = {"start": start, "end": end, "status": status, "over": -1}
    for grain, many in (("hour", 48), ("day", 2)):
        found = quality(table(span, grain=grain))
        assert found[["check", "n"]].values.tolist() == [[f"missing: {status}", many]]
        assert found.loc[0, "meaning"] == f"{MEANINGS[status]}; counted are {grain}s of tweets"
        assert found.loc[0, "advice"]
    assert checks(table(span | {"seen": MIDDAY}, grain="lifetime")) == {f"missing: {status}": 1}


def test_what_another_table_counts_is_not_missing() -> None:
    """A run that failed, and one that came to the end: only what neither has is missing."""
    start, end = pd.Timestamp("2026-05-03", tz="UTC"), pd.Timestamp("2026-05-04", tz="UTC")
    gap = table({"start": start, "end": end, "status": "failed", "over": -1})
    assert checks(gap, hours([1] * 20)) == {"missing: failed": 4}
    assert checks(gap, hours([1] * 24)) == {}
    lost = table({"status": "failed"}, grain="lifetime")
    assert checks(lost, lifetime(5)) == {}
    assert checks(lost, lifetime(5, id=YOUNGER)) == {"missing: failed": 1}


def test_what_another_table_counts_is_not_missing_at_any_grain() -> None:
    """Windows and hours of the day are looked up by their period, lifetimes by their tweet."""
    lost = {"start": "2026-05-03", "status": "failed", "over": -1}
    window = table(lost, grain="window")
    assert checks(window) == checks(window, day(4)) == {"missing: failed": 1}
    assert checks(window, table({"start": "2026-05-03", "value": 4}, grain="window")) == {}
    other = table({"start": "2026-05-04", "value": 4}, grain="window")
    assert checks(window, other) == {"missing: failed": 1}
    seen = MIDDAY + pd.Timedelta(days=1)
    gone = table({"status": "unavailable", "seen": seen}, grain="lifetime")
    assert checks(gone, lifetime(5)) == {}


def test_a_missed_period_by_hour_of_the_day_is_as_many_numbers_as_it_has() -> None:
    """Twenty-four of whole days, fewer of some hours; those that another table counts are there."""
    lost = {"start": "2026-05-03", "end": "2026-05-05", "status": "failed", "over": -1}
    row = table(lost, grain="hour_of_day")
    assert checks(row) == checks(row, row.copy()) == {"missing: failed": 24}
    assert checks(table(lost | {"end": "2026-05-03T05:00"}, grain="hour_of_day")) == {
        "missing: failed": 5
    }
    of_day = {"start": "2026-05-03", "end": "2026-05-05", "value": 1}
    counted = table(*[of_day] * 20, grain="hour_of_day")
    counted["hour_of_day"] = pd.array(range(20), dtype="Int8")
    assert checks(row, counted) == {"missing: failed": 4}
    one = row.assign(hour_of_day=pd.array([23], dtype="Int8"))
    assert checks(one) == {"missing: failed": 1}
    assert checks(one, row) == {"missing: failed": 24}
    assert checks(one, counted) == {"missing: failed": 1}


@pytest.mark.parametrize("grain", ["hour", "day", "window", "hour_of_day", "lifetime"])
def test_a_number_that_two_tables_miss_is_missing_once(grain: str) -> None:
    """The same table passed twice, or a copy of it, changes no number."""
    span = {"start": "2026-05-03", "end": "2026-05-05", "status": "failed", "over": -1}
    lost = table(span, grain=grain)
    assert checks(lost, lost) == checks(lost, lost.copy()) == checks(lost)


def test_missed_spans_that_overlap_count_each_hour_once_by_its_latest_reason() -> None:
    """A run that failed, and one that learned later that the tweet is gone."""
    failed = {"start": "2026-05-03", "end": "2026-05-05", "status": "failed", "over": -1}
    gone = {"start": "2026-05-04", "end": "2026-05-06", "status": "unavailable", "over": -1}
    later = MIDDAY + pd.Timedelta(days=1)
    tables = table(failed), table(gone | {"seen": later})
    assert checks(*tables) == {"missing: failed": 24, "missing: unavailable": 48}
    earlier = MIDDAY - pd.Timedelta(days=1)
    tables = table(failed), table(gone | {"seen": earlier})
    assert checks(*tables) == {"missing: failed": 48, "missing: unavailable": 24}
    counted = hours([1] * 30, start="2026-05-03")
    assert checks(*tables, counted) == {"missing: failed": 18, "missing: unavailable": 24}


def test_hours_days_and_lifetimes_are_findings_of_their_own() -> None:
    """Their numbers are never added up; each says what it counts."""
    span = {"start": "2026-05-03", "end": "2026-05-05", "status": "failed", "over": -1}
    found = quality(*(table(span, grain=grain) for grain in ("hour", "day", "lifetime")))
    assert found["check"].tolist() == ["missing: failed"] * 3
    assert found["n"].tolist() == [48, 2, 1]
    units = [one.rsplit("counted are ")[1] for one in found["meaning"]]
    assert units == ["hours of tweets", "days of tweets", "lifetimes of tweets"]
    ran = quality(hours([1, 2], over=0), day(3, over=0))
    assert ran[["check", "n"]].values.tolist() == [["running", 2], ["running", 1]]


def test_a_part_of_a_day_that_is_counted_is_not_missing() -> None:
    """A day that a period cut is looked up as it was cut, at the beginning and at the end."""
    cut = {"start": "2026-05-03T06:00", "end": "2026-05-05T06:00"}
    lost = table(cut | {"status": "failed", "over": -1}, grain="day")
    assert checks(lost) == {"missing: failed": 3}
    first = table({"start": cut["start"], "end": "2026-05-04", "value": 1}, grain="day")
    last = table({"start": "2026-05-05", "end": cut["end"], "value": 1}, grain="day")
    assert checks(lost, first) == checks(lost, last) == {"missing: failed": 2}
    assert checks(lost, first, day(1, start="2026-05-04"), last) == {}


def test_rows_that_a_filter_dropped_leave_holes() -> None:
    """Zeros dropped from the middle are told, with what lies between; at the ends nobody can."""
    counts = [0, 3, 0, 0, 4, 0, 1, 0]
    week = hours(counts)
    assert checks(week) == {}
    found = quality(week[week["value"] > 0])
    assert found[["check", "severity", "n"]].values.tolist() == [["holes", "caution", 3]]
    assert found.loc[0, "start"] == pd.Timestamp("2026-05-03T02:00Z")
    assert found.loc[0, "end"] == pd.Timestamp("2026-05-03T04:00Z")
    assert found.loc[0, ["tweet_id", "metric"]].tolist() == [BORN, "favorites"]
    assert "hours of tweets" in found.loc[0, "meaning"]


def test_holes_are_looked_for_in_each_table_and_counted_once() -> None:
    """Two tables of two periods have none between them; one of both has, however often passed."""
    one, other = hours([1, 2]), hours([3, 4], start="2026-05-03T05:00")
    assert checks(one, other) == {}
    both = ek.concat([one, other])
    assert checks(both) == checks(both, both.copy()) == {"holes": 3}
    assert checks(both.iloc[::-1]) == {"holes": 3}
    wider = hours([2, 4], start="2026-05-03T01:00").iloc[:1]
    assert checks(ek.concat([wider, hours([9], start="2026-05-03T06:00")]), both) == {
        "holes": 4, "contradicting": 1,
    }  # fmt: skip
    days = ek.concat([day(1), day(1, start="2026-05-06")])
    assert checks(days) == {"holes": 2}


def test_missed_spans_and_hours_before_creation_are_no_holes() -> None:
    """Rows that say what is missing fill; an early count that should not be has no hole after."""
    one, other = hours([1, 2]), hours([3, 4], start="2026-05-03T05:00")
    span = {"start": "2026-05-03T02:00", "end": "2026-05-03T05:00", "status": "failed", "over": -1}
    assert checks(ek.concat([one, table(span), other])) == {"missing: failed": 3}
    early = ek.concat([hours([1], start="2026-05-01"), hours([2], start="2026-05-02T08:00")])
    assert checks(early) == {"before_creation": 1}
    of_two = ek.concat([hours([1]), hours([1], start="2026-05-03T05:00", id=YOUNGER)])
    assert checks(of_two) == {}


def test_hours_before_creation_are_not_missing() -> None:
    """A span that begins before the tweet counts from the hour of its creation on."""
    start, end = pd.Timestamp("2026-05-01", tz="UTC"), pd.Timestamp("2026-05-02T10:00Z")
    gap = {"start": start, "end": end, "status": "failed", "over": -1}
    assert checks(table(gap)) == {"missing: failed": 2}


def test_invented_beside_live() -> None:
    """Either alone is fine."""
    invented = hours([1, 2]).assign(source=pd.Categorical(["emulator"] * 2))
    assert checks(invented, hours([3], start="2026-05-04")) == {"invented_and_live": 2}
    assert checks(invented) == {}


def test_several_grains_in_one_table() -> None:
    """Two tables of one grain each are meant so; one of two is not."""
    both = pd.concat([hours([1] * 24).astype({"grain": "str"}), day(24).astype({"grain": "str"})])
    assert checks(both) == {"several_grains": 25}
    assert checks(hours([1] * 24), day(24)) == {}


# --- whole worlds ---------------------------------------------------------------------------------
def asked(client: Client, ids: list[str]) -> list[pd.DataFrame]:
    """Ask for totals, hours and days of the same tweets, all of their lives."""
    period = ek.last(days=40)
    queries = [
        ek.Query("totals", ids, METRICS),
        ek.Query("historical", ids, METRICS, by="hour", period=period),
        ek.Query("historical", ids, METRICS, by="day", period=period),
    ]
    return [client.run(one, progress=False).to_pandas() for one in queries]


def world_checks(now: datetime, **options: Any) -> dict[str, int]:
    """Ask for tweets of a world, and look at the answers."""
    with Emulator(World(seed=1, **options), WorldClock(frozen=now)) as emulator:
        client = ek.connect(emulator)
        ids = emulator.world.sample_ids("acme", 25, before=now)
        return checks(*asked(client, ids))


@pytest.mark.parametrize("nature", ["standard", "heavy_tails", "campaigns"])
@pytest.mark.parametrize("minute", [0, 34])
def test_clean_tables_have_nothing_but_the_two_video_views(nature: str, minute: int) -> None:
    """Totals, hours and days of one moment agree; both kinds of video_views are there."""
    found = world_checks(NOW.replace(minute=minute), nature=nature)
    found.pop("engagements_above_impressions", None)  # promoted tweets are part of the world
    assert found == {"two_video_views": 25}


def test_what_is_taken_back_is_found() -> None:
    """Hours below zero are as many as the table has; the API's own sums still agree."""
    with Emulator(World(seed=1, undone=True), WorldClock(frozen=NOW)) as emulator:
        client = ek.connect(emulator)
        tables = asked(client, emulator.world.sample_ids("acme", 60, before=NOW))
    below = sum(int((one["value"] < 0).sum()) for one in tables)
    found = quality(*tables)
    assert found.loc[found["check"] == "negative", "n"].sum() == below > 0
    assert "error" not in set(found["severity"])


def test_what_is_revised_is_found() -> None:
    """Asked again days later, every hour that changed is one finding; all of them were over."""
    period = ek.between("2026-05-25", "2026-06-01")
    with Emulator(World(seed=1, revised=True), WorldClock(frozen=NOW)) as emulator:
        client = ek.connect(emulator)
        ids = emulator.world.sample_ids("acme", 60, before=NOW - timedelta(days=1))
        query = ek.Query("historical", ids, ["impressions"], by="hour", period=period)
        first = client.run(query, progress=False).to_pandas()
        days = ek.Query("historical", ids, ["impressions"], by="day", period=period)
        emulator.clock.travel(timedelta(days=4))
        second = client.run(query, progress=False).to_pandas()
        by_day = client.run(days, progress=False).to_pandas()
    keys = ["tweet_id", "start"]
    pairs = first.merge(second, on=keys)
    changed = int((pairs["value_x"] != pairs["value_y"]).sum())
    assert checks(first, second) == {"revised": changed}
    assert changed > 0
    found = quality(first, by_day)
    assert set(found["check"]) == {"hours_against_days"}
    assert set(found["severity"]) == {"caution"}
    assert checks(second, by_day) == {}
