"""The part that runs the question: buttons, progress, what went wrong, the result and its files."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

import ipywidgets as w

from engagement_kit.client.result import Result
from engagement_kit.errors import EngagementError
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, offer, seen_if
from engagement_kit.forms.model import outcome
from engagement_kit.forms.model.exploring import Form
from engagement_kit.forms.model.papers import short
from engagement_kit.forms.model.running import Running, State
from engagement_kit.forms.model.seen import Seen
from engagement_kit.question.amounts import few_lines, many
from engagement_kit.question.query import Query

_NAMED: Final = 20


class RunPart:
    """Runs what a form asks. Its widgets are made once; a run's thread only changes their values.

    Parameters
    ----------
    begin
        Gives a new run, or a text that says why there is none.
    ended
        Called when a run is over, from its thread.
    """

    def __init__(
        self, begin: Callable[[Callable[[State], None]], Running | str], ended: Callable[[], None]
    ) -> None:
        self._begin, self._ended = begin, ended
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._ready = self._complained = False
        self._asked: Query | None = None
        self._named = ""
        self.running: Running | None = None
        self.result: Result | None = None
        self.run = look.button("Run", hint="Ask what is not stored yet", strong=True)
        self.pause = look.button("Pause", hint="Send nothing more until Resume")
        self.resume = look.button("Resume", hint="Go on")
        self.stop = look.button("Stop", hint="End the run; what came is kept")
        self.bar = look.labelled(w.IntProgress, "Requests", min=0, max=1)
        self.bar.layout.width = look.STRETCHED
        self.status = look.words("ek-run-status")
        self.lost = look.words("ek-lost")
        self.earlier = look.words("ek-earlier")
        self._make_result()
        self.run.on_click(lambda _: carefully(self.start, self._complain))
        self.pause.on_click(lambda _: carefully(self._pause, self._complain))
        self.resume.on_click(lambda _: carefully(self._resume, self._complain))
        self.stop.on_click(lambda _: carefully(self._stop, self._complain))
        self.widget = look.column(
            look.heading("Run"),
            look.row(self.run, self.pause, self.resume, self.stop),
            self.earlier,
            self.bar,
            self.status,
            self.lost,
            self.outcome,
        )
        self._show(State())

    def _make_result(self) -> None:
        self.preview = look.words("ek-rows")
        self.plot = look.words("ek-plot")
        self.drawn = look.labelled(w.Dropdown, "Plot", options=[("", None)])
        self.drawn.observe(lambda _: carefully(self._redraw, self._say_not_drawn), names="value")
        self.which = look.labelled(w.Dropdown, "Table", options=[("", "")])
        self.kind = look.labelled(w.Dropdown, "Format", options=list(outcome.FORMATS))
        self.path = look.labelled(w.Text, "File", layout=w.Layout(width="520px"))
        self.export = look.button("Export")
        self.exported = look.words("ek-exported")
        for one in (self.kind, self.which):
            one.observe(lambda _: carefully(self._rename, self._say_not_written), names="value")
        self.export.on_click(lambda _: carefully(self._write, self._say_not_written))
        self.outcome = look.column(
            look.heading("Result"),
            look.panes(self.preview, look.column(self.drawn, self.plot), least=560),
            look.row(self.which, self.kind, self.path, self.export),
            self.exported,
        )

    # --- what a person does ---------------------------------------------------------------------
    def show(self, seen: Seen) -> None:
        """Say whether what is filled in can be run, and whether what is shown answers it."""
        with self._lock:
            self._ready, self._asked = seen.ready, seen.query
            if self._complained:  # about what was before
                self._show(self._state)
            self._enable(self._state)
            self.earlier.value = look.said([self._earlier()], "problem")

    def forget(self) -> None:
        """Forget a run that is over: it was put to another client."""
        with self._lock:
            if not self._state.alive:
                self.running = self.result = None
                self._show(self._state)

    def _earlier(self) -> str:
        """Say where what is shown is of another question than what is filled in now."""
        if self.running is None or self.running.query == self._asked:
            return ""
        return f"What follows is of an earlier question: {short(self.running.query)}."

    def _complain(self, words: str) -> None:
        self.status.value = look.said([words], "problem")
        self._complained = True

    def start(self) -> Running:
        """Begin a run, and give it; one that still goes on is given as it is.

        Raises
        ------
        EngagementError
            When there is nothing that can be run, with what is to be mended.
        """
        with self._starting:  # two clicks are one run
            if self.running is not None and self._state.alive:
                return self.running
            begun = self._begin(self._take)
            if isinstance(begun, str):
                raise EngagementError(begun)
            self.running, self.result = begun, None
            self.earlier.value = ""
            begun.start()
            return begun

    def _pause(self) -> None:
        if self.running is not None:
            self.running.pause()

    def _resume(self) -> None:
        if self.running is not None:
            self.running.resume()

    def _stop(self) -> None:
        if self.running is not None:
            self.running.stop()

    # --- what a run says, from its thread -------------------------------------------------------
    @property
    def line(self) -> str:
        """How the run stands, in a line."""
        return self._state.line

    @property
    def _state(self) -> State:
        return State() if self.running is None else self.running.state

    def _take(self, state: State) -> None:
        """Show how the run stands; called from its thread, where an error would be lost."""
        try:
            glance = None if state.result is None else _Glance.tried(state.result)
            with self._lock:
                now = self._state  # another thread may have been quicker, or another run
                if glance is not None and now is state:
                    self.result = state.result
                    self._show_result(glance)
                self._show(now)
        except Exception as error:  # noqa: BLE001 -- see above
            words = f"{state.line}. It can't be shown: {type(error).__name__}: {error}"
            self.status.value = look.said([words], "problem")
        if not state.alive:
            self._ended()

    def _show(self, state: State) -> None:
        self._complained = False
        self.bar.max, self.bar.value = max(state.total, 1), state.done
        if state.phase == "done":
            self.bar.value = self.bar.max
        kind: look.Kind = "problem" if state.phase == "broken" else "status"
        self.status.value = look.said([state.line], kind)
        self.lost.value = _lost([*state.refused, *state.failed])
        seen_if(self.outcome, self.result is not None)
        self._enable(state)

    def _enable(self, state: State) -> None:
        self.run.disabled = state.alive or not self._ready
        self.pause.disabled = state.phase != "running"
        self.resume.disabled = state.phase != "paused"
        self.stop.disabled = state.phase not in {"running", "paused"}

    def _show_result(self, one: _Glance) -> None:
        offer(self.drawn, [("as it fits", None), *one.plots], None)
        seen_if(self.drawn, len(one.plots) > 1)
        self.preview.value, self.plot.value = one.preview, one.plot
        offer(self.which, [(name, name) for name in one.tables], one.tables[0])
        self.exported.value = self.path.value = ""
        self._rename()

    def _redraw(self) -> None:
        """Draw what is chosen; the usual plot is drawn with the result."""
        if self.result is not None:
            self.plot.value = _drawn(self.result, self.drawn.value)

    def _say_not_drawn(self, why: str) -> None:
        self.plot.value = look.said([why], "problem")

    # --- files ----------------------------------------------------------------------------------
    def _rename(self) -> None:
        """Name the file after table and format; a typed name gets another ending alone."""
        if self.result is None:
            return
        kind, path = self.kind.value, self.path.value.strip()
        if path not in {"", self._named}:
            self.path.value = str(outcome.with_ending(Path(path), outcome.FORMATS[kind]))
            return
        self._named = outcome.file_name(self.result, kind, self.which.value or None)
        self.path.value = self._named

    def _write(self) -> None:
        if self.result is None:
            return
        words = outcome.export(
            self.result, self.path.value, self.kind.value, self.which.value or None
        )
        self.exported.value = look.said([words], "status")

    def _say_not_written(self, why: str) -> None:
        self.exported.value = look.said([why], "problem")


@dataclass(frozen=True)
class _Glance:
    """A result as HTML: made before anything is locked, for large ones take their time."""

    preview: str
    plot: str
    plots: tuple[tuple[str, Form], ...]
    tables: tuple[str, ...]

    @classmethod
    def tried(cls, result: Result) -> _Glance:
        """Look at a result; where that goes wrong it can be exported all the same."""
        try:
            return cls.of(result)
        except Exception as error:  # noqa: BLE001 -- the result is there, whatever drawing does
            words = f"it can't be shown: {type(error).__name__}: {error}; form.result holds it"
            return cls(look.said([words], "problem"), "", (), ("",))

    @classmethod
    def of(cls, result: Result) -> _Glance:
        seen = outcome.glance(result)
        rows = look.table(seen.head, seen.rows, numbers=("value", "hour_of_day"))
        missing = look.table(("numbers", "missing because", "which means", "tweets"), seen.missing)
        if seen.missing:
            rows += missing + look.said([seen.cut])
        plots = tuple(outcome.plots_of(result))
        return cls(look.said([seen.words]) + rows, _drawn(result), plots, seen.tables)


def _drawn(result: Result, form: Form | None = None) -> str:
    """Draw a plot of a result as HTML, with its words."""
    figure, words = outcome.quick_plot(result, form)
    return ("" if figure is None else look.picture(figure, words)) + look.said([words])


def _lost(lines: list[str]) -> str:
    """List what was refused or failed, many of them folded up."""
    if not lines:
        return ""
    shown = "".join(f"<li>{escape(one)}</li>" for one in few_lines(lines, _NAMED))
    head = f"{many(len(lines), 'request')} refused or failed, as a whole or for some tweets"
    return f"<details open><summary>{head}</summary><ul>{shown}</ul></details>"
