"""What all parts of a form have in common: they show what was seen, and tell what is changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.reading import NOT_YET
from engagement_kit.forms.model.seen import Seen

Change = Callable[[Draft], Draft]
Edit = Callable[[Change], None]


class Part(ABC):
    """One part of the request form.

    Parameters
    ----------
    edit
        Takes a change to the draft.

    Attributes
    ----------
    widget
        What is put on the screen.
    """

    widget: w.Widget

    def __init__(self, edit: Edit) -> None:
        self._tell = edit

    @abstractmethod
    def show(self, seen: Seen) -> None:
        """Set all controls and words. What controls tell meanwhile is not heard."""

    def _hear(self, control: w.Widget, change: Callable[[Draft, Any], Draft]) -> None:
        """Tell the change that a control's new value makes."""
        control.observe(
            lambda event: self._tell(lambda draft: change(draft, event["new"])), names="value"
        )

    def _click(self, button: w.Button, change: Change) -> None:
        """Tell the change that a button makes."""
        button.on_click(lambda _: self._tell(change))


def problems(seen: Seen, place: str) -> str:
    """Write what is wrong at one place as HTML; what is only not filled in yet is no alarm."""
    lines = seen.problems.get(place, ())
    return "".join(
        look.said([one], "note" if one.startswith(NOT_YET) else "problem") for one in lines
    )
