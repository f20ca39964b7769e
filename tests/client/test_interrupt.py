"""Ctrl-C in a terminal and the interrupt of a kernel: at once, and the next run goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

import engagement_kit as ek
from engagement_kit.answers.store import Store
from engagement_kit.emulator import Emulator, Fault, World, WorldClock

CLOCK = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
SLOW_S = 12
JOB = """
import engagement_kit as ek
client = ek.connect(store={store!r}, threads=4)
query = ek.Query("28hr", {ids!r}, ["impressions"])
print("ready", flush=True)
result = client.run(query, progress=False)
print(result.receipt)
"""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Start an emulator that takes long for the tenth request and all after it."""
    slow = Fault("slow", nth=tuple(range(10, 40)), seconds=SLOW_S)
    with Emulator(World(), WorldClock(frozen=CLOCK), faults=[slow]) as one:
        for name, value in one.environment().items():
            monkeypatch.setenv(name, value)
        yield one


def job_of(emulator: Emulator, store: Path) -> str:
    """Write the job as a script: 20 requests."""
    ids = emulator.world.sample_ids("acme", 500, before=CLOCK)
    return JOB.format(store=str(store), ids=ids)


def wait_until_slow(store: Path) -> None:
    """Wait until the quick calls are answered and kept, and slow ones are under way."""
    until = time.monotonic() + 60
    while not store.is_dir() or len(Store(store).scan().known) < 9:
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.3)


def test_ctrl_c_ends_a_script_at_once(emulator: Emulator, tmp_path: Path) -> None:
    """SIGINT while four calls hang: the script ends long before they do; run again, it goes on."""
    command = [sys.executable, "-c", job_of(emulator, tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        wait_until_slow(tmp_path)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
        took = time.monotonic() - began
    assert child.returncode == -signal.SIGINT
    assert took < SLOW_S - 2, "nobody waited for the calls under way"
    assert "KeyboardInterrupt" in errors
    assert "run the same again to go on" in errors
    effort = ek.open(tmp_path).latest.receipt.effort
    assert 1 <= effort.given_up <= 4
    assert effort.sent - effort.given_up == 9, "those that were answered"
    emulator.faults.clear()
    served = emulator.requests_served
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "stored answers used: 0" in done.stdout
    assert 20 - 9 <= emulator.requests_served - served <= 20 - 9 + 4
    result = ek.open(tmp_path).latest
    assert result.receipt.answered == result.receipt.asked
    said = f"given up: {effort.given_up} call"
    assert said in done.stdout
    assert result.receipt.to_dict()["given_up"] == effort.given_up
    until = time.monotonic() + 30  # the calls that were given up end here: all are in the log
    while len(emulator.log) < result.effort.sent and time.monotonic() < until:
        time.sleep(0.05)
    assert len(emulator.log) == result.effort.sent


def test_a_kernel_can_be_interrupted(emulator: Emulator, tmp_path: Path) -> None:
    """The cell ends at once with a word on how to go on; run again in the same kernel, it does."""
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env={**os.environ})
    kernel = manager.blocking_client()
    kernel.start_channels()
    try:
        kernel.wait_for_ready(timeout=60)
        said: list[str] = []

        def listen(message: dict[str, object]) -> None:
            said.append(str(message["content"]))

        code = job_of(emulator, tmp_path)
        # Else the kernel drops what is asked within a moment of the interrupt.
        running = kernel.execute(code, stop_on_error=False)
        wait_until_slow(tmp_path)
        began = time.monotonic()
        manager.interrupt_kernel()
        reply = kernel.get_shell_msg(timeout=60)
        while reply["parent_header"]["msg_id"] != running:  # of getting ready: a slow one asks on
            reply = kernel.get_shell_msg(timeout=60)
        assert time.monotonic() - began < SLOW_S - 2
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert "run the same again to go on" in "".join(reply["content"]["traceback"])
        emulator.faults.clear()
        served = emulator.requests_served
        again = kernel.execute_interactive(
            "result = client.run(query, progress=False); print(len(result.missing))",
            timeout=120,
            output_hook=listen,
        )
        assert again["content"]["status"] == "ok"
        assert emulator.requests_served - served <= 20 - 9
        assert any("'text': '0\\n'" in one for one in said)
    finally:
        kernel.stop_channels()
        manager.shutdown_kernel(now=True)
