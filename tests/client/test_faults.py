"""Each fault of the emulator on each endpoint: the table is the truth, or the receipt says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.emulator.service.faults import KINDS
from engagement_kit.fetch.gate import Gate

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
ENDPOINTS = ("totals", "28hr", "historical")
METRICS = ["impressions", "favorites"]
KEYS = ["tweet_id", "metric", "start"]
HARMLESS = {"slow", "numbers", "sparse", "extra_keys", "new_metric", "shuffled"}
"""What is odd, and yet an answer: it is not asked for again."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator whose clock stands still."""
    with Emulator(World(), WorldClock(frozen=NOW)) as one:
        yield one


def ids_of(world: World) -> list[str]:
    """Give tweets in three batches of totals, or of days; the youngest of them last."""
    return world.sample_ids(world.accounts[0].name, 520, before=NOW - timedelta(days=4))[::10]


def ask(emulator: Emulator, endpoint: Any, store: Path, **options: Any) -> Result:
    """Ask for a bit of history on one endpoint."""
    period = {"period": ek.between("2026-05-01", "2026-05-30")} if endpoint == "historical" else {}
    query = ek.Query(endpoint, ids_of(emulator.world), METRICS, **period)
    with ek.connect(emulator, store=store, threads=3) as client:
        result = client.run(query, progress=False, **options)
    effort = result.effort
    if not effort.stopped:  # each call has a name
        more = effort.retries + effort.shortened + effort.split
        assert effort.sent == len(result.plan) + more
    return result


def without_moments(result: Result) -> pd.DataFrame:
    """Give the table but for what may differ between two runs that both tell the truth."""
    return result.to_pandas().drop(columns=["observed_at", "request_key"])


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pd.DataFrame]:
    """Give the table of an undisturbed run, by endpoint; its values are the world's."""
    tables: dict[str, pd.DataFrame] = {}

    def of(endpoint: str) -> pd.DataFrame:
        if endpoint not in tables:
            with Emulator(World(), WorldClock(frozen=NOW)) as one:
                result = ask(one, endpoint, tmp_path_factory.mktemp(endpoint))
                if endpoint == "totals":
                    ids = ids_of(one.world)
                    counts = one.world.lifetime(ids, METRICS, NOW).ravel().tolist()
                    assert result.to_pandas()["value"].tolist() == counts
            assert not len(result.missing)
            tables[endpoint] = without_moments(result)
        return tables[endpoint]

    return of


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [one for one in KINDS if one != "sparse"])
def test_what_passes_changes_nothing(
    emulator: Emulator, tmp_path: Path, truth: Any, kind: Any, endpoint: str
) -> None:
    """The first requests meet a fault, the later tries don't: the table is the truth."""
    times = len(KINDS) if kind in HARMLESS else 2
    emulator.faults.add(Fault(kind, nth=tuple(range(1, times + 1)), seconds=0.05))
    result = ask(emulator, endpoint, tmp_path)
    pd.testing.assert_frame_equal(without_moments(result), truth(endpoint))
    receipt = result.receipt
    assert receipt.asked == receipt.answered
    assert receipt.effort.retries == (0 if kind in HARMLESS else 2)
    assert receipt.effort.limited == (2 if kind == "rate_limited" else 0)
    assert receipt.checks.passed
    assert not receipt.checks.failed


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_zeros_that_are_left_out_are_missing(
    emulator: Emulator, tmp_path: Path, truth: Any, endpoint: str
) -> None:
    """Absent is not zero: such a number is null and says so, and in truth it is a zero."""
    emulator.faults.add(Fault("sparse"))
    table, whole = without_moments(ask(emulator, endpoint, tmp_path)), truth(endpoint)
    assert set(table.loc[table["value"].isna(), "status"]) <= {"not_in_answer"}
    merged = whole.merge(table.dropna(subset=["value"]), on=[*KEYS], how="left")
    seen = merged["value_y"].notna()
    assert (merged.loc[seen, "value_x"] == merged.loc[seen, "value_y"]).all()
    assert (merged.loc[~seen, "value_x"] == 0).all()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [one for one in KINDS if one not in HARMLESS])
def test_a_storm_is_weathered(
    emulator: Emulator, tmp_path: Path, truth: Any, kind: Any, endpoint: str
) -> None:
    """A third of all requests goes wrong: what is in the table is the truth, and sums are right."""
    emulator.faults.add(Fault(kind, rate=0.33, seconds=0.02))
    result = ask(emulator, endpoint, tmp_path)
    table, whole = without_moments(result), truth(endpoint)
    seen = table["value"].notna()
    there = table[seen].set_index(KEYS)["value"].to_dict()
    right = whole.set_index(KEYS)["value"].to_dict()
    assert {key: right[key] for key in there} == there
    lost = set(table.loc[~seen, "status"])
    assert lost <= {"failed"}
    if not lost:
        pd.testing.assert_frame_equal(table, whole)
    assert bool(lost) == bool(result.receipt.failures)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [one for one in KINDS if one not in HARMLESS])
def test_a_tweet_that_always_fails_costs_itself_alone(
    emulator: Emulator, tmp_path: Path, truth: Any, kind: Any, endpoint: str
) -> None:
    """One tweet sinks whatever it is in: the others keep their rows; its fate is `failed`."""
    bad = ids_of(emulator.world)[7]
    emulator.faults.add(Fault(kind, tweet_id=bad, seconds=0.02))
    result = ask(emulator, endpoint, tmp_path)
    table, whole = without_moments(result), truth(endpoint)
    if kind == "rate_limited":  # says nothing of a tweet: the batch waits, and fails as one
        assert result.receipt.failures
        return
    others = table[table["tweet_id"] != bad].reset_index(drop=True)
    expected = whole[whole["tweet_id"] != bad].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, expected)
    lost = table[table["tweet_id"] == bad]
    assert set(lost["status"]) == {"failed"}
    assert result.receipt.effort.split
    assert len(result.receipt.failures) >= 1


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("kind", [one for one in KINDS if one not in HARMLESS])
def test_where_all_fails_the_receipt_says_so(
    emulator: Emulator, tmp_path: Path, kind: Any, endpoint: str
) -> None:
    """Every request fails for ever: no number is invented, each has its fate, and all is kept."""
    emulator.faults.add(Fault(kind, seconds=0.01))
    try:
        result = ask(emulator, endpoint, tmp_path)
    except ek.errors.ConnectionBroken:  # a service that was never there
        assert kind in {"hang", "cut_body", "reset"}
        result = ek.open(tmp_path).latest
    receipt = result.receipt
    assert receipt.answered == 0
    assert sum(receipt.fates.values()) == receipt.asked
    assert set(receipt.fates) <= {"failed", "not_asked"}
    assert not receipt.checks.passed


def test_gates_are_one_for_each_endpoint() -> None:
    """A limit on totals holds nobody up who asks 28hr."""
    with ek.connect("emulator", per_minute=30) as client:
        gates = [client._gate(one) for one in (*ENDPOINTS, *ENDPOINTS)]
    assert len({id(one) for one in gates}) == 3
    assert all(isinstance(one, Gate) and one.rate == 30 for one in gates)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("levels", [["engagement.type"], ["tweet.id", "engagement.type"]])
def test_raw_groupings_are_never_put_together_from_parts(
    emulator: Emulator, tmp_path: Path, levels: list[str]
) -> None:
    """What goes over the wire as written is read from one answer: it is whole, or it failed."""
    ids = ids_of(emulator.world)[:10]
    query = ek.Query("28hr", ids, METRICS, groupings={"mine": levels})
    emulator.faults.add(Fault("server_error", tweet_id=ids[3]))
    with ek.connect(emulator, store=tmp_path) as client:
        part = ek.Query("28hr", ids[:5], METRICS, groupings={"mine": levels})
        failed = client.run(query, progress=False)
        emulator.faults.clear()
        client.run(part, progress=False)
        whole = client.run(query, progress=False)
    assert failed.plan.as_written
    assert failed.receipt.answered == 0
    assert failed.effort.split == 0
    with ek.connect(emulator, store=tmp_path / "undisturbed") as client:
        expected = client.run(query, progress=False)
    assert whole.receipt.missing == 0
    assert len(whole.to_pandas()) == len(METRICS) * (len(ids) if "tweet.id" in levels else 1)
    pd.testing.assert_frame_equal(without_moments(whole), without_moments(expected))
