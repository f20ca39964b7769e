"""A field for a secret, which does not stay in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import ipywidgets as w
import traitlets

_EMPTY: Final = "typed characters are not shown"
_TAKEN: Final = "taken; type again to replace it"


class SecretField(w.Password):  # type: ignore[misc]  # ipywidgets has no types
    """A password field that is emptied as soon as a person leaves it.

    The value of a widget is a part of its state: it is in the messages between page and kernel, on
    every page that shows the form, and in the file of a notebook that is saved with its widgets. So
    the page sends the value once, when a person leaves the field, not at each key; it is not told
    to other pages; and it is taken out at once, before anything else is done with it.

    Parameters
    ----------
    label
        What stands beside it.
    take
        Takes what was typed.
    """

    value = traitlets.Unicode("").tag(sync=True, echo_update=False)

    def __init__(self, label: str, take: Callable[[str], object]) -> None:
        super().__init__(
            description=label,
            placeholder=_EMPTY,
            continuous_update=False,
            style={"description_width": "initial"},
            layout=w.Layout(width="520px", max_width="100%"),
        )
        self._take = take
        self.observe(self._emptied, names="value")

    def show(self, taken: bool) -> None:
        """Say whether there is a secret, in the empty field."""
        self.placeholder = _TAKEN if taken else _EMPTY

    def _emptied(self, change: Any) -> None:
        typed = change["new"]
        if typed:
            self.value = ""
            self._take(typed)
