"""Jobs of many accounts: each tweet is asked by its owner or app-only, and each row is right."""

from __future__ import annotations

import tempfile
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock
from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.transport import HttpTransport

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "favorites", "video_views"]
PRIVATE = "impressions"
PERIOD = ek.between("2026-05-18", "2026-06-01")
ENDPOINTS = ("totals", "28hr", "historical")
WORLD = World(accounts=20)
NAMES = [one.name for one in WORLD.accounts]
WITH_KEYS = NAMES[:16]
OLD = NOW - timedelta(days=91)


def query_of(endpoint: Any, owners: Mapping[str, str | None]) -> ek.Query:
    """Ask for some tweets whose owners stand in a column."""
    options: dict[str, Any] = {"period": PERIOD, "by": "day"} if endpoint == "historical" else {}
    return ek.Query(endpoint, list(owners), METRICS, owners=list(owners.values()), **options)


def connect(
    emulator: Emulator, names: Sequence[str], store: Path, *, app: bool = True, **options: Any
) -> Client:
    """Connect with the keys of some accounts alone."""
    found = ek.connect(emulator).connection
    keys = replace(
        found.credentials,
        users={one: keys for one, keys in found.credentials.users.items() if one in names},
    )
    where = replace(
        found.where,
        accounts=tuple(keys.users),
        aliases=tuple(pair for pair in found.where.aliases if pair[1] in names),
        credentials=("user", "app") if app else ("user",),
    )
    adapter = emulator.adapter() if emulator.in_process else None
    sender = HttpTransport(emulator.base_url, keys, "tests", adapter=adapter)
    made = replace(found, credentials=keys, where=where, transport=sender, close=sender.close)
    return Client(made, store=store, **options)


@dataclass(frozen=True)
class Truth:
    """What must become of each number, by the world and by what the question says of owners."""

    owners: Mapping[str, str | None]
    keys: Sequence[str]
    app: bool = True

    def fates(self, endpoint: str) -> dict[tuple[str, str], str]:
        """Give the status of each tweet and metric; on windowed endpoints of its later hours."""
        ids = list(self.owners)
        seen = WORLD.look(ids)
        gone = seen.deleted | seen.protected
        names = [NAMES[place] for place in seen.owner.tolist()]
        old = {
            days: seen.older_than(timedelta(days=days), int(NOW.timestamp() * 1000))
            for days in (90, 1800)
        }
        return {
            (one, metric): self._fate(
                endpoint,
                metric,
                (self.owners[one] or NAMES[0], names[at]),
                gone=bool(gone[at]),
                old=bool(old[90][at]),
                ancient=bool(old[1800][at]),
            )
            for at, one in enumerate(ids)
            for metric in METRICS
        }

    def _fate(
        self,
        endpoint: str,
        metric: str,
        said_and_true: tuple[str, str],
        *,
        gone: bool,
        old: bool,
        ancient: bool,
    ) -> str:
        said, true = said_and_true
        if metric == PRIVATE and endpoint == "totals" and old:
            return "too_old_for_impressions"
        if metric == "video_views" and ancient:
            return "too_old_for_video"
        public = endpoint == "totals" and metric != PRIVATE and self.app
        if not public and (said not in self.keys or said != true):
            # Asked app-only for its public metrics, a tweet that is gone says so of all.
            looked_at = endpoint == "totals" and self.app and said in self.keys
            return "unavailable" if gone and looked_at else "not_owned"
        return "unavailable" if gone else "observed"


def check(result: Result, truth: Truth, *, faults: bool = False) -> None:
    """Hold each row against what must become of it; where there are faults, some have failed."""
    endpoint = result.plan.query.endpoint
    table = result.to_pandas()
    expected = truth.fates(endpoint)
    right = {"observed": _values(table, endpoint)}
    for one in table.itertuples():
        fate = expected[str(one.tweet_id), str(one.metric)]
        if faults and one.status == "failed":
            continue
        if faults and (fate, one.status) == ("unavailable", "not_owned"):
            continue  # the call that would have told failed
        if one.status == "out_of_range":
            continue  # hours before the tweet was created, which is no matter of keys
        # A tweet whose request is refused for its owner is not looked at any further.
        assert one.status == fate, (one, fate)
        if fate == "observed":
            assert one.value == right["observed"][one.Index], one
    assert {(str(a), str(b)) for a, b in zip(table["tweet_id"], table["metric"], strict=True)} == (
        set(expected)
    )


def _values(table: pd.DataFrame, endpoint: str) -> dict[int, int]:
    """Count in the world what each row counts."""
    ids = list(dict.fromkeys(table["tweet_id"].astype(str)))
    rows, cols = ({x: n for n, x in enumerate(names)} for names in (ids, METRICS))
    if endpoint == "totals":
        counts = WORLD.lifetime(ids, METRICS, NOW)
        return {
            one.Index: int(counts[rows[str(one.tweet_id)], cols[str(one.metric)]])
            for one in table.itertuples()
        }
    first = table["start"].min().floor("h").to_pydatetime()
    counts = WORLD.counts(ids, METRICS, first, table["end"].max().to_pydatetime(), NOW)
    found = {}
    for one in table.itertuples():
        low, high = (int((edge - first) / timedelta(hours=1)) for edge in (one.start, one.end))
        place = rows[str(one.tweet_id)], cols[str(one.metric)]
        found[one.Index] = int(counts[place][max(0, low) : high].sum())
    return found


def check_signers(result: Result, log: Sequence[Any], truth: Truth) -> None:
    """Let the emulator's log bear witness: who signed what, and how often."""
    calls = Counter(one.account or None for one in log)
    # A run that was stopped as its last request ended is followed by another, which asks nothing.
    receipts = [one.receipt for one in ek.open(result.store)]
    counted: Counter[str | None] = Counter()
    for one in receipts:
        counted.update(one.by_account)
    assert counted == calls
    assert sum(one.effort.sent for one in receipts) == calls.total() == len(log)
    assert {one for one in calls if one is not None} <= set(truth.keys)
    said = {owner or NAMES[0] for owner in truth.owners.values()}
    assert {one for one in calls if one is not None} <= said
    # The service answers a user for that user's own tweets alone, or refuses all of the request.
    assert {one.status for one in log if not one.faults} <= {200, 400, 403}
    ids = list(truth.owners)
    owner_of = dict(zip(ids, (NAMES[at] for at in WORLD.look(ids).owner.tolist()), strict=True))
    table = result.to_pandas()
    counted = table[(table["status"] == "observed") & table["account"].notna()]
    for tweet, account in zip(counted["tweet_id"], counted["account"], strict=True):
        assert account == owner_of[str(tweet)]


def sample(name: str, kind: Any, n: int, before: datetime = NOW) -> list[str]:
    """Give some tweets of an account."""
    return WORLD.sample_ids(name, n, before, kind)


def mixed_job() -> dict[str, str | None]:
    """Mix tweets of 20 accounts; the owner that is said of each is not always the true one."""
    owners: dict[str, str | None] = {}
    for at, name in enumerate(NAMES):
        owners |= dict.fromkeys(sample(name, "own", 30 + at), f"@{name.upper()}")
        owners |= dict.fromkeys(sample(name, "own", 12, OLD), name)
        owners |= dict.fromkeys(sample(name, "protected", 1), name)
        owners |= dict.fromkeys(sample(name, "unavailable", 1), name)
        wrong = NAMES[(at + 1) % len(NAMES)]
        young = sample(name, "own", 2, NOW - timedelta(days=20))
        owners |= dict.fromkeys([*young, *sample(name, "own", 2, OLD - timedelta(days=9))], wrong)
    owners |= dict.fromkeys(sample(NAMES[0], "very_old", 5), NAMES[0])
    owners |= dict.fromkeys(sample(NAMES[0], "own", 60)[50:], None)
    return owners


def said_as_named(owners: Mapping[str, str | None]) -> dict[str, str | None]:
    """Take off what people write around a name."""
    return {one: said and said.removeprefix("@").lower() for one, said in owners.items()}


@pytest.mark.parametrize(
    ("endpoint", "aged"),
    [*((one, "zero") for one in ENDPOINTS), ("totals", "absent"), ("totals", "refused")],
)
def test_a_mixed_job_of_twenty_accounts(endpoint: str, aged: Any, tmp_path: Path) -> None:
    """Keys of 16 of 20: every row is right, and no request is signed with another's keys."""
    job = mixed_job()
    truth = Truth(said_as_named(job), WITH_KEYS)
    clock = WorldClock(frozen=NOW)
    with (
        Emulator(WORLD, clock, Settings(aged=aged)) as emulator,
        connect(emulator, WITH_KEYS, tmp_path) as client,
    ):
        made = client.plan(query_of(endpoint, job))
        result = client.run(made, progress=False)
        check(result, truth)
        check_signers(result, emulator.log, truth)
        receipt = result.receipt
        assert receipt.asked == receipt.answered + receipt.missing
        assert not receipt.failures
        app = {None} if endpoint == "totals" else set()
        assert made.by_account.keys() == {*WITH_KEYS, *app}
        # What there are no keys for is explained before anything is sent.
        lost = [one for one in made.unobtainable if one.status == "not_owned"]
        assert all("no keys of account" in one.reason for one in lost)
        keyless = {one for one, said in truth.owners.items() if said not in {*WITH_KEYS, None}}
        told = {(one, name) for part in lost for one in part.tweet_ids for name in part.metrics}
        assert told == {
            pair
            for pair, fate in truth.fates(endpoint).items()
            if fate == "not_owned" and pair[0] in keyless
        }
        again = client.run(query_of(endpoint, job), progress=False)
        assert (again.effort.sent, again.to_arrow()) == (0, result.to_arrow())
    opened = ek.open(tmp_path)[0]
    assert opened.receipt == receipt
    assert opened.to_arrow().equals(result.to_arrow())


@pytest.mark.parametrize(("aged", "calls"), [("zero", 1), ("absent", 1), ("refused", 3)])
def test_old_tweets_ride_in_their_owner_s_request(aged: Any, calls: int, tmp_path: Path) -> None:
    """One request for all; a service that refuses it is asked for each kind: all are right."""
    job = dict.fromkeys([*sample("acme", "own", 9), *sample("acme", "own", 9, OLD)], "acme")
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), Settings(aged=aged), in_process=True) as emulator,
        connect(emulator, ["acme"], tmp_path) as client,
    ):
        result = client.run(query_of("totals", job), progress=False)
        assert (len(result.plan), len(emulator.log)) == (1, calls)
        truth = Truth(job, ["acme"])
        check(result, truth)
        check_signers(result, emulator.log, truth)


def test_old_tweets_of_somebody_else_are_asked_app_only(tmp_path: Path) -> None:
    """What is said of an owner is wrong: public metrics of old tweets are had all the same."""
    wrong = [*sample("birch", "own", 3, OLD), *sample("birch", "own", 2)]
    job = dict.fromkeys([*sample("acme", "own", 9), *wrong], "acme")
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        connect(emulator, ["acme"], tmp_path) as client,
    ):
        result = client.run(query_of("totals", job), progress=False)
        truth = Truth(job, ["acme"])
        check(result, truth)
        check_signers(result, emulator.log, truth)
        assert [(one.account, one.status) for one in emulator.log] == [
            ("acme", 403), ("acme", 200), ("", 200),
        ]  # fmt: skip


@pytest.mark.parametrize("said", ["acme", None])
@pytest.mark.parametrize("stop_after", [None, 1, 2])
def test_public_metrics_of_somebody_else_s_tweets_are_asked_app_only(
    said: str | None, stop_after: int | None, tmp_path: Path
) -> None:
    """Whoever is said to have written them; so too where a run is cut off on the way, and after."""
    job = dict.fromkeys([*sample("acme", "own", 2), *sample("birch", "own", 3)], said)
    query = query_of("totals", job)
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        connect(emulator, ["acme"], tmp_path, threads=1) as client,
    ):
        made = client.plan(query)
        assert "1; at most 51 more" in repr(made)
        if stop_after:
            assert client.run(query, progress=False, max_requests=stop_after).receipt.effort.stopped
            assert len(emulator.log) == stop_after
        result = client.run(query, progress=False)
        truth = Truth(job, ["acme"])
        check(result, truth)
        check_signers(result, emulator.log, truth)
        assert [one.account for one in emulator.log] == ["acme", "acme", ""]
        receipt = result.receipt
        lost = 3 * (len(METRICS) - len([one for one in METRICS if one != PRIVATE]))
        assert receipt.fates == {"not_owned": lost}
        table = result.to_pandas(history=True)
        assert len(table) == receipt.asked
        again = client.plan(query)
        assert len(again) == 0
        assert again.price.numbers == again.price.stored == receipt.answered
        assert f"{lost} numbers: refused before" in repr(again)
        assert client.run(query, progress=False).receipt.fates == receipt.fates


def test_what_was_not_asked_app_only_is_no_matter_of_owners(tmp_path: Path) -> None:
    """A run that ends before says of public metrics that they were not asked."""
    job = dict.fromkeys([*sample("acme", "own", 2), *sample("birch", "own", 3)], "acme")
    with (
        Emulator(WORLD, WorldClock(frozen=NOW), in_process=True) as emulator,
        connect(emulator, ["acme"], tmp_path, threads=1) as client,
    ):
        result = client.run(query_of("totals", job), progress=False, max_requests=2)
        table = result.to_pandas()
        lost = table[table["value"].isna()]
        private = lost["metric"] == PRIVATE
        assert set(lost["status"][private]) == {"not_owned"}
        assert set(lost["status"][~private]) == {"not_asked"}


# --- random mixes ---------------------------------------------------------------------------------
FEW = NAMES[:5]
POOL: dict[tuple[str, str], list[str]] = {
    (name, kind): ids
    for name in FEW
    for kind, ids in {
        "young": sample(name, "own", 40),
        "old": sample(name, "own", 40, OLD),
        "protected": sample(name, "protected", 2),
        "gone": sample(name, "unavailable", 2),
    }.items()
}
BAD = ["rate_limited", "unavailable", "server_error"]


@st.composite
def jobs(draw: st.DrawFn) -> dict[str, str | None]:
    """Draw tweets of some accounts, and what is said of who wrote them."""
    parts = st.tuples(
        st.sampled_from(FEW),
        st.sampled_from(["young", "young", "old", "old", "protected", "gone"]),
        st.integers(1, 40),
        st.sampled_from([True, True, True, False]),
    )
    owners: dict[str, str | None] = {}
    for name, kind, n, true in draw(st.lists(parts, min_size=1, max_size=6)):
        said = name if true else draw(st.sampled_from([*FEW, None]))
        owners |= dict.fromkeys(POOL[name, kind][:n], said)
    return owners


def quick_doors(*args: Any, **options: Any) -> Doors:
    """Open doors to a world in which waiting takes no time."""
    time = [0.0]

    def sleep(stop: threading.Event, seconds: float) -> None:
        time[0] += seconds
        stop.wait(0.0005)

    return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})


@settings(max_examples=60)
@given(
    job=jobs(),
    endpoint=st.sampled_from(["totals", "totals", *ENDPOINTS]),
    keys=st.sets(st.sampled_from(FEW), min_size=1),
    app=st.sampled_from([True, True, False]),
    aged=st.sampled_from(["zero", "absent", "refused"]),
    storms=st.lists(st.tuples(st.sampled_from(BAD), st.sampled_from([0.1, 0.3])), max_size=1),
    stops=st.lists(st.integers(1, 4), max_size=2),
)
def test_whatever_the_mix_and_whatever_happens(
    *,
    job: dict[str, str | None],
    endpoint: str,
    keys: set[str],
    app: bool,
    aged: Any,
    storms: list[tuple[Any, float]],
    stops: list[int],
) -> None:
    """Keys of some, with and without app-only ones; faults, stops and going on: rows are right."""
    names = [NAMES[0], *sorted(keys - {NAMES[0]})]
    truth = Truth(job, names, app=app)
    faults = [Fault(kind, rate=rate) for kind, rate in storms]
    query = query_of(endpoint, job)
    with (
        tempfile.TemporaryDirectory() as folder,
        patch("engagement_kit.client.asking.Doors", quick_doors),
        Emulator(
            WORLD, WorldClock(frozen=NOW), Settings(aged=aged), faults=faults, in_process=True
        ) as emulator,
        connect(emulator, names, Path(folder), app=app, threads=2) as client,
    ):
        if client.plan(query).keys_missing:
            with pytest.raises(ek.errors.CredentialsMissing, match="Nothing was sent"):
                client.run(query, progress=False)
            assert not emulator.log
            return
        result = run_until(client, query, stops)
        check(result, truth, faults=bool(faults))
        check_signers(result, emulator.log, truth)
        assert not result.receipt.checks.failed
        good = Counter(one.key for one in result.store.scan().known)
        assert not good or max(good.values()) == 1
        opened = ek.open(folder).latest
        assert opened.receipt == result.receipt
        assert opened.to_arrow().equals(result.to_arrow())


def run_until(client: Client, query: ek.Query, stops: list[int]) -> Result:
    """Run, stop after so many requests each time, and at last let it end."""
    for after in stops:
        control, left = ek.Control(), [after]

        def step(one: ek.Step, control: ek.Control = control, left: list[int] = left) -> None:
            left[0] -= one.is_end
            if left[0] <= 0:
                control.stop()

        result = client.run(query, progress=False, control=control, on_step=step)
        if not result.effort.stopped:  # it came to the end
            return result
        for thread in threading.enumerate():
            if thread.name.startswith("engagement-kit"):
                thread.join(30)
    return client.run(query, progress=False)
