"""What happens to people: a full disk, a flipped bit, a clock put back, a laptop that slept."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.connection import Connection
from engagement_kit.client.result import Result
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.fetch.doors import Doors
from engagement_kit.fetch.wire import Reply
from engagement_kit.question.request import Request

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
PERIOD = ek.between("2026-03-01", "2026-05-15")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator whose clock stands still."""
    with Emulator(World(), WorldClock(frozen=NOW)) as one:
        yield one


def query_of(emulator: Emulator) -> ek.Query:
    """Ask for ten weeks of a hundred tweets: some ten requests."""
    ids = emulator.world.sample_ids("acme", 2000, before=NOW)[::20]
    return ek.Query("historical", ids, ["impressions"], by="day", period=PERIOD)


def run(emulator: Emulator, store: Path, **options: Any) -> Result:
    """Run it in one thread, so that mishaps come at the same point each time."""
    with ek.connect(emulator, store=store, threads=1) as client:
        return client.run(query_of(emulator), progress=False, **options)


def assert_same(found: Result, expected: Result) -> None:
    """Compare tables but for the moments of observation."""
    left, right = (one.to_pandas().drop(columns=["observed_at"]) for one in (found, expected))
    pd.testing.assert_frame_equal(left, right, check_categorical=False)


def files_of(store: Path) -> list[Path]:
    """List the answers of a store."""
    return sorted(store.glob("answers/*/*.zst"))


def test_a_full_disk_stops_the_run_and_loses_nothing(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No space after three answers: an error that says what to do; with space it goes on."""
    expected = run(emulator, tmp_path / "whole")
    total = emulator.requests_served
    sync, left = os.fsync, [12]

    def full(handle: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ek.errors.StoreError, match="Free space"):
            run(emulator, tmp_path / "full")
    kept = len(files_of(tmp_path / "full"))
    assert 0 < kept < total
    assert not list((tmp_path / "full").rglob("*.part"))
    before = emulator.requests_served
    result = run(emulator, tmp_path / "full")
    assert emulator.requests_served - before == total - kept
    assert_same(result, expected)


def test_a_store_that_can_not_be_written_is_told_before_anything_is_sent(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The record of the run is written first: where that fails, no request was spent."""
    (tmp_path / "runs").write_text("a file where a folder should be")
    with pytest.raises(ek.errors.StoreError, match="can't be written"):
        run(emulator, tmp_path)
    assert emulator.requests_served == 0


def test_a_store_that_can_only_be_read_opens(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results need no writing: neither index nor records are touched."""
    expected = run(emulator, tmp_path)

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.EROFS, "Read-only file system")

    opener = Path.open

    def read_only(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        return opener(self, mode, *args, **options) if "r" in mode else refuse()

    monkeypatch.setattr(Path, "open", read_only)
    for name in ("mkdir", "replace", "unlink"):
        monkeypatch.setattr(Path, name, refuse)
    (tmp_path / "index.parquet").exists()
    assert_same(ek.open(tmp_path).latest, expected)


@pytest.fixture(params=["looked at whole", "looked at from above"])
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take answers for small, which are read whole when a store is looked at, or for large."""
    if request.param == "looked at from above":
        monkeypatch.setattr("engagement_kit.answers.files._HEAD_BYTES", 64)


@pytest.mark.usefixtures("sizes")
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_found_and_asked_again(
    emulator: Emulator, tmp_path: Path, place: float
) -> None:
    """A damaged answer is set aside, kept, and its request alone is sent once more."""
    expected = run(emulator, tmp_path)
    before = emulator.requests_served
    victim = files_of(tmp_path)[2]
    content = bytearray(victim.read_bytes())
    content[int(len(content) * place)] ^= 0x10
    victim.write_bytes(bytes(content))
    with pytest.warns(
        ek.errors.DamagedAnswer, match="1 stored answer is damaged, and is set aside"
    ):
        result = run(emulator, tmp_path)
    assert emulator.requests_served - before == 1
    assert (result.effort.aside, result.receipt.to_dict()["set_aside"]) == (1, 1)
    assert "damaged, set aside: 1 stored answer; what was needed" in result.receipt.to_text()
    assert ek.open(tmp_path).latest.receipt.effort.aside == 1
    (kept,) = (tmp_path / "damaged").iterdir()
    assert kept.name.startswith(victim.stem)
    assert kept.read_bytes() == bytes(content)
    assert_same(result, expected)


@pytest.mark.usefixtures("sizes")
def test_a_damaged_answer_of_a_run_that_was_cut_off_is_asked_again(
    emulator: Emulator, tmp_path: Path
) -> None:
    """Going on checks what it finds: a damaged file counts as not answered."""
    expected = run(emulator, tmp_path / "whole")
    total = emulator.requests_served
    control = ek.Control()

    def stop_at_three(step: Any) -> None:
        if step.done == 3:
            control.stop()

    run(emulator, tmp_path / "cut", control=control, on_step=stop_at_three)
    for one in threading.enumerate():
        if one.name.startswith("engagement-kit"):
            one.join(30)
    with pytest.raises(ek.errors.BudgetExceeded):
        run(emulator, tmp_path / "cut", max_requests=total - 6)
    files = files_of(tmp_path / "cut")
    files[0].write_bytes(files[0].read_bytes()[:-50])
    before = emulator.requests_served
    # The budget is for what is left: the damaged one and those never asked.
    with pytest.warns(ek.errors.DamagedAnswer, match="1 stored answer is damaged"):
        result = run(emulator, tmp_path / "cut", max_requests=total - len(files) + 1)
    assert emulator.requests_served - before == total - len(files) + 1
    assert_same(result, expected)
    assert result.receipt.effort.sessions == 2


class PutBack:
    """A transport during whose third call the client's clock is put back by an hour."""

    def __init__(self, inner: Any, clock: list[datetime]) -> None:
        self.inner, self.clock, self.calls = inner, clock, 0

    def send(self, request: Request) -> Reply:
        """Send, and put the clock back at the third call."""
        self.calls += 1
        if self.calls == 3:
            self.clock[0] -= timedelta(hours=1)
        reply: Reply = self.inner.send(request)
        return reply


def test_a_clock_that_is_put_back_loses_nothing(emulator: Emulator, tmp_path: Path) -> None:
    """Answers after it are dated before the plan: the table is whole, and says when it was seen."""
    expected = run(emulator, tmp_path / "whole")
    with ek.connect(emulator) as base:
        old, clock = base.connection, [NOW]
        put_back = PutBack(old.transport, clock)
        made = Connection(put_back, old.credentials, old.where, lambda: clock[0], emulator)
        result = Client(made, store=tmp_path / "raw", threads=1).run(
            query_of(emulator), progress=False
        )
    assert_same(result, expected)
    seen = result.to_pandas()["observed_at"]
    assert {seen.min(), seen.max()} == {NOW - timedelta(hours=1), NOW}
    assert result.receipt.missing == expected.receipt.missing


def test_a_laptop_that_slept_goes_on(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asleep for an hour, then no network for a while: every request is answered in the end."""
    expected = run(emulator, tmp_path / "whole")
    total = emulator.requests_served
    emulator.reset()
    emulator.faults.add(Fault("reset", nth=tuple(range(4, 16))))
    time, waits = [0.0], []

    def sleep(_stop: threading.Event, seconds: float) -> None:
        waits.append(seconds)
        time[0] += seconds + (3600 if len(waits) == 1 else 0)

    def doors(*args: Any, **options: Any) -> Doors:
        return Doors(*args, **{**options, "sleep": sleep, "monotonic": lambda: time[0]})

    monkeypatch.setattr("engagement_kit.client.asking.Doors", doors)
    result = run(emulator, tmp_path / "slept")
    assert_same(result, expected)
    assert not result.failures
    assert result.receipt.effort.sent <= total + 12
    assert sum(waits) < 600


def test_two_clients_share_one_job(emulator: Emulator, tmp_path: Path) -> None:
    """Started at once on one store: no request is sent twice, and both have the whole table."""
    expected = run(emulator, tmp_path / "whole")
    total = emulator.requests_served
    emulator.faults.add(Fault("slow", seconds=0.02))
    results: dict[int, Result] = {}

    def work(n: int) -> None:
        with ek.connect(emulator, store=tmp_path / "shared", threads=2) as client:
            results[n] = client.run(query_of(emulator), progress=False)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert emulator.requests_served == 2 * total
    for result in results.values():
        assert_same(result, expected)
    sent = [one.effort.sent for one in results.values()]
    assert max(sent) <= total
