"""The receipt of a following: every due snapshot was taken, or its miss has a reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.client.counting import fates_frame
from engagement_kit.client.follow_fates import REASONS, TAKEN, Fates
from engagement_kit.client.follow_log import Log
from engagement_kit.client.follow_spec import Spec
from engagement_kit.question import markup
from engagement_kit.question.amounts import FEW, beyond, many
from engagement_kit.question.hours import iso
from engagement_kit.question.losses import PURGED
from engagement_kit.question.micros import MICROSECOND, micros_of
from engagement_kit.question.price import by_account_text, in_order
from engagement_kit.question.schedule import days_of, length
from engagement_kit.tables.schema import INVENTED
from engagement_kit.tables.source import marks, source_of
from engagement_kit.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

LATE_SHARE: Final = 10
"""A snapshot is late when it is taken more than a tenth of `every` after it was due."""
_DAYS: Final = 7
_FIRST_DAY: Final = date(1970, 1, 1)


@dataclass(frozen=True)
class DayTaken:
    """What one UTC day of a following took.

    Attributes
    ----------
    day
        Which.
    due, taken
        Snapshots that were due on it, and those of them that were taken.
    requests
        Calls made on it, tries again among them.
    """

    day: date
    due: int
    taken: int
    requests: int


@dataclass(frozen=True)
class FollowReceipt:
    """What was due, and what became of it.

    Attributes
    ----------
    due
        Snapshots that were due: tweets x moments. Purged tweets are not among them.
    taken
        Those that were taken, late ones among them.
    missed
        The others, by reason.
    late
        Those that were taken more than a tenth of `every` after they were due.
    median_lateness, longest_lateness
        How long after they were due snapshots were taken, late or not.
    since, until, as_of
        When the following began, when it ends, and up to when the receipt tells.
    every
        The shortest time between two snapshots.
    left
        Snapshots that fall due after `as_of`.
    stopped
        Why it ended before they were due: ``by hand``, or ``by`` and the name of an error. None
        where it was over, or where somebody follows as far as the log says.
    before
        When an earlier following of the same ended, which this one did not go on with.
    days : tuple of DayTaken
        What each day took.
    requests
        Calls made by all sessions; those of a tick in which a process was killed are not noted.
    answers
        Stored answers that gave the snapshots, whoever asked for them.
    by_account
        The calls by whose keys signed; app-only under an empty name.
    sessions
        How often it was begun.
    failures
        What was met, in words, with how many missed snapshots.
    purged
        How many tweets that were named are not told of, for they were purged.
    source
        ``live``, ``emulator``, or None when there is no answer.
    kit_version
        Of the kit that made this receipt.

    Examples
    --------
    >>> receipt = FollowReceipt(due=10, taken=9, missed={"not_running": 1})
    >>> print(receipt.to_text())
    Receipt of following
      due: 10 snapshots
      taken: 9
      not_running: 1 (nobody followed when it was due)
      requests: 0 sent; 0 answers give the snapshots
    """

    due: int
    taken: int
    missed: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    median_lateness: timedelta = timedelta(0)
    longest_lateness: timedelta = timedelta(0)
    since: datetime | None = None
    until: datetime | None = None
    as_of: datetime | None = None
    every: timedelta | None = None
    left: int = 0
    stopped: str | None = None
    before: datetime | None = None
    days: tuple[DayTaken, ...] = ()
    requests: int = 0
    answers: int = 0
    by_account: Mapping[str, int] = field(default_factory=dict)
    sessions: int = 0
    failures: tuple[str, ...] = ()
    purged: int = 0
    source: str | None = None
    kit_version: str = VERSION

    def __post_init__(self) -> None:
        if self.due != self.taken + sum(self.missed.values()):
            # Not an error of the user's: the promise of this kit would be broken.
            msg = (
                f"the receipt does not add up: {self.due} due, {self.taken} taken, "
                f"{dict(self.missed)}. This is a fault of the kit: report it."
            )
            raise AssertionError(msg)

    def lines(self) -> list[tuple[str, str]]:
        """Say the receipt in words, as pairs of a label and a text."""
        rows = [("due", many(self.due, "snapshot")), ("taken", f"{self.taken:,}")]
        if self.late:
            late = f"{self.late:,}; at most {length(self.longest_lateness)} after they were due"
            rows.append(("of them late", late))
        rows += [(name, f"{n:,} ({REASONS[name]})") for name, n in self.missed.items()]
        if self.purged:
            rows.append(("purged", f"{many(self.purged, 'tweet')}: {PURGED}"))
        give = "gives" if self.answers == 1 else "give"
        sent = f"{self.requests:,} sent; {many(self.answers, 'answer')} {give} the snapshots"
        rows.append(("requests", sent))
        calls = in_order({name or None: n for name, n in self.by_account.items()})
        if calls:
            rows.append(("sent by account", by_account_text(calls)))
        rows += [(f"{one.day}", _day_text(one)) for one in self.days[:_DAYS]]
        if len(self.days) > _DAYS:
            rest = sum(one.requests for one in self.days[_DAYS:])
            later = many(len(self.days) - _DAYS, "later day")
            rows.append((later, f"{many(rest, 'request')} together"))
        return rows + self._when()

    def _when(self) -> list[tuple[str, str]]:
        rows = []
        if self.since is not None and self.until is not None:
            rows.append(("followed", f"{iso(self.since)} to {iso(self.until)}"))
        if self.as_of is not None and self.until is not None and self.as_of < self.until:
            rows.append(("as of", f"{iso(self.as_of)}: {self.state}"))
        if self.before is not None:
            rows.append(("begun anew", f"the last following of the same ended {iso(self.before)}"))
        if self.sessions > 1:
            rows.append(("sessions", str(self.sessions)))
        if self.source:
            rows.append(("source", INVENTED if self.source == "emulator" else self.source))
        rows += [("met", text) for text in self.failures[:FEW]]
        more = beyond(len(self.failures), FEW)
        return rows + ([("met", f"{more} kinds of failure")] if more else [])

    @property
    def state(self) -> str:
        """Say whether it is over, stopped, or goes on."""
        if not self.left:
            return "over; nothing more is due"
        more = f"{many(self.left, 'snapshot')} not due yet"
        if self.stopped is not None:
            return f"stopped early ({self.stopped}), {more}; call the same again to go on"
        return f"not over, {more}"

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, for JSON."""
        data = asdict(self)
        for name in ("since", "until", "as_of", "before"):
            data[name] = None if data[name] is None else iso(data[name])
        for name in ("median_lateness", "longest_lateness", "every"):
            span = data.pop(name)
            data[f"{name}_seconds"] = None if span is None else span.total_seconds()
        data["missed"], data["failures"] = dict(self.missed), list(self.failures)
        data["days"] = [{**asdict(one), "day": f"{one.day}"} for one in self.days]
        return data

    def to_json(self) -> str:
        """Write as JSON text."""
        return json.dumps(self.to_dict(), indent=1)

    def to_pandas(self) -> pd.DataFrame:
        """Give the fates as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each fate, ``taken`` first: `fate` (text) and `snapshots` (int64), which
            add up to `due`.
        """
        return fates_frame({TAKEN: self.taken, **self.missed}, "snapshots")

    def to_text(self) -> str:
        """Say the receipt in a few lines of text."""
        said = "\n".join(f"  {label}: {text}" for label, text in self.lines())
        return f"Receipt of following\n{said}"

    def to_html(self) -> str:
        """Write a small table in HTML."""
        due = many(self.due, "snapshot") + (" due so far" if self.left else "")
        head = f"Receipt: {self.taken:,} of {due} taken"
        return markup.together(*marks(self.source), markup.facts(head, self.lines()))

    __repr__ = to_text
    _repr_html_ = to_html


def _day_text(day: DayTaken) -> str:
    return f"{day.taken:,} of {day.due:,} taken, {many(day.requests, 'request')}"


def receipt_of(spec: Spec, log: Log, found: Fates, as_of: datetime) -> FollowReceipt:
    """Count what became of each snapshot."""
    counts = np.bincount(found.fate, minlength=len(found.WORDS)).tolist()
    missed = {
        name: int(n) for name, n in zip(found.WORDS, counts, strict=True) if n and name != TAKEN
    }
    had = found.fate == 0
    lateness = found.taken_at[had] - found.at[had]
    calls: dict[str, int] = {}
    for tick in log.ticks:
        for who, n in tick.by_account.items():
            calls[who] = calls.get(who, 0) + n
    left = len(spec.schedule.dues(micros_of(as_of) + 1).at)
    least = spec.every // MICROSECOND // LATE_SHARE
    return FollowReceipt(
        due=len(found.fate),
        taken=int(counts[0]),
        missed=missed,
        late=int((lateness > least).sum()),
        median_lateness=int(np.median(lateness)) * MICROSECOND if len(lateness) else timedelta(0),
        longest_lateness=int(lateness.max(initial=0)) * MICROSECOND,
        since=spec.since,
        until=spec.until,
        as_of=as_of,
        every=spec.every,
        left=left,
        stopped=log.stopped(as_of) if left else None,
        days=_days(log, found),
        requests=sum(one.sent for one in log.ticks),
        answers=found.answers,
        by_account=dict(sorted(calls.items())),
        sessions=len(log.sessions),
        failures=found.failures,
        source=source_of(found.sources),
    )


def _days(log: Log, found: Fates) -> tuple[DayTaken, ...]:
    """Count each day: what was due on it, and what was sent."""
    at = np.array([micros_of(one.at) for one in log.ticks], dtype=np.int64)
    sent = np.array([one.sent for one in log.ticks], dtype=np.int64)
    due_on, sent_on = days_of(found.at), days_of(at)
    every = np.unique(np.concatenate([due_on, sent_on]))

    def sums(days: Any, weights: Any) -> list[int]:
        place = np.searchsorted(every, days)
        summed = np.bincount(place, weights=weights, minlength=len(every))
        return [int(one) for one in summed.tolist()]

    columns = (sums(due_on, None), sums(due_on, found.fate == 0), sums(sent_on, sent))
    return tuple(
        DayTaken(_FIRST_DAY + timedelta(days=day), *numbers)
        for day, *numbers in zip(every.tolist(), *columns, strict=True)
    )
