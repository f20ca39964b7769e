"""Looking around in a tidy table: what is looked at, and the frame and the plot of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.errors import TableError
from engagement_kit.insight import curves, plot, rhythms
from engagement_kit.insight.included import Included, Which, included
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID
from engagement_kit.tables.sums import total
from engagement_kit.tables.wide import one_grain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

Form = Literal["over_time", "by_age", "hour_of_day", "top"]
FORMS: Final[dict[Form, str]] = {
    "over_time": "over time",
    "by_age": "by age since posting",
    "hour_of_day": "by hour of day",
    "top": "top tweets",
}
"""The forms, and what people call them."""

SUMS: Final[tuple[Form, ...]] = ("over_time", "hour_of_day")
"""The forms that sum over tweets."""

_TIMED: Final = ("hour", "day")
_GRAINS: Final[dict[Form, tuple[str, ...]]] = {
    "over_time": _TIMED,
    "by_age": _TIMED,
    "hour_of_day": ("hour", "hour_of_day"),
    "top": ("hour", "day", "window", "hour_of_day", "lifetime"),
}


@dataclass(frozen=True)
class View:
    """What is looked at.

    Attributes
    ----------
    metric
        Which metric.
    form
        Which of FORMS.
    tweets
        Ids as text; all where there are none.
    start, end
        Aware moments at whole hours (of a table of days: UTC midnights), the end exclusive; None:
        from where the table begins, to where it ends.
    which
        Whose counts are summed over tweets, as in ``plot.timeline(include=)``. Forms that do not
        sum over tweets need no choice: ages have those with any count, ranks those that have all.
    """

    metric: str
    form: Form = "over_time"
    tweets: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    which: Which | None = None


@dataclass(frozen=True)
class Contents:
    """What a table holds.

    Attributes
    ----------
    grain
        Its one grain; None when it is empty.
    metrics
        In the table's order; without counts that are summed over metrics.
    tweets
        All ids; none where counts are summed over tweets.
    start, end
        From when to when it counts; None where it can't be told.
    invented
        Whether a row is the emulator's.
    rows
        How many rows.
    """

    grain: str | None
    metrics: tuple[str, ...]
    tweets: frozenset[str]
    start: datetime | None
    end: datetime | None
    invented: bool
    rows: int

    @property
    def has_periods(self) -> bool:
        """Whether parts of the time can be chosen."""
        return self.grain in _TIMED


@dataclass(frozen=True)
class Shown:
    """What a view gave.

    Attributes
    ----------
    frame
        What is behind the plot.
    tweets, left_out
        How many tweets it is of, and how many are not in it.
    which
        Which tweets it is of, where the view leaves that open.
    lacking
        How many of its tweets miss a count.
    """

    frame: pd.DataFrame
    tweets: int
    left_out: int
    which: Which = "all"
    lacking: int = 0


def contents_of(table: pa.Table) -> Contents:
    """Say what a tidy Arrow table holds.

    Raises
    ------
    TableError
        When it holds two grains.
    """
    edges = [pc.min_max(table.column(name)).as_py() for name in ("start", "end")]
    return Contents(
        grain=one_grain(table),
        metrics=tuple(_words(table, "metric")),
        tweets=frozenset(_words(table, "tweet_id")),
        start=edges[0]["min"],
        end=edges[1]["max"],
        invented="emulator" in _words(table, "source"),
        rows=table.num_rows,
    )


def reasons(contents: Contents) -> dict[Form, str]:
    """Say why a table can't give a form; nothing where it can.

    Examples
    --------
    >>> life = Contents("lifetime", ("likes",), frozenset({"20"}), None, None, False, 1)
    >>> reasons(life)["top"], reasons(life)["by_age"]
    ('', 'that needs counts by hour or day; these are by lifetime')
    """
    return {form: _reason(form, contents) for form in get_args(Form)}


def narrow(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Choose the rows that are looked at.

    A missed span that reaches beyond the period is cut: what is missing stays missing, as far as
    it is looked at.

    Raises
    ------
    TableError
        When nothing is left, or the table does not hold what is asked.
    """
    rows = _within(view, table)
    if not len(rows):
        msg = f"no count of {view.metric} is left for these tweets and this period"
        raise TableError(msg)
    return rows


def _within(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Choose the rows of the metric, the tweets and the period."""
    import pandas as pd

    rows, grain = rows_of(table, view.metric)
    if view.tweets:
        rows = rows[rows["tweet_id"].isin(view.tweets)]
    if (view.start or view.end) and grain not in _TIMED:
        msg = f"a table of grain {grain!r} has one period; no part of it can be chosen"
        raise TableError(msg)
    if view.start is not None:
        start = pd.Timestamp(view.start)
        rows = rows[rows["end"] > start]
        rows = rows.assign(start=rows["start"].clip(lower=start))  # type: ignore[call-overload]
    if view.end is not None:
        end = pd.Timestamp(view.end)
        rows = rows[rows["start"] < end]
        rows = rows.assign(end=rows["end"].clip(upper=end))  # type: ignore[call-overload]
    return rows


def frame_of(view: View, table: pd.DataFrame) -> pd.DataFrame:
    """Give the frame behind the plot.

    Raises
    ------
    TableError
        When the table can't give it; says why.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> table = tidy({"g": {"2000": {"likes": "1"}, "2001": {"likes": "2"}}})
    >>> frame_of(View("likes", "top"), table)[["tweet_id", "value"]].values.tolist()
    [['2001', 2], ['2000', 1]]
    """
    return _included(view, narrow(view, table)).sums


def draw(view: View, table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the plot; errors as in `frame_of`."""
    return _draw(view, narrow(view, table), ax)


def show(view: View, table: pd.DataFrame, ax: Axes) -> Shown:
    """Draw the plot and give what is behind it, in one go; errors as in `frame_of`."""
    rows = narrow(view, table)
    of = _included(view, rows)
    _draw(view, rows, ax)
    lacking = 0
    if of.rows["value"].isna().any() and of.tweets:
        lacking = int((total(of.rows, "tweet_id")["n_missing"] > 0).sum())
    which = of.which if of.left_out else "all"
    return Shown(of.sums, of.tweets, of.left_out, which, lacking)


def _draw(view: View, rows: pd.DataFrame, ax: Axes | None) -> Axes:
    options = {"include": view.which} if view.form in SUMS else {}
    drawn: Axes = _PLOTS[view.form](rows, view.metric, ax=ax, **options)
    return drawn


def _included(view: View, rows: pd.DataFrame) -> Included:
    """Choose the tweets of a view as its plot does, and give the frame of them."""
    which = view.which
    if view.form == "by_age":
        which = "counted" if rows["value"].notna().any() else "all"
    elif view.form == "top":
        which = "all"
    return included(rows, lambda some: _frame(view, some), which)


def leaders(table: pd.DataFrame, metric: str, n: int) -> dict[str, int | None]:
    """Give the tweets with the highest sums of a metric, the highest first; null sums last."""
    sums = total(rows_of(table, metric)[0], "tweet_id")
    best = sums[sums["tweet_id"].notna()].sort_values("value", ascending=False, kind="stable")
    best = best.head(n)
    values = best["value"].astype(object).where(best["value"].notna(), None)
    return dict(zip(best["tweet_id"].astype("str"), values, strict=True))


# --- how ------------------------------------------------------------------------------------------
def _words(table: pa.Table, name: str) -> list[str]:
    return [one for one in table.column(name).unique().to_pylist() if one is not None]


def _reason(form: Form, contents: Contents) -> str:
    grain, allowed = contents.grain, _GRAINS[form]
    if grain is None:
        return "the table is empty"
    if not contents.metrics:
        return "the counts are summed over metrics"
    if grain not in allowed:
        needs = " or ".join(one.replace("_", " ") for one in allowed)
        return f"that needs counts by {needs}; these are by {grain.replace('_', ' ')}"
    if form in {"by_age", "top"} and not contents.tweets:
        return "the counts are summed over tweets"
    if form == "by_age" and not any(map(_is_timed, contents.tweets)):
        return "ids from before November 2010 do not say when a tweet was posted"
    return ""


def _is_timed(tweet_id: str) -> bool:
    return tweet_id.isdecimal() and int(tweet_id) >= FIRST_TIMED_ID


def _frame(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    if view.form == "over_time":
        return total(rows, freq=rows["grain"].iloc[0])
    if view.form == "by_age":
        return curves.lifecycle(rows, view.metric)
    if view.form == "hour_of_day":
        return rhythms.rhythm(rows, view.metric)
    return total(rows, "tweet_id").sort_values(
        "value", ascending=False, kind="stable", ignore_index=True
    )


_PLOTS: Final[Mapping[Form, Callable[..., Any]]] = {
    "over_time": plot.timeline,
    "by_age": plot.lifecycle,
    "hour_of_day": plot.rhythm,
    "top": plot.top,
}
