"""The part of a query that is still to be asked, and how it is cut into requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.question import metrics as registry
from engagement_kit.question.batches import Batch, Requests
from engagement_kit.question.cutting import cut
from engagement_kit.question.due import ByDeadline, Due
from engagement_kit.question.gaps import Spans, subtract_all
from engagement_kit.question.hours import Hours
from engagement_kit.question.known import Coverage, Freshness, Known
from engagement_kit.question.offer import PRIVATE_AGE, older_than
from engagement_kit.question.reuse import NOBODY, Asking, Parts, stored_parts, tellers
from engagement_kit.question.riding import Share, filled
from engagement_kit.question.rules import WINDOW_HOURS
from engagement_kit.question.settling import parted, whole
from engagement_kit.question.wanted import Wanted
from engagement_kit.question.where import Where

_Names = tuple[str, ...]
_Ask = tuple[_Names, Spans]
"""Metrics, and the hours of tweets for which they are asked."""


class _Class(NamedTuple):
    """Metrics that are wanted for the same hours and stand in the same stored answers."""

    names: _Names
    kind: int
    sets: frozenset[frozenset[str]]


class _Gaps(NamedTuple):
    """What is not stored of one class of metrics.

    Attributes
    ----------
    left
        The hours to ask.
    rows
        Tweets for which it may be asked; refused ones are not among them.
    wanted, uncounted
        The hours that can be had, and those of them that no stored answer counts.
    lacking
        Those of them that were not refused either.
    held
        Which stored parts are of answers that hold this class, or refuse it.
    """

    left: Spans
    rows: Hours
    wanted: Spans
    uncounted: Spans
    lacking: Spans
    held: npt.NDArray[np.bool_]


class Work:
    """The part of a query that is still to be asked, cut into requests. Lives for one plan.

    Attributes
    ----------
    requests
        What is to be asked.
    used
        Stored answers that serve again.
    stored
        Wanted numbers that they hold.
    refused
        Wanted numbers that a stored answer refuses: they are not asked again.
    too_old
        Whether stored answers don't serve only because they are too old.
    unsigned
        What would be asked besides, of tweets whose owners' keys are missing.
    due
        When something of each request is lost; None where they are in no order of deadlines.
    """

    def __init__(
        self,
        wanted: Wanted,
        where: Where,
        known: Coverage,
        fresh: Freshness,
        order: ByDeadline | None = None,
    ) -> None:
        self.wanted, self.where, self._order = wanted, where, order
        self.people = where.owned(wanted.query)
        self.asking = asking_of(wanted, where)
        answers = known.of_work(where.service, wanted.level)
        self.used: tuple[Known, ...] = ()
        self.stored = self.refused = 0
        self.too_old = False
        untouched = np.ones(len(self.asking.hull.row), dtype=bool)
        if answers:
            apart = bool(fresh.by_metric) and wanted.query.endpoint == "historical"
            serving = parted(answers, fresh, wanted.query.metrics) if apart else answers
            parts = stored_parts(wanted, self.asking, serving, fresh)
            self.too_old = parts.too_old
            untouched[parts.spans.row] = False
            self.requests, asks = self._cheapest(parts, untouched)
            self.used = whole(self.used, answers) if apart else self.used
        else:
            asks = list(self._whole(untouched))
            self.requests = self._requests(asks)
        lacking = any(self.people.keyless)
        self.unsigned = self._requests(asks, signed=False) if lacking else ()
        self.due: Due | None = None
        if order is not None:
            self.requests, self.due = order.requests(self.requests)

    # --- what is left of it -------------------------------------------------------------------
    def _whole(self, untouched: npt.NDArray[np.bool_]) -> Iterator[_Ask]:
        """Give the tweets of which nothing is stored."""
        asking = self.asking
        for at, names in enumerate(asking.shapes):
            rows = np.flatnonzero(untouched & (asking.shape == at))
            if names and len(rows):
                yield names, asking.hull.at(rows)

    def _cheapest(
        self, parts: Parts, untouched: npt.NDArray[np.bool_]
    ) -> tuple[Requests, list[_Ask]]:
        """Cut what is left beside stored parts, in the way that takes the fewest requests.

        To ask for the gaps alone can take more requests than to ask for more: gaps that differ
        from tweet to tweet or from metric to metric share no request.
        """
        whole = list(self._whole(untouched))
        classes = self._classes(parts)
        gaps = [self._gaps(one, parts, np.flatnonzero(~untouched)) for one in classes]
        ways = []
        for asked, anew in self._ways(gaps):
            asks = [*whole, *self._beside(classes, asked)]
            ways.append((self._requests(asks), asks, asked, anew))
        best, asks, asked, anew = min(ways, key=lambda way: len(way[0]))
        self.stored = self._kept(classes, gaps, asked)
        self.refused = self._never(classes, gaps)
        self.used = self._serving(parts, gaps, anew)
        return best, asks

    def _ways(self, gaps: Sequence[_Gaps]) -> Iterator[tuple[list[Spans], Hours]]:
        """Give what to ask of each class of metrics, and the tweets that are asked wholly anew.

        The gaps alone; the gaps of any metric for all of them; and the whole time of each tweet
        that lacks anything.
        """
        nobody = np.empty(0, dtype=np.int64)
        yield [one.left for one in gaps], nobody
        lacking = Spans.joined([one.lacking for one in gaps])
        hull = self.asking.hull.at(np.unique(lacking.row))
        keyless = self.people.rows
        # Of the others nothing can be asked anew.
        hull, lacking = (one.at(~keyless[one.row]) for one in (hull, lacking))
        gap_of_any = subtract_all(hull, subtract_all(hull, lacking))
        for more in (gap_of_any, hull):
            place = np.searchsorted(hull.row, more.row)
            anew = more.row[(more.start == hull.start[place]) & (more.end == hull.end[place])]
            alone = [one.left.at(keyless[one.left.row]) for one in gaps]
            yield (
                [
                    Spans.joined([more.at(np.isin(more.row, one.rows)), rest])
                    for one, rest in zip(gaps, alone, strict=True)
                ],
                anew,
            )

    def _serving(self, parts: Parts, gaps: Sequence[_Gaps], anew: Hours) -> tuple[Known, ...]:
        """List the answers that hold anything which is not asked wholly anew, and refusals."""
        serves = parts.refused()
        for gap in gaps:
            serves |= gap.held & ~np.isin(parts.spans.row, np.intersect1d(anew, gap.rows))
        return parts.used(serves)

    def _kept(
        self, classes: Sequence[_Class], gaps: Sequence[_Gaps], asked: Sequence[Spans]
    ) -> int:
        """Count the stored numbers that are not asked again."""
        numbers = 0
        for one, gap, spans in zip(classes, gaps, asked, strict=True):
            kept = subtract_all(gap.wanted, Spans.joined([gap.uncounted, spans])).hours()
            numbers += kept // self.wanted.step * len(one.names)
        return numbers

    def _never(self, classes: Sequence[_Class], gaps: Sequence[_Gaps]) -> int:
        """Count the numbers that no stored answer counts, and some answer refuses."""
        hours = ((gap.uncounted.hours() - gap.lacking.hours()) for gap in gaps)
        return sum(
            int(many) // self.wanted.step * len(one.names)
            for one, many in zip(classes, hours, strict=True)
        )

    def _beside(self, classes: Sequence[_Class], found: Sequence[Spans]) -> Iterator[_Ask]:
        """Put together what is asked of several classes of metrics for the same hours."""
        bits = np.concatenate([np.full(len(gap.row), 1 << at) for at, gap in enumerate(found)])
        spans, bits = _merged(Spans.joined(found), bits)
        for mask in np.unique(bits).tolist():
            chosen = [one for at, one in enumerate(classes) if mask >> at & 1]
            trimmed = self._obtainable(spans.at(bits == mask), {one.kind for one in chosen})
            named = {name for one in chosen for name in one.names}
            names = tuple(name for name in self.wanted.query.metrics if name in named)
            if len(trimmed.row):
                yield names, trimmed

    def _classes(self, parts: Parts) -> list[_Class]:
        """Sort the metrics by what is true of them all."""
        sets = {one.metrics for one in parts.used()}
        groups: dict[tuple[int, frozenset[frozenset[str]], bool], list[str]] = {}
        offered = registry.offered(self.wanted.query.endpoint, "app")
        for name, kind in zip(self.wanted.query.metrics, self.wanted.kind_of.tolist(), strict=True):
            among = frozenset(one for one in sets if name in one)
            groups.setdefault((kind, among, name in offered), []).append(name)
        return [_Class(tuple(names), key[0], key[1]) for key, names in groups.items()]

    def _gaps(self, one: _Class, parts: Parts, rows: Hours) -> _Gaps:
        """Tell which hours of one class of metrics are not stored."""
        asking = self.asking
        asked = np.array([one.names[0] in names for names in asking.shapes])
        rows = rows[asked[asking.shape[rows]]]
        refused, held = parts.refused(), self._holds(one, parts)[parts.answer]
        here = held & np.isin(parts.spans.row, rows)
        counted = here & ~refused
        span = self.wanted.by_kind[rows, one.kind]
        whole = Spans(rows, span[:, 0], span[:, 1])
        left = subtract_all(asking.hull.at(rows), parts.spans.at(here))
        uncounted = subtract_all(whole, parts.spans.at(counted))
        lacking = subtract_all(whole, parts.spans.at(here))
        never = parts.spans.row[here & refused]
        return _Gaps(left, np.setdiff1d(rows, never), whole, uncounted, lacking, held)

    def _holds(self, one: _Class, parts: Parts) -> npt.NDArray[np.bool_]:
        """Say which answers hold a class of metrics, or refuse it, as for all that one signs.

        What anybody may ask no account is refused for good, but app-only keys may be.
        """
        private = one.names[0] not in self.wanted.public
        return np.array(
            [private if answer.refused else answer.metrics in one.sets for answer in parts.answers],
            dtype=bool,
        )

    def _obtainable(self, spans: Spans, kinds: set[int]) -> Spans:
        """Trim spans to the hours that at least one of these kinds of metrics can be had for."""
        edges = self.wanted.by_kind[spans.row][:, sorted(kinds)]
        low = np.maximum(edges[..., 0], spans.start[:, None])
        high = np.minimum(edges[..., 1], spans.end[:, None])
        start, end = _enclosing(low, high)
        return Spans(spans.row, start, end).at(start < end)

    # --- who signs, and the cut ---------------------------------------------------------------
    def _requests(self, asks: Sequence[_Ask], *, signed: bool = True) -> Requests:
        """Cut what can be signed, or else what there are no keys for, into requests."""
        query, level = self.wanted.query, self.wanted.level
        return Requests(query, self.where.service, level, tuple(self._batches(asks, signed)))

    def _batches(self, asks: Sequence[_Ask], signed: bool) -> Iterator[Batch]:
        """Cut what is left, by who signs and which metrics are asked.

        App-only where it may be: it needs no owner and pools the tweets of all accounts.
        """
        size = self.wanted.query.rules.tweets_per_request.value
        window = 1 if self.wanted.level == "lifetime" else WINDOW_HOURS
        shares = [one for one in self._shares(asks) if signed != self._lacks_keys(one)]
        if self.wanted.level == "lifetime" and signed:
            shares = filled(shares, self.people.code, self._may_ride(), size)
        for names, signer, spans in shares:
            placed = spans if self._order is None else self._order.sorted(names, spans)
            pieces = cut(placed.start, placed.end, size, window)
            app = signer == NOBODY
            account = None if app else self.people.accounts[signer]
            yield Batch("app" if app else "user", account, names, placed, pieces)

    def _shares(self, asks: Sequence[_Ask]) -> Iterator[Share]:
        """Sort what is left by who signs and which metrics are asked."""
        for names, spans in _gathered(asks):
            public = set(names) <= self.wanted.public
            owner = np.full(len(spans.row), NOBODY) if public else self.people.code[spans.row]
            order = np.argsort(owner, kind="stable")
            codes, first = np.unique(owner[order], return_index=True)
            for code, rows in zip(codes.tolist(), np.split(order, first[1:]), strict=True):
                yield Share(names, code, spans.at(rows))

    def _lacks_keys(self, share: Share) -> bool:
        return share.signer != NOBODY and self.people.keyless[share.signer]

    def _may_ride(self) -> npt.NDArray[np.bool_]:
        """Say which tweets may stand in their owner's requests though too old for some metrics.

        Where they could be asked app-only, only those whose owner the query names: of others it is
        not known who wrote them, and a tweet of somebody else's spoils a whole request.
        """
        query = self.wanted.query
        old = older_than(query.numbers, PRIVATE_AGE.days, self.wanted.now)
        if not self.wanted.public:
            return old
        codes, names = query.owner_codes
        named = np.array([one is not None for one in names], dtype=bool)[codes]
        may: npt.NDArray[np.bool_] = old & named & ~self.people.rows
        return may


def counted_before(wanted: Wanted, where: Where, known: Coverage, fresh: Freshness) -> Hours:
    """List the tweets of which stored answers of their accounts serve, as positions in the query.

    They serve whether or not there are keys of these accounts now.
    """
    answers = known.of_work(where.service, wanted.level)
    if not answers:
        return np.empty(0, dtype=np.int64)
    parts = stored_parts(wanted, asking_of(wanted, where), answers, fresh)
    signed = np.array([one.account is not None and not one.refused for one in answers], dtype=bool)
    return np.unique(parts.spans.row[signed[parts.answer]])


def telling(wanted: Wanted, where: Where, known: Coverage) -> tuple[Known, ...]:
    """List the answers that tell of any wanted number, however old, the oldest first.

    Parameters
    ----------
    wanted
        The query at its moment.
    where
        By which rules it was planned.
    known
        What is stored.
    """
    answers = known.of_work(where.service, wanted.level)
    return tellers(wanted, asking_of(wanted, where), answers) if answers else ()


def asking_of(wanted: Wanted, where: Where) -> Asking:
    """Give hull, metrics and owner of each tweet, as if nothing were stored.

    One request carries all metrics for the same price, so that a metric which is too old rides
    along and keeps the batch whole, unless it would call for another credential.
    """
    spans = wanted.by_kind
    start, end = _enclosing(spans[..., 0], spans[..., 1])
    some = start < end
    hull = Spans(np.arange(len(some)), np.where(some, start, 0), np.where(some, end, 0))
    patterns, shape = _patterns(spans[..., 0] < spans[..., 1])
    shapes = tuple(_askable(wanted, pattern) for pattern in patterns)
    people = where.owned(wanted.query)
    return Asking(hull, shape, shapes, people.code, people.accounts, wanted.public)


def _askable(wanted: Wanted, filled: npt.NDArray[np.bool_]) -> _Names:
    """Name the metrics to ask for a tweet of whose kinds of metrics these can be had."""
    query = wanted.query
    if not filled.any():
        return ()
    public = registry.offered(query.endpoint, "app")
    return tuple(
        name
        for name, kind in zip(query.metrics, wanted.kind_of, strict=True)
        if filled[kind] or query.endpoint != "totals" or name in public
    )


def _enclosing(low: Hours, high: Hours) -> tuple[Hours, Hours]:
    """Give the span from the first to the last hour of each line; start is past end where none."""
    filled = low < high
    start: Hours = np.where(filled, low, np.iinfo(np.int64).max).min(axis=1)
    end: Hours = np.where(filled, high, np.iinfo(np.int64).min).max(axis=1)
    return start, end


def _patterns(filled: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], Hours]:
    """Give the distinct lines of a table of truth values, and the line of each row."""
    weights = 1 << np.arange(filled.shape[1])
    codes, which = np.unique((filled * weights).sum(axis=1), return_inverse=True)
    return (codes[:, None] & weights).astype(bool), which


def _merged(spans: Spans, bits: Hours) -> tuple[Spans, Hours]:
    """Put the same span of several classes of metrics together."""
    if not len(bits):
        return spans, bits
    order = np.lexsort((spans.end, spans.start, spans.row))
    spans, bits = spans.at(order), bits[order]
    new = np.ones(len(bits), dtype=bool)
    new[1:] = np.any([np.diff(column) != 0 for column in spans], axis=0)
    return spans.at(new), np.bitwise_or.reduceat(bits, np.flatnonzero(new))


def _gathered(asks: Sequence[_Ask]) -> Iterator[_Ask]:
    """Put together what asks for the same metrics, by tweet and time."""
    groups: dict[_Names, list[Spans]] = {}
    for names, spans in asks:
        groups.setdefault(names, []).append(spans)
    for names, several in groups.items():
        spans = Spans.joined(several)
        yield names, spans.at(np.lexsort((spans.start, spans.row)))
