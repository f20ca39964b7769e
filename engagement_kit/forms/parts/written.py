"""The part with the price, and the question written down: plan, JSON, Python, YAML."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.model import papers
from engagement_kit.forms.model.code import Code
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.parts.part import Edit, Part

_TITLES: Final = ("Plan", "JSON body", "Python code", "YAML")
_PLAN, _BODY, _CODE, _YAML = range(4)
_HOW: Final = "Click into the text, then Ctrl+A and Ctrl+C copy it."


class WrittenPart(Part):
    """Price line and tabs. A tab is written when it is looked at: long ones take their time.

    Parameters
    ----------
    edit
        Not used: nothing is changed here.
    code
        Writes the Python code of what was seen.
    """

    def __init__(self, edit: Edit, code: Callable[[Seen], Code]) -> None:
        super().__init__(edit)
        self._code = code
        self._seen: Seen | None = None
        self.price = look.words("ek-price")
        self.plan = look.words("ek-plan")
        self.boxes = {at: look.text_box(_TITLES[at]) for at in (_BODY, _CODE, _YAML)}
        self._texts = dict.fromkeys(self.boxes, "")
        how = [w.HTML(look.said([_HOW])) for _ in self.boxes]
        pages = [
            self.plan,
            *(look.column(one, box) for one, box in zip(how, self.boxes.values(), strict=True)),
        ]
        self.tabs = w.Tab(pages, titles=_TITLES, layout=w.Layout(width=look.STRETCHED))
        self.tabs.observe(lambda _: self._write(), names="selected_index")
        for at, box in self.boxes.items():
            box.observe(lambda event, at=at: self._take_back(at, event["new"]), names="value")
        self.widget = look.column(look.heading("Price"), self.price, self.tabs)

    def show(self, seen: Seen) -> None:
        """See `Part`."""
        self._seen = seen
        self.price.value = look.said([seen.price], "status") + look.said(seen.notes)
        self._write()

    def _write(self) -> None:
        """Write the tab that is in front."""
        seen, at = self._seen, self.tabs.selected_index
        if seen is None or at is None:
            return
        if at == _PLAN:
            rows = papers.plan_rows(seen)
            self.plan.value = (
                look.table(("item", "plan"), rows) if rows else look.said([seen.price])
            )
            return
        self._put(at, self._text(at, seen))

    def _text(self, at: int, seen: Seen) -> str:
        if at == _BODY:
            return papers.body(seen)
        if at == _YAML:
            return papers.yaml(seen)
        return self._code(seen).write()

    def _put(self, at: int, text: str) -> None:
        self._texts[at] = text
        self.boxes[at].value = text

    def _take_back(self, at: int, text: str) -> None:
        """Undo what was typed: the text says what the form says."""
        if text != self._texts[at]:
            self.boxes[at].value = self._texts[at]
