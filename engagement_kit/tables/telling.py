"""What one answer tells a run: its cells, in whole UTC hours and codes, and what it says beside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.coverage import hours_counted, level_of
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.batches import CARRIERS, CHECKS, counts_each_tweet
from engagement_kit.question.request import Request
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.free_checks import NOTHING, Counts, Outcome, over_time, over_tweets
from engagement_kit.tables.readers.body import Body, read_body
from engagement_kit.tables.readers.columns import NO_DAY, NO_HOUR, Columns, recoded
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.schema import STATUSES
from engagement_kit.tables.single import side_lists

ALL_TIME: Final = (0, 1 << 40)
"""The hours of what holds whenever it was said."""
KINDS: Final = (np.int32, np.int32, np.int32, np.int64, np.bool_)
"""The types of cells: row, col, hour, value, good."""
_NO_CELLS: Final = tuple(np.empty(0, dtype=kind) for kind in KINDS)


@dataclass(frozen=True)
class Note:
    """What one answer says of one tweet beside its counts.

    Attributes
    ----------
    row
        The tweet's position in the query.
    metrics
        Which metrics are concerned; None for all.
    start, end
        Which hours.
    status
        A status of the table, by name.
    answer
        The position of the answer that says so; -1 for none.
    """

    row: int
    metrics: tuple[str, ...] | None
    start: int
    end: int
    status: str
    answer: int = -1


class Said(NamedTuple):
    """What one answer says beside its cells.

    Rows are the positions of its tweets; the window is null where it is not known.
    """

    order: tuple[datetime, str]
    key: str
    account: str | None
    source: str
    notes: tuple[Note, ...]
    rows: tuple[int, ...] = ()
    window: tuple[int, int] | None = None
    checks: Outcome = NOTHING


def _span_of(answer: Answer) -> tuple[int, int]:
    """Give the hours that an answer counts, by its echo, else by its request; (0, 1) for totals.

    On 28hr, answers without counts (all refused, all unavailable) echo nothing, and speak of
    whatever was wanted.
    """
    if answer.request.endpoint == "totals":
        return 0, 1
    return hours_counted(answer.window, answer.request) or ALL_TIME


def read_one(wanted: Wanted, answer: Answer) -> tuple[Said, tuple[Ints, ...]]:
    """Read one answer: what it says, and its cells as columns of row, col, hour, value, good."""
    span = _span_of(answer)
    tweets = answer.named or answer.request.tweet_ids
    rows = {one: wanted.row_of[one] for one in tweets if one in wanted.row_of}
    request = answer.request
    beside = Said(
        order=(answer.observed_at, answer.ref),
        key=request.key,
        account=request.account,
        source=answer.source,
        notes=(),
    )
    if answer.outcome == "refused":
        return beside._replace(notes=tuple(_not_owned(wanted, answer, rows))), _NO_CELLS
    body = read_body(answer.body, dict(request.groupings))
    counts = _carrier(body, request, wanted.level, *span)
    cells = _cells(wanted, body, counts, rows)
    checked = CHECKS[wanted.level] in request.groupings and len(counts) > 0
    beside = beside._replace(
        notes=tuple(_notes(body.parts, answer, rows, span)),
        rows=tuple(rows.values()),
        window=None if span == ALL_TIME else span,
        checks=_checked(wanted, body, rows, counts, cells) if checked else NOTHING,
    )
    return beside, cells


def _checked(
    wanted: Wanted,
    body: Body,
    rows: dict[str, int],
    counts: Columns,
    cells: tuple[Ints, ...],
) -> Outcome:
    """Hold the counts of an answer against the sums that it gives itself."""
    name, levels = CHECKS[wanted.level]
    sums = body.columns(name, levels)
    if wanted.level == "lifetime":
        return over_tweets(counts, sums)
    said = _cells(wanted, body, sums, rows, level="lifetime")
    query = wanted.query
    return over_time(_counts(cells), _counts(said), query.tweet_ids, query.metrics)


def _counts(cells: tuple[Ints, ...]) -> Counts:
    row, col, _, value, good = cells
    return Counts(row, col, value, good)


def _notes(
    parts: Envelope, answer: Answer, rows: dict[str, int], span: tuple[int, int]
) -> Iterable[Note]:
    """Give what an answer says of tweets beside their counts; side lists outrank absence."""
    for row in rows.values():
        yield Note(row, answer.request.metrics, *span, "not_in_answer")
    for ids, metrics, status in side_lists(parts):
        for one in ids & rows.keys():
            yield Note(rows[one], metrics, *span, STATUSES[status])
    for one in parts.unavailable:
        if one in rows:
            yield Note(rows[one], None, *span, "unavailable")


def _not_owned(wanted: Wanted, answer: Answer, rows: dict[str, int]) -> Iterable[Note]:
    """Give what a refusal says of the tweets that it names.

    Whose a tweet is does not change: it speaks of all time, and of all metrics that an account
    signs for, those that were not in the request among them. Of those that app-only keys may ask it
    speaks only where these keys signed, or the request can't be asked in parts: else they are asked
    by themselves.
    """
    apart = answer.request.credential == "user" and counts_each_tweet(answer.request)
    asked = () if apart else answer.request.metrics
    names = tuple(
        name for name in wanted.query.metrics if name not in wanted.public or name in asked
    )
    return (Note(row, names, *ALL_TIME, "not_owned") for row in rows.values())


def _carrier(body: Body, request: Request, level: str, start: int, end: int) -> Columns:
    """Read the grouping of an answer that holds the base level."""
    base = set(CARRIERS[level][1])
    for name, levels in request.groupings:
        if set(levels) == base and level_of(request, start, end) == level:
            return body.columns(name, levels)
    return Columns.none(())


def _cells(
    wanted: Wanted,
    body: Body,
    counts: Columns,
    rows: dict[str, int],
    *,
    level: str | None = None,
) -> tuple[Ints, ...]:
    """Turn counts into columns of row, col, hour, value and good.

    What the query does not want is left out, and so is the API's "0" for a number that it can't
    give.
    """
    cols = {name: code for code, name in enumerate(wanted.query.metrics)}
    row = recoded(counts.tweet, counts.tweets, rows)
    col = recoded(counts.metric, counts.metrics, cols)
    hour, known = _hours(level or wanted.level, counts)
    keep = (row >= 0) & (col >= 0) & known & ~_false_zeros(body, counts)
    columns = (row, col, hour, counts.value, counts.good)
    if keep.all():
        return columns
    return tuple(one[keep] for one in columns)


def _hours(level: str, counts: Columns) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Give the hour at which each number's period begins, and whether its keys can be read."""
    if level == "lifetime":
        return np.broadcast_to(np.int32(0), len(counts)), np.broadcast_to(True, len(counts))
    known = counts.day != NO_DAY
    hour = counts.day.astype(np.int32)
    if level != "hour":
        return hour * 24, known
    return hour * 24 + counts.hour, known & (counts.hour != NO_HOUR)


def _false_zeros(body: Body, counts: Columns) -> npt.NDArray[np.bool_]:
    """Say which counts are the API's "0" for a number that it can't give."""
    false = np.zeros(len(counts), dtype=bool)
    for ids, names, _ in side_lists(body.parts):
        old = np.array([*(one in ids for one in counts.tweets), False])
        odd = np.array([*(name in names for name in counts.metrics), False])
        false |= old[counts.tweet] & odd[counts.metric] & counts.good & (counts.value == 0)
    return false
