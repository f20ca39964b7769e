"""The numbers of a query where answers of other moments tell of them, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engagement_kit.question.hours import Hours
from engagement_kit.question.losses import Unobtainable
from engagement_kit.question.query import Query
from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted, resolve
from engagement_kit.question.where import Where


def with_counted(wanted: Wanted, row: Hours, col: Hours) -> Wanted:
    """Let be had what was counted before it grew too old: age is no reason to forget a count.

    Parameters
    ----------
    wanted
        A query at its moment.
    row, col
        Which tweets and metrics some answer counts, as positions in the query.

    Returns
    -------
    Wanted
        The periods end where those that can be had do: a count from beyond, of a later moment or
        of an hour that still ran, is none of this query's.
    """
    counted = np.zeros((len(wanted.query.tweet_ids), len(wanted.query.metrics)), dtype=bool)
    counted[row, col] = True
    unobtainable = [
        one for lost in wanted.unobtainable for one in _still_lost(wanted.query, lost, counted)
    ]
    return replace(wanted, asked=_reached(wanted), unobtainable=tuple(unobtainable))


def _still_lost(query: Query, lost: Unobtainable, counted: Any) -> list[Unobtainable]:
    """Take what was counted out of what is lost as a whole, metric by metric."""
    cols = np.array([query.metrics.index(name) for name in lost.metrics], dtype=np.int64)
    if lost.start is not None or not counted[np.ix_(lost.rows, cols)].any():
        return [lost]
    left = {
        name: lost.rows[~counted[lost.rows, col]]
        for name, col in zip(lost.metrics, cols.tolist(), strict=True)
    }
    return [
        replace(
            lost,
            tweet_ids=tuple(query.tweet_ids[row] for row in rows),
            metrics=(name,),
            rows=rows,
        )
        for name, rows in left.items()
        if len(rows)
    ]


def _reached(wanted: Wanted) -> Hours:
    """Give the hours that the query names, less those within a tweet's life that can't be had."""
    births = creation_hours(wanted.query.tweet_ids)
    births -= births % wanted.step
    (start, end), (low, high) = wanted.asked.T, wanted.had.T
    some = low < high
    start = np.where(some & (low > np.maximum(start, births)), low, start)
    return np.stack([start, np.where(some, high, np.minimum(end, births))], axis=1)


def narrowed(wanted: Wanted, tweet_ids: Sequence[str], where: Where) -> Wanted:
    """Give what is wanted of some tweets alone: to go through a million for each answer takes long.

    Parameters
    ----------
    wanted
        A query at its moment.
    tweet_ids
        Some of its tweets.
    where
        The rules by which it was resolved.
    """
    query = wanted.query
    by: Any = query.by
    groupings = dict(query.groupings) or None
    part = Query(
        query.endpoint,
        tweet_ids,
        query.metrics,
        by=by,
        groupings=groupings,
        period=query.period,
        owners=[query.owner_of(one) for one in tweet_ids],
    )
    rows = [wanted.row_of[one] for one in tweet_ids]
    keyless = where.lacking(part)
    some = resolve(part, wanted.now, where.profile, where.credentials, keyless)
    return replace(some, asked=wanted.asked[rows], had=wanted.had[rows])
