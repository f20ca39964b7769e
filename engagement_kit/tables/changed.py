"""Each number that was observed with more than one count: what it was and is, and since when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engagement_kit.answers.store import Store
from engagement_kit.question.known import Known
from engagement_kit.question.lasting import with_counted
from engagement_kit.question.micros import HOUR_US
from engagement_kit.question.wanted import Wanted
from engagement_kit.question.where import Where
from engagement_kit.tables.again import LEVELS, Looks, Pairs, Reader, over_at, shared
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import NULL_TIME, SCHEMA
from engagement_kit.tables.times import birth_us

_INT: Final = pa.int64()
_TIME: Final = SCHEMA.field("observed_at").type

CHANGED: Final = pa.schema(
    [
        *(SCHEMA.field(name) for name in ("tweet_id", "metric", "grain", "start", "end")),
        pa.field("before", _INT),
        pa.field("after", _INT),
        pa.field("difference", _INT),
        pa.field("before_at", _TIME),
        pa.field("after_at", _TIME),
        pa.field("steps", _INT),
        *(SCHEMA.field(name) for name in ("complete", "account", "source", "request_key")),
    ]
)
"""The columns of a list of changes; those that the tidy table has are as there."""


@dataclass(frozen=True)
class Changed:
    """The list, and what could not be read for it.

    Attributes
    ----------
    table
        With exactly CHANGED.
    damaged
        Answers that can't be read, each with the reason; they are left out.
    """

    table: pa.Table
    damaged: Mapping[str, str] = field(default_factory=dict)


def changed(
    store: Store,
    known: Iterable[Known],
    is_late: Callable[[Known], bool],
    *,
    each: bool = False,
    of: Wanted | None = None,
    had_before: bool = False,
) -> Changed:
    """List the numbers that late answers count otherwise than the answers before.

    Parameters
    ----------
    store
        Where the answers are.
    known
        What they cover.
    is_late
        Says which answers are late; all others were observed before these.
    each
        A row for each time that a number was seen with another count; else one for each number,
        with what it was before the late answers, or at the first of them, and what it is by now.
    of
        Only the numbers of a question.
    had_before
        Only numbers that an answer which is not late counts.

    Returns
    -------
    Changed
        Ordered by grain, tweet, metric and time.

    Notes
    -----
    Of stored answers those alone are read that have hours of a late one's tweets in common with
    another, each once.
    """
    known, parts = list(known), []
    damaged: dict[str, str] = {}
    for level in LEVELS if of is None else (of.level,):
        reader = Reader(store, level, known)
        late = np.array([is_late(one) for one in reader.answers], dtype=bool)
        for looks in reader.looks(_chosen(late, of)):
            kept = looks if of is None else _of_question(looks, of)
            moves = _moves(kept, late[kept.answer], each=each, had_before=had_before)
            if len(moves.first):
                parts.append(_rows(kept, moves, level, reader.answers))
        damaged |= reader.damaged
    table = pa.concat_tables([CHANGED.empty_table(), *parts])
    return Changed(table.unify_dictionaries().combine_chunks(), damaged)


def _chosen(
    late: npt.NDArray[np.bool_], of: Wanted | None
) -> Callable[[Pairs], npt.NDArray[np.bool_]]:
    """Choose what is to be read: tweets of late answers, where another has hours of them, too."""

    def choose(pairs: Pairs) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = np.isin(pairs.tweet, pairs.tweet[late[pairs.answer]])
        if of is not None:
            found &= np.isin(pairs.tweet, of.query.numbers)
            begin, end = _edges(of)
            found &= (pairs.start < end) & (pairs.end > begin)
        chosen = np.flatnonzero(found)
        found[chosen] = shared(pairs.at(chosen))
        return found

    return choose


def _edges(of: Wanted) -> tuple[int, int]:
    """Give the first hour that is wanted of any tweet, and the end of the last."""
    some = of.had[of.had[:, 0] < of.had[:, 1]]
    return (int(some[:, 0].min()), int(some[:, 1].max())) if len(some) else (0, 0)


def _of_question(looks: Looks, of: Wanted) -> Looks:
    """Keep the numbers that a question wants."""
    place = {name: at for at, name in enumerate(of.query.metrics)}
    named = np.array([place.get(name, -1) for name in looks.metrics], dtype=np.int64)
    order = np.argsort(of.query.numbers)
    mine = order[np.searchsorted(of.query.numbers[order], looks.tweets)]
    row, col = mine[looks.row], named[looks.col]
    spans = with_counted(of, row[col >= 0], col[col >= 0]).spans[row, col]
    kept = (col >= 0) & (spans[:, 0] <= looks.hour) & (looks.hour < spans[:, 1])
    columns = (looks.row, looks.col, looks.hour, looks.seen, looks.value, looks.answer, looks.same)
    # All looks at a number are kept, or none: which follow each other stays as it was.
    return Looks(looks.tweets, looks.metrics, *(one[kept] for one in columns))


class _Moves(NamedTuple):
    """Positions of looks: what a number was is first seen at `first`, what it is at `then`."""

    first: Ints
    then: Ints
    steps: Ints


def _moves(looks: Looks, late: npt.NDArray[np.bool_], *, each: bool, had_before: bool) -> _Moves:
    value, same = looks.value, looks.same
    at = np.arange(len(value))
    step = np.zeros(len(value), dtype=bool)
    step[1:] = same[1:] & (value[1:] != value[:-1])
    since = np.maximum.accumulate(np.where(step | ~same, at, 0))  # where this count began
    begin = np.flatnonzero(~same)
    number = np.cumsum(~same) - 1
    step &= late
    if had_before:
        step &= ~late[begin][number]
    if each:
        then = np.flatnonzero(step)
        return _Moves(since[then - 1], then, np.ones(len(then), dtype=np.int64))
    steps = np.bincount(number[step], minlength=len(begin))
    moved = np.flatnonzero(steps)
    # The last look before the late ones, which follow each other; or the first look of all.
    early = np.bincount(number[~late], minlength=len(begin))[moved]
    base = begin[moved] + np.maximum(early - 1, 0)
    last = np.append(begin[1:], len(value))[moved] - 1
    return _Moves(since[base], since[last], steps[moved])


def _rows(looks: Looks, moves: _Moves, level: str, answers: list[Known]) -> pa.Table:
    """Write a block of the list."""
    first, then = moves.first, moves.then
    row, hour = looks.row[then], looks.hour[then].astype(np.int64)
    is_lifetime = level == "lifetime"
    start, end = hour * HOUR_US, over_at(level, hour)
    if is_lifetime:
        births = np.array([birth_us(str(one)) for one in looks.tweets.tolist()], dtype=np.int64)
        start, end = births[row], looks.seen[then]
    told = looks.answer[then]
    complete = pa.array(looks.seen[first] >= end, mask=np.full(len(end), is_lifetime))
    sources = [Where(service=one.service).source for one in answers]
    columns = {
        "tweet_id": _words([str(one) for one in looks.tweets.tolist()], row),
        "metric": _words(looks.metrics, looks.col[then]),
        "grain": _words([level], np.zeros(len(then), dtype=np.int64)),
        "start": _times(start),
        "end": _times(end),
        "before": looks.value[first],
        "after": looks.value[then],
        "difference": looks.value[then] - looks.value[first],
        "before_at": _times(looks.seen[first]),
        "after_at": _times(looks.seen[then]),
        "steps": moves.steps,
        "complete": complete,
        "account": _words([one.account for one in answers], told),
        "source": _words(sources, told),
        "request_key": _words([one.key for one in answers], told),
    }
    return pa.table([pa.array(columns[name]) for name in CHANGED.names], names=CHANGED.names).cast(
        CHANGED
    )


def _words(words: Iterable[str | None], codes: Ints) -> pa.Array:
    """Code words, each once: only those that stand in a row."""
    used, place = np.unique(codes, return_inverse=True)
    texts = list(words)
    return (
        pa.array([texts[one] for one in used.tolist()], pa.string())
        .take(pa.array(place))
        .dictionary_encode()
    )


def _times(micros: Ints) -> pa.Array:
    return pa.array(micros.astype(np.int64), mask=micros == NULL_TIME).view(_TIME)
