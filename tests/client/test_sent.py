"""What a receipt says was sent is what the service was sent, by whom and however it ended."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.answers.files import add_line, write_whole
from engagement_kit.client.client import Client
from engagement_kit.client.effort import CUT_OFF, Effort
from engagement_kit.emulator import Emulator, Fault, World, WorldClock
from engagement_kit.errors import StoreError

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Start an emulator whose clock goes on."""
    clock = WorldClock()
    clock.set(NOW)
    with Emulator(World(), clock) as one:
        yield one


@pytest.fixture
def client(emulator: Emulator, tmp_path: Path) -> Iterator[Client]:
    """Connect with two threads."""
    with ek.connect(emulator, store=tmp_path / "raw", threads=2) as one:
        yield one


def question(client: Client, **options: Any) -> ek.Query:
    """Ask for some thirty requests: own tweets, a gone and a foreign one."""
    ids = ek.sample_ids(client, 600) + ek.sample_ids(client, 1, kind="unavailable")
    ids += ek.sample_ids(client, 1, kind="foreign")
    return ek.Query("historical", ids, ["replies"], by="day", period=ek.last(days=90), **options)


def stop_after(client: Client, asked: Any, many: int) -> Effort:
    """Run, stop it after so many requests, and let calls under way end."""
    control = ek.Control()

    def watch(step: ek.Step) -> None:
        if step.done >= many:
            control.stop()

    effort = client.run(asked, progress=False, control=control, on_step=watch).effort
    for one in threading.enumerate():
        if one.name.startswith("engagement-kit"):
            one.join(30)
    return effort


def notes(client: Client) -> list[Path]:
    """List the notes of calls in the store."""
    return sorted(client._open(None).folder.glob("runs/*/*.calls"))


def test_sessions_that_were_stopped_add_up(emulator: Emulator, client: Client) -> None:
    """Three of them: what one found of another's is sent, and nothing else."""
    query = question(client)
    plan = client.plan(query)
    first = stop_after(client, plan, 2)
    second = stop_after(client, query, 8)
    result = client.run(query, progress=False)
    effort = result.receipt.effort
    assert first.sent < second.sent < effort.sent == emulator.requests_served
    assert (effort.sessions, effort.not_ended, effort.under_way, effort.found) == (3, 0, 0, 0)
    assert effort.sent == len(plan) + effort.shortened + effort.split + effort.retries
    assert ek.open(result.store).latest.receipt.effort == effort


def test_what_another_run_asked_is_found_and_not_sent(emulator: Emulator, client: Client) -> None:
    """Planned before, run after the other: the calls stand on the other's receipt alone."""
    query = question(client)
    plan = client.plan(query)
    emulator.clock.travel(timedelta(seconds=1))
    other = client.run(query, progress=False).receipt
    assert other.effort.sent == emulator.requests_served
    mine = client.run(plan, progress=False, resume=False).receipt
    assert (mine.effort.sent, mine.effort.found) == (0, len(plan))
    assert f"answered meanwhile: {len(plan):,} planned requests, by another run" in mine.to_text()
    assert sum(one.receipt.effort.sent for one in ek.open(other_store(client))) == other.effort.sent


def other_store(client: Client) -> Path:
    """Give the folder of a client's store."""
    return client._open(None).folder


@pytest.mark.usefixtures("quick")
def test_tries_again_and_limits_of_a_killed_session_are_counted(
    emulator: Emulator, client: Client
) -> None:
    """Its record says only that it began; what it noted says what its own record would."""
    emulator.faults.add(Fault("rate_limited", nth=(3, 8)))
    emulator.faults.add(Fault("server_error", nth=(5, 6)))
    query = question(client)
    whole = client.run(query, progress=False).receipt.effort
    as_killed(client)
    found = ek.open(other_store(client)).latest.receipt.effort
    for name in ("sent", "retries", "limited", "by_account"):
        assert getattr(found, name) == getattr(whole, name), name
    assert whole.retries > 0
    assert whole.limited > 0
    assert (found.not_ended, found.under_way, found.stopped) == (1, 0, CUT_OFF)


def as_killed(client: Client, **changes: Any) -> None:
    """Write the records of sessions back to what they were at their begin."""
    for path in other_store(client).glob("runs/*/*.json"):
        record = json.loads(path.read_text())
        if path.stem != "plan":
            plain = {"effort": {}, "answers": [], "failures": []}
            more = {"finished": False, "ended": False}
            record = {k: v for k, v in {**record, **plain, **more, **changes}.items() if v != "-"}
            path.write_text(json.dumps(record))


@pytest.mark.parametrize("under_way", [0, 1, 3])
def test_calls_under_way_are_told_apart(client: Client, under_way: int) -> None:
    """At least and at most: nobody knows whether they left."""
    query = question(client)
    whole = client.run(query, progress=False).receipt.effort
    (path,) = notes(client)
    as_killed(client)
    lines = path.read_bytes().splitlines(keepends=True)
    ends = [at for at, line in enumerate(lines) if line.startswith(b'["end"')]
    gone = set(ends[len(ends) - under_way :])
    path.write_bytes(b"".join(line for at, line in enumerate(lines) if at not in gone))
    receipt = ek.open(other_store(client)).latest.receipt
    least = whole.sent - under_way
    sent = f"at least {least:,} and at most {whole.sent:,}" if under_way else f"{least:,}"
    assert f"{receipt.requests:,} planned, {sent} sent" in receipt.to_text()
    by_account = dict(receipt.lines())["sent by account"]
    assert by_account.startswith("at most ") == bool(under_way)
    assert f"{whole.sent:,} requests by acme" in by_account
    assert ("not known to be sent: " in receipt.to_text()) == bool(under_way)
    data = receipt.to_dict()
    assert (data["sent"], data["sent_at_least"]) == (whole.sent, least)


def test_a_session_of_an_older_kit_that_did_not_end_counts_at_least(client: Client) -> None:
    """It noted nothing, and did not say that it was at work: other sessions are known."""
    query = question(client)
    stop_after(client, query, 2)
    as_killed(client, ended="-")
    for path in notes(client):
        path.unlink()
    receipt = client.run(query, progress=False).receipt
    effort = receipt.effort
    assert (effort.sessions, effort.not_ended, effort.not_counted) == (2, 1, 1)
    assert f"planned, at least {effort.sent:,} sent" in receipt.to_text()
    assert "sent by account: at least " in receipt.to_text()
    assert "of 1 the calls are not known" in receipt.to_text()


@pytest.mark.parametrize("noted", [0, 5])
def test_no_call_is_made_that_can_not_be_noted(
    emulator: Emulator, client: Client, monkeypatch: pytest.MonkeyPatch, noted: int
) -> None:
    """A disk that is full stops the run before the call; with space again the same goes on."""
    left = [noted]

    def full(path: Path, line: bytes) -> None:
        if line.startswith(b'["call"'):
            left[0] -= 1
            if left[0] < 0:
                msg = "the disk is full"
                raise StoreError(msg)
        add_line(path, line)

    query = question(client)
    with monkeypatch.context() as patch:
        patch.setattr("engagement_kit.answers.calls.add_line", full)
        with pytest.raises(StoreError, match="the disk is full"):
            client.run(query, progress=False)
    assert emulator.requests_served == noted
    assert ek.open(other_store(client)).latest.receipt.effort.sent == noted
    result = client.run(query, progress=False)
    assert result.receipt.effort.sent == emulator.requests_served > noted


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("written", [1, 2, 3])
def test_a_session_that_was_killed_as_it_began_sent_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """After the plan, its notes or its record was written: shown, counted, and gone on with."""
    left = [written]

    def until_killed(write: Callable[[Path, bytes], None]) -> Callable[[Path, bytes], None]:
        def counted(path: Path, content: bytes) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            write(path, content)

        return counted

    query = question(client)
    with monkeypatch.context() as patch:
        patch.setattr("engagement_kit.answers.runs.write_whole", until_killed(write_whole))
        patch.setattr("engagement_kit.answers.calls.add_line", until_killed(add_line))
        with pytest.raises(Killed):
            client.run(query, progress=False)
    receipt = ek.open(other_store(client)).latest.receipt
    effort = receipt.effort
    assert (effort.sent, effort.not_counted, effort.not_ended) == (0, 0, 1)
    assert effort.stopped == CUT_OFF
    assert "planned, 0 sent" in receipt.to_text()
    again = client.run(query, progress=False).effort
    assert (again.sessions - again.not_ended, again.not_counted) == (1, 0)


@pytest.mark.usefixtures("quick")
def test_the_receipt_says_that_nobody_answered(emulator: Emulator, tmp_path: Path) -> None:
    """Nothing listens at the address: the reason is there in words, later too, without notes."""
    environment = emulator.environment()
    keys = {
        name: environment[f"TWITTER_{name.upper()}"]
        for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/insights/engagement"
    query = ek.Query("totals", emulator.world.sample_ids("acme", 2, before=NOW), ["favorites"])
    client = ek.connect(base_url=closed, store=tmp_path, **keys)
    with client, pytest.raises(ek.errors.ConnectionBroken):
        client.run(query, progress=False)
    stopped = ek.open(tmp_path).latest.receipt.to_dict()["stopped"]
    assert stopped.startswith("no answer came: nothing listens there")
    assert "\n" not in stopped
