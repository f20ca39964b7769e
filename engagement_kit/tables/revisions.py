"""How much numbers moved after their periods were over, and how long it takes until they rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.answers.answer import Source
from engagement_kit.answers.store import Store, must_be_store
from engagement_kit.errors import StoreError, TableError
from engagement_kit.question import markup
from engagement_kit.question.amounts import many
from engagement_kit.question.known import Known, up_to
from engagement_kit.question.micros import HOUR_US
from engagement_kit.question.where import Where
from engagement_kit.tables.again import Looks, Reader, over_at
from engagement_kit.tables.readers.scanned import Ints
from engagement_kit.tables.resting import SETTLE_H, Past, Rest, rest_of
from engagement_kit.tables.schema import INVENTED
from engagement_kit.tables.source import marks
from engagement_kit.tables.times import AsOf, as_of_moment

if TYPE_CHECKING:
    import pandas as pd

_EDGES: Final = (0, 1, 3, 6, 12, 24, 48, 72, 96, 120, 144, 168, 336, 672)
"""Ages in hours at which the rows of the table begin; the last one is open."""
_MIN_NUMBERS: Final = 300
"""Where none of so many moves, at most 1% of all do, with 95% confidence (the rule of three),
where numbers are independent; those of one tweet are not, so that some tweets are needed, too."""
_MIN_TWEETS: Final = 20
_SHOWN: Final = 5
_COLUMNS: Final = {
    "metric": "str", "grain": "str", "age_from": "int64", "age_to": "float64", "compared": "int64",
    "moved": "int64", "before": "int64", "after": "int64", "largest": "int64", "share": "float64",
}  # fmt: skip

_TITLE: Final = "Revisions: counts after the end of their hour or day, each look with the next"


@dataclass(frozen=True)
class Revisions:
    """How much numbers moved after their periods were over. Made by ``ek.revisions``.

    Attributes
    ----------
    rows : tuple of tuple
        The rows of the table.
    damaged : mapping of str to str
        Answers that can't be read, each with the reason; they are left out.
    source
        ``live`` or ``emulator``; None where nothing is stored.
    """

    rows: tuple[tuple[Any, ...], ...]
    damaged: Mapping[str, str]
    _past: Mapping[str, Past] = field(repr=False)
    source: Source | None = None

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row for each metric, grain and age; see `to_pandas`."""
        return self.to_pandas()

    def to_pandas(self) -> pd.DataFrame:
        """Give a row for each metric, grain (hour or day) and age.

        Returns
        -------
        pandas.DataFrame
            Two looks at a number that follow each other are one comparison; it stands at the age
            of the later look, counted from the end of the number's period. Columns: ``metric``,
            ``grain``, ``age_from`` (exclusive) and ``age_to`` (inclusive; null: no end),
            ``compared`` (how many), ``moved`` (how many of them differ), ``before`` and ``after``
            (the counts summed, at the earlier and at the later look), ``largest`` (the largest
            difference, without its sign), ``share`` (moved / compared).

        Notes
        -----
        What moved did so at some time between the two looks: at `age_to` at the latest, and
        perhaps in an earlier row's time.
        """
        import pandas as pd

        rows = [(*one, one[5] / one[4]) for one in self.rows]
        frame = pd.DataFrame(rows, columns=[*_COLUMNS]).astype(_COLUMNS)
        for name in ("age_from", "age_to"):
            hours = pd.to_numeric(frame[name])
            frame[name] = pd.to_timedelta(hours, unit="h").astype("timedelta64[s]")
        return frame

    def to_csv(self, path: str | Path) -> Path:
        """Write the table as CSV; ages in hours.

        Parameters
        ----------
        path
            Where to write it. A file that is there is replaced.

        Returns
        -------
        Path
            The file; its folder is made where it is missing.
        """
        frame = self.to_pandas()
        for name in ("age_from", "age_to"):
            frame[name] = frame[name].dt.total_seconds() / 3600
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(target, index=False)
        return target

    def settle(
        self, tolerance: float = 0.0, min_numbers: int = _MIN_NUMBERS, min_tweets: int = _MIN_TWEETS
    ) -> dict[str, timedelta]:
        """Give the settle time of each metric, as far as past revisions tell; for ``settle=``.

        Parameters
        ----------
        tolerance
            The share of a metric's counts that may still come or go after it.
        min_numbers
            So many numbers must have been looked at from that age on, and followed to the end.
        min_tweets
            Of so many tweets they must be: the hours of one tweet move together.

        Returns
        -------
        dict of str to timedelta
            The default of seven days where nothing was learnt; `rest` says why.

        Raises
        ------
        TableError
            For a tolerance that is no share, or a number that is none.

        Notes
        -----
        Counted are numbers that were looked at before they were seven days old and again later,
        and were not always zero: what stays at zero says little. A number that differs between two
        looks moved at some time between them; the later look counts. The settle time is the age
        after which at most `tolerance` of the counts came or went, and not less than the age from
        which on `min_numbers` numbers, and `min_tweets` tweets, were looked at. It is in whole
        hours, rounded up.

        Where numbers had moved at their last look, or the last movement lies in a stretch that
        reaches across the seventh day, nothing is learnt: the default stays, or a longer time
        where movement after it is certain.

        It can't know what was not looked at: how numbers move after the last look, how those of
        other tweets or other times do, and how early they had come to rest before the first look.
        Once refreshes use a learnt time, numbers are not followed beyond it: do a refresh with the
        default settle time now and then.
        """
        return {one.metric: one.settle for one in self.rest(tolerance, min_numbers, min_tweets)}

    def rest(
        self, tolerance: float = 0.0, min_numbers: int = _MIN_NUMBERS, min_tweets: int = _MIN_TWEETS
    ) -> tuple[Rest, ...]:
        """Say for each metric what `settle` gives, and why.

        Parameters
        ----------
        tolerance, min_numbers, min_tweets
            As in `settle`.

        Returns
        -------
        tuple of Rest
            One for each metric, in the order of the alphabet.

        Raises
        ------
        TableError
            When an argument is out of its range.
        """
        if type(tolerance) not in {int, float} or not 0 <= tolerance < 1:
            msg = f"tolerance is {tolerance!r}; allowed: a share from 0 to below 1, as in 0.01"
            raise TableError(msg)
        for name, number in (("min_numbers", min_numbers), ("min_tweets", min_tweets)):
            if type(number) is not int or number < 1:
                msg = f"{name} is {number!r}; allowed: a whole number above 0"
                raise TableError(msg)
        names = sorted({one[0] for one in self.rows} | set(self._past))
        return tuple(
            rest_of(one, self._past.get(one, Past()), tolerance, min_numbers, min_tweets)
            for one in names
        )

    def __repr__(self) -> str:
        """Say for each metric how much moved, and the settle time that follows."""
        lines = [f"  {label}: {text}" for label, text in self._lines()]
        return "\n".join([_TITLE, *lines])

    def _repr_html_(self) -> str:
        facts = [one for one in self._lines() if one[0] != "source"]
        return markup.together(*marks(self.source), markup.facts(_TITLE, facts))

    def _lines(self) -> list[tuple[str, str]]:
        lines = [("source", INVENTED)] if self.source == "emulator" else []
        for one in self.rest():
            mine = [row for row in self.rows if row[0] == one.metric]
            compared, moved = (sum(row[at] for row in mine) for at in (4, 5))
            lines.append((one.metric, f"{moved:,} of {compared:,} moved; settle {one.why}"))
        if not self.rows:
            lines.append(
                ("nothing", "no number was looked at twice after its hour or day was over")
            )
        damaged = [("damaged, left out", f"{ref}: {why}") for ref, why in self.damaged.items()]
        lines += damaged[:_SHOWN]
        if len(damaged) > _SHOWN:
            lines.append(("and", f"{many(len(damaged) - _SHOWN, 'more answer')} that are damaged"))
        return [*lines, ("lifetime counts", "left out: they have no end, and grow")]


def revisions(
    store: Store | str | Path, *, as_of: AsOf = None, service: str | None = None
) -> Revisions:
    """Look at how much numbers moved after their periods were over, from raw answers alone.

    Parameters
    ----------
    store
        The folder that was given as ``store=``.
    as_of
        Only what was observed up to this moment (aware, inclusive). None for all.
    service
        Whose answers: a base URL, or the name of an emulator's world. None where all are of one.

    Returns
    -------
    Revisions
        Its `table` has a row for each metric, grain and age; its `settle` gives the settle time
        that can be learnt of it.

    Raises
    ------
    StoreError
        When there is no such store, or the folder is none.
    TableError
        When `as_of` has no time zone, or the store holds answers of several services and none of
        them was chosen, or none of the chosen one.

    Notes
    -----
    A number is a tweet's count of one metric in one hour or day. It counts where it was observed at
    least twice after its period was over, which refreshes do. Some tweets are read at a time, and
    of them only answers that have hours in common.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import timedelta
    >>> import engagement_kit as ek
    >>> with tempfile.TemporaryDirectory() as store:
    ...     with ek.connect("emulator", store=store, clock="2026-06-01T12:00Z") as client:
    ...         (one,) = ek.sample_ids(client, 1)
    ...         query = ek.Query("historical", one, ["favorites"], by="hour",
    ...                          period=ek.first(days=1))
    ...         for days in (2, 6):
    ...             client.emulator.clock.travel(timedelta(days=days))
    ...             _ = client.run(query, progress=False)
    ...     table = ek.revisions(store).table
    >>> int(table["compared"].sum()), int(table["moved"].sum())
    (24, 0)
    """
    given: object = store
    if not isinstance(given, Store | str | PathLike):
        msg = f"store is {given!r}; allowed: the path of a raw store's folder, or a Store"
        raise StoreError(msg)
    place = store if isinstance(store, Store) else Store(store)
    must_be_store(place.folder)
    as_of = as_of_moment(as_of)
    scan = place.scan()
    known = up_to(_of_one(list(scan.known), service), as_of)
    rows: list[tuple[Any, ...]] = []
    past: dict[str, Past] = {}
    damaged = {path.stem: "it can't be read" for path in scan.damaged}
    for level in ("hour", "day"):
        reader = Reader(place, level, known)
        sums: dict[tuple[str, int], Ints] = {}
        for looks in reader.looks():
            ages = _ages(looks, level)
            _compare(looks, ages, sums)
            _follow(looks, ages, past)
        damaged |= reader.damaged
        for (name, at), found in sorted(sums.items()):
            until = _EDGES[at + 1] if at + 1 < len(_EDGES) else None
            rows.append((name, level, _EDGES[at], until, *found.tolist()))
    sources = [Where(service=one.service).source for one in known[:1]]
    return Revisions(tuple(sorted(rows, key=lambda row: row[:3])), damaged, past, *sources)


def _of_one(known: list[Known], service: str | None) -> list[Known]:
    """Keep the answers of one service: what is invented never mixes with what is not."""
    services = sorted({one.service for one in known})
    if service is None and len(services) > 1:
        msg = f"the store holds answers of {' and '.join(services)}; choose one by service=..."
        raise TableError(msg)
    if service is not None and services and service not in services:
        held = " and ".join(services)
        msg = f"service is {service!r}, and the store holds answers of {held}; choose one of these"
        raise TableError(msg)
    return [one for one in known if service in {None, one.service}]


class _Ages(NamedTuple):
    """The looks after a period was over: their positions, ages in microseconds, and chains.

    `chained` says whether the look before is of the same number.
    """

    at: Ints
    age: Ints
    chained: npt.NDArray[np.bool_]


def _ages(looks: Looks, level: str) -> _Ages:
    age = looks.seen - over_at(level, looks.hour)
    at = np.flatnonzero(age >= 0)
    # Looks at one number are in the order of time: those after its end follow each other.
    number = np.cumsum(~looks.same)[at]
    chained = np.zeros(len(at), dtype=bool)
    chained[1:] = number[1:] == number[:-1]
    return _Ages(at, age[at], chained)


def _compare(looks: Looks, ages: _Ages, sums: dict[tuple[str, int], Ints]) -> None:
    """Add each look and the one before to the row of the later one's age."""
    later = np.flatnonzero(ages.chained)
    now, then = looks.value[ages.at[later]], looks.value[ages.at[later - 1]]
    hours = -(-ages.age[later] // HOUR_US)
    bucket = np.maximum(np.searchsorted(np.array(_EDGES), hours, side="left") - 1, 0)
    place = looks.col[ages.at[later]].astype(np.int64) * len(_EDGES) + bucket
    for code in np.unique(place).tolist():
        mine = place == code
        was, new = then[mine], now[mine]
        difference = np.abs(new - was)
        key = looks.metrics[code // len(_EDGES)], code % len(_EDGES)
        told = [len(was), (difference > 0).sum(), was.sum(), new.sum(), difference.max()]
        found = np.array(told, dtype=np.int64)
        if key in sums:
            found[:4] += sums[key][:4]
            found[4] = max(found[4], sums[key][4])
        sums[key] = found


def _follow(looks: Looks, ages: _Ages, past: dict[str, Past]) -> None:
    """Add the numbers that were looked at early and again at the end."""
    first = np.flatnonzero(~ages.chained)
    if not len(first):
        return
    last = np.append(first[1:], len(ages.at)) - 1
    value = looks.value[ages.at]
    early = ages.age[first] < SETTLE_H * HOUR_US
    late = ages.age[last] >= SETTLE_H * HOUR_US
    counted = np.maximum.reduceat(np.abs(value), first) > 0
    chosen = np.flatnonzero(early & late & counted)
    mine = np.repeat(early & late & counted, last - first + 1)
    step = np.flatnonzero(mine & ages.chained)
    moved = step[value[step] != value[step - 1]]
    by = np.abs(value[moved] - value[moved - 1])
    after, before = -(-ages.age[moved] // HOUR_US), ages.age[moved - 1] // HOUR_US
    at_last = np.isin(moved, last[chosen])
    col, whose = looks.col[ages.at], looks.col[ages.at[first[chosen]]]
    for code in np.unique(whose).tolist():
        of_metric = past.setdefault(looks.metrics[code], Past())
        rows = chosen[whose == code]
        age = (-(-ages.age[first[rows]] // HOUR_US)).tolist()
        _add(of_metric.first, age, [1] * len(rows))
        whole = looks.tweets[looks.row[ages.at[first[rows]]]].tolist()
        for tweet, at in zip(whole, age, strict=True):
            of_metric.tweets[tweet] = min(at, of_metric.tweets.get(tweet, at))
        of_metric.counts += int(np.abs(value[last[rows]]).sum())
        here = col[moved] == code
        for found, these in ((of_metric.moves, here), (of_metric.unsettled, here & at_last)):
            stretches = zip(before[these].tolist(), after[these].tolist(), strict=True)
            _add(found, [*stretches], by[these].tolist())


def _add(found: dict[Any, int], keys: list[Any], counts: list[int]) -> None:
    for key, count in zip(keys, counts, strict=True):
        found[key] = found.get(key, 0) + count
