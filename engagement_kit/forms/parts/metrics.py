"""The part for the metrics: a box to tick for each, what it means, and why it can't be had."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.families import FAMILIES
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.parts.part import Edit, Part, problems
from engagement_kit.question import metrics as registry

_NAME_WIDTH: Final = "190px"


class MetricsPart(Part):
    """The metrics, in families.

    A metric that can't be had is greyed, with the reason. One that is ticked already keeps its
    tick and may lose it: a saved question is not changed behind a person's back.
    """

    def __init__(self, edit: Edit) -> None:
        super().__init__(edit)
        self.boxes = {name: self._box(name) for name in registry.METRICS}
        self.meanings = {name: look.words() for name in registry.METRICS}
        self.problems = look.words("ek-metric-problems")
        self.all = look.button("All that can be had")
        self.none = look.button("None")
        self._closed: dict[str, str] = {}
        self._click(self.all, self._every)
        self._click(self.none, lambda draft: replace(draft, metrics=()))
        rows: list[w.Widget] = []
        for family, names in FAMILIES.items():
            rows.append(w.HTML(f"<h4>{family}</h4>"))
            rows += [self._row(name) for name in names]
        self.widget = look.column(
            look.heading("Metrics"), look.row(self.all, self.none), self.problems, *rows
        )

    def _box(self, name: str) -> w.Checkbox:
        box = w.Checkbox(
            description=name,
            indent=False,
            tooltip=registry.METRICS[name].meaning,
            layout=w.Layout(width=_NAME_WIDTH, margin="0 4px 0 0"),
        )
        self._hear(box, lambda draft, on: draft.ticked(name, on=on))
        return box

    def _row(self, name: str) -> w.HBox:
        meaning = self.meanings[name]
        meaning.layout = w.Layout(width="auto", flex="1 1 0%", min_width="0", margin="0")
        return w.HBox(
            [self.boxes[name], meaning],
            layout=w.Layout(width=look.STRETCHED, align_items="baseline"),
        )

    def _every(self, draft: Draft) -> Draft:
        """Tick what can be had; ticks of other endpoints stay."""
        offered = registry.offered(draft.endpoint)
        kept = [one for one in draft.metrics if one not in offered]
        ticked = [one for one in offered if one not in self._closed]
        names = {*kept, *ticked}
        return replace(draft, metrics=tuple(one for one in registry.METRICS if one in names))

    def show(self, seen: Seen) -> None:
        """See `Part`."""
        self._closed = dict(seen.closed)
        asked = set(seen.draft.asked_metrics)
        for name, box in self.boxes.items():
            why = self._closed.get(name, "")
            box.value = name in asked
            box.disabled = bool(why) and name not in asked
            self.meanings[name].value = _meaning(name, why)
        self.problems.value = problems(seen, "metrics")


def _meaning(name: str, why: str) -> str:
    reason = f' <span class="ek-reason">Not to be had: {why}.</span>' if why else ""
    return f'<span class="ek-note">{registry.METRICS[name].meaning}.</span>{reason}'
