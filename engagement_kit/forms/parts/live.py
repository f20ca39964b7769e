"""The part that says which live API is asked, by which keys, and who signs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.controls import offer, seen_if
from engagement_kit.forms.model import live_keys

_LABEL: Final = "Address of the API (empty: the live API's, or as the environment says)"


class LivePart:
    """A field for the address, words on the keys, and who of several accounts signs by default.

    Parameters
    ----------
    on_change
        Called when the address or the account is another one.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self.address = look.labelled(w.Text, _LABEL, continuous_update=False)
        self.address.layout.width = look.STRETCHED
        self.address.layout.max_width = "900px"
        self.answers = look.words("ek-address")
        self.keys = look.words("ek-keys")
        self.signs = look.labelled(w.Dropdown, "Who signs where no owner is named")
        self.signs.layout.width = "460px"
        self._signs_row = look.row(self.signs)
        self.widget = look.column(self.address, self.answers, self.keys, self._signs_row)
        self.show_keys()
        for one in (self.address, self.signs):
            one.observe(lambda _: on_change(), names="value")

    @property
    def base_url(self) -> str:
        """The address that was typed, whole; empty where none was."""
        return live_keys.completed(self.address.value)

    @property
    def account(self) -> str:
        """Who was chosen to sign by default; empty where nobody was."""
        return str(self.signs.value or "")

    def show(self) -> None:
        """Look anew who answers at the address, and which keys there are for it."""
        wrong, answers = live_keys.address_in_words(self.base_url)
        self.answers.value = look.said([wrong], "problem") + look.said([answers])
        self.show_keys()

    def show_keys(self) -> None:
        """Look anew which keys there are, and who may sign."""
        found = live_keys.signers(self.base_url)
        names = [name for name, _ in found]
        first = next((name for name, by_default in found if by_default), "")
        options = [(f"as found: {first}" if first else "as found", ""), *((n, n) for n in names)]
        offer(self.signs, options, self.account if self.account in names else "")
        seen_if(self._signs_row, len(names) > 1)
        self.keys.value = look.said(live_keys.keys_in_words(self.base_url, self.account))
