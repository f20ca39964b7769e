"""What a view shows, said in words: beside the figure, in place of it, and in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from numbers import Integral
from typing import TYPE_CHECKING, Any, Final

from engagement_kit.forms.model.exploring import FORMS, Contents, Form, Shown, View
from engagement_kit.insight.included import GAPPY, UNCOUNTED
from engagement_kit.question.amounts import many
from engagement_kit.tables.schema import INVENTED

if TYPE_CHECKING:
    import pandas as pd

_FEW: Final = 4
_KIND: Final[dict[Form, str]] = {
    "over_time": "Bars",
    "by_age": "A line of steps",
    "hour_of_day": "Bars",
    "top": "Bars, each with a tweet id",
}
_WHERE: Final[dict[Form, tuple[str, str]]] = {
    "over_time": ("start", "at {} UTC"),
    "by_age": ("age_start_h", "at the age of {} hours"),
    "hour_of_day": ("hour_of_day", "at {} o'clock UTC"),
    "top": ("tweet_id", "for tweet {}"),
}
_MEANS: Final = ("by_age", "hour_of_day")


def contents_words(contents: Contents) -> str:
    """Say what a table holds, in one line."""
    if contents.grain is None:
        return "The table is empty: there is nothing to show."
    tweets = f"{len(contents.tweets):,} tweets" if contents.tweets else "counts summed over tweets"
    metrics = ", ".join(contents.metrics) or "summed over metrics"
    if len(contents.metrics) > _FEW:
        metrics = f"{len(contents.metrics)} metrics"
    period = _period(contents.start, contents.end) if contents.has_periods else ""
    return f"{contents.rows:,} rows by {contents.grain}: {tweets}, {metrics}{period}"


def not_offered(reasons: Mapping[Form, str]) -> list[str]:
    """Name the forms that a table can't give, and say why not."""
    return [f"not offered: {FORMS[form]}: {why}" for form, why in reasons.items() if why]


def listed_words(listed: int, contents: Contents, metric: str) -> str:
    """Say which tweets can be chosen, and what the numbers beside them are.

    Examples
    --------
    >>> two = Contents("lifetime", ("likes",), frozenset({"20", "21"}), None, None, False, 2)
    >>> print(listed_words(2, two, "likes"))
    None chosen: all. Listed are 2 of 2 tweets, each with its sum of likes over the whole table.
    """
    if not contents.tweets:
        return "The counts are summed over tweets: none can be chosen."
    many = len(contents.tweets)
    highest = " with the highest sums" if listed < many else ""
    return (
        f"None chosen: all. Listed are {listed:,} of {many:,} tweets{highest}, "
        f"each with its sum of {metric} over the whole table."
    )


def view_words(view: View, shown: Shown, contents: Contents) -> str:
    """Say what is looked at, in one line."""
    period = ""
    if contents.has_periods:
        period = _period(view.start or contents.start, view.end or contents.end)
    if view.form == "top":
        return f"the top of {many(shown.tweets, 'tweet')} by {view.metric}{period}"
    every = f" of {many(shown.tweets + shown.left_out, 'tweet')}" if shown.tweets else ""
    of = f" of {shown.tweets:,}" if shown.left_out else ""
    return f"{view.metric}{of}{every} {FORMS[view.form]}{period}"


def alt_words(view: View, shown: Shown, contents: Contents) -> str:
    """Describe the figure to those who can't see it."""
    column = "mean" if view.form in _MEANS else "value"
    known = shown.frame[shown.frame[column].notna()]
    said = [f"{_KIND[view.form]}: {view_words(view, shown, contents)}."]
    if len(known):
        best = known.iloc[int(known[column].to_numpy(dtype=float).argmax())]
        name, where = _WHERE[view.form]
        said.append(f"The highest is {cell(best[column])} {where.format(cell(best[name]))}.")
    said.append(f"{len(shown.frame) - len(known):,} of {len(shown.frame):,} have no number.")
    return " ".join([*said, *([f"{INVENTED}."] if contents.invented else [])])


def gap_words(view: View, shown: Shown) -> list[str]:
    """Say what is left out, and what is missing."""
    said = []
    if shown.left_out:
        why = UNCOUNTED if shown.which == "counted" else GAPPY
        every = many(shown.tweets + shown.left_out, "tweet")
        said.append(f"{shown.left_out:,} of {every} {why} left out.")
    missing = int(shown.frame["n_missing"].sum())
    if missing:
        numbers = many(missing, "number")
        of = f"{many(shown.lacking, 'tweet')} {GAPPY} ({numbers})" if shown.lacking else numbers
        hence = "a sum without one would be too small, and is null"
        if view.form == "by_age":
            hence = "the mean at an age is of tweets that have it whole"
        said.append(f"{of}: {hence}. ek.plot.missing says why.")
    return said


def table_cells(frame: pd.DataFrame, rows: int) -> tuple[list[str], list[list[str]], list[str]]:
    """Write the first rows: names of columns, cells, and which columns are numbers."""
    names = [str(one) for one in frame.columns]
    cells = [[cell(one) for one in row] for row in frame.head(rows).itertuples(index=False)]
    numbers = [str(name) for name in frame.select_dtypes("number").columns]
    return names, cells, numbers


def cell(value: Any) -> str:
    """Write one value.

    Examples
    --------
    >>> import pandas as pd
    >>> cell(12345), cell(0.25), cell(pd.NA), cell(pd.Timestamp("2026-05-01T13:00Z")), cell("20")
    ('12,345', '0.25', 'null', '2026-05-01 13:00', '20')
    """
    import pandas as pd

    if pd.isna(value):
        return "null"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, bool):  # which Python takes for a number
        return str(value)
    if isinstance(value, Integral):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def plain_text(
    contents: Contents, view: View | None, shown: Shown | None, code: str, problems: list[str]
) -> str:
    """Say all that the form shows, as plain text."""
    said = ["Explorer: " + contents_words(contents)]
    if contents.invented:
        said.append(INVENTED)
    said += problems
    if view is None or shown is None:
        return "\n".join(said)
    said += [view_words(view, shown, contents), *gap_words(view, shown), ""]
    said += [shown.frame.head(5).to_string(index=False), "", code]
    return "\n".join(said)


def _period(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return ""
    return f", {cell(start)} to {cell(end)} UTC, the end itself not counted"
