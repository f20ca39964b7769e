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
from engagement_kit.emulator.answer import answer
from engagement_kit.emulator.oauth import Caller
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, ID, TYPE, level_problem

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
START, END = datetime(2026, 5, 28, 5, tzinfo=UTC), datetime(2026, 5, 30, 9, tzinfo=UTC)
METRICS = ["impressions", "engagements", "replies"]
LAWFUL = [
    (endpoint, levels)
    for endpoint, where in ENDPOINTS.items()
    for size in (1, 2, 3, 4)
    for levels in itertools.permutations((ID, TYPE, DAY, HOUR), size)
    if not level_problem(levels, where)
]


def ask(world: World, endpoint: str, ids: list[str], groupings: dict[str, Any]) -> dict[str, Any]:
    """Ask the emulator's pure answer function, as the owner of the tweets."""
    body: dict[str, Any] = {"tweet_ids": ids, "engagement_types": METRICS, "groupings": groupings}
    if endpoint == "historical":
        body |= {"start": "2026-05-28T05:00:00Z", "end": "2026-05-30T09:00:00Z"}
    caller = Caller("user", world.accounts[0].name)
    reply = answer(world, Settings(), NOW, caller, endpoint, json.dumps(body).encode())
    assert reply.status == 200, reply.payload
    return dict(reply.payload)


def expected(world: World, endpoint: str, ids: list[str], levels: tuple[str, ...]) -> pd.Series:
    """Sum the world's truth by the keys of a grouping, with pandas alone."""
    if endpoint == "totals":
        counts = world.lifetime(ids, METRICS, NOW)
        rows = [
            (one, name, int(counts[i, j]))
            for i, one in enumerate(ids)
            for j, name in enumerate(METRICS)
        ]
        truth = pd.DataFrame(rows, columns=["tweet_id", "metric", "value"])
    else:
        window = (START, END)
        if endpoint == "28hr":
            window = (datetime(2026, 5, 31, 8, tzinfo=UTC), datetime(2026, 6, 1, 13, tzinfo=UTC))
        truth = world.truth(ids, METRICS, *window, NOW)
        truth["day"] = truth["start"].dt.floor("D")
        truth["hour_of_day"] = truth["start"].dt.hour
    return truth.groupby(keys_of(levels))["value"].sum().astype("int64")


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
    payload = ask(world, endpoint, ids, {"g": {"group_by": list(levels)}})
    period = ek.between(START, END) if endpoint == "historical" else None
    query = ek.Query(endpoint, ids, METRICS, groupings={"g": list(levels)}, period=period)
    truth = expected(world, endpoint, ids, levels)
    for table in (ek.tidy(payload, query), ek.tidy(json.dumps(payload), endpoint=endpoint)):
        pd.testing.assert_series_equal(
            got(table, levels), truth.sort_index(), check_names=False, check_index_type=False
        )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.integers(1, 25), st.sampled_from(LAWFUL))
def test_derived_sums_equal_what_the_api_answers(
    seed: int, count: int, case: tuple[str, tuple[str, ...]]
) -> None:
    """Carried by per-tweet requests or asked in one: the same sums."""
    endpoint, levels = case
    world = World(seed=seed)
    ids = world.sample_ids(world.accounts[0].name, count + 120, before=NOW)[120:]
    period = ek.between("2026-05-20", "2026-05-23") if endpoint == "historical" else None
    raw = {"g": list(levels)}
    with ek.connect("emulator", seed=seed, clock=NOW) as client:
        written = client.run(
            ek.Query(endpoint, ids, METRICS, groupings=raw, period=period), progress=False
        )
        assert written.plan.as_written
        fine = "lifetime" if endpoint == "totals" else "hour"
        by = "total" if endpoint == "totals" else "hour"
        carried = client.run(ek.Query(endpoint, ids, METRICS, by=by, period=period), progress=False)
        from engagement_kit.tables.derive import derive
        from engagement_kit.tables.schema import build, to_pandas

        cells = derive(carried._base, carried._lost, levels)
    derived = to_pandas(build(cells, fine))
    mine, theirs = got(derived, levels), got(written.to_pandas("g"), levels)
    # The API writes zeros for hours before a tweet's creation; a run's table leaves them out.
    assert mine[mine > 0].to_dict() == theirs[theirs > 0].to_dict()


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


def test_hours_under_a_day_that_was_not_asked_for() -> None:
    """Another client failed on a date level in between: we read by shape."""
    body = {"g": {"697506383516729344": {"impressions": {"2016-02-10": {"17": "5", "18": 4}}}}}
    query = ek.Query(
        "historical", "697506383516729344", ["impressions"],
        groupings={"g": ["tweet.id", "engagement.type", "engagement.hour"]},
        period=ek.between("2016-02-10T17:00Z", "2016-02-10T19:00Z"),
    )  # fmt: skip
    for table in (ek.tidy(body), ek.tidy(body, query)):
        hours = table[table["status"] == "observed"]
        assert hours["value"].tolist() == [5, 4]
        assert hours["start"].dt.hour.tolist() == [17, 18]
        assert set(hours["grain"]) == {"hour"}


def test_series_are_aligned_by_time_not_by_position() -> None:
    """Another client aligned tweets by position: a missing hour shifted all later ones."""
    day = {"00": "1", "01": "2", "02": "3"}
    holes = {"00": "1", "02": "3"}
    a, b = "1500000000000000000", "1500000000000000001"
    body = {
        "start": "2026-05-01T00:00:00Z",
        "end": "2026-05-01T03:00:00Z",
        "g": {a: {"replies": {"2026-05-01": day}}, b: {"replies": {"2026-05-01": holes}}},
    }
    query = ek.Query(
        "historical", [a, b], ["replies"], by="hour",
        period=ek.between("2026-05-01T00:00Z", "2026-05-01T03:00Z"),
    )  # fmt: skip
    table = ek.tidy(body, query)
    hours = table.pivot_table("value", "start", "tweet_id", observed=True)
    assert hours.loc["2026-05-01T02:00Z"].tolist() == [3, 3]
    lost = table[table["value"].isna()]
    assert lost["status"].tolist() == ["not_in_answer"]
    assert lost["start"].dt.hour.tolist() == [1]


def test_ambiguous_keys_are_not_guessed() -> None:
    """Two-digit keys that could be hours or very old tweets: we say so and ask for the query."""
    with pytest.raises(ek.errors.AmbiguousAnswer, match="two ways"):
        ek.tidy({"g": {"replies": {"17": "3", "20": "4"}}})
    query = ek.Query("totals", ["17", "20"], ["replies"], groupings={"g": [TYPE, ID]})
    assert ek.tidy({"g": {"replies": {"17": "3", "20": "4"}}}, query)["value"].sum() == 7


def test_a_table_is_the_same_in_every_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client read UTC hours as local ones; the machine's zone changes nothing here."""
    import time

    world = World()
    ids = world.sample_ids("acme", 3, before=NOW)
    payload = ask(world, "28hr", ids, {"g": {"group_by": [ID, TYPE, DAY, HOUR]}})
    tables = []
    for zone in ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Africa/Cairo"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        tables.append(ek.tidy(payload, endpoint="28hr", observed_at=NOW + timedelta(0)))
    monkeypatch.delenv("TZ")
    time.tzset()
    for one in tables[1:]:
        pd.testing.assert_frame_equal(one, tables[0])
