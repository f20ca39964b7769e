"""What a store keeps of a following beside its answers: its spec, and what each session met.

Layout::

    STORE/follows/20260601T120000000000Z-KEY/spec.json       which tweets, how often, until when
    STORE/follows/20260601T120000000000Z-KEY/SESSION.jsonl   a line for each tick of a session,
                                                             between its beginning and its end

Which snapshots were taken the answers themselves tell. The log says what became of the others: what
failed, and why. A line is written when its tick is over, at once and whole: a killed process leaves
a cut last line at most.
"""

from __future__ import annotations

import json
import os
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from engagement_kit.answers.files import write_whole
from engagement_kit.answers.store import Store
from engagement_kit.client.follow_spec import Spec
from engagement_kit.errors import DamagedRecord, EngagementError, StoreError
from engagement_kit.question.hours import from_iso, iso

FOLDER: Final = "follows"
OVER: Final = "over"
BY_HAND: Final = "by hand"
SPEC: Final = "spec.json"
LOG: Final = ".jsonl"
_CLAIMED_SECONDS: Final = 0.05
_AT_ONCE: Final = timedelta(seconds=10)
"""Two processes that are started at once may look at the clock in another order than they begin."""
DAMAGE: Final = (LookupError, TypeError, ValueError, AttributeError, EngagementError)
"""What reading a spec or a line raises where it is damaged."""


@dataclass(frozen=True)
class Lost:
    """Snapshots that a tick did not bring, and why.

    Attributes
    ----------
    status
        ``failed``, ``refused``, or ``no_time``: the next tick came first.
    why
        In words.
    rows
        The positions of their tweets.
    """

    status: str
    why: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class TickRecord:
    """What a session met at one tick.

    Attributes
    ----------
    tick
        The moment that was due.
    at
        When its requests were made.
    pending
        How many snapshots were to be taken, late ones among them.
    sent
        Calls made, tries again among them.
    by_account
        The same by whose keys signed; app-only under an empty name.
    lost
        What it did not bring.
    """

    tick: datetime
    at: datetime
    pending: int
    sent: int
    by_account: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[Lost, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data."""
        lost = [[one.status, one.why, list(one.rows)] for one in self.lost]
        return {
            "tick": iso(self.tick),
            "at": iso(self.at),
            "pending": self.pending,
            "sent": self.sent,
            "by_account": dict(self.by_account),
            **({"lost": lost} if lost else {}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            tick=from_iso(data["tick"]),
            at=from_iso(data["at"]),
            pending=int(data["pending"]),
            sent=int(data["sent"]),
            by_account={str(who): int(many) for who, many in data["by_account"].items()},
            lost=tuple(
                Lost(str(status), str(why), tuple(map(int, rows)))
                for status, why, rows in data.get("lost", ())
            ),
        )


@dataclass(frozen=True)
class SessionRecord:
    """What holds for a whole session.

    Attributes
    ----------
    began
        When it began.
    unsigned
        What nobody's keys could ask, and why: status, words, metrics, and positions of tweets.
    """

    began: datetime
    unsigned: tuple[tuple[str, str, tuple[str, ...], tuple[int, ...]], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data."""
        lost = [[one[0], one[1], list(one[2]), list(one[3])] for one in self.unsigned]
        return {"began": iso(self.began), **({"unsigned": lost} if lost else {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            began=from_iso(data["began"]),
            unsigned=tuple(
                (str(status), str(why), tuple(map(str, names)), tuple(map(int, rows)))
                for status, why, names, rows in data.get("unsigned", ())
            ),
        )


@dataclass(frozen=True)
class EndRecord:
    """That a session ended, and until when it looked. A killed one leaves none.

    Attributes
    ----------
    ended
        When, by the client's clock.
    why
        ``over``, ``by hand``, or ``by`` and the name of an error.
    """

    ended: datetime
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data."""
        return {"ended": iso(self.ended), "why": self.why}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(from_iso(data["ended"]), str(data["why"]))


Record = SessionRecord | TickRecord | EndRecord
"""A line of the log."""


class Session:
    """The log of one process at a following; lines are only ever added.

    Parameters
    ----------
    folder
        Of the following.
    """

    def __init__(self, folder: Path) -> None:
        name = f"{time.time_ns():020}-{os.getpid()}-{uuid.uuid4().hex[:8]}{LOG}"
        self._path = folder / name

    def add(self, record: Record) -> None:
        """Write a line.

        Raises
        ------
        StoreError
            When it can't be written.
        """
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(line_of(record))
        except OSError as error:
            msg = f"{self._path} can't be written: {error}. What is stored is not asked again."
            raise StoreError(msg) from error


def line_of(record: Record) -> bytes:
    """Write a line of the log."""
    return (json.dumps(record.to_dict(), separators=(",", ":")) + "\n").encode()


def record_in(line: bytes) -> Record:
    """Read what `line_of` wrote; of a damaged line it raises one of `DAMAGE`."""
    data = json.loads(line)
    if "ended" in data:
        return EndRecord.from_dict(data)
    return (SessionRecord if "began" in data else TickRecord).from_dict(data)


class Log(NamedTuple):
    """What all sessions of a following met, each by moment."""

    sessions: tuple[SessionRecord, ...]
    ticks: tuple[TickRecord, ...]
    ends: tuple[EndRecord, ...] = ()

    def last(self) -> datetime | None:
        """Give the last moment that is told of."""
        began = [one.began for one in self.sessions]
        ended = [one.ended for one in self.ends]
        return max([*began, *ended, *(one.at for one in self.ticks)], default=None)

    def stopped(self, as_of: datetime) -> str | None:
        """Say why it ended, where nothing was told after that; None where somebody may follow."""
        ends = [one for one in self.ends if one.ended <= as_of]
        met = [*(one.began for one in self.sessions), *(one.at for one in self.ticks)]
        if ends and all(one <= ends[-1].ended for one in met if one <= as_of):
            return ends[-1].why
        return None


class Follows:
    """The followings of a store.

    Parameters
    ----------
    store
        The store; its folder is made with the first following.

    Examples
    --------
    >>> Follows(Store("/tmp/a-store-that-is-not-there")).specs()
    []
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder / FOLDER

    def specs(self) -> list[Spec]:
        """List all whose spec can be read, the oldest first.

        Warns
        -----
        DamagedRecord
            For each spec that can't be read; it is left out.
        """
        paths = sorted(self.folder.glob(f"*/{SPEC}"))
        return [spec for path in paths if (spec := spec_in(path)) is not None]

    def begun(self, new: Spec, *, keep_until: bool) -> Spec | None:
        """Find the following that a call goes on with; None where it is a new one.

        Parameters
        ----------
        new
            What the call would begin now.
        keep_until
            True where the call said how long, not until when: then any that asks the same and is
            not over is meant. Else the one that ends just then, over or not.
        """
        for spec in reversed(self.specs()):
            # One that began much later than now was followed before the clock was put back.
            if not spec.asks_the_same(new) or spec.since > new.since + _AT_ONCE:
                continue
            if new.since < spec.until if keep_until else spec.until == new.until:
                return spec
        return None

    def over(self, new: Spec) -> Spec | None:
        """Find the last following of the same that was over when a new one begins."""
        same = [one for one in self.specs() if one.asks_the_same(new) and one.until <= new.since]
        return max(same, key=lambda one: one.until, default=None)

    def begin(self, new: Spec, *, keep_until: bool) -> tuple[Spec, bool]:
        """Go on with what was begun, or begin; of two that begin at once, one does it.

        Returns
        -------
        spec : Spec
            What is followed.
        begun : bool
            Whether it was begun before.
        """
        while (claim := self.store.claim(f"follow-{new.query.key}")) is None:
            time.sleep(_CLAIMED_SECONDS)
        with claim:
            found = self.begun(new, keep_until=keep_until)
            if found is not None:
                return found, True
            write_whole(self.folder / new.name / SPEC, new.to_bytes())
            return new, False

    def session(self, spec: Spec) -> Session:
        """Begin the log of a session."""
        return Session(self.folder / spec.name)

    def log(self, spec: Spec) -> Log:
        """Read what all sessions met, by moment.

        Raises
        ------
        StoreError
            When the following is not there any more: a purge wrote it anew.

        Warns
        -----
        DamagedRecord
            For a line that can't be read; it is left out. A cut last line is not told of: that is
            what a killed process leaves.
        """
        folder = self.folder / spec.name
        if not folder.is_dir():
            msg = (
                f"{folder} is not there any more; where tweets of it were purged, "
                "ek.open(STORE).follows has what is left"
            )
            raise StoreError(msg)
        paths = sorted(folder.glob(f"*{LOG}"))
        lines = [record for path in paths for record in _lines_of(path)]
        sessions = [one for one in lines if isinstance(one, SessionRecord)]
        ticks = [one for one in lines if isinstance(one, TickRecord)]
        ends = [one for one in lines if isinstance(one, EndRecord)]
        return Log(
            tuple(sorted(sessions, key=lambda one: one.began)),
            tuple(sorted(ticks, key=lambda one: one.at)),
            tuple(sorted(ends, key=lambda one: one.ended)),
        )


def spec_in(path: Path) -> Spec | None:
    """Read a spec; None where it can't be read, which is warned of."""
    try:
        return Spec.from_dict(json.loads(path.read_bytes()))
    except (OSError, *DAMAGE) as error:
        _warn(f"{path} can't be read and is left out: {type(error).__name__}: {error}")
        return None


def _lines_of(path: Path) -> Iterator[Record]:
    *whole, _cut = path.read_bytes().split(b"\n")
    for number, line in enumerate(whole, 1):
        try:
            yield record_in(line)
        except DAMAGE as error:
            _warn(f"line {number} of {path} can't be read and is left out: {error}")


def _warn(text: str) -> None:
    warnings.warn(text, DamagedRecord, stacklevel=4)
