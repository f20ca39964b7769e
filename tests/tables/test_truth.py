"""The table equals the emulator's truth, for every lawful grouping."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.emulator import Settings, World
from engagement_kit.emulator.api.answer import answer
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.emulator.api.shapes import nest
from engagement_kit.emulator.api.windows import Window
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, ID, TYPE, level_problem
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.derive import derive, grain_for
from engagement_kit.tables.fates import losses
from engagement_kit.tables.schema import build, to_pandas

Span = tuple[datetime, datetime] | None

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
START, END = datetime(2026, 5, 28, 5, tzinfo=UTC), datetime(2026, 5, 30, 9, tzinfo=UTC)
LAST = datetime(2026, 5, 31, 8, tzinfo=UTC), datetime(2026, 6, 1, 13, tzinfo=UTC)
WINDOWS: dict[str, Span] = {"totals": None, "28hr": LAST, "historical": (START, END)}
METRICS = ["impressions", "engagements", "replies"]
LAWFUL = [
    (endpoint, levels)
    for endpoint, where in ENDPOINTS.items()
    for size in (1, 2, 3, 4)
    for levels in itertools.permutations((ID, TYPE, DAY, HOUR), size)
    if not level_problem(levels, where)
]


def ask(
    world: World, endpoint: str, ids: list[str], groupings: dict[str, Any], window: Span
) -> dict[str, Any]:
    """Ask the emulator's pure answer function, as the owner of the tweets."""
    body: dict[str, Any] = {"tweet_ids": ids, "engagement_types": METRICS, "groupings": groupings}
    if endpoint == "historical" and window:
        ends = {"start": window[0], "end": window[1]}
        body |= {name: f"{one:%Y-%m-%dT%H:00:00Z}" for name, one in ends.items()}
    caller = Caller("user", world.accounts[0].name)
    reply = answer(world, Settings(), NOW, caller, endpoint, json.dumps(body).encode())
    assert reply.status == 200, reply.payload
    return dict(reply.payload)


def expected(world: World, ids: list[str], levels: tuple[str, ...], window: Span) -> pd.Series:
    """Sum the world's truth by the keys of a grouping, with pandas alone."""
    if window is None:
        counts = world.lifetime(ids, METRICS, NOW)
        rows = [
            (one, name, int(counts[i, j]))
            for i, one in enumerate(ids)
            for j, name in enumerate(METRICS)
        ]
        truth = pd.DataFrame(rows, columns=["tweet_id", "metric", "value"])
    else:
        truth = world.truth(ids, METRICS, *window, NOW)
        truth["day"] = truth["start"].dt.floor("D")
        truth["hour_of_day"] = truth["start"].dt.hour
    return truth.groupby(keys_of(levels))["value"].sum().astype("int64")


def same(mine: pd.Series, truth: pd.Series) -> None:
    """Hold two series of counts against each other, by key."""
    pd.testing.assert_series_equal(
        mine, truth.sort_index(), check_names=False, check_index_type=False
    )


def keys_of(levels: tuple[str, ...]) -> list[str]:
    """Name the columns that tell the rows of a grouping apart."""
    names = {ID: "tweet_id", TYPE: "metric", DAY: "day", HOUR: "hour_of_day"}
    return [names[one] for one in (ID, TYPE, DAY, HOUR) if one in levels]


def got(table: pd.DataFrame, levels: tuple[str, ...]) -> pd.Series:
    """Bring a tidy table into the same form."""
    frame = pd.DataFrame({"value": table["value"].astype("int64")})
    frame["tweet_id"], frame["metric"] = table["tweet_id"].astype(str), table["metric"].astype(str)
    if DAY in levels:
        frame["day"] = table["start"].dt.floor("D")
        frame["hour_of_day"] = table["start"].dt.hour
    elif HOUR in levels:
        frame["hour_of_day"] = table["hour_of_day"].astype("int64")
    assert not frame.duplicated(keys_of(levels)).any()
    return frame.set_index(keys_of(levels))["value"].sort_index()


@pytest.mark.parametrize(("endpoint", "levels"), LAWFUL, ids=str)
def test_every_lawful_grouping_equals_the_truth(endpoint: str, levels: tuple[str, ...]) -> None:
    """One to four levels in any order: the table is the world's truth, with and without a query."""
    world = World(seed=len(levels))
    ids = world.sample_ids(world.accounts[0].name, 40, before=NOW)[::6]
    window = WINDOWS[endpoint]
    payload = ask(world, endpoint, ids, {"g": {"group_by": list(levels)}}, window)
    period = ek.between(START, END) if endpoint == "historical" else None
    query = ek.Query(endpoint, ids, METRICS, groupings={"g": list(levels)}, period=period)
    truth = expected(world, ids, levels, window)
    for table in (ek.tidy(payload, query), ek.tidy(json.dumps(payload), endpoint=endpoint)):
        same(got(table, levels), truth)


@settings(max_examples=60)
@given(
    st.integers(0, 2**31), st.integers(1, 25), st.integers(0, 400), st.sampled_from(LAWFUL),
    st.tuples(st.integers(0, 40), st.integers(1, 60)),
)  # fmt: skip
def test_a_random_world_is_read_back_or_refused(
    seed: int, count: int, past: int, case: tuple[str, tuple[str, ...]], span: tuple[int, int]
) -> None:
    """Any tweets, any window: the truth with the query; without it the truth, or an error."""
    endpoint, levels = case
    world = World(seed=seed)
    ids = world.sample_ids(world.accounts[0].name, count + past, before=NOW)[past:]
    start = START + timedelta(hours=span[0])
    end = min(start + timedelta(hours=span[1]), NOW.replace(minute=0))
    window = None if endpoint == "totals" else (start, end) if endpoint == "historical" else LAST
    payload = ask(world, endpoint, ids, {"g": {"group_by": list(levels)}}, window)
    period = ek.between(start, end) if endpoint == "historical" else None
    query = ek.Query(endpoint, ids, METRICS, groupings={"g": list(levels)}, period=period)
    truth = expected(world, ids, levels, window)
    same(got(ek.tidy(payload, query), levels), truth)
    try:
        table = ek.tidy(json.dumps(payload).encode(), endpoint=endpoint)
    except ek.errors.AmbiguousAnswer:
        above = levels[: levels.index(HOUR)]
        assert ID not in levels
        assert DAY not in above
    else:
        same(got(table, levels), truth)


@pytest.mark.parametrize(
    "levels", [one for where, one in LAWFUL if where == "28hr" and HOUR in one and DAY not in one]
)
def test_the_variant_with_days_above_hours_is_read(levels: tuple[str, ...]) -> None:
    """Where the API puts a date above the hours unasked, the table is hourly, and the truth."""
    world = World(seed=7)
    ids = world.sample_ids(world.accounts[0].name, 3, before=NOW)
    at = levels.index(HOUR)
    nested = (*levels[:at], DAY, *levels[at:])
    first, last = ((one - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(hours=1) for one in LAST)
    counts = world.counts(ids, METRICS, *LAST, NOW)
    payload = {"g": nest(counts, nested, ids, METRICS, Window(first, last))}
    query = ek.Query("28hr", ids, METRICS, groupings={"g": list(levels)})
    truth = expected(world, ids, nested, LAST)
    same(got(ek.tidy(payload, query), nested), truth)
    same(got(ek.tidy(payload, endpoint="28hr"), nested), truth)


@settings(max_examples=40)
@given(
    st.integers(0, 2**31), st.integers(1, 25), st.sampled_from(LAWFUL),
    st.tuples(st.integers(0, 20), st.integers(1, 60)),
)  # fmt: skip
def test_derived_sums_equal_what_the_api_answers(
    carry: Any, seed: int, count: int, case: tuple[str, tuple[str, ...]], span: tuple[int, int]
) -> None:
    """Carried by per-tweet requests or asked in one: the same sums, spans and grain."""
    endpoint, levels = case
    world = World(seed=seed)
    ids = world.sample_ids(world.accounts[0].name, count + 40, before=NOW)[40:]
    start = START + timedelta(hours=span[0])
    end = start + timedelta(hours=span[1])
    period = ek.between(start, end) if endpoint == "historical" else None
    raw = ek.Query(endpoint, ids, METRICS, groupings={"g": list(levels)}, period=period)
    written = carry(world, raw)
    assert written.plan.as_written
    ((_, payload),) = written.payloads
    theirs = ek.tidy(payload, raw, observed_at=NOW)
    by = "total" if endpoint == "totals" else "hour"
    carried = carry(world, ek.Query(endpoint, ids, METRICS, by=by, period=period))
    base = gather(carried.plan.wanted, carried.answers())
    mine = to_pandas(
        build(derive(base, losses(base), levels), grain_for(base.wanted, levels), endpoint=endpoint)
    )
    assert set(mine["grain"]) <= set(theirs["grain"])
    counts, truth = got(mine, levels), got(theirs, levels)
    # The API writes zeros for hours before a tweet's creation; a run's table leaves them out.
    assert counts.to_dict() == truth.loc[truth.index.isin(counts.index)].to_dict()
    assert not truth.loc[~truth.index.isin(counts.index)].any()
    if levels[0] in {ID, TYPE} and DAY in levels and HOUR not in levels:
        spans = [set(zip(one["start"], one["end"], strict=True)) for one in (mine, theirs)]
        assert spans[0] <= spans[1]


@settings(max_examples=25)
@given(
    st.integers(0, 2**31), st.integers(26, 60),
    st.sampled_from([levels for where, levels in LAWFUL if where == "historical"]),
    st.booleans(),
)  # fmt: skip
def test_more_tweets_than_one_request_takes_give_the_same_sums(
    carry: Any, seed: int, count: int, levels: tuple[str, ...], months: bool
) -> None:
    """Raw groupings over several batches and windows: still the world's truth."""
    world = World(seed=seed)
    ids = world.sample_ids(world.accounts[0].name, count + 30, before=NOW)[30:]
    window = (START - timedelta(days=29 if months else 1), END)
    query = ek.Query(
        "historical", ids, METRICS, groupings={"g": list(levels)}, period=ek.between(*window)
    )
    run = carry(world, query)
    assert len(run.plan.requests) > 1
    assert not run.plan.as_written
    base = gather(run.plan.wanted, run.answers())
    table = build(derive(base, losses(base), levels), grain_for(base.wanted, levels))
    counts, truth = got(to_pandas(table), levels), expected(world, ids, levels, window)
    assert counts.to_dict() == truth.loc[truth.index.isin(counts.index)].to_dict()
    assert not truth.loc[~truth.index.isin(counts.index)].any()


def test_many_tweets_give_the_grand_total_of_their_parts() -> None:
    """A grouping without tweets, asked of more tweets than a request takes, is summed up here."""
    with ek.connect("emulator", clock=NOW) as client:
        ids = ek.sample_ids(client, 150)[100:]
        query = ek.Query(
            "historical", ids, ["impressions"],
            groupings={"all": ["engagement.type"]}, period=ek.between("2026-05-25", "2026-05-28"),
        )  # fmt: skip
        result = client.run(query, progress=False)
        world = client.emulator.world  # type: ignore[union-attr]
        truth = world.counts(
            ids, ["impressions"], datetime(2026, 5, 25, tzinfo=UTC),
            datetime(2026, 5, 28, tzinfo=UTC), NOW,
        ).sum()  # fmt: skip
    table = result.to_pandas()
    summed = table[table["tweet_id"].isna()]
    assert len(result.plan.requests) > 1
    assert summed["value"].tolist() == [truth]
    assert summed["request_key"].isna().all()
