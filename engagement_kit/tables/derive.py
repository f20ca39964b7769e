"""Base cells to the rows of a table: as they are, or summed over tweets, metrics or time.

A sum is null when a piece of it is missing. Tweets that the API itself leaves out of its sums
(unavailable, too old) are listed, and not counted, as the API does it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.question.micros import HOUR_US
from engagement_kit.question.plan import CARRIERS
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import Lost, joined
from engagement_kit.tables.schema import NULL_TIME, STATUS, Cells
from engagement_kit.tables.single import grain_of_levels
from engagement_kit.tables.times import birth_us

if TYPE_CHECKING:
    import pandas as pd

_LEFT_OUT: Final = frozenset(
    STATUS[name] for name in ("unavailable", "too_old_for_impressions", "too_old_for_video")
)
_HOUR_BITS: Final = 24  # hours since 1970 fit in for some 1,900 years
_KEYS: Final = ["tweet", "metric", "day", "hour"]


def grain_for(wanted: Wanted, levels: Levels) -> str:
    """Name the grain of a table with these levels."""
    return grain_of_levels(levels, lifetime=wanted.level == "lifetime")


def derive(base: Base, lost: list[Lost], levels: Levels) -> Cells:
    """Give the rows of a table with the given levels.

    Parameters
    ----------
    base, lost
        What was wanted and what came; why the rest did not.
    levels
        A ``group_by``; it can be no finer than the base level.

    Returns
    -------
    Cells
        Ordered by tweet, metric and time, in the query's order.
    """
    if set(levels) == set(CARRIERS[base.wanted.level][1]):
        return _as_they_are(base, lost)
    cells = _Sums(base, lost, set(levels)).cells()
    return cells.take(np.lexsort((cells.hour, cells.start, cells.metric, cells.tweet)))


@dataclass(frozen=True)
class _Rows:
    """Rows before they get their words: equally long columns, times in hours or microseconds."""

    tweet: Any
    metric: Any
    start: Any
    end: Any
    hour: Any
    value: Any
    status: Any
    answer: Any
    observed: Any


def _cells(base: Base, rows: _Rows) -> Cells:
    """Add words, account, key and completeness."""
    keys = tuple(dict.fromkeys(key for key, _, _ in base.answers))
    accounts = tuple(dict.fromkeys(one for _, one, _ in base.answers if one is not None))
    code = {key: at for at, key in enumerate(keys)} | {None: -1}
    who = {one: at for at, one in enumerate(accounts)} | {None: -1}
    key_of = np.array([*(code[key] for key, _, _ in base.answers), -1], dtype=np.int32)
    account_of = np.array([*(who[one] for _, one, _ in base.answers), -1], dtype=np.int32)
    unknown = (rows.status != 0) | (rows.end == NULL_TIME) | (rows.observed == NULL_TIME)
    over = (rows.end <= rows.observed).view(np.int8)
    return Cells(
        tweets=base.wanted.query.tweet_ids,
        metrics=base.wanted.query.metrics,
        accounts=accounts,
        keys=keys,
        tweet=rows.tweet,
        metric=rows.metric,
        account=account_of[rows.answer],
        key=key_of[rows.answer],
        start=rows.start,
        end=rows.end,
        hour=rows.hour,
        value=rows.value,
        status=rows.status,
        complete=np.where(unknown, np.int8(-1), over),
        observed=rows.observed,
    )


def _moments(base: Base) -> Any:
    """Give the moment of each answer; the last place is for none."""
    return np.array([*(seen for _, _, seen in base.answers), NULL_TIME], dtype=np.int64)


def _as_they_are(base: Base, lost: list[Lost]) -> Cells:
    """Give the base cells themselves, and a row for each missed span."""
    observed = _moments(base)[base.answer]
    start, end = _times(base, base.row, base.hour, base.hour + base.wanted.step, observed)
    status = np.broadcast_to(np.int8(0), len(base.row))
    if not base.good.all():
        status = np.where(base.good, 0, STATUS["unreadable"]).astype(np.int8)
    here = _Rows(
        tweet=base.row,
        metric=base.col,
        start=start,
        end=end,
        hour=np.broadcast_to(np.int8(-1), len(base.row)),
        value=base.value,
        status=status,
        answer=base.answer,
        observed=observed,
    )
    lost = sorted(lost, key=lambda one: (one.row, one.col, one.start))
    return _cells(base, here).insert(_places(base, lost), _cells(base, _lost_rows(base, lost)))


def _places(base: Base, lost: list[Lost]) -> Any:
    """Find where missed spans stand among the cells, which are in order."""
    if not lost:
        return np.empty(0, dtype=np.int64)
    row, col, start = np.array([(one.row, one.col, one.start) for one in lost]).T
    cols, hours = base.wanted.spans.shape[1], 1 << _HOUR_BITS
    here = (base.row.astype(np.int64) * cols + base.col) * hours + base.hour
    there = (row * cols + col) * hours + start
    return np.searchsorted(here, there, side="right")


def _times(base: Base, row: Any, start: Any, end: Any, observed: Any) -> tuple[Any, Any]:
    """Turn hours into microseconds; a lifetime lasts from creation to observation."""
    if base.wanted.level != "lifetime":
        return start * np.int64(HOUR_US), end * np.int64(HOUR_US)
    births = np.array([*map(birth_us, base.wanted.query.tweet_ids), NULL_TIME])
    return births[row], observed


def _lost_rows(base: Base, lost: list[Lost]) -> _Rows:
    table = np.array(
        [
            (one.row, one.col, one.start, one.end, one.status, one.answer, one.several)
            for one in lost
        ],
        dtype=np.int64,
    ).reshape(-1, 7)
    row, col, first, last, status, answer, several = table.T
    observed = _moments(base)[answer]
    answer = np.where(several, -1, answer)
    start, end = _times(base, row, first, last, observed)
    none = np.full(len(row), -1)
    return _Rows(row, col, start, end, none, none, status, answer, observed)


class _Sums:
    """One table of sums in the making. Lives for one call."""

    def __init__(self, base: Base, lost: list[Lost], levels: set[str]) -> None:
        self.wanted, self.base, self.levels = base.wanted, base, levels
        self.by_tweet, self.by_metric = ID in levels, TYPE in levels
        counted = {
            (row, col) for row, col in zip(base.row.tolist(), base.col.tolist(), strict=True)
        }
        listed, self.pieces = [], []
        for one in lost:
            if one.foreseen or self._stands_alone(one, counted):
                listed.append(one)
            else:
                self.pieces.append(one)
        # Where a request ends within a day, both its parts would count for that day.
        self.listed = joined(listed, [seen for _, _, seen in base.answers])

    def _stands_alone(self, one: Lost, counted: set[tuple[int, int]]) -> bool:
        """Say whether a loss keeps its own row, and leaves the sums alone."""
        if not self.by_tweet:
            return one.status in _LEFT_OUT
        return self.by_metric and (one.row, one.col) not in counted

    def cells(self) -> Cells:
        """Give the sums, then the rows of what is listed beside them."""
        sums = self._sums()
        rows = _lost_rows(self.base, self.listed)
        return _cells(self.base, sums).append([_cells(self.base, rows)])

    def _frame(self, row: Any, col: Any, hour: Any) -> pd.DataFrame:
        """Give the keys of groups for numbers at these places; -1 where a level is summed over."""
        import pandas as pd

        none = np.full(len(row), -1, dtype=np.int64)
        return pd.DataFrame(
            {
                "tweet": row if self.by_tweet else none,
                "metric": col if self.by_metric else none,
                "day": hour // 24 if DAY in self.levels else none,
                "hour": hour % 24 if HOUR in self.levels else none,
            }
        )

    def _sums(self) -> _Rows:
        import pandas as pd

        base = self.base
        frame = self._frame(base.row, base.col, base.hour)
        frame["value"] = base.value
        frame["status"] = np.where(base.good, 0, STATUS["unreadable"])
        frame["answer"] = base.answer
        frame["observed"] = _moments(base)[base.answer]
        frame = pd.concat([frame, self._missing_pieces()], ignore_index=True)
        grouped = frame.groupby(_KEYS, sort=True)
        table = grouped.agg(
            value=("value", "sum"),
            first=("answer", "min"),
            last=("answer", "max"),
            observed=("observed", "min"),
        )
        # The most telling status of the missing pieces; 0 when nothing is missing.
        worst = frame[frame["status"] > 0].groupby(_KEYS)["status"].min()
        status = worst.reindex(table.index, fill_value=0).to_numpy(dtype=np.int64)
        keys = table.reset_index()
        tweet, metric, day, hour = (keys[name].to_numpy(dtype=np.int64) for name in _KEYS)
        first, last = keys["first"].to_numpy(np.int64), keys["last"].to_numpy(np.int64)
        observed = keys["observed"].to_numpy(np.int64)
        start, end = self._spans(tweet, metric, day, hour, observed)
        return _Rows(
            tweet=tweet,
            metric=metric,
            start=start,
            end=end,
            hour=hour if DAY not in self.levels else np.full(len(hour), -1),
            value=keys["value"].to_numpy(np.int64),
            status=status,
            answer=np.where(first == last, first, -1),
            observed=observed,
        )

    def _missing_pieces(self) -> pd.DataFrame:
        """Give one line for each group that a missing span touches."""
        step = self.wanted.step
        timed = DAY in self.levels or HOUR in self.levels
        lines = [
            (one.row, one.col, hour, one.status, one.answer)
            for one in self.pieces
            for hour in (range(one.start, one.end, step) if timed else (one.start,))
        ]
        row, col, hour, status, answer = np.array(lines, dtype=np.int64).reshape(-1, 5).T
        frame = self._frame(row, col, hour)
        frame["value"] = 0
        frame["status"] = status
        frame["answer"] = answer
        frame["observed"] = _moments(self.base)[answer]
        return frame.drop_duplicates()

    def _spans(
        self, tweet: Any, metric: Any, day: Any, hour: Any, observed: Any
    ) -> tuple[Any, Any]:
        """Give the period that each sum counts."""
        if self.wanted.level == "lifetime":
            return _times(self.base, tweet, tweet, tweet, observed)
        labels = self._labels()
        low, high = labels[tweet, metric, 0], labels[tweet, metric, 1]
        if DAY not in self.levels:
            return low * HOUR_US, high * HOUR_US
        if HOUR in self.levels:
            begin = day * 24 + hour
            return begin * HOUR_US, (begin + 1) * HOUR_US
        begin, stop = day * 24, day * 24 + 24
        # As in one answer: a day holds only the hours inside the period; the day that still runs
        # keeps its midnight; a finding beyond the period keeps its whole day.
        still = (observed != NULL_TIME) & (high >= observed // HOUR_US)
        cut = (begin < high) & (stop > low)
        low = np.where(cut, np.maximum(low, begin), begin)
        high = np.where(cut & ~still, np.minimum(high, stop), stop)
        return low * HOUR_US, high * HOUR_US

    def _labels(self) -> Any:
        """Give the period by tweet and metric; the last place of an axis is for sums over it."""
        labels = self.wanted.labels
        filled = labels[..., 0] < labels[..., 1]
        # Where nothing can be had, only findings are counted: of the whole period that was asked.
        labels = np.where(filled[..., None], labels, self.wanted.asked[:, None, :])
        wide = np.full((labels.shape[0] + 1, labels.shape[1] + 1, 2), 0, dtype=np.int64)
        wide[:-1, :-1] = labels
        low = np.where(filled, labels[..., 0], np.iinfo(np.int64).max // HOUR_US)
        high = np.where(filled, labels[..., 1], 0)
        wide[-1, :-1] = np.stack([low.min(axis=0), high.max(axis=0)], axis=-1)
        wide[:-1, -1] = np.stack([low.min(axis=1), high.max(axis=1)], axis=-1)
        wide[-1, -1] = [low.min(), high.max()]
        return wide
