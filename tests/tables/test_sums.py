"""Sums keep missing apart from zero, and count each number once."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.tables.schema import SCHEMA, to_pandas
from engagement_kit.tables.sums import latest

A, B = "1500000000000000000", "1500000000000000001"


def hours(counts: dict[str, Any], tweet: str = A, day: str = "2026-03-29") -> pd.DataFrame:
    """Make an hourly table of replies."""
    return ek.tidy({"g": {tweet: {"replies": {day: counts}}}})


def test_a_sum_with_a_missing_piece_is_null() -> None:
    """Pandas sums nulls to 0; here the sum is null, and says how much is missing."""
    table = hours({"00": "1", "01": None, "02": "3"})
    out = ek.total(table)
    assert out["value"].isna().tolist() == [True]
    assert (out["n_expected"][0], out["n_missing"][0]) == (3, 1)
    assert ek.total(hours({"00": "1", "02": "3"}))["value"].tolist() == [4]


def test_metrics_are_never_added_up_and_grains_never_mixed() -> None:
    """Different metrics keep their rows; two grains would count twice."""
    table = ek.tidy({"g": {A: {"replies": "1", "favorites": "5"}}})
    assert ek.total(table)["value"].tolist() == [1, 5]
    mixed = pd.concat([table, hours({"00": "1"})])
    with pytest.raises(ek.errors.TableError, match="several grains"):
        ek.total(mixed)
    with pytest.raises(ek.errors.TableError, match="different grains"):
        ek.concat([table, hours({"00": "1"})])


def test_local_days_follow_the_clock_of_their_zone() -> None:
    """Berlin's day of the change to summer time has 23 hours; half-hour zones are refused."""
    table = ek.concat(
        [hours({f"{n:02d}": "1" for n in range(24)}, day=f"2026-03-{day}") for day in (28, 29, 30)]
    )
    out = ek.total(table, freq="day", tz="Europe/Berlin").set_index("start")["value"]
    assert out.loc["2026-03-29T00:00+01:00"] == 23
    assert out.loc["2026-03-28T00:00+01:00"] == 23  # the table begins at one o'clock there
    with pytest.raises(ek.errors.TableError, match="whole number of hours"):
        ek.total(table, freq="day", tz="Asia/Kolkata")
    with pytest.raises(ek.errors.TableError, match="no time zone"):
        ek.total(table, freq="day", tz="Nowhere")


def test_missed_spans_fall_into_their_own_periods() -> None:
    """A missed span of 30 hours makes two days null, and leaves the third alone."""
    body = {
        "start": "2026-05-01T00:00:00Z",
        "end": "2026-05-04T00:00:00Z",
        "g": {A: {"replies": {"2026-05-01": {f"{n:02d}": "1" for n in range(20)},
              "2026-05-03": {f"{n:02d}": "1" for n in range(24)}}}},
    }  # fmt: skip
    query = ek.Query(
        "historical", A, ["replies"], by="hour", period=ek.between("2026-05-01", "2026-05-04")
    )
    out = ek.total(ek.tidy(body, query), freq="day")
    assert out["n_missing"].tolist() == [4, 24, 0]
    assert out["value"].isna().tolist() == [True, True, False]
    assert out["n_expected"].tolist() == [24, 24, 24]


def test_a_number_observed_twice_counts_once() -> None:
    """Of several observations the latest counts, and a readable one before none."""
    early, late = (
        pd.Timestamp(one).to_pydatetime() for one in ("2026-05-02T00Z", "2026-05-09T00Z")
    )
    body = {"g": {A: {"replies": {"2026-05-01": {"00": "1"}}}}}
    later = {"g": {A: {"replies": {"2026-05-01": {"00": "7"}}}}}
    broken = {"g": {A: {"replies": {"2026-05-01": {"00": None}}}}}
    one, two = ek.tidy(body, observed_at=early), ek.tidy(later, observed_at=late)
    assert ek.total(ek.concat([two, one]))["value"].tolist() == [7]
    assert ek.total(ek.concat([one, ek.tidy(broken, observed_at=late)]))["value"].tolist() == [1]


def spans(*rows: tuple[str, str, int | None], grain: str = "hour", tweet: str = A) -> pd.DataFrame:
    """Make a table of replies from (start, end, value), days and hours of May 2026."""
    one = ek.tidy({"g": {tweet: {"replies": {"2026-05-01": {"00": "1"}}}}})
    table = pd.concat([one] * len(rows), ignore_index=True)
    table["grain"] = pd.Categorical([grain] * len(rows))
    for at, name in enumerate(("start", "end")):
        moments = pd.to_datetime([f"2026-05-{row[at]}:00Z" for row in rows])
        table[name] = pd.Series(moments).dt.as_unit("us")
    values = [row[2] for row in rows]
    table["value"] = pd.array(values, dtype="Int64")
    table["status"] = pd.Categorical(["observed" if v is not None else "failed" for v in values])
    return table


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["one", "two", "none"]), min_size=1, max_size=72),
    st.sampled_from([None, "hour", "day", "week", "month"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_any_holes_make_exactly_their_own_periods_null(
    fates: list[str], freq: Any, tz: str
) -> None:
    """Against a plain count by hand: sums, expected and missing, hours observed twice once."""
    first = pd.Timestamp("2026-05-01T00Z")
    rows, truth = [], []
    gap = 0
    for at, fate in enumerate([*fates, "end"]):
        day, hour = divmod(at, 24)
        if fate == "none":
            gap += 1
            continue
        if gap:
            begin = divmod(at - gap, 24)
            rows.append((f"{begin[0] + 1:02d}T{begin[1]:02d}", f"{day + 1:02d}T{hour:02d}", None))
            gap = 0
        if fate != "end":
            end = divmod(at + 1, 24)
            row = (f"{day + 1:02d}T{hour:02d}", f"{end[0] + 1:02d}T{end[1]:02d}", at + 1)
            rows += [row] * (2 if fate == "two" else 1)
    out = ek.total(spans(*rows), freq=freq, tz=tz)
    for at, fate in enumerate(fates):
        local = (first + pd.Timedelta(hours=at)).tz_convert(tz)
        key = {
            None: "all", "hour": local.isoformat(), "day": local.strftime("%F"),
            "week": local.strftime("%G-%V"), "month": local.strftime("%m"),
        }[freq]  # fmt: skip
        truth.append((key, at + 1, fate == "none"))
    by_hand = pd.DataFrame(truth, columns=["key", "value", "lost"]).groupby("key", sort=False)
    assert out["n_expected"].tolist() == by_hand.size().tolist()
    assert out["n_missing"].tolist() == by_hand["lost"].sum().tolist()
    sums = [None if part["lost"].any() else part["value"].sum() for _, part in by_hand]
    assert [None if one is pd.NA else one for one in out["value"]] == sums


@pytest.mark.parametrize(
    ("tz", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-11-01", 25),
        ("America/Havana", "2026-11-01", 25),  # midnight itself stands twice
        ("Africa/Cairo", "2026-04-24", 23),  # midnight itself is left out
        ("Asia/Tokyo", "2026-03-29", 24),
    ],
)
def test_days_of_the_changing_clock_have_their_own_number_of_hours(
    tz: str, day: str, hours: int
) -> None:
    """Every hour falls into the day that the wall clock shows."""
    middle = pd.Timestamp(day, tz="UTC")
    tables = [
        ek.tidy({"g": {A: {"replies": {f"{one:%F}": {f"{n:02d}": "1" for n in range(24)}}}}})
        for one in pd.date_range(middle - pd.Timedelta(days=2), periods=5)
    ]
    out = ek.total(ek.concat(tables), freq="day", tz=tz)
    found = out[out["start"].dt.strftime("%F") == day]
    assert found["value"].tolist() == [hours]
    assert out["value"].sum() == 5 * 24


@pytest.mark.parametrize("tz", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Adelaide"])
@pytest.mark.parametrize("freq", ["hour", "day", "week", "month"])
def test_zones_that_cut_hours_are_refused(tz: str, freq: Any) -> None:
    """Half an hour belongs to another day there; the API can't say how many."""
    with pytest.raises(ek.errors.TableError, match="whole number of hours"):
        ek.total(spans(("01T00", "01T01", 1)), freq=freq, tz=tz)


def test_weeks_begin_on_monday() -> None:
    """Sunday 3 May and Monday 4 May 2026 are of two weeks."""
    out = ek.total(spans(("03T23", "04T00", 1), ("04T00", "04T01", 2)), freq="week")
    assert out["start"].dt.strftime("%F").tolist() == ["2026-04-27", "2026-05-04"]
    assert out["value"].tolist() == [1, 2]


def test_counts_of_one_table_fill_the_holes_of_another() -> None:
    """A span that one run missed and a later one got is missing no more."""
    hole = spans(("01T00", "01T01", 1), ("01T01", "01T05", None))
    filled = spans(*((f"01T{n:02d}", f"01T{n + 1:02d}", 10) for n in range(1, 5)))
    for tables in ([hole, filled], [filled, hole]):
        out = ek.total(ek.concat(tables))
        assert (out["value"][0], out["n_expected"][0], out["n_missing"][0]) == (41, 5, 0)
    half = ek.total(ek.concat([hole, filled.iloc[:2]]))
    assert (half["n_expected"][0], half["n_missing"][0]) == (5, 2)


@pytest.mark.parametrize("grain", ["window", "day"])
def test_counts_over_overlapping_periods_are_refused(grain: str) -> None:
    """Their sum would count the shared time twice."""
    table = spans(("01T00", "08T00", 5), ("01T05", "09T00", 6), grain=grain)
    with pytest.raises(ek.errors.TableError, match="overlapping periods"):
        ek.total(table)
    apart = spans(("01T00", "08T00", 5), ("08T00", "09T00", 6), grain=grain)
    assert ek.total(apart)["value"].tolist() == [11]
    each = ek.concat([spans(("01T00", "08T00", 5), grain=grain),
                      spans(("01T05", "09T00", 6), grain=grain, tweet=B)])  # fmt: skip
    assert ek.total(each)["value"].tolist() == [11]


def test_rows_whose_labels_stand_twice_are_told_apart() -> None:
    """`pd.concat` repeats labels; a number observed twice still counts once."""
    one = hours({"00": "1", "01": "2"})
    assert ek.total(pd.concat([one, one]))["value"].tolist() == [3]


def test_a_known_moment_outranks_an_unknown_one() -> None:
    """Of two observations, one without a date is not the latest."""
    seen = pd.Timestamp("2026-05-02T00Z").to_pydatetime()
    dated = ek.tidy({"g": {A: {"replies": {"2026-05-01": {"00": "7"}}}}}, observed_at=seen)
    undated = hours({"00": "1"}, day="2026-05-01")
    for tables in ([dated, undated], [undated, dated]):
        assert ek.total(ek.concat(tables))["value"].tolist() == [7]


def test_before_creation_nothing_is_missing() -> None:
    """Spans before a tweet's birth weigh nothing, and those across it only what is after."""
    young = "2050491494400000000"  # of 2026-05-02, 08:21 UTC
    table = spans(("01T00", "02T00", None), ("02T00", "02T12", None), tweet=young)
    out = ek.total(table)
    assert (out["n_expected"][0], out["n_missing"][0]) == (4, 4)
    assert ek.total(table, freq="day")["n_missing"].tolist() == [4]
    days = spans(("01T00", "04T10", None), grain="day", tweet=young)
    assert ek.total(days, freq="day")["n_missing"].tolist() == [1, 1, 1]


def test_an_id_that_says_no_time_misses_its_whole_span() -> None:
    """Nothing is known of its creation; so nothing is taken off."""
    out = ek.total(spans(("01T00", "02T00", None), tweet="2000"))
    assert (out["n_expected"][0], out["n_missing"][0]) == (24, 24)


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["01T00", "01T01", "01T02"]),
            st.none() | st.integers(0, 9),
            st.none() | st.integers(1, 3),
            st.sampled_from([A, B]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_of_each_number_one_row_stays(rows: list[tuple[str, int | None, int | None, str]]) -> None:
    """Against a loop: a count before none, then the latest seen, then the last in the table."""
    table = pd.concat(
        [spans((one[0], "01T03", one[1]), tweet=one[3]) for one in rows], ignore_index=True
    )
    seen = [
        None if one[2] is None else pd.Timestamp(f"2026-06-0{one[2]}", tz="UTC") for one in rows
    ]
    table["observed_at"] = pd.Series(seen, dtype="datetime64[us, UTC]")
    table["tweet_id"] = table["tweet_id"].astype("category")
    best: dict[tuple[str, str], tuple[bool, int, int]] = {}
    for at, (start, value, moment, tweet) in enumerate(rows):
        key = (tweet, start)
        best[key] = max(best.get(key, (False, -1, -1)), (value is not None, moment or 0, at))
    assert latest(table).index.tolist() == sorted(at for _, _, at in best.values())


def test_a_missed_span_of_days_has_as_many_as_it_touches() -> None:
    """From 23 o'clock over a whole day to one o'clock: three days are incomplete."""
    out = ek.total(spans(("01T23", "03T01", None), grain="day"), freq="day")
    assert out["n_missing"].tolist() == [1, 1, 1]
    assert out["start"].dt.day.tolist() == [1, 2, 3]


def test_lifetime_counts_of_two_moments_are_one_number() -> None:
    """Two snapshots of /totals are not added; the later one counts."""
    tables = [
        ek.tidy({"g": {A: {"replies": value}}}, observed_at=pd.Timestamp(when).to_pydatetime())
        for value, when in (("9", "2026-05-09T00Z"), ("5", "2026-05-02T00Z"))
    ]
    assert ek.total(ek.concat(tables), by="tweet_id")["value"].tolist() == [9]


@pytest.mark.parametrize("by", ["value", "status", "complete", "nothing"])
def test_what_became_of_a_number_is_no_way_to_sort_it(by: str) -> None:
    """By status, the observed part alone would look complete."""
    with pytest.raises(ek.errors.TableError, match=by):
        ek.total(hours({"00": "1"}), by=by)


@pytest.mark.parametrize("freq", [None, "day"])
def test_an_empty_table_has_no_sums(freq: Any) -> None:
    """It is no error to have asked for nothing that was there."""
    out = ek.total(to_pandas(SCHEMA.empty_table()), by="tweet_id", freq=freq)
    assert out.columns.tolist()[:2] == ["tweet_id", "metric"]
    assert len(out) == 0


def test_unreadable_keys_do_not_stop_a_sum() -> None:
    """A row without a moment stays apart from the periods of others."""
    query = ek.Query("historical", A, ["replies"], by="hour")
    body = {"by hour": {A: {"replies": {"2026-05-01": {"00": "1", "xx": "2"}}}}}
    out = ek.total(ek.tidy(body, query), freq="day", by="start")
    assert out["n_missing"].tolist() == [0, 1]


def test_freqs_that_a_grain_can_not_give_are_refused() -> None:
    """Days are of UTC; windows and lifetimes have no parts."""
    days = spans(("01T00", "02T00", 1), grain="day")
    for wrong in ({"freq": "hour"}, {"freq": "day", "tz": "Asia/Tokyo"}, {"freq": "year"}):
        with pytest.raises(ek.errors.TableError):
            ek.total(days, **wrong)
    with pytest.raises(ek.errors.TableError, match="by='hour'"):
        ek.total(spans(("01T00", "02T00", 1), grain="window"), freq="day")


def test_sums_that_no_column_can_hold_are_refused() -> None:
    """Whole numbers of a machine would wrap around, and four large ones make nothing."""
    counts = {str(2000 + one): {"likes": str(2**62)} for one in range(4)}
    table = ek.tidy({"g": counts})
    with pytest.raises(ek.errors.TableError, match="9,223,372,036,854,775,807"):
        ek.total(table)
    assert ek.total(table, "tweet_id")["value"].tolist() == [2**62] * 4


def test_the_zone_may_be_an_object_and_no_columns_may_be_none() -> None:
    """What people pass; a folder of zones is no zone."""
    table = ek.tidy({"g": {"2000": {"likes": {"2026-05-02": {"09": "3"}}}}})
    berlin = ek.total(table, None, freq="day", tz=ZoneInfo("Europe/Berlin"))  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(berlin, ek.total(table, freq="day", tz="Europe/Berlin"))
    with pytest.raises(ek.errors.TableError, match="no time zone"):
        ek.total(table, freq="day", tz="America")
