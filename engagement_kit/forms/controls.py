"""What is done to a control: offering, hiding, and doing carefully what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w

from engagement_kit.errors import EngagementError


def carefully(do: Callable[[], object], say: Callable[[str], None]) -> None:
    """Do what a control asks for; what goes wrong is said in words, for a kernel would hide it.

    Parameters
    ----------
    do
        What is to be done.
    say
        Shows words beside the control.
    """
    try:
        do()
    except EngagementError as error:
        say(str(error))
    except Exception as error:  # noqa: BLE001 -- see above
        say(f"{type(error).__name__}: {error}")


def offer(control: w.Widget, options: list[tuple[str, Any]], value: Any) -> None:
    """Set what a control offers and what is chosen; the first one is, for a moment in between."""
    if tuple(control.options) != tuple(options):
        control.options = tuple(options)
    if control.value != value:
        control.value = value


def seen_if(widget: w.Widget, shown: bool) -> None:
    """Show a widget, or take it off the screen and out of the order of keys."""
    widget.layout.display = None if shown else "none"
