"""Sums over cells: null when a piece is missing, and led back only where one answer gives them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.derive import derive, grain_for
from engagement_kit.tables.fates import losses
from engagement_kit.tables.schema import build, to_pandas

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
A, B = "2060000000000000000", "2060000000000000001"  # of 2026-05-28, 14:07 UTC
FULL = {f"{hour:02d}": "1" for hour in range(24)}


def plan(**more: Any) -> Any:
    """Plan an hourly question about two tweets and one day."""
    values: dict[str, Any] = {"by": "hour", "period": ek.between("2026-05-29", "2026-05-30")}
    return ek.plan(ek.Query("historical", [A, B], ["replies"], **(values | more)), now=NOW)


def table(made: Any, answers: list[Any], *levels: str) -> pd.DataFrame:
    """Give the table of a run with some levels."""
    base = gather(made.wanted, answers)
    return to_pandas(build(derive(base, losses(base), levels), grain_for(base.wanted, levels)))


def series(a: Any, b: Any, **more: Any) -> dict[str, Any]:
    """Make an hourly body of two tweets; None leaves one out."""
    counts = {A: a, B: b}
    return more | {
        "by hour": {
            one: {"replies": {"2026-05-29": hours}} for one, hours in counts.items() if hours
        }
    }


@pytest.fixture
def holed(answered: Any) -> Any:
    """Answer with one hour of B missing."""
    made = plan()
    (request,) = made.requests
    some = {hour: one for hour, one in FULL.items() if hour != "05"}
    return made, [answered(request, series(FULL, some), NOW)]


@pytest.mark.parametrize(
    ("levels", "nulls", "sums"),
    [
        ((ID, TYPE), 1, [24]),
        ((TYPE,), 1, []),
        ((ID,), 1, [24]),
        ((ID, TYPE, DAY), 1, [24]),
        ((TYPE, HOUR), 1, [2] * 23),
        ((ID, TYPE, HOUR), 1, [1] * 47),
        ((TYPE, DAY, HOUR), 1, [2] * 23),
    ],
    ids=str,
)
def test_a_sum_is_null_exactly_where_a_piece_is_missing(
    holed: Any, levels: tuple[str, ...], nulls: int, sums: list[int]
) -> None:
    """One missing hour spoils the sums that it belongs to, and no others."""
    out = table(*holed, *levels)
    assert out["value"].isna().sum() == nulls
    assert out["value"].dropna().tolist() == sums
    assert out.loc[out["value"].isna(), "status"].tolist() == ["not_in_answer"]
    assert out.loc[out["value"].isna(), "complete"].isna().all()


def test_tweets_the_api_leaves_out_of_its_sums_are_listed_beside_ours(answered: Any) -> None:
    """An unavailable tweet has its own row, and the sum over the others stands."""
    made = plan()
    (request,) = made.requests
    out = table(made, [answered(request, series(FULL, None, unavailable_tweet_ids=[B]), NOW)], TYPE)
    assert out["value"].tolist() == [24, pd.NA]
    assert out["tweet_id"].tolist()[1] == B
    assert out["status"].tolist() == ["observed", "unavailable"]


def test_a_sum_of_several_answers_has_no_request_and_the_earliest_moment(answered: Any) -> None:
    """It is as old as its oldest piece; hours lead back to the answer that each is from."""
    made = plan()
    (request,) = made.requests
    other = replace(request, metrics=("replies", "favorites"))
    first = {hour: one for hour, one in FULL.items() if hour < "12"}
    later = {hour: "2" for hour in FULL if hour >= "12"}
    answers = [
        answered(request, series(first, FULL), NOW),
        answered(other, series(later, None), NOW + timedelta(hours=1)),
    ]
    out = table(made, answers, ID, TYPE, DAY)
    assert out["value"].tolist() == [36, 24]
    assert out["request_key"].isna().tolist() == [True, False]
    assert set(out["observed_at"]) == {pd.Timestamp(NOW)}
    assert out["complete"].tolist() == [True, True]
    hours = table(made, answers, ID, TYPE, DAY, HOUR)
    assert (
        hours["request_key"].tolist() == [request.key] * 12 + [other.key] * 12 + [request.key] * 24
    )


def test_rows_stand_in_the_order_of_the_query_and_of_time(answered: Any) -> None:
    """Whatever the order of the answer."""
    made = plan()
    (request,) = made.requests
    body = series(dict(reversed(FULL.items())), FULL)
    body["by hour"] = dict(reversed(body["by hour"].items()))
    out = table(made, [answered(request, body, NOW)], ID, TYPE, DAY, HOUR)
    assert out["tweet_id"].tolist() == [A] * 24 + [B] * 24
    assert out["start"].dt.hour.tolist() == [*range(24)] * 2


def test_a_finding_before_creation_is_shown_in_every_table(answered: Any) -> None:
    """Periods of rows never run backwards because of it."""
    made = plan(period=ek.between("2026-05-28", "2026-05-29"))
    (request,) = made.requests
    late = {f"{hour:02d}": "0" for hour in range(14, 24)}
    body = {"by hour": {A: {"replies": {"2026-05-28": {"02": "3", **late}}}}}
    for levels in ((ID, TYPE), (ID, TYPE, DAY), (ID, TYPE, DAY, HOUR), (ID, TYPE, HOUR)):
        out = table(made, [answered(request, body, NOW)], *levels)
        assert out.loc[out["tweet_id"] == A, "value"].sum() == 3
        assert (out["start"] < out["end"]).all()


def test_a_finding_where_nothing_can_be_had_has_a_period(answered: Any) -> None:
    """Likes before 2015-09-15 can't be had; a positive one is kept, and its day is a day."""
    old = "590000000000000000"  # of 2015-04-20
    period = ek.between("2015-05-01", "2015-05-03")
    query = ek.Query(
        "historical", old, ["favorites", "replies", "impressions"], by="hour", period=period
    )
    made = ek.plan(query, now=NOW)
    (request,) = made.requests
    body = {"by hour": {old: {"favorites": {"2015-05-01": {"07": "3", "08": "0"}}}}}
    for levels in ((ID, TYPE), (ID, TYPE, DAY), (ID, TYPE, DAY, HOUR)):
        out = table(made, [answered(request, body, NOW)], *levels)
        found = out[out["value"] == 3]
        assert len(found) == 1
        assert (out["start"] < out["end"]).all()


def test_the_running_day_of_28hr_is_the_same_number_when_asked_again(carry: Any) -> None:
    """Its row keeps its midnight, so that a later observation takes its place."""
    from engagement_kit.emulator import World

    world = World(seed=1)
    ids = world.sample_ids(world.accounts[0].name, 30, before=NOW)[28:]
    tables = []
    for now in (NOW, NOW + timedelta(hours=3)):
        run = carry(world, ek.Query("28hr", ids, ["impressions"]), now)
        days = table(run.plan, list(run.answers()), ID, TYPE, DAY)
        tables.append(days[days["start"] == pd.Timestamp("2026-06-01T00Z")])
    assert [one["complete"].unique().tolist() for one in tables] == [[False], [False]]
    out = ek.total(ek.concat(tables), by="tweet_id")
    start, later = datetime(2026, 6, 1, tzinfo=UTC), NOW + timedelta(hours=3)
    truth = world.counts(ids, ["impressions"], start, start + timedelta(days=1), later)
    assert out.set_index("tweet_id")["value"].to_dict() == dict(
        zip(ids, truth.sum(axis=(1, 2)).tolist(), strict=True)
    )
