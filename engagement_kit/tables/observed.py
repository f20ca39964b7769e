"""What all answers of a store tell of a query's numbers: the latest of it, or each time anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from engagement_kit.answers.answer import Answer
from engagement_kit.question.lasting import with_counted
from engagement_kit.question.rules import ID, Levels
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base, read_all, settled
from engagement_kit.tables.derive import derive
from engagement_kit.tables.fates import losses
from engagement_kit.tables.places import places
from engagement_kit.tables.readers.columns import recoded
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import Cells
from engagement_kit.tables.snapshots import are_snapshots, snapshots
from engagement_kit.tables.telling import ALL_TIME, Note

_Words = tuple[dict[str, int], dict[str, int], dict[str, int]]
"""Tweets, accounts and keys of requests, each with its code."""


def latest(wanted: Wanted, answers: Iterable[Answer]) -> Base:
    """Read answers of any moment into base cells.

    Parameters
    ----------
    wanted
        The query at its moment, on 28hr with the window that the API chose: it stays.
    answers
        Answers that tell of its numbers, in any order.

    Returns
    -------
    Base
        As `assemble.gather` gives it, but for numbers that have grown too old since: those keep
        the last count of them.
    """
    read = read_all(wanted, answers)
    row, col, _, _, good, _ = read.cells
    row, col = row[good], col[good]
    base = settled(with_counted(wanted, row, col), read)
    return replace(base, notes=(*base.notes, *_grown_old(wanted, row)))


def _grown_old(wanted: Wanted, counted: Ints) -> Iterator[Note]:
    """Say why the other hours of a number that was counted once can't be had any more."""
    for lost in wanted.unobtainable:
        if lost.start is None:
            for row in lost.rows[np.isin(lost.rows, counted)].tolist():
                yield Note(row, lost.metrics, *ALL_TIME, lost.status)


def history(
    wanted: Wanted,
    answers: Iterable[Answer],
    levels: Levels,
    narrow: Callable[[Sequence[str]], Wanted],
) -> tuple[Cells, frozenset[str]]:
    """Give each observation of each number.

    Parameters
    ----------
    wanted, answers
        As in `latest`.
    levels
        A ``group_by``; it can be no finer than the base level.
    narrow
        Gives what is wanted of some tweets alone.

    Returns
    -------
    Cells
        What each answer tells by itself: its counts, sums of which it holds all pieces, and its
        own reasons for numbers without a count. Ordered by tweet, metric, time and observation.
    frozenset of str
        Whose answers they are: ``live``, ``emulator``.
    """
    words: _Words = (wanted.row_of, {}, {})
    if are_snapshots(wanted, levels):
        cells, whose = snapshots(narrow(wanted.query.tweet_ids), answers, levels)
        return _each_once(_together(wanted, words, [_in_words(cells, words)])), whose
    told: list[Cells] = []
    sources: set[str] = set()
    for answer in answers:
        named = {*(answer.named or answer.request.tweet_ids)} & wanted.row_of.keys()
        if ID in levels:
            part = narrow(sorted(named, key=wanted.row_of.__getitem__))
        elif len(named) == len(wanted.row_of):
            part = wanted
        else:  # of a sum over tweets it does not hold all pieces
            continue
        base = latest(part, [answer])
        sources |= base.sources
        cells = derive(base, losses(base), levels)
        # Without a key is what nobody asked, and what was known before anybody did.
        told.append(_in_words(cells.take(cells.key >= 0), words))
    return _each_once(_together(wanted, words, told)), frozenset(sources)


def _together(wanted: Wanted, words: _Words, told: list[Cells]) -> Cells:
    tweets, accounts, keys = map(tuple, words)
    return Cells(tweets, wanted.query.metrics, accounts, keys).append(told)


def _in_words(cells: Cells, words: _Words) -> Cells:
    """Code the rows of an answer by words that all answers share; new ones are added."""
    tweets, accounts, keys = words
    for known, mine in ((accounts, cells.accounts), (keys, cells.keys)):
        for one in mine:
            known.setdefault(one, len(known))
    return replace(
        cells,
        tweet=recoded(cells.tweet, cells.tweets, tweets),
        account=recoded(cells.account, cells.accounts, accounts),
        key=recoded(cells.key, cells.keys, keys),
    )


def _each_once(cells: Cells) -> Cells:
    """Put rows in order; of two that tell of a number at one moment, a count is kept."""
    order = np.lexsort(
        (cells.status != 0, cells.observed, cells.hour, cells.start, cells.metric, cells.tweet)
    )
    cells = cells.take(order)
    place = places((cells.tweet, cells.metric, cells.start, cells.end, cells.hour, cells.observed))
    return cells.take(np.sort(np.unique(place, return_index=True)[1]))
