"""Looking ahead at ids, queries and stores; what is asked in time is saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.client.client import Client
from engagement_kit.client.expiry import SCHEMA
from engagement_kit.emulator import Emulator, Settings, World, WorldClock
from engagement_kit.errors import QueryError, StoreError
from engagement_kit.question.hours import iso
from engagement_kit.question.tweet_ids import created_at

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
WEEK = timedelta(days=7)
WORLD = World(seed=4)


@pytest.fixture
def clock() -> WorldClock:
    """Give a clock that stands until it is moved."""
    return WorldClock(frozen=NOW)


@pytest.fixture
def client(clock: WorldClock, tmp_path: Path) -> Iterator[Client]:
    """Connect to a world whose history reaches back 365 days."""
    with (
        Emulator(WORLD, clock, Settings(profile="overview")) as emulator,
        ek.connect(emulator, store=tmp_path / "raw", profile="overview") as made,
    ):
        yield made


def ids_of(days: float, within: timedelta, account: str = "acme") -> list[str]:
    """Give the tweets that will be so many days old within a time."""
    edge = NOW - timedelta(days=days)
    ids = WORLD.sample_ids(account, 200, before=edge + within)
    return [one for one in ids if (created_at(one) or edge) >= edge]


def run(client: Client, query: ek.Query, **options: Any) -> Any:
    """Run without a bar."""
    return client.run(query, progress=False, **options)


def kinds(table: pd.DataFrame) -> dict[tuple[str, str], int]:
    """Count the lines by endpoint and metrics."""
    pairs = zip(table["endpoint"].astype(str), table["metrics"].astype(str), strict=True)
    found: dict[tuple[str, str], int] = {}
    for one in pairs:
        found[one] = found.get(one, 0) + 1
    return found


# --- ids ------------------------------------------------------------------------------------------
def test_ids_are_looked_at_by_their_age() -> None:
    """Just those of which the 90 days end within the span are listed, the first deadline first."""
    ids = ids_of(95, timedelta(days=20))
    soon = ek.expiring(ids, WEEK, now=NOW, metrics=["Impressions", "engagements", "favorites"])
    ages = {one: NOW - (created_at(one) or NOW) for one in ids}
    expected = {one for one in ids if timedelta(days=83) <= ages[one] <= timedelta(days=90)}
    table = soon.to_pandas()
    assert set(table["tweet_id"].astype(str)) == expected
    assert table["deadline"].is_monotonic_increasing
    for row in table.itertuples():
        born = created_at(str(row.tweet_id))
        assert born is not None
        assert row.deadline == pd.Timestamp(born + timedelta(days=90))
    gone = sum(age > timedelta(days=90) for age in ages.values())
    assert soon.lost == {("totals", "impressions, engagements"): gone}
    assert table["last_observed"].isna().all()
    assert soon.source is None  # an id does not say whose it is
    assert table["source"].isna().all()
    assert soon.to_arrow().schema.equals(SCHEMA)


def test_nothing_is_a_table_too() -> None:
    """Ids of which nothing is lost give an empty table of the same columns, and no query."""
    soon = ek.expiring(ids_of(20, WEEK), now=NOW)
    assert len(soon) == len(soon.table) == soon.requests == 0
    assert (soon.queries, list(soon.table)) == ((), SCHEMA.names)
    assert "7 days: 0 tweets, nothing is to be asked" in repr(soon)
    at_once = repr(ek.expiring(ids_of(20, WEEK), timedelta(0), now=NOW)).splitlines()
    assert at_once == [f"Expiring at {iso(NOW)}", "  now: 0 tweets, nothing is to be asked"]


def test_what_is_asked_in_time_is_saved(client: Client, clock: WorldClock) -> None:
    """The queries have every number that was listed; after the deadlines no plan has all."""
    ids = [*ids_of(90, WEEK), *ids_of(365, WEEK)[:4], *ids_of(1800, WEEK)[:4], *ids_of(30, WEEK)]
    soon = client.expiring(ids, WEEK, metrics=["impressions", "engagements", "video_views"])
    found = kinds(soon.table)
    assert {one for one, _ in found} == {"totals", "historical"}
    assert found["totals", "impressions, engagements"] == len(ids_of(90, WEEK))
    assert found["totals", "video_views"] == 4
    results = [run(client, one, order="deadline") for one in soon.queries]
    sent = [one.receipt.requests for one in results]
    assert sum(sent) == soon.requests
    needed = ["tweet_id", "metric", "endpoint", "start", "end", "status"]
    saved = pd.concat([one.to_pandas()[needed] for one in results])
    saved = saved[saved["status"] == "observed"]
    for row in soon.table.itertuples():
        for metric in str(row.metrics).split(", "):
            mine = saved[(saved["tweet_id"] == row.tweet_id) & (saved["metric"] == metric)]
            mine = mine[mine["endpoint"] == row.endpoint]
            assert len(mine), row
            if row.endpoint == "historical":
                assert mine["start"].min() <= row.start
                assert mine["end"].max() >= min(row.end, pd.Timestamp("2026-06-01T12:00Z"))
    clock.travel(WEEK + timedelta(seconds=1))
    for one in soon.queries:
        lost = client.plan(one, max_age=timedelta(days=30)).unobtainable
        assert lost
    # History that was asked is safe; what was seen of totals is said to be gone.
    clock.travel(-timedelta(hours=1))
    again = client.expiring(ids, timedelta(minutes=30), metrics=["impressions"])
    assert not [one for one in kinds(again.table) if one[0] == "historical"]


def test_what_was_saved_is_told_apart_from_what_is_lost_for_good(
    client: Client, clock: WorldClock
) -> None:
    """Totals with a last count, and history of which all hours that went are stored and settled."""
    totals, history = ids_of(90, WEEK), ids_of(365, WEEK)
    saved = totals[: len(totals) // 2]
    run(client, ek.Query("totals", saved, ["impressions"]))
    query = ek.Query("historical", history[:1], ["url_clicks"], by="hour", period=ek.first(days=9))
    run(client, query)
    clock.travel(timedelta(days=7, hours=1))
    soon = client.expiring(totals, metrics=["impressions"])
    name = ("totals", "impressions")
    assert (soon.lost[name], soon.kept[name]) == (len(totals), len(saved))
    assert f"{len(totals)} tweets, {len(saved)} of them stored in time" in repr(soon)
    soon = client.expiring(history, metrics=["url_clicks"])
    name = ("historical", "url_clicks")
    assert (soon.lost[name], soon.kept[name]) == (len(history), 1)


def test_hours_about_to_fall_out_come_with_those_after_them(client: Client) -> None:
    """A request takes 28 days for the price of one: the queries ask them, and cost no more."""
    ids = ids_of(365, timedelta(days=1))
    soon = client.expiring(ids, timedelta(days=1), metrics=["impressions"])
    (query,) = soon.queries
    assert query.by == "hour"
    period: Any = query.period
    assert period.end - period.start == timedelta(days=28)
    assert soon.requests == 1
    run(client, query)
    assert len(client.expiring(ids, timedelta(days=20), metrics=["impressions"])) == 0


def test_counts_are_of_spans_within_the_span(client: Client) -> None:
    """1, 7 and 30 days as far as it was looked ahead; a longer span has no less."""
    soon = client.expiring(ids_of(95, timedelta(days=60)), timedelta(days=30))
    assert [one.within.days for one in soon.counts] == [1, 7, 30]
    tweets = [one.tweets for one in soon.counts]
    assert tweets == sorted(tweets)
    day = client.expiring(ids_of(95, timedelta(days=60)), timedelta(days=1))
    assert soon.counts[0] == day.counts[0]
    assert soon.counts[2].requests == soon.requests


# --- queries --------------------------------------------------------------------------------------
def test_a_query_is_looked_at_in_its_own_terms(client: Client) -> None:
    """Its tweets, metrics, period, level and owners."""
    ids = ids_of(365, timedelta(days=1))
    assert ids
    first_day = ek.Query(
        "historical", ids, ["impressions"], by="hour", period=ek.first(hours=3), owners="birch"
    )
    soon = client.expiring(first_day, WEEK)
    (query,) = soon.queries
    assert (query.owners, query.metrics, query.by) == ("birch", ("impressions",), "hour")
    for row in soon.table.itertuples():
        assert row.end - row.start <= timedelta(hours=3)
    assert len(client.expiring(ek.Query("totals", ids, ["favorites"]), WEEK)) == 0
    assert len(client.expiring(ek.Query("28hr", ids, ["impressions"]), timedelta(0))) <= len(ids)


def test_the_reference_profile_loses_no_history() -> None:
    """What the other profile loses is there for ever."""
    ids = ids_of(365, WEEK)
    names = ["impressions", "url_clicks"]
    assert len(ek.expiring(ids, WEEK, now=NOW, metrics=names)) == 0
    assert len(ek.expiring(ids, WEEK, now=NOW, metrics=names, profile="overview")) == len(ids)


# --- stores ---------------------------------------------------------------------------------------
def test_a_store_says_what_was_last_seen(client: Client, clock: WorldClock, tmp_path: Path) -> None:
    """Its tweets, the metrics that were asked of them, who signed, and when they were last seen."""
    ids = {one: ids_of(88, timedelta(days=4), one) for one in ("acme", "birch")}
    owners = {tweet: one for one, tweets in ids.items() for tweet in tweets}
    run(client, ek.Query("totals", list(owners), ["impressions", "favorites"], owners=owners))
    clock.travel(timedelta(hours=5))
    soon = client.expiring(within=WEEK)
    assert kinds(soon.table) == {("totals", "impressions"): len(owners)}
    assert set(soon.table["last_observed"]) == {pd.Timestamp(NOW)}
    (query,) = soon.queries
    assert dict(query.owners or ()) == owners
    assert {one.account for one in soon.plans[0].requests} == {"acme", "birch"}
    same = ek.expiring(tmp_path / "raw", WEEK, now=client.now(), profile="overview")
    assert same.to_arrow().equals(soon.to_arrow())
    assert same.source == "emulator"
    assert set(same.table["source"]) == {"emulator"}
    text = repr(same)
    assert "EMULATOR: invented data" in text
    assert "EMULATOR: invented data" in same._repr_html_()


def test_ids_are_held_against_a_store(client: Client, tmp_path: Path) -> None:
    """A store that is named with ids tells when they were last seen."""
    ids = ids_of(88, timedelta(days=4))
    run(client, ek.Query("totals", ids[:2], ["impressions"]))
    soon = ek.expiring(ids, WEEK, now=NOW, store=tmp_path / "raw", metrics=["impressions"])
    seen = soon.table.set_index("tweet_id")["last_observed"]
    assert seen[ids[:2]].notna().all()
    assert seen[ids[2:]].isna().all()


def test_days_that_are_stored_are_looked_at_as_days(client: Client) -> None:
    """A store of days is asked on by days: a day is lost with its first hour."""
    ids = ids_of(365, timedelta(days=12))
    period = ek.between("2025-06-02", "2025-06-05")
    run(client, ek.Query("historical", ids, ["impressions"], period=period))
    soon = client.expiring(within=timedelta(days=10))
    assert soon.scope.level == "day"
    (query,) = soon.queries
    assert query.by == "day"
    starts = soon.table["start"]
    assert (starts.dt.hour == 0).all()
    assert (starts >= pd.Timestamp("2025-06-05", tz="UTC")).all()


def test_an_empty_store_has_nothing_to_lose(client: Client, tmp_path: Path) -> None:
    """A client's own may be new; of a folder that is not there, or holds no store, it is said."""
    assert len(client.expiring()) == 0
    (tmp_path / "empty").mkdir()
    assert len(ek.expiring(Store(tmp_path / "empty"))) == 0
    assert len(ek.expiring(["20"], store=tmp_path / "empty")) == 0
    with pytest.raises(StoreError, match=r"no store: .*; is it the folder given as store="):
        ek.expiring(tmp_path / "empty")
    (tmp_path / "empty" / "thesis.txt").touch()
    for given in (tmp_path / "empty", str(tmp_path / "empty")):
        with pytest.raises(StoreError, match="no store: "):
            client.expiring(given)
    with pytest.raises(StoreError, match="no store: "):
        client.expiring(store=tmp_path / "empty")
    with pytest.raises(StoreError, match="there is no store"):
        ek.expiring(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="there is no store"):
        client.expiring(store=tmp_path / "nowhere")


# --- owners ---------------------------------------------------------------------------------------
def of_three() -> dict[str, str]:
    """Give tweets of three accounts that expire in turn, later ones first, and one that doesn't."""
    names = ("acme", "birch", "cedar")
    found = {ids_of(90, WEEK, name)[at]: name for at, name in enumerate(names)}
    ids = [ids_of(20, WEEK)[0], *sorted(found, key=int, reverse=True)]
    return {one: found.get(one, "acme") for one in ids}


@pytest.mark.parametrize("with_store", [False, True])
def test_owners_stay_with_their_tweets(*, with_store: bool, tmp_path: Path) -> None:
    """In whatever form they are given: a column goes by the ids as given, not by deadlines."""
    owners = of_three()
    ids, names = list(owners), list(owners.values())
    forms: list[Any] = [
        names,
        iter(names),
        np.array(names),
        pd.Series(names),
        pd.Series(names, index=ids)[::-1],
        owners,
        {int(one): f"@{name}" for one, name in owners.items()},
        {**owners, "20": "somebody"},
    ]
    place = {"store": Store(tmp_path)} if with_store else {}
    for form in forms:
        given: Any = iter(ids) if form is names else ids
        soon = ek.expiring(given, WEEK, now=NOW, owners=form, metrics=["impressions"], **place)
        (query,) = soon.queries
        assert len(query.tweet_ids) == len(owners) - 1
        assert {one: query.owner_of(one) for one in query.tweet_ids} == {
            one: owners[one] for one in query.tweet_ids
        }
    some = [None if name == "birch" else name for name in names]
    (query,) = ek.expiring(ids, WEEK, now=NOW, owners=some, metrics=["impressions"]).queries
    assert dict(query.owners or ()) == {
        one: owners[one] for one in query.tweet_ids if owners[one] != "birch"
    }
    for lone in ("acme", "@acme", 12, np.int64(12)):
        (query,) = ek.expiring(ids, WEEK, now=NOW, owners=lone, metrics=["impressions"]).queries
        assert query.owners == str(lone).removeprefix("@")


def test_owners_of_a_query_and_of_a_store(client: Client) -> None:
    """A column stands beside a query's ids; beside those of a store there is no order to stand."""
    owners = of_three()
    asked = ek.Query("totals", list(owners), ["impressions"])
    run(client, ek.Query("totals", list(owners), ["impressions"], owners=owners))
    (query,) = client.expiring(asked, WEEK, owners=list(owners.values())).queries
    assert {one: query.owner_of(one) for one in query.tweet_ids}.items() <= owners.items()
    by_number = {int(one): name for one, name in owners.items()}
    (query,) = client.expiring(within=WEEK, owners=by_number).queries
    assert len(query.tweet_ids) == len(owners) - 1
    assert {one: query.owner_of(one) for one in query.tweet_ids}.items() <= owners.items()
    with pytest.raises(QueryError, match="a store has no order to stand beside"):
        client.expiring(within=WEEK, owners=list(owners.values()))


# --- the settle time ------------------------------------------------------------------------------
@pytest.mark.parametrize("settle", [timedelta(0), {"impressions": timedelta(0)}])
def test_plans_heed_the_settle_time(client: Client, clock: WorldClock, settle: Any) -> None:
    """What a settle time makes safe is neither listed nor planned; plans go by the same."""
    born = created_at(ids_of(365, timedelta(days=1))[0])
    assert born is not None
    clock.travel(born + timedelta(days=2) - client.now())
    ids = ids_of(365, timedelta(days=1))[:1]
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.first(hours=6))
    run(client, query)
    clock.travel(born + timedelta(days=364, hours=20) - client.now())
    wide = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.first(hours=9))
    soon = client.expiring(wide, timedelta(hours=18), settle=settle)
    (row,) = soon.table.itertuples()
    assert row.end - row.start == timedelta(hours=3)
    (plan,) = soon.plans
    (later,) = client.expiring(wide, timedelta(hours=18)).plans
    assert plan.freshness.settling == timedelta(0)
    assert later.freshness.settling == timedelta(days=7)
    assert [one.ref for one in plan.reused] != [one.ref for one in later.reused]


# --- what is refused ------------------------------------------------------------------------------
def test_an_emulators_store_needs_a_moment(client: Client, tmp_path: Path) -> None:
    """Its clock is its own; real time would tell nonsense."""
    run(client, ek.Query("totals", ids_of(20, WEEK)))
    with pytest.raises(QueryError, match=r"has its own clock\. Give now=client\.now"):
        ek.expiring(tmp_path / "raw")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"within": 7}, "within: 7: allowed: a timedelta"),
        ({"within": timedelta(days=-1)}, "within"),
        ({"within": timedelta(days=36_526)}, "at most 36,525 days"),
        ({"now": datetime.max.replace(tzinfo=UTC)}, "now: .*2000 to 9000"),
        ({"now": datetime.min.replace(tzinfo=UTC)}, "now: .*2000 to 9000"),
        ({"by": np.array(["hour", "day"])}, "allowed: hour, day, or None"),
        ({"profile": np.array(["reference"])}, "allowed: reference, overview"),
        ({"store": 3}, "store: 3: allowed: the path of a folder"),
        ({"store": []}, r"store: \[\]: allowed: the path of a folder"),
        ({"store": ""}, "store: '': allowed: the path of a folder"),
        ({"owners": 3.5}, "owners: 3.5: "),
        ({"owners": True}, "owners: True: "),
        ({"owners": ["acme", "birch"]}, "2 owners for 1 tweet ids"),
        ({"owners": {"x": "acme"}}, "owners: 'x': "),
        ({"now": datetime(2026, 1, 1)}, "now: .*an aware datetime"),  # noqa: DTZ001 -- naive
        ({"profile": "newest"}, "allowed: reference, overview"),
        ({"by": "week"}, "allowed: hour, day, or None"),
        ({"by": ["hour"]}, "allowed: hour, day, or None"),
        ({"settle": 3}, "settle: 3: allowed: a timedelta"),
        ({"settle": {"applause": timedelta(0)}}, "settle: 'applause': no such metric"),
        ({"per_minute": 0}, "a rate above 0, or None"),
        ({"metrics": ["impresions"]}, "Did you mean impressions"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(options: dict[str, Any], said: str) -> None:
    """It is said what is allowed."""
    with pytest.raises(QueryError, match=said):
        ek.expiring(["20"], **options)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere/at/all", "neither a folder that is there nor tweet ids"),
        ([], "at least one tweet id is needed"),
        (2.5, "store_or_ids: 2.5: allowed: the folder of a store, a Store, tweet ids"),
        (None, "store_or_ids: None: allowed: the folder of a store"),
        ("", "at least one tweet id is needed"),
        (" \n", "at least one tweet id is needed"),
        ("no ids here", "neither a folder that is there nor tweet ids"),
        ("20 21x", "'21x': a tweet id is"),
        (["2.06138E+18"], "a spreadsheet rounded this id"),
    ],
)
def test_what_is_neither_store_nor_ids_is_refused(given: Any, said: str) -> None:
    """It is said what was expected."""
    with pytest.raises(QueryError, match=said):
        ek.expiring(given)


def test_a_store_is_named_once(tmp_path: Path) -> None:
    """store= goes with ids; two stores are one too many."""
    with pytest.raises(QueryError, match="it goes with ids"):
        ek.expiring(tmp_path, store=tmp_path)
