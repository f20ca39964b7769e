"""The Explorer: look around in a tidy table with a few controls, and take the code along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import ipywidgets as w

from engagement_kit.errors import TableError
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully
from engagement_kit.forms.model import exploring_words as say
from engagement_kit.forms.model.exploring import (
    FORMS,
    SUMS,
    Shown,
    View,
    contents_of,
    leaders,
    reasons,
    show,
)
from engagement_kit.forms.model.exploring_code import code_of
from engagement_kit.forms.model.exploring_typed import chosen_ids, period_of
from engagement_kit.insight.included import GAPPY, UNCOUNTED, Which
from engagement_kit.tables.given import as_arrow
from engagement_kit.tables.schema import INVENTED, to_pandas

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from engagement_kit.tables.given import Tidy

_LISTED: Final = 200
_ROWS: Final = 10
_LABEL: Final = "140px"
_SIZE: Final = (9.0, 4.2)
_WHICH: Final[list[tuple[str, Which | None]]] = [
    ("as few tweets as needed", None),
    (f"tweets {UNCOUNTED}", "counted"),
    (f"all tweets {GAPPY}", "whole"),
    ("no tweets: no sum where a count is missing", "all"),
]


class Explorer:
    """Look around in a tidy table: choose what to see, get the figure, the frame and the code.

    Parameters
    ----------
    table
        A tidy table of one grain: a DataFrame, an Arrow table or a Result.
    name
        What the code calls the table.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The form, to put into other forms; it can be shown as often as you like.
    view : View or None
        What is looked at; None where nothing can be shown.
    frame : pandas.DataFrame or None
        What is behind the figure.
    figure : matplotlib.figure.Figure or None
        The figure, for ``explorer.figure.savefig(...)``.
    code : str
        Python that makes both.

    Raises
    ------
    TableError
        When this is no table, no tidy one, or one of two grains.

    Notes
    -----
    Sums over tweets leave out, at first, tweets without any count: one deleted tweet would make
    each sum null. Where most sums would still lack a count, they leave out all tweets with missing
    counts. How many are left out, and why, stands in the title and above the figure; the control
    "left out" chooses otherwise, as ``include=`` of `plot.timeline` does.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> explorer = Explorer(tidy({"g": {"2000": {"likes": "1"}, "2001": {"likes": "2"}}}))
    >>> explorer.view.form, explorer.frame["tweet_id"].tolist()
    ('top', ['2001', '2000'])
    """

    def __init__(self, table: Tidy, *, name: str = "table") -> None:
        import pandas as pd

        arrow = as_arrow(table)
        self._is_frame = isinstance(table, pd.DataFrame)
        self._table = table if isinstance(table, pd.DataFrame) else to_pandas(arrow)
        self._name, self._contents = name, contents_of(arrow)
        self._reasons = reasons(self._contents)
        self.view: View | None = None
        self.frame: pd.DataFrame | None = None
        self.figure: Figure | None = None
        self.code = ""
        self._shown: Shown | None = None
        self._problems: list[str] = []
        self._busy = False
        self._make_controls()
        self._make_places()
        self.widget = self._laid_out()
        if not self._form.options:  # the words above say that there is nothing
            self._blank([])
            return
        self._offer_tweets()
        self._update()

    # --- what a person sees -----------------------------------------------------------------------
    def _make_controls(self) -> None:
        contents = self._contents
        offered = [(FORMS[form], form) for form, why in self._reasons.items() if not why]
        self._metric = _control(w.Dropdown, "metric", options=contents.metrics)
        self._form = _control(w.Dropdown, "form", options=offered)
        self._tweets = _control(w.SelectMultiple, "tweets", rows=7)
        ids = "ids or addresses of tweets"
        self._pasted = _control(w.Text, "other tweets", placeholder=ids, continuous_update=False)
        ends = (contents.start, contents.end) if contents.has_periods else (None, None)
        self._start, self._end = (
            _control(
                w.Text,
                label,
                value=_typed(when),
                placeholder="2026-05-01 or 2026-05-01 13:00" if contents.has_periods else "",
                continuous_update=False,
                disabled=not contents.has_periods,
            )
            for label, when in zip(("from (UTC)", "up to, not with (UTC)"), ends, strict=True)
        )
        self._which = _control(w.Dropdown, "left out", options=_WHICH)
        for one in (self._tweets, self._pasted):
            one.disabled = not contents.tweets
        controls = [self._metric, self._form, self._tweets, self._pasted]
        for one in [*controls, self._start, self._end, self._which]:
            one.observe(self._on_change, "value")

    def _make_places(self) -> None:
        self._places = {
            name: look.words(f"ek-explorer-{name}")
            for name in ("about", "form", "tweets", "period", "said", "figure", "rows", "listed")
        }
        self._code_box = look.text_box("code", rows=10)
        self._code_box.continuous_update = False
        self._code_box.observe(self._on_typing, "value")
        lines = [say.contents_words(self._contents)]
        mark = look.said([INVENTED], "mark") if self._contents.invented else ""
        self._places["about"].value = mark + look.said(lines)
        self._places["form"].value = look.said(say.not_offered(self._reasons), "reason")

    def _laid_out(self) -> w.VBox:
        at = self._places
        return look.form(
            look.heading("Explorer"),
            at["about"],
            look.panes(
                look.column(
                    self._metric,
                    self._form,
                    at["form"],
                    self._start,
                    self._end,
                    at["period"],
                    self._which,
                ),
                look.column(self._tweets, at["listed"], self._pasted, at["tweets"]),
            ),
            at["said"],
            at["figure"],
            look.heading("The frame behind the figure"),
            at["rows"],
            look.heading("The code for both"),
            self._code_box,
            name="ek-explorer",
        )

    # --- what a person does -----------------------------------------------------------------------
    def _on_change(self, change: dict[str, Any]) -> None:
        if not self._busy and self._form.options:
            carefully(lambda: self._follow(change["owner"]), self._fault)

    def _follow(self, control: w.Widget) -> None:
        """Show what follows from a control that a person has set."""
        if control is self._metric:
            self._offer_tweets()
        self._update()

    def _on_typing(self, _: dict[str, Any]) -> None:
        carefully(self._take_back, self._fault)

    def _take_back(self) -> None:
        """Take back what is typed into the code: it is there to be copied."""
        if self._code_box.value != self.code:
            self._code_box.value = self.code

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Change controls without drawing for each of them."""
        self._busy = True
        try:
            yield
        finally:
            self._busy = False

    def _offer_tweets(self) -> None:
        """List the leading tweets of the metric, and keep what is chosen."""
        chosen = self._tweets.value
        try:
            sums = leaders(self._table, self._metric.value, _LISTED)
        except TableError:  # it is said where the figure would be
            sums = {}
        listed = say.listed_words(len(sums), self._contents, self._metric.value)
        self._places["listed"].value = look.said([listed])
        ids = [*sums, *(one for one in chosen if one not in sums)]
        with self._quietly():
            self._tweets.options = [(_label(one, sums), one) for one in ids]
            self._tweets.value = chosen

    # --- what follows -----------------------------------------------------------------------------
    def _update(self) -> None:
        """Look at what the controls say; draw again only where that is another view."""
        tweets, about_tweets, nobody = self._chosen_tweets()
        start, end, about_period = self._chosen_period()
        self._places["tweets"].value = look.said([about_tweets], "problem")
        self._places["period"].value = look.said([about_period], "problem")
        if about_period or nobody:
            self._blank([one for one in (about_tweets, about_period) if one])
            return
        # Ages and ranks leave out by themselves what they can't show, and say so.
        self._which.disabled = not self._contents.tweets or self._form.value not in SUMS
        which = None if self._which.disabled else self._which.value
        self._look_at(View(self._metric.value, self._form.value, tweets, start, end, which))

    def _chosen_tweets(self) -> tuple[tuple[str, ...], str, bool]:
        """Give the ids, words on those that are unknown, and whether none is left of some."""
        pasted, words = chosen_ids(self._pasted.value, self._contents)
        ids = tuple(dict.fromkeys([*self._tweets.value, *pasted]))
        return ids, words, bool(words) and not ids

    def _chosen_period(self) -> tuple[datetime | None, datetime | None, str]:
        if not self._contents.has_periods:
            return None, None, ""
        try:
            return *period_of(self._start.value, self._end.value, self._contents), ""
        except TableError as error:
            return None, None, str(error)

    def _look_at(self, view: View) -> None:
        if view == self.view:
            return
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        # Not by pyplot, which would keep every figure that was ever drawn.
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasAgg(figure)
        try:
            shown = show(view, self._table, figure.add_subplot())
        except TableError as error:
            self._blank([str(error)])
            return
        self.view, self.frame, self.figure = view, shown.frame, figure
        self._shown, self._problems = shown, []
        alt = say.alt_words(view, shown, self._contents)
        self._places["figure"].value = look.picture(figure, alt)
        self._places["said"].value = look.said(say.gap_words(view, shown))
        names, cells, numbers = say.table_cells(shown.frame, _ROWS)
        more = len(shown.frame) - len(cells)
        beyond = look.said([f"and {more:,} more rows: explorer.frame has all"] if more > 0 else [])
        self._places["rows"].value = look.table(names, cells, numbers) + beyond
        self._set_code(code_of(view, self._name, frame=self._is_frame, which=shown.which))

    def _blank(self, problems: list[str]) -> None:
        """Show nothing but words: an old figure beside new choices would be a lie."""
        self.view = self.frame = self.figure = self._shown = None
        self._problems = problems
        for name in ("figure", "rows"):
            self._places[name].value = ""
        beside = self._places["tweets"].value + self._places["period"].value
        lines = ["Nothing is drawn: see above."] if beside else problems
        self._places["said"].value = look.said(lines, "problem")
        self._set_code("")

    def _fault(self, words: str) -> None:
        """Say what nobody has foreseen, and nothing that was said before."""
        for name in ("tweets", "period"):
            self._places[name].value = ""
        self._blank([words])

    def _set_code(self, code: str) -> None:
        self.code = code
        self._code_box.value = code

    def __repr__(self) -> str:
        """All that the form shows, as text."""
        return say.plain_text(self._contents, self.view, self._shown, self.code, self._problems)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return look.bundle(self.widget, repr(self), options)


def _control(maker: type[w.Widget], label: str, **options: Any) -> w.Widget:
    """Make a control as wide as its place, its label as wide as the longest."""
    style = {"description_width": _LABEL}
    return look.labelled(maker, label, style=style, layout=w.Layout(width="auto"), **options)


def _typed(when: datetime | None) -> str:
    """Write a moment as a person would type it."""
    if when is None:
        return ""
    return f"{when:%Y-%m-%d}" if when.hour == 0 else f"{when:%Y-%m-%d %H:%M}"


def _label(tweet_id: str, sums: dict[str, int | None]) -> str:
    known = sums.get(tweet_id)
    return tweet_id if tweet_id not in sums else f"{tweet_id}   {say.cell(known)}"
