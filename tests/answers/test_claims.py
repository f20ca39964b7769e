"""Claims: of all who share a store, one works on a request; a killed process has no claims."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import filelock
import pytest

from engagement_kit.answers import claims as claims_room
from engagement_kit.answers import store as store_room
from engagement_kit.answers.store import Store

KEY, OTHER = "ab" * 12, "cd" * 12
CHILD = """
import sys
from engagement_kit.answers.store import Store
claims = []
for line in sys.stdin:
    word, key = line.split()
    if word == "claim":
        claims.append(Store(sys.argv[1]).claim(key))
        print(claims[-1] is not None and claims[-1].held, flush=True)
    else:
        claims.pop().release()
        print("released", flush=True)
"""


class Process:
    """Another process that shares the store."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def does(self, word: str, key: str = KEY) -> str:
        """Have it do something, and give what it says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(word, key, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def claims(self, key: str) -> bool:
        """Have it claim a request; say whether it got it."""
        return self.does("claim", key) == "True"

    def kill(self) -> None:
        """End it without any last word."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Process]:
    """Start another process on the same store."""
    process = Process(tmp_path)
    yield process
    process.kill()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Give this process's store."""
    return Store(tmp_path)


def locks(folder: Path) -> list[str]:
    """List the files of claims; the common lock is none."""
    return sorted(one.name for one in (folder / "locks").glob("[!.]*"))


# --- between processes ----------------------------------------------------------------------------
def test_a_request_is_claimed_by_one_process(store: Store, other: Process) -> None:
    """Two may hold different requests; neither gets the other's until it is released."""
    mine = store.claim(KEY)
    assert mine is not None
    assert mine.held
    assert other.claims(OTHER)
    assert not other.claims(KEY)
    assert store.claim(OTHER) is None
    mine.release()
    assert not mine.held
    assert other.claims(KEY)
    assert store.claim(KEY) is None
    assert other.does("release") == "released"
    assert store.claim(KEY) is not None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a signal of POSIX")
def test_a_killed_process_has_no_claims(store: Store, other: Process) -> None:
    """The system frees them at once; nobody has to wait, and no file is in the way."""
    assert other.claims(KEY)
    assert store.claim(KEY) is None
    os.kill(other.process.pid, signal.SIGKILL)
    other.process.wait()
    assert locks(store.folder) == [f"{KEY}.lock"]
    with store.claim(KEY) or pytest.fail("still claimed"):
        pass
    assert locks(store.folder) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_does_not_release_what_it_has_a_copy_of(store: Store, other: Process) -> None:
    """Workers of a pool are forks: when one ends, the claims of its parent stand."""
    mine = store.claim(KEY)
    assert mine is not None
    child = os.fork()
    if not child:
        mine.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert locks(store.folder) == [f"{KEY}.lock"]
    assert not other.claims(KEY)
    mine.release()
    assert other.claims(KEY)


def test_no_two_processes_hold_one_claim(store: Store, tmp_path: Path) -> None:
    """Claimed and released by many at once, the file comes and goes; it never splits in two."""
    script = """
import os, sys, time
from engagement_kit.answers.store import Store
folder, key = sys.argv[1:]
store, got = Store(folder), 0
end = time.monotonic() + 2
while time.monotonic() < end:
    claim = store.claim(key)
    if claim is None:
        continue
    with claim:
        # Only one can make this file while it is there.
        os.close(os.open(os.path.join(folder, "mine"), os.O_CREAT | os.O_EXCL))
        got += claim.held
        os.unlink(os.path.join(folder, "mine"))
print(got)
"""
    several = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), KEY], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    said = [one.communicate()[0] for one in several]
    assert [one.returncode for one in several] == [0, 0, 0]
    assert all(int(one) > 10 for one in said)
    assert locks(store.folder) == []


# --- within one process ---------------------------------------------------------------------------
def test_a_request_is_claimed_once_in_a_process(store: Store) -> None:
    """Another thread, another Store on the folder, or the same one: none gets it twice."""
    with store.claim(KEY) or pytest.fail("nobody has it"):
        assert store.claim(KEY) is None
        assert Store(store.folder).claim(KEY) is None
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(store.claim, KEY).result() is None
            there = pool.submit(store.claim, OTHER).result()
        assert there is not None
        assert store.claim(OTHER) is None
        there.release()  # from another thread than claimed it
        assert store.claim(OTHER) is not None


def test_threads_share_the_work(store: Store) -> None:
    """Of many threads that claim the same requests, one works on each at a time."""
    working: set[str] = set()
    turns = []
    clash = threading.Event()

    def work(_: int) -> None:
        for key in (KEY, OTHER):
            claim = store.claim(key)
            if claim is None:
                continue
            with claim:
                if key in working:
                    clash.set()
                working.add(key)
                time.sleep(0.001)
                turns.append(key)
                working.discard(key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert not clash.is_set()
    assert set(turns) == {KEY, OTHER}
    assert locks(store.folder) == []


def test_a_claim_is_released_once(store: Store) -> None:
    """A second release does nothing, and not to the next one's claim; an error releases too."""
    first = store.claim(KEY)
    assert first is not None
    with pytest.raises(KeyError), first:
        raise KeyError
    second = store.claim(KEY)
    assert second is not None
    first.release()
    assert store.claim(KEY) is None
    second.release()


def test_a_claim_that_nobody_has_is_released(store: Store) -> None:
    """Forgotten, it goes with its last holder."""
    claim = store.claim(KEY)
    assert store.claim(KEY) is None
    del claim
    gc.collect()
    assert store.claim(KEY) is not None


# --- files ----------------------------------------------------------------------------------------
def test_released_claims_leave_no_files(store: Store) -> None:
    """A job of a million requests does not leave a million files."""
    for at in range(20):
        claim = store.claim(f"{at:024x}")
        assert claim is not None
        claim.release()
    assert locks(store.folder) == []


def test_files_of_killed_processes_go_after_a_day(store: Store, other: Process) -> None:
    """A scan removes old ones, but none that is claimed, and no young one."""
    assert other.claims(KEY)
    folder = store.folder / "locks"
    for name in (OTHER, "ef" * 12):
        (folder / f"{name}.lock").touch()
    for name in (KEY, OTHER):
        os.utime(folder / f"{name}.lock", (0, 0))
    store.scan()
    assert locks(store.folder) == [f"{KEY}.lock", f"{'ef' * 12}.lock"]
    assert store.claim(KEY) is None


def test_a_scan_makes_no_folder(store: Store) -> None:
    """Looking at a store changes nothing in it."""
    store.scan()
    assert list(store.folder.iterdir()) == []


# --- where there are no locks ---------------------------------------------------------------------
def fail(error: Exception) -> Any:
    """Make a call that raises."""

    def call(*_: object, **__: object) -> Any:
        raise error

    return call


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSYS, "no locks"),
        OSError(errno.ENOLCK, "no locks"),
        OSError(errno.EROFS, "read-only"),
        PermissionError(errno.EACCES, "not yours"),
        OSError(errno.ENOSPC, "full"),
        NotImplementedError("FileSystem does not appear to support flock"),
        filelock.Timeout("common"),
    ],
)
def test_where_files_can_not_be_locked_work_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A claim that keeps nobody out, and says so; releasing it is no error."""
    monkeypatch.setattr(filelock.FileLock, "acquire", fail(error))
    with store.claim(KEY) or pytest.fail("nobody has it") as claim:
        assert not claim.held
        second = store.claim(KEY)
        assert second is not None
        assert not second.held


@pytest.mark.skipif(sys.platform == "win32", reason="flock is of POSIX")
def test_a_file_system_that_knows_no_locks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even files that lock by being there, and would stay after a kill."""
    import fcntl

    monkeypatch.setattr(fcntl, "flock", fail(OSError(errno.ENOSYS, "no locks")))
    claim = store.claim(KEY)
    assert claim is not None
    assert not claim.held
    assert locks(store.folder) == []


def test_a_file_in_the_place_of_the_folder(store: Store) -> None:
    """Whatever stands there, work goes on."""
    (store.folder / "locks").touch()
    claim = store.claim(KEY)
    assert claim is not None
    assert not claim.held
    assert store.scan() == store_room.Scan((), ())


def test_a_release_that_can_not_have_the_common_lock(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody was stopped while holding it: the claim is released, its file stays for now."""
    claim = store.claim(KEY)
    assert claim is not None
    with monkeypatch.context() as patch:
        patch.setattr(claims_room, "_common", fail(filelock.Timeout("common")))
        claim.release()
    assert locks(store.folder) == [f"{KEY}.lock"]
    with store.claim(KEY) or pytest.fail("still claimed"):
        pass
    assert locks(store.folder) == []
