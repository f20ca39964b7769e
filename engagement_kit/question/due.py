"""What is lost of a plan's requests when, and their order by it. Columns in, columns out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engagement_kit.question.amounts import many
from engagement_kit.question.batches import Batch, Requests
from engagement_kit.question.cutting import Pieces
from engagement_kit.question.deadlines import by_age, of_history
from engagement_kit.question.gaps import Spans
from engagement_kit.question.hours import Hours, iso
from engagement_kit.question.micros import DAY_US, NEVER, Micros, micros_of, moment_at
from engagement_kit.question.offer import age_limit
from engagement_kit.question.ordering import Steps, in_order, turns_until
from engagement_kit.question.wanted import Wanted

_SOON = (("a day", 1), ("7 days", 7), ("30 days", 30))


@dataclass(frozen=True, eq=False)
class Due:
    """When something of a plan's requests is lost, in the order in which they are sent.

    Attributes
    ----------
    first
        For each request the first moment after which something of it is lost; NEVER for none.
    until
        For each the moment after which it saves nothing: by then each of its tweets has lost
        something, or the service refuses it.
    now
        When the first is sent. All in microseconds since 1970.
    per_minute
        The rate that was reckoned with; None where it is not known.
    late
        How many numbers are too late at that rate; None where it is not known.
    """

    first: Micros
    until: Micros
    now: int
    per_minute: float | None
    late: int | None

    def lines(self) -> list[tuple[str, str]]:
        """Say what is about to be lost, and whether it is saved, as pairs of label and text."""
        dated = self.first < NEVER
        if not dated.any():
            return [("deadlines", "nothing of it is lost for waiting")]
        soon = [(name, int((self.first <= self.now + days * DAY_US).sum())) for name, days in _SOON]
        said = [f"{count:,} within {name}" for name, count in soon if count]
        more = f"; requests that lose something: {', '.join(said)}" if said else ""
        when = iso(moment_at(int(self.first[dated].min())).replace(microsecond=0))
        return [("deadlines", f"the first is {when}{more}"), ("in time", self._in_time())]

    def _in_time(self) -> str:
        if self.late is None:
            return "not known: per_minute= says how many requests a contract allows"
        rate = f"at {self.per_minute:g} requests a minute"
        if not self.late:
            return f"all of it, {rate}"
        return f"all but {many(self.late, 'number')} {rate}; what can't be in time is asked last"


@dataclass(frozen=True, eq=False)
class ByDeadline:
    """Puts the tweets of requests, and the requests of a plan, in the order that saves most.

    Parameters
    ----------
    wanted, profile
        The query at its moment, and how far historical reaches.
    per_minute
        The rate; None where it is not known.
    """

    wanted: Wanted
    profile: str
    per_minute: float | None

    @cached_property
    def now(self) -> int:
        """The moment of the plan."""
        return micros_of(self.wanted.now)

    # --- before the cut -----------------------------------------------------------------------
    def sorted(self, names: tuple[str, ...], spans: Spans) -> Spans:
        """Let tweets with near deadlines share a request, on totals; elsewhere age rules the cut.

        A batch of one signer is then as good as any: as many tweets are in time as in any cut. With
        several signers at a rate too low for all, a request may hold tweets that are given up
        beside such as could be saved: which turns a signer gets is not known before the cut.
        """
        if self.wanted.level != "lifetime":
            return spans
        steps = self._by_tweet(names, spans, np.arange(len(spans.row)))
        size, tweets = self.wanted.query.rules.tweets_per_request.value, len(spans.row)
        return spans.at(in_order(steps, tweets, self.now, self.per_minute, size).sequence)

    # --- after it -----------------------------------------------------------------------------
    def requests(self, made: Requests) -> tuple[Requests, Due]:
        """Put requests in order, and say what is lost when."""
        begin, every, fit, until = 0, [], [], []
        for batch in made.batches:
            steps, last = self._of_batch(batch)
            every.append(steps._replace(job=steps.job + begin))
            fit.append(every[-1].at(self._may_be_in_time(steps)))
            until.append(last)
            begin += len(batch.pieces)
        steps, lasts = Steps.joined(every), np.concatenate([*until, np.empty(0, dtype=np.int64)])
        order = in_order(Steps.joined(fit), begin, self.now, self.per_minute).sequence
        first = np.full(begin, NEVER, dtype=np.int64)
        np.minimum.at(first, steps.job, steps.deadline)
        late = self._late(steps, order)
        due = Due(first[order], lasts[order], self.now, self.per_minute, late)
        return made.in_order(order), due

    def _may_be_in_time(self, steps: Steps) -> Hours:
        """Leave out what is too late wherever its signer's turns begin: it must not draw others on.

        On totals the cut has put first what can be in time; requests keep the order of the cut.
        """
        if self.per_minute is None or self.wanted.level != "lifetime":
            return np.arange(len(steps.job))
        turns = turns_until(steps.deadline, self.now, self.per_minute)
        return np.flatnonzero(steps.job < turns)

    def _late(self, steps: Steps, order: Hours) -> int | None:
        if self.per_minute is None:
            return None
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        turns = turns_until(steps.deadline, self.now, self.per_minute)
        return int(steps.weight[place[steps.job] >= turns].sum())

    def _of_batch(self, batch: Batch) -> tuple[Steps, Micros]:
        """Say what is lost of which piece when, and until when each saves anything."""
        pieces = batch.pieces
        piece, flat = _flattened(pieces)
        until = np.full(len(pieces), NEVER, dtype=np.int64)
        if self.wanted.level != "lifetime":
            steps = self._by_piece(batch, piece, pieces.rows[flat])
            np.minimum.at(until, steps.job, steps.deadline)
            return steps, until
        steps = self._by_tweet(batch.metrics, batch.spans, pieces.rows[flat])
        first = np.full(len(piece), NEVER, dtype=np.int64)
        np.minimum.at(first, steps.job, steps.deadline)
        dated = first < NEVER
        until[piece[dated]] = -1
        np.maximum.at(until, piece[dated], first[dated])
        return steps._replace(job=piece[steps.job]), until

    def _by_tweet(self, names: tuple[str, ...], spans: Spans, rows: Hours) -> Steps:
        """Say what is lost of the tweets of totals, each a job: it has the deadlines of its age."""
        numbers, job = self.wanted.query.numbers[spans.row[rows]], np.arange(len(rows))
        found = [
            Steps(job, by_age(numbers, days), np.full(len(job), count, dtype=np.int64))
            for days, count in self._groups(names).items()
            if days is not None
        ]
        return Steps.joined(found).open(self.now)

    def _by_piece(self, batch: Batch, piece: Hours, rows: Hours) -> Steps:
        """Say what is lost of windows: all of it with the first hour, video with the oldest tweet.

        A window that begins too early is refused whole.
        """
        pieces, spans = batch.pieces, batch.spans
        many_pieces = len(pieces)
        reach = np.full(many_pieces, NEVER, dtype=np.int64)
        if self.wanted.query.endpoint == "historical":
            reach = of_history(pieces.start, self.profile)
        low = np.maximum(spans.start[rows], pieces.start[piece])
        high = np.minimum(spans.end[rows], pieces.end[piece])
        length = (high - low) // self.wanted.step  # no tweet is in a piece that it does not need
        volume = np.bincount(piece, length, many_pieces).astype(np.int64)
        found = []
        for days, count in self._groups(batch.metrics).items():
            last = reach.copy()
            if days is not None:
                born = by_age(self.wanted.query.numbers[spans.row[rows]], days)
                dated = born >= self.now
                np.minimum.at(last, piece[dated], born[dated])
            found.append(Steps(np.arange(many_pieces), last, volume * count))
        return Steps.joined(found).open(self.now)

    def _groups(self, names: tuple[str, ...]) -> dict[int | None, int]:
        """Count metrics by their limit of age in days."""
        groups: dict[int | None, int] = {}
        for name in names:
            limit = age_limit(self.wanted.query.endpoint, name)
            days = None if limit is None else limit.days
            groups[days] = groups.get(days, 0) + 1
        return groups


def _flattened(pieces: Pieces) -> tuple[Hours, Hours]:
    """Give for each row of each piece the piece, and the place in the pieces' rows."""
    sizes = pieces.high - pieces.low
    piece = np.repeat(np.arange(len(pieces)), sizes)
    begin = np.cumsum(sizes) - sizes
    return piece, np.arange(len(piece)) + np.repeat(pieces.low - begin, sizes)
