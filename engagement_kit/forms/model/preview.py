"""The rows that a question will give: how many, and what the first of them look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from engagement_kit.question.hours import HOURS_A_DAY, moment
from engagement_kit.question.plan import Plan
from engagement_kit.question.price import rows_of
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, Levels

_SHOWN: Final = 3
_NOUNS: Final = {ID: "tweet", TYPE: "metric", DAY: "day", HOUR: "hour of day"}


@dataclass(frozen=True)
class Preview:
    """The rows of one table.

    Attributes
    ----------
    name
        What ``result.table(name)`` calls it.
    words
        One row for each what, and about how many.
    head, rows
        The columns that tell rows apart, and the first few.
    """

    name: str
    words: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def previews(made: Plan) -> tuple[Preview, ...]:
    """Show the rows that each table of a plan will have, about; values are not known yet."""
    groupings = made.query.wanted_groupings
    return tuple(_preview(made, name, levels) for name, levels in groupings)


def _preview(made: Plan, name: str, levels: Levels) -> Preview:
    held = set(levels)
    nouns = [_NOUNS[one] for one in (ID, TYPE, DAY, HOUR) if one in held]
    if held >= {DAY, HOUR}:
        nouns[-2:] = ["hour"]
    each = f"{', '.join(nouns[:-1])} and {nouns[-1]}" if len(nouns) > 1 else nouns[0]
    summed = [_NOUNS[one] + "s" for one in (ID,) if one not in held]
    over = f", summed over all {summed[0]}" if summed else ""
    if TYPE not in held:
        over += "; metrics added up by the API"
    many = rows_of(made.wanted, levels)
    words = f"one row per {each}{over}: about {many:,} rows"
    columns = _columns(made, held) if many else {}
    rows = zip(*columns.values(), strict=True) if columns else ()
    return Preview(name, words, tuple(columns), tuple(rows))


def _columns(made: Plan, held: set[str]) -> dict[str, tuple[str, ...]]:
    """Give the columns that tell rows apart: the last level runs fastest, as in the table."""
    spans, query = made.wanted.had, made.query
    filled = np.flatnonzero(spans[:, 0] < spans[:, 1])
    if not len(filled):
        return {}
    first = int(filled[0])
    timed = bool({DAY, HOUR} & held)
    columns: dict[str, tuple[str, ...]] = {}
    if ID in held:
        ids = [query.tweet_ids[int(at)] for at in filled[:_SHOWN]]
        columns["tweet_id"] = tuple(ids[:1] * _SHOWN if timed or TYPE in held else ids)
    if TYPE in held:
        names = query.metrics[:_SHOWN]
        columns["metric"] = (names[:1] * _SHOWN) if timed else names
    if timed:
        columns |= _times(int(spans[first, 0]), int(spans[first, 1]), held)
    rows = min(map(len, columns.values()))
    values = {"value": ("…",) * rows}
    return {name: cells[:rows] for name, cells in columns.items()} | values


def _times(begin: int, end: int, held: set[str]) -> dict[str, tuple[str, ...]]:
    if DAY not in held:
        return {"hour_of_day": tuple(str(n) for n in range(_SHOWN))}
    step = 1 if HOUR in held else HOURS_A_DAY
    hours = range(begin - begin % step, end, step)[:_SHOWN]
    return {"start (UTC)": tuple(f"{moment(one):%Y-%m-%d %H:%M}" for one in hours)}
