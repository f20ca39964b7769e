"""Why a number is missing: each wanted number that has no cell gets exactly one reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.known import subtract
from engagement_kit.question.request import Request
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.schema import STATUS
from engagement_kit.tables.telling import Note

MEANINGS: Final = {
    "purged": "taken out of the store, as the terms of the API demand",
    "unavailable": "the tweet is deleted, protected, or was never there",
    "not_owned": "the tweet is of another account, whose own keys would have to sign",
    "too_old_for_impressions": "on totals, impressions and engagements end with 90 days of age",
    "too_old_for_video": "video_views end with 1,800 days of age",
    "not_offered": "these keys may not ask for this metric",
    "out_of_range": (
        "can't be asked for: before the tweet was posted, farther back than is counted, "
        "or not over yet"
    ),
    "refused": "the API refused the request",
    "failed": "no answer that could be used came, after all tries",
    "unreadable": "an answer came, and the number in it is none",
    "not_in_answer": "an answer came, without this number",
    "not_asked": "the run ended before it was asked; run again to go on",
}
"""What each status of a missing number says, in plain words."""


@dataclass(frozen=True)
class Lost:
    """Numbers of one tweet and metric without a count.

    Attributes
    ----------
    row, col
        Positions of tweet and metric in the query.
    start, end
        The missed hours, end exclusive.
    status
        A position in STATUSES.
    answer
        The position of the answer that says so; -1 for none.
    foreseen
        True where the plan knew it before anything was asked.
    several
        True where other answers say so too, of parts of the hours; `answer` was the first.
    """

    row: int
    col: int
    start: int
    end: int
    status: int
    answer: int = -1
    foreseen: bool = False
    several: bool = False


def losses(base: Base, failures: Iterable[tuple[Request, str]] = ()) -> list[Lost]:
    """List everything wanted that has no cell, with its reason.

    Parameters
    ----------
    base
        What was wanted, and what the answers gave.
    failures
        Requests that got no counts, each with its status (``refused`` or ``failed``).

    Returns
    -------
    list of Lost
        One for each (tweet, metric, missed span); spans don't overlap.
    """
    return [*_foreseen(base.wanted), *_found_missing(base, failures)]


def joined(lost: Iterable[Lost], seen: Sequence[int]) -> list[Lost]:
    """Join what is lost of one tweet and metric for one reason, where it meets.

    Parameters
    ----------
    lost
        In any order.
    seen
        When each answer was observed.

    Returns
    -------
    list of Lost
        Ordered by tweet, metric and time.
    """
    out: list[Lost] = []
    for one in sorted(lost, key=lambda one: (one.row, one.col, one.start)):
        last = out[-1] if out else None
        if last is None or _reason(last) != _reason(one) or last.end != one.start:
            out.append(one)
            continue
        first = min((last.answer, one.answer), key=lambda at: (at < 0, seen[at] if at >= 0 else 0))
        several = last.several or last.answer != one.answer
        out[-1] = replace(last, end=one.end, answer=first, several=several)
    return out


def _reason(one: Lost) -> tuple[int, int, int, bool]:
    return one.row, one.col, one.status, one.foreseen


def _foreseen(wanted: Wanted) -> Iterator[Lost]:
    """Tell of what the plan knew that it can't be had."""
    cols = {name: col for col, name in enumerate(wanted.query.metrics)}
    for lost in wanted.unobtainable:
        status = STATUS[lost.status]
        for one in lost.tweet_ids:
            row = wanted.row_of[one]
            start, end = lost.start, lost.end
            if start is None or end is None:
                start, end = (int(edge) for edge in wanted.had[row])
            for name in lost.metrics if start < end else ():
                yield Lost(row, cols[name], start, end, status, foreseen=True)


def _found_missing(base: Base, failures: Iterable[tuple[Request, str]]) -> Iterator[Lost]:
    """Hold the cells against what could be had, and give each gap the reason that is known."""
    wanted = base.wanted
    spans = wanted.spans
    pair = base.row.astype(np.int64) * spans.shape[1] + base.col
    first, stop = spans.reshape(-1, 2).T
    inside = (base.hour >= first[pair]) & (base.hour < stop[pair])
    many = spans.shape[0] * spans.shape[1]
    have = np.bincount(pair[inside], minlength=many).reshape(spans.shape[:2])
    short = np.argwhere((spans[..., 1] - spans[..., 0]) // wanted.step > have)
    if not len(short):
        return
    notes = _notes_by_row(base, failures)
    pairs = short[:, 0] * spans.shape[1] + short[:, 1]
    lows, highs = (np.searchsorted(pair, pairs + more).tolist() for more in (0, 1))
    for (row, col), low, high in zip(short.tolist(), lows, highs, strict=True):
        taken = [(one, one + wanted.step) for one in base.hour[low:high].tolist()]
        span = (int(spans[row, col, 0]), int(spans[row, col, 1]))
        name = wanted.query.metrics[col]
        for start, end in subtract(span, taken):
            yield from _reasons(Lost(row, col, start, end, STATUS["not_asked"]), name, notes[row])


def _notes_by_row(base: Base, failures: Iterable[tuple[Request, str]]) -> dict[int, list[Note]]:
    """Sort what is known of each tweet: the most telling status first, then the newest."""
    wanted = base.wanted
    found: dict[int, list[Note]] = {row: [] for row in range(len(wanted.query.tweet_ids))}
    for note in base.notes:
        found[note.row].append(note)
    for request, status in failures:
        for one in request.tweet_ids:
            row = wanted.row_of[one]
            start, end = (int(edge) for edge in wanted.asked[row])
            if request.start is not None and request.end is not None:
                start, end = floor_hour(request.start), ceil_hour(request.end)
            found[row].append(Note(row, request.metrics, start, end, status, -1))
    for notes in found.values():
        notes.sort(key=lambda note: STATUS[note.status])
    return found


def _reasons(gap: Lost, metric: str, notes: list[Note]) -> Iterator[Lost]:
    """Cut a gap by the notes that explain its parts; what is left was not asked."""
    left = [(gap.start, gap.end)]
    for note in notes:
        if note.metrics is not None and metric not in note.metrics:
            continue
        rest: list[tuple[int, int]] = []
        for start, end in left:
            begin, stop = max(start, note.start), min(end, note.end)
            if begin >= stop:
                rest.append((start, end))
                continue
            status = STATUS[note.status]
            yield replace(gap, start=begin, end=stop, status=status, answer=note.answer)
            rest += subtract((start, end), [(begin, stop)])
        left = rest
    for start, end in left:
        yield replace(gap, start=start, end=end)
