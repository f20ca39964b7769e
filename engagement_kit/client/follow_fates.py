"""What became of each due snapshot: told by the store's answers, and for the others by the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.answers import envelope
from engagement_kit.answers.store import Store
from engagement_kit.client.follow_log import Log
from engagement_kit.client.follow_spec import Spec
from engagement_kit.client.pending import Askable
from engagement_kit.question.known import Known
from engagement_kit.question.micros import Micros, micros_of
from engagement_kit.question.schedule import NOT_YET

TAKEN: Final = "taken"
REASONS: Final = {
    "not_running": "nobody followed when it was due",
    "failed": "its requests met faults until the next was due",
    "no_time": "the next was due before it could be asked",
    "stopped": "the following was stopped before it could be asked",
    "refused": "the API refused its request",
    "unavailable": "the tweet was deleted, hidden or protected",
    "too_old": "the tweet was too old for all that is followed",
    "not_owned": "it needs the keys of the tweet's author",
}
"""Why a snapshot was missed."""
_WORDS: Final = (TAKEN, *REASONS)
_MARK: Final = b"unavailable"


@dataclass(frozen=True)
class Fates:
    """What became of each due snapshot, by moment, then by tweet.

    Attributes
    ----------
    row, at
        The tweet's position, and when its snapshot was due, in microseconds since 1970.
    fate
        A position in `WORDS`.
    taken_at
        When it was taken; NOT_YET where it was not.
    answers
        How many answers gave them.
    sources
        Whose answers these are.
    failures
        What was met, in words, with how many missed snapshots.
    """

    row: Micros
    at: Micros
    fate: npt.NDArray[np.int64]
    taken_at: Micros
    answers: int
    sources: frozenset[str]
    failures: tuple[str, ...]

    WORDS = _WORDS

    def words(self) -> list[str]:
        """Give the fate of each as a word."""
        return [_WORDS[code] for code in self.fate.tolist()]


def fates(store: Store, spec: Spec, log: Log, as_of: datetime) -> Fates:
    """Find out what became of each snapshot that was due up to a moment, inclusive.

    Parameters
    ----------
    store
        Where the answers are.
    spec, log
        What is followed, and what its sessions met.
    as_of
        What came later is not looked at.
    """
    return _Count(store, spec, log, as_of).fates()


class _Count:
    """Puts answers and lines of the log to the snapshots that they tell of."""

    def __init__(self, store: Store, spec: Spec, log: Log, as_of: datetime) -> None:
        self.store, self.log, self.as_of = store, log, as_of
        self.schedule = spec.schedule
        self.askable = Askable(spec.query, self.schedule)
        self.row, self.at = self.schedule.dues(last=micros_of(as_of) + 1)
        self._ticks = np.unique(self.at)
        self._key = self._keys(self.row, self.at)
        self._order = np.argsort(self._key)
        known = [one for one in store.known() if one.service == spec.service]
        self.known = sorted(
            (one for one in known if spec.since <= one.observed_at <= as_of),
            key=lambda one: one.observed_at,
        )
        for one in known:
            if one.refused:
                self.askable.refuse(one)

    def _keys(self, row: Micros, at: Micros) -> Micros:
        return row * (len(self._ticks) + 1) + np.searchsorted(self._ticks, at)

    def _place(self, rows: Micros, now: int) -> tuple[Micros, Micros]:
        """Find the snapshots that were due last of some tweets: their places, and of which rows."""
        due = self.schedule.last(now, rows)
        there = due != NOT_YET
        key = self._keys(rows[there], due[there])
        return self._order[np.searchsorted(self._key, key, sorter=self._order)], there

    def fates(self) -> Fates:
        """Give them."""
        need, fate = self._needs()
        told = np.zeros(len(self.row), dtype=np.int64)
        taken_at = np.full(len(self.row), NOT_YET)
        gone = np.zeros(len(self.row), dtype=bool)
        sources, answers = set(), 0
        for one in self._telling():
            rows = self.askable.rows(one.tweet_ids)
            when = micros_of(one.observed_at)
            place, there = self._place(rows, when)
            if not len(place):
                continue
            answers += 1
            told[place] |= int((1 << self.askable.columns(one.metrics)).sum())
            whole = (told[place] & need[place] == need[place]) & (taken_at[place] == NOT_YET)
            taken_at[place[whole]] = when
            source, lost = self._lists(one)
            sources.add(source)
            gone[place] = np.isin(rows[there], self.askable.rows(lost))
        self._blame(fate)
        had = (need != 0) & (taken_at != NOT_YET)
        fate[had] = np.where(gone[had], _WORDS.index("unavailable"), 0)
        taken_at[fate != 0] = NOT_YET
        return Fates(
            self.row, self.at, fate, taken_at, answers, frozenset(sources), self._words(fate)
        )

    def _telling(self) -> Iterable[Known]:
        ends = self.schedule.ends
        return (
            one
            for one in self.known
            if one.level == "lifetime" and not one.refused and micros_of(one.observed_at) < ends
        )

    def _lists(self, known: Known) -> tuple[str, tuple[str, ...]]:
        """Say whose answer it is, and which tweets it calls unavailable."""
        answer = self.store.load(known.ref)
        lost = envelope.read(answer.body).unavailable if _MARK in answer.body else ()
        return answer.source, lost

    def _needs(self) -> tuple[Micros, npt.NDArray[np.int64]]:
        """Give the metrics that each must tell, as bits; and why there are none."""
        old = self.askable.too_old(self.row, self.at)
        unsigned = self.askable.foreign(self.row)
        began = np.array([micros_of(one.began) for one in self.log.sessions], dtype=np.int64)
        session = np.maximum(np.searchsorted(began, self.at, side="right") - 1, 0)
        for at, one in enumerate(self.log.sessions):
            here = session == at
            unsigned[here] |= self.askable.unsigned(one.unsigned)[self.row[here]]
        bits = 1 << np.arange(old.shape[1])
        need = (~(old | unsigned) * bits).sum(axis=1)
        why = np.where(old.all(axis=1), _WORDS.index("too_old"), _WORDS.index("not_owned"))
        return need, np.where(need == 0, why, _WORDS.index("not_running"))

    def _blame(self, fate: npt.NDArray[np.int64]) -> None:
        """Write down why snapshots failed; of several reasons the last one counts."""
        self._why: dict[int, tuple[str, str]] = {}
        for one in self.log.ticks:
            if not self.schedule.begins <= micros_of(one.at) < self.schedule.ends:
                continue
            if one.at > self.as_of:
                continue
            for lost in one.lost:
                place, _ = self._place(np.array(lost.rows, dtype=np.int64), micros_of(one.at))
                open_ = place[fate[place] != _WORDS.index("too_old")]
                open_ = open_[fate[open_] != _WORDS.index("not_owned")]
                fate[open_] = _WORDS.index(lost.status if lost.status in REASONS else "failed")
                self._why.update(dict.fromkeys(open_.tolist(), (lost.status, lost.why)))

    def _words(self, fate: npt.NDArray[np.int64]) -> tuple[str, ...]:
        missed = {_WORDS.index(one) for one in ("failed", "no_time", "stopped", "refused")}
        met = Counter(
            why for place, why in self._why.items() if int(fate[place]) in missed
        ).most_common()
        return tuple(f"{many:,} snapshots {status}: {why}" for (status, why), many in met)
