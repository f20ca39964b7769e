"""Kill -9 at any instant of an export: nobody sees half a file, and the next run completes it."""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.question.plan import Plan, plan
from engagement_kit.tables import partitions
from engagement_kit.tables.aside import _unnamed

SEEN = datetime(2026, 6, 9, tzinfo=UTC)
FIRST = datetime(2026, 5, 1, tzinfo=UTC)
PERIOD = ek.between("2026-05-01T00:00Z", "2026-05-29T00:00Z")
TWEETS = [str(1_500_000_000_000_000_000 + at * 10**12) for at in range(100)]
METRICS = ["impressions", "favorites"]
OUTPUT = "counts.parquet"
LOADED = [
    "engagement_kit.client.result",
    "engagement_kit.tables.kernel",
    "pandas",
    "pyarrow.dataset",
]
Readers = dict[str, Callable[[Path], list[str]]]


def planned(tweets: list[str]) -> Plan:
    """Plan four weeks of hours."""
    query = ek.Query("historical", tweets, METRICS, by="hour", period=PERIOD)
    return plan(query, now=SEEN)


def fill(folder: Path, tweets: list[str], seen: datetime) -> None:
    """Put answers to all requests of a plan into a store, each with other counts."""
    chance, store = random.Random(len(tweets)), Store(folder)  # noqa: S311
    for at, request in enumerate(planned(tweets).requests):
        counts = {
            one: {
                metric: {
                    f"{FIRST + timedelta(days=day):%Y-%m-%d}": {
                        f"{hour:02d}": str(chance.randrange(99)) for hour in range(24)
                    }
                    for day in range(28)
                }
                for metric in METRICS
            }
            for one in request.tweet_ids[:4]  # of the others it says nothing
        }
        body = {"start": "2026-05-01T00:00:00Z", "end": "2026-05-29T00:00:00Z"}
        content = json.dumps(body | {request.groupings[0][0]: counts}, separators=(",", ":"))
        window = (FIRST, FIRST + timedelta(days=28))
        when = seen + timedelta(seconds=at)
        store.put(Answer(request, 200, {}, content.encode(), when, "live", "answered", (), window))


def result_of(store: Path, tweets: list[str]) -> Any:
    """Give the result of a question from a store, as a run would."""
    from engagement_kit.client.result import Result

    place = Store(store)
    return Result(planned(tweets), place, [one.ref for one in place.known()])


def export(way: str, store: Path, out: Path, many: int, say: Callable[[str], None]) -> None:
    """Export in one of our ways; say when it begins, and when it has ended."""
    partitions.ANSWERS = 1  # type: ignore[misc]
    result = result_of(store, TWEETS[:many])
    if way != "tidy_store":
        result.to_arrow()  # what is killed is the writing
    say("begun")
    if way == "to_parquet":
        result.to_parquet(out / OUTPUT)
    elif way == "to_dataset":
        result.to_dataset(out)
    else:
        ek.tidy_store(store, out, progress=False)
    say("ended")


class Exports:
    """Starts the same export in child processes, on top of what an earlier one wrote."""

    def __init__(self, way: str, root: Path, readers: Readers) -> None:
        self.way, self.root, self.readers = way, root, readers
        self._context = multiprocessing.get_context("forkserver")
        # A server that has the kit loaded forks the children: they start at once.
        self._context.set_forkserver_preload([*LOADED, __name__])
        fill(root / "raw", TWEETS[:50], SEEN)
        partitions_before = partitions.ANSWERS
        export(way, root / "raw", root / "old", 50, lambda _: None)
        fill(root / "raw", TWEETS, SEEN + timedelta(hours=1))  # some are the same, asked again
        shutil.copytree(root / "old", root / "whole")
        export(way, root / "raw", root / "whole", 100, lambda _: None)
        partitions.ANSWERS = partitions_before  # type: ignore[misc]
        self.old, self.whole = (files(root / one) for one in ("old", "whole"))
        assert self.old
        assert self.old != self.whole
        self._read: set[frozenset[tuple[str, int]]] = set()

    def start(self, out: Path) -> tuple[Any, Any]:
        """Start an export, and wait until it has begun; give the child and what it says."""
        ours, theirs = self._context.Pipe(duplex=False)
        arguments = (self.way, self.root / "raw", out, 100, theirs.send)
        child = self._context.Process(target=export, args=arguments)
        child.start()
        theirs.close()
        assert ours.recv() == "begun"
        return child, ours

    def finish(self, out: Path) -> float:
        """Export to the end, and hold the outcome against an undisturbed one; give the seconds."""
        child, ours = self.start(out)
        began = time.monotonic()
        assert ours.recv() == "ended"
        seconds = time.monotonic() - began
        child.join(60)
        assert child.exitcode == 0
        assert files(out) == self.whole
        return seconds

    def kill(self, out: Path, after: float) -> str:
        """Kill an export after some seconds, look at what is there, and go on."""
        shutil.copytree(self.root / "old", out)
        child, _ = self.start(out)
        time.sleep(after)
        child.kill()
        child.join(60)
        found = files(out)
        for name, content in found.items():
            # Whole, byte for byte: what was there before, or what an undisturbed run writes.
            assert content in {self.old.get(name), self.whole.get(name)}
        assert not left(out) or _unnamed(out) is None
        self._read_all(out, found)
        self.finish(out)
        shutil.rmtree(out)
        return "old" if found == self.old else "whole" if found == self.whole else "between"

    def _read_all(self, out: Path, found: dict[str, bytes]) -> None:
        """Read by every engine, each state once; all of them give the same rows."""
        state = frozenset((name, hash(content)) for name, content in found.items())
        if state in self._read or left(out):
            return
        self._read.add(state)
        place = out / "hour" if self.way == "tidy_store" else out
        first, *others = (read(place) for read in self.readers.values())
        assert first
        assert all(one == first for one in others)


def files(out: Path) -> dict[str, bytes]:
    """Give all files that readers see, with what is in them."""
    return {str(one.relative_to(out)): one.read_bytes() for one in out.rglob("*.parquet")}


def left(out: Path) -> list[Path]:
    """Give what is in a folder beside its files, but for the lock: that is empty, and harmless."""
    others = (one for one in out.rglob("*") if one.is_file() and one.suffix != ".parquet")
    return [one for one in others if one.stat().st_size or one.suffix != ".lock"]


def several_kills(exports: Exports, folder: Path, times: int) -> Counter[str]:
    """Kill at random instants of an export, and some just after it; count the states."""
    chance = random.Random(times)  # noqa: S311
    shutil.copytree(exports.root / "old", folder / "first")
    seconds = exports.finish(folder / "first")
    return Counter(
        exports.kill(folder / str(at), chance.uniform(0, 1.2 * seconds)) for at in range(times)
    )


@pytest.fixture(params=["to_parquet", "to_dataset", "tidy_store"])
def exports(request: pytest.FixtureRequest, tmp_path: Path, readers: Readers) -> Exports:
    """Prepare each of our ways."""
    return Exports(request.param, tmp_path / "exports", readers)


def test_a_killed_export_is_completed(exports: Exports, tmp_path: Path) -> None:
    """At some random instants; the long version has forty."""
    several_kills(exports, tmp_path, times=3)


@pytest.mark.long
def test_an_export_can_be_killed_at_any_instant(exports: Exports, tmp_path: Path) -> None:
    """Forty random instants, from the first answer read to the last file removed."""
    found = several_kills(exports, tmp_path, times=40)
    assert len(found) > 1, "the instants were spread over the export"
