"""The Python that makes the frame and the plot of a view, for a person to take along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engagement_kit.forms.model.exploring import Form, View
from engagement_kit.forms.model.python import listed, quoted
from engagement_kit.question.hours import iso

_TOP: Final = """\
frame = ek.total(rows, "tweet_id").sort_values(
    "value", ascending=False, kind="stable", ignore_index=True
)"""
_CODE: Final[Mapping[Form, tuple[list[str], str, str]]] = {
    "over_time": (
        [],
        'frame = ek.total(rows, freq=rows["grain"].iloc[0])',
        "ax = ek.plot.timeline(rows, {metric})",
    ),
    "by_age": (
        ["from engagement_kit.insight import curves"],
        "frame = curves.lifecycle(rows, {metric})",
        "ax = ek.plot.lifecycle(rows, {metric})",
    ),
    "hour_of_day": (
        ["from engagement_kit.insight import rhythms"],
        "frame = rhythms.rhythm(rows, {metric})",
        "ax = ek.plot.rhythm(rows, {metric})",
    ),
    "top": (
        [],
        _TOP,
        "ax = ek.plot.top(rows, {metric})",
    ),
}


def code_of(view: View, name: str = "table", *, frame: bool = True) -> str:
    """Write Python that makes the same frame and plot of a table.

    Parameters
    ----------
    view
        What is looked at.
    name
        The variable that holds the table.
    frame
        Whether that is a DataFrame; an Arrow table or a Result is made one first.

    Returns
    -------
    str
        A whole program, given the variable; it makes ``frame`` and ``ax``.

    Examples
    --------
    >>> print(code_of(View("likes", "top")))
    import engagement_kit as ek
    <BLANKLINE>
    rows = table[table["metric"] == "likes"]
    frame = ek.total(rows, "tweet_id").sort_values(
        "value", ascending=False, kind="stable", ignore_index=True
    )
    ax = ek.plot.top(rows, "likes")
    """
    heads, makes, draws = _CODE[view.form]
    lines = [f'rows = {name}[{name}["metric"] == {quoted(view.metric)}]']
    if not frame:
        lines[0] = f"rows = ek.concat([{name}])"
        lines.append(f'rows = rows[rows["metric"] == {quoted(view.metric)}]')
    lines += _narrowing_code(view)
    metric = {"metric": quoted(view.metric)}
    imports = ["import pandas as pd\n"] if view.start or view.end else []
    imports += ["import engagement_kit as ek", *heads]
    body = [*lines, makes.format(**metric), draws.format(**metric)]
    return "\n".join([*imports, "", *body])


def _narrowing_code(view: View) -> list[str]:
    lines = []
    if view.tweets:
        lines += [f"tweets = {listed(view.tweets)}", 'rows = rows[rows["tweet_id"].isin(tweets)]']
    if view.start is not None:
        lines += [
            f'start = pd.Timestamp("{iso(view.start)}")',
            'rows = rows[rows["end"] > start]',
            'rows = rows.assign(start=rows["start"].clip(lower=start))',
        ]
    if view.end is not None:
        lines += [
            f'end = pd.Timestamp("{iso(view.end)}")  # exclusive',
            'rows = rows[rows["start"] < end]',
            'rows = rows.assign(end=rows["end"].clip(upper=end))',
        ]
    if view.whole:
        lines += [
            "# only tweets of which no count is missing",
            'sums = ek.total(rows, "tweet_id")',
            'whole = sums.loc[sums["n_missing"] == 0, "tweet_id"]',
            'rows = rows[rows["tweet_id"].isin(whole)]',
        ]
    return lines
