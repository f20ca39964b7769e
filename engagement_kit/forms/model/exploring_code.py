"""The Python that makes the frame and the plot of a view, for a person to take along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engagement_kit.forms.model.exploring import Form, View
from engagement_kit.forms.model.python import listed, quoted
from engagement_kit.insight.included import Which
from engagement_kit.question.hours import iso

_TOP: Final = """\
frame = ek.total(rows, "tweet_id").sort_values(
    "value", ascending=False, kind="stable", ignore_index=True
)"""
_CODE: Final[Mapping[Form, tuple[list[str], str, str]]] = {
    "over_time": (
        [],
        'frame = ek.total({of}, freq=rows["grain"].iloc[0])',
        "ax = ek.plot.timeline(rows, {metric}{whose})",
    ),
    "by_age": (
        ["from engagement_kit.insight import curves"],
        "frame = curves.lifecycle({of}, {metric})",
        "ax = ek.plot.lifecycle(rows, {metric})",
    ),
    "hour_of_day": (
        ["from engagement_kit.insight import rhythms"],
        "frame = rhythms.rhythm({of}, {metric})",
        "ax = ek.plot.rhythm(rows, {metric}{whose})",
    ),
    "top": (
        [],
        _TOP,
        "ax = ek.plot.top(rows, {metric})",
    ),
}

_LEFT_OUT: Final = {
    "counted": "# the plot leaves out tweets without any count, too, and says how many",
    "whole": "# the plot leaves out tweets with missing counts, too, and says how many",
}


def code_of(
    view: View, name: str = "table", *, frame: bool = True, which: Which | None = None
) -> str:
    """Write Python that makes the same frame and plot of a table.

    Parameters
    ----------
    view
        What is looked at.
    name
        The variable that holds the table.
    frame
        Whether that is a DataFrame; an Arrow table or a Result is made one first.
    which
        Which tweets it is of, from `Shown`, where the view leaves that open; None: all.

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
    which = view.which or which or "all"
    if which != "all" and view.form != "top":
        lines += [_LEFT_OUT[which], f"{which} = ek.insight.{which}(rows)"]
    words = {
        "metric": quoted(view.metric),
        "of": "rows" if which == "all" else which,
        "whose": f', include="{view.which}"' if view.which else "",
    }
    imports = ["import pandas as pd\n"] if view.start or view.end else []
    imports += ["import engagement_kit as ek", *heads]
    body = [*lines, makes.format(**words), draws.format(**words)]
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
    return lines
