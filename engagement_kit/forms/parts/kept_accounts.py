"""The part that lists accounts whose keys are kept, each with a button to forget them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, seen_if
from engagement_kit.forms.model.kept_keys import Keeping

_ALL: Final = "all, and the app's keys"
_SURE: Final = (
    "Click again to forget {}: to have new keys, each account's owner has to agree again."
)


class KeptAccountsPart:
    """Lists the accounts that are logged in. The first click on a button asks, the second forgets.

    Parameters
    ----------
    forget
        Forgets an account by name; None: all, with the app's keys.
    """

    def __init__(self, forget: Callable[[str | None], object]) -> None:
        self._forget = forget
        self._asked: w.Button | None = None
        self._shown: Keeping | None = None
        self.buttons: dict[str, w.Button] = {}
        self._rows = look.column()
        self.sure = look.words("ek-login-sure")
        self.widget = look.column(
            w.HTML("<h4>Accounts whose keys are kept</h4>"), self._rows, self.sure
        )
        self.show(Keeping())

    def show(self, keeping: Keeping) -> None:
        """List what is kept; nothing is shown where nothing is."""
        seen_if(self.widget, keeping.anything or bool(keeping.trouble))
        if keeping == self._shown:  # a list that is made anew would take the focus away
            return
        self._shown, self._asked, self.sure.value = keeping, None, ""
        self.buttons = {name: self._button(name, name) for name in keeping.names}
        rows: list[w.Widget] = [self._row(keeping, name) for name in keeping.names]
        if keeping.anything:
            self.buttons[_ALL] = self._button(_ALL, None)
            rows.append(look.row(self.buttons[_ALL]))
            if not keeping.names:
                rows.insert(0, w.HTML(look.said(["None; the app's keys alone."])))
        if keeping.trouble:
            rows.insert(0, w.HTML(look.said(keeping.trouble, "problem")))
        before, self._rows.children = self._rows.children, tuple(rows)
        for row in before:
            for one in (*getattr(row, "children", ()), row):
                one.close()

    def _row(self, keeping: Keeping, name: str) -> w.Widget:
        said = [one.words for one in keeping.accounts if one.name == name]
        words = w.HTML(look.said(said), layout=w.Layout(flex="1 1 0%", min_width="200px"))
        return look.row(self.buttons[name], words)

    def _button(self, words: str, account: str | None) -> w.Button:
        made = look.button(f"Forget {words}")
        made.on_click(lambda button: self._click(button, words, account))
        return made

    def _click(self, button: w.Button, words: str, account: str | None) -> None:
        if self._asked is button:
            carefully(lambda: self._forget(account), self._complain)
            return
        self._asked = button
        self.sure.value = look.said([_SURE.format(words)], "status")

    def _complain(self, words: str) -> None:
        self.sure.value = look.said([words], "problem")
