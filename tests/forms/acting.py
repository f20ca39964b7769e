"""A form as a person sees it: what is on the screen, what may be touched, and touching it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import ipywidgets as w

import engagement_kit as ek


def text_of(html: str) -> str:
    """Give the words of some HTML."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def on_screen(widget: w.Widget, path: str = "") -> Iterator[tuple[str, w.Widget]]:
    """Walk over all widgets that are shown, each with its place."""
    if widget.layout.display == "none":
        return
    yield path, widget
    children = list(enumerate(getattr(widget, "children", ())))
    if isinstance(widget, w.Tab):
        children = [one for one in children if one[0] == widget.selected_index]
    for at, child in children:
        yield from on_screen(child, f"{path}/{at}")


def state_of(widget: w.Widget) -> tuple[object, ...]:
    """Give all of a widget that a person can see."""
    names = ("description", "disabled", "value", "_options_labels", "placeholder", "icon")
    here = set(widget.trait_names())
    return (type(widget).__name__, *((one, getattr(widget, one)) for one in names if one in here))


def screen(form: ek.RequestForm, *without: w.Widget) -> dict[str, tuple[object, ...]]:
    """Give all that a form shows, by place, without some widgets and what is in them."""
    left_out = {path for path, one in on_screen(form.widget) if one in without}
    return {
        path: state_of(one)
        for path, one in on_screen(form.widget)
        if not any(path == out or path.startswith(f"{out}/") for out in left_out)
    }


@dataclass(frozen=True)
class Hands:
    """What a person can touch in a form now.

    Attributes
    ----------
    buttons, controls
        Shown and enabled.
    """

    buttons: tuple[w.Button, ...]
    controls: tuple[w.Widget, ...]


def hands(form: ek.RequestForm) -> Hands:
    """Find all that can be touched."""
    shown = [one for _, one in on_screen(form.widget)]
    buttons = [one for one in shown if isinstance(one, w.Button) and not one.disabled]
    kinds = (w.Checkbox, w.Dropdown, w.RadioButtons, w.Text, w.Textarea, w.IntText)
    kinds += (w.BoundedIntText, w.DatePicker, w.FileUpload, w.Combobox, w.Tab)
    controls = [
        one for one in shown if isinstance(one, kinds) and not getattr(one, "disabled", False)
    ]
    return Hands(tuple(buttons), tuple(controls))


def upload(control: w.FileUpload, name: str, content: bytes) -> None:
    """Choose a file, as a front end does."""
    one = {
        "name": name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": 1_780_000_000_000,
    }
    control.set_state({"value": [one]})


def dispose(form: ek.RequestForm) -> None:
    """Have ipywidgets forget a form: its list of all widgets would keep thousands of forms."""
    for one in list(all_of(form.widget)):
        one.close()


def all_of(widget: w.Widget) -> Iterator[w.Widget]:
    """Walk over all widgets, shown or not."""
    for child in getattr(widget, "children", ()):
        yield from all_of(child)
    yield widget
    yield widget.layout
    if "style" in widget.trait_names() and isinstance(widget.style, w.Widget):
        yield widget.style
