"""What checks look at: the rows of all tables below each other, as whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.given import as_arrow
from engagement_kit.tables.schema import GRAINS, NULL_TIME, STATUSES
from engagement_kit.tables.times import birth_us

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.tables.given import Tidy

Truths = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

NUMBER: Final = ["series", "grain", "start", "hour", "until"]
"""What tells one number from another, whoever observed it and when."""
_CODED: Final = ("tweet_id", "metric", "grain", "status", "source")
_HOUR_BITS: Final = 21  # hours since 1970: good for more than two centuries
_SERIES_BITS: Final = 10  # room for the metrics beside the tweet


class Words(NamedTuple):
    """What codes stand for."""

    tweets: list[str]
    metrics: list[str]


@dataclass(frozen=True)
class Evidence:
    """The rows of all tables.

    Attributes
    ----------
    rows
        A DataFrame of plain numbers, a row for each row of the tables: `table` (which of them),
        `tweet`, `metric` (codes, -1 for null), `series` (both in one; sums over tweets are of
        their table alone), `grain`, `status`, `source` (text, as categories), `start`, `end`,
        `seen`, `birth` (microseconds since 1970, NULL_TIME for null), `until` (as `end`, but 0 for
        lifetimes, which end when they are seen), `hour` (of day, -1 for null), `value` (0 where
        there is none), `known` (whether there is one), `over` (1, 0, or -1 where nobody knows).
    words
        What the codes of tweets and metrics stand for.
    """

    rows: pd.DataFrame
    words: Words

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Rows with a count, of metrics that are named."""
        return self.rows[self.rows["known"] & (self.rows["metric"] >= 0)]

    @cached_property
    def latest(self) -> pd.DataFrame:
        """One row of each number with a count: the latest observation."""
        if not self.repeated.any():
            return self.counted
        order = self.counted.sort_values("seen", kind="stable")
        return order.drop_duplicates(NUMBER, keep="last").sort_index()

    @cached_property
    def repeated(self) -> Truths:
        """Which of the counted rows are of a number that is there more than once."""
        return self.counted.duplicated(NUMBER, keep=False).to_numpy()

    def of(self, *grains: str) -> pd.DataFrame:
        """Give the latest observations of some grains."""
        return self.latest[self.latest["grain"].isin(grains)]

    def code_of(self, metric: str) -> int:
        """Give the code of a metric; one that no row has, where it is not there."""
        return self.words.metrics.index(metric) if metric in self.words.metrics else -2


def evidence(tables: Iterable[Tidy]) -> Evidence:
    """Put tables below each other, whatever their grains.

    Raises
    ------
    TableError
        When one of them is no tidy table.
    """
    import pandas as pd

    parts = [as_arrow(one) for one in tables]
    joined = pa.concat_tables(parts).unify_dictionaries()
    codes = {name: _codes(joined.column(name)) for name in _CODED}
    tweets, metrics = codes["tweet_id"][1], codes["metric"][1]
    births = np.array([*map(birth_us, tweets), NULL_TIME], dtype=np.int64)
    tweet, metric = codes["tweet_id"][0], codes["metric"][0]
    table = np.repeat(np.arange(len(parts)), [len(one) for one in parts])
    # Sums over tweets of two tables need not be over the same tweets.
    whose = np.where(tweet < 0, len(tweets) + table, tweet)
    grain = _category(codes["grain"], GRAINS)
    end = _numbers(joined.column("end"), NULL_TIME)
    rows = pd.DataFrame(
        {
            "table": table,
            "tweet": tweet,
            "metric": metric,
            "series": (whose << _SERIES_BITS) + metric + 1,
            "grain": grain,
            "status": _category(codes["status"], STATUSES),
            "source": _category(codes["source"], ("live", "emulator")),
            "start": _numbers(joined.column("start"), NULL_TIME),
            "end": end,
            "until": np.where(grain == "lifetime", 0, end),
            "seen": _numbers(joined.column("observed_at"), NULL_TIME),
            "birth": births[tweet],
            "hour": _numbers(joined.column("hour_of_day"), -1),
            "value": _numbers(joined.column("value"), 0),
            "known": joined.column("value").is_valid().to_numpy(),
            "over": _numbers(joined.column("complete"), -1),
        }
    )
    return Evidence(rows, Words(tweets, metrics))


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    """Give codes, -1 for null, and the words."""
    whole = column.combine_chunks()
    held = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) and whole.num_chunks else whole
    if not len(column):
        return np.empty(0, dtype=np.int64), []
    return _numbers(held.indices, -1), held.dictionary.to_pylist()


def _numbers(column: Any, null: int) -> Ints:
    kind = pa.int64()
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    filled = column.cast(kind).fill_null(null)
    numbers: Ints = filled.to_numpy()
    return numbers


def _category(codes: tuple[Ints, list[str]], known: Sequence[str]) -> Any:
    """Give words as categories that are always the same."""
    import pandas as pd

    words = [*known, *(one for one in codes[1] if one not in known)]
    place = np.array([*(words.index(one) for one in codes[1]), -1], dtype=np.int64)
    return pd.Categorical.from_codes(place[codes[0]], categories=pd.Index(words))


# --- pieces and wholes ----------------------------------------------------------------------------
class Sums(NamedTuple):
    """What pieces add up to within each of some spans.

    Attributes
    ----------
    value, pieces
        The sum, and of how many pieces.
    whole
        Whether they fill the span.
    over
        Whether each was over when it was observed.
    first, last
        When the first and the last of them was observed; meaningless without any.
    """

    value: Ints
    pieces: Ints
    whole: Truths
    over: Truths
    first: Ints
    last: Ints


def sums(pieces: pd.DataFrame, step: int, series: Ints, start: Ints, end: Ints) -> Sums:
    """Add up pieces within spans.

    Parameters
    ----------
    pieces
        Rows of one grain, each number once. Days that are cut short are no pieces, unless the
        tweet was created on them.
    step
        Hours in a piece.
    series, start, end
        Of which tweet and metric, and from when to when: hours since 1970, end exclusive. A span
        that is not cut at whole pieces is never whole.
    """
    unit = step * HOUR_US
    pieces = _full(pieces, unit)
    keys = _key(pieces["series"].to_numpy(), pieces["start"].to_numpy() // unit)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    low = np.searchsorted(keys, _key(series, -(-start // step)))
    high = np.maximum(low, np.searchsorted(keys, _key(series, end // step)))
    parts = pieces.iloc[order]
    value, running = (
        np.concatenate([[0], np.cumsum(one)])
        for one in (parts["value"].to_numpy(), (parts["over"] != 1).to_numpy())
    )
    seen = np.append(parts["seen"].to_numpy(), NULL_TIME)
    between = np.column_stack([low, high]).ravel()
    first = np.minimum.reduceat(seen, between)[::2] if len(between) else seen[:0]
    last = np.maximum.reduceat(seen, between)[::2] if len(between) else seen[:0]
    return Sums(
        value=value[high] - value[low],
        pieces=high - low,
        whole=((high - low) * step == end - start) & (end > start),
        over=running[high] == running[low],
        first=first,
        last=last,
    )


def _full(pieces: pd.DataFrame, unit: int) -> pd.DataFrame:
    """Leave out pieces that do not count all that there is of their hour or day."""
    start, born = pieces["start"].to_numpy(), pieces["birth"].to_numpy()
    first = np.maximum(start // unit * unit, born // HOUR_US * HOUR_US)
    full = (start <= first) & (pieces["end"].to_numpy() == (start // unit + 1) * unit)
    return pieces if full.all() else pieces[full]


def _key(series: Ints, unit: Ints) -> Ints:
    return (series.astype(np.int64) << _HOUR_BITS) + np.clip(unit, 0, (1 << _HOUR_BITS) - 1)


def hours_of(rows: pd.DataFrame, step: int = 1) -> tuple[Ints, Ints]:
    """Give the hours that rows count: since 1970, from the tweet's creation on, end exclusive.

    Parameters
    ----------
    rows
        With `start`, `end` and `birth`.
    step
        To which hours a creation is rounded down: those at which pieces begin.
    """
    start, end = (rows[name].to_numpy() for name in ("start", "end"))
    born = rows["birth"].to_numpy() // HOUR_US
    born = np.where(rows["birth"].to_numpy() == NULL_TIME, 0, born - born % step)
    return np.maximum(start // HOUR_US, born), -(-end // HOUR_US)


class Spans(NamedTuple):
    """Spans of hours or days.

    Attributes
    ----------
    row
        Which row each is of.
    series
        Of which tweet and metric.
    start, end
        Hours (days) since 1970, end exclusive.
    seen
        When it was observed.
    """

    row: Ints
    series: Ints
    start: Ints
    end: Ints
    seen: Ints


def each_once(spans: Spans) -> Spans:
    """Cut spans where others begin or end, and keep each part once: as it was observed last.

    Examples
    --------
    >>> one, two = np.array([7, 7]), np.array([0, 1])
    >>> apart = each_once(Spans(two, one, np.array([0, 2]), np.array([4, 6]), two))
    >>> apart.row.tolist(), apart.start.tolist(), apart.end.tolist()
    ([0, 1, 1], [0, 2, 4], [2, 4, 6])
    """
    begin, end = _key(spans.series, spans.start), _key(spans.series, spans.end)
    edges = np.unique(np.concatenate([begin, end]))
    low = np.searchsorted(edges, begin)
    many = np.maximum(np.searchsorted(edges, end) - low, 0)
    span = np.repeat(np.arange(len(many)), many)
    part = np.arange(len(span)) - np.repeat(np.cumsum(many) - many, many) + low[span]
    # The latest first; of one moment the row that stands first.
    order = np.lexsort((-span, spans.seen[span]))[::-1]
    kept = np.sort(order[np.unique(part[order], return_index=True)[1]])
    span, part = span[kept], part[kept]
    hours = (1 << _HOUR_BITS) - 1
    return Spans(
        row=spans.row[span],
        series=spans.series[span],
        start=edges[part] & hours,
        end=edges[part + 1] & hours,
        seen=spans.seen[span],
    )
