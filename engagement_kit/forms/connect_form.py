"""``ek.ConnectForm``: connect to the emulator or the live API, see which keys there are, try."""

from __future__ import annotations

from typing import Any, Final

import ipywidgets as w

from engagement_kit.answers.store import temporary_store
from engagement_kit.client.client import Client
from engagement_kit.errors import QueryError
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, seen_if
from engagement_kit.forms.model import connecting
from engagement_kit.forms.model.code import connect_code
from engagement_kit.forms.model.connecting import Wish
from engagement_kit.forms.model.running import Running, State

_CHOICES: Final = [
    ("Emulator: invented data, no keys needed", "emulator"),
    ("Live API: needs keys and an enterprise contract", "live"),
]
_CALLS: Final = 2
_WORLDS: Final = ("standard", "heavy_tails", "campaigns")


class ConnectForm:
    """A form that connects, says which keys were found (never a value), and makes a test call.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The form, to put into a layout of your own.
    client : Client or None
        Who was connected last; give it to ``ek.RequestForm``.

    Examples
    --------
    >>> form = ConnectForm()
    >>> form.client is None
    True
    >>> form.connect()
    Client('emulator/standard-0', account='acme', keys: made up by the emulator)
    >>> form.client.close()
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self._running: Running | None = None
        self._to = look.labelled(w.RadioButtons, "Connect to", options=_CHOICES)
        self._to.layout.width = look.STRETCHED
        self._keys = look.words("ek-keys")
        self._make_options()
        self._connect = look.button("Connect", strong=True)
        self._connected = look.words("ek-connected")
        self._tweet = look.labelled(w.Text, "Tweet id for a test call")
        self._tweet.layout.width = "420px"
        self._try = look.button("Test call", hint="Ask for the totals of this tweet, once")
        self._tried = look.words("ek-tried")
        self._code = look.text_box("Python code", rows=2)
        self._test = look.column(
            look.row(self._tweet, self._try),
            self._tried,
            w.HTML(look.said(["The same in Python:"])),
            self._code,
        )
        self._to.observe(lambda _: self._show(), names="value")
        self._connect.on_click(lambda _: carefully(self.connect, self._complain))
        self._try.on_click(lambda _: carefully(self.try_keys, self._complain))
        self.widget = look.form(
            look.heading("Connect"),
            self._to,
            self._keys,
            self._emulator,
            look.row(self._store, self._rate),
            look.row(self._connect),
            self._connected,
            self._test,
            name="ek-connect-form",
        )
        self._show()

    def _make_options(self) -> None:
        self._store = look.labelled(
            w.Text, "Folder for raw answers", placeholder="empty: a temporary one"
        )
        self._rate = look.labelled(
            w.BoundedFloatText,
            "Requests a minute in your contract (0: as the API says)",
            min=0,
            max=1e6,
        )
        self._world = look.labelled(w.Dropdown, "World", options=_WORLDS)
        self._seed = look.labelled(w.BoundedIntText, "Seed", min=0, max=2**31 - 1)
        self._clock = look.labelled(
            w.Text, "Clock stands at (UTC)", placeholder="empty: real time; 2026-06-01T12:00Z"
        )
        for one, width in ((self._store, "420px"), (self._rate, "460px"), (self._clock, "420px")):
            one.layout.width = width
        self._emulator = look.row(self._world, self._seed, self._clock)

    # --- what a program does --------------------------------------------------------------------
    def connect(self) -> Client | None:
        """Connect as the fields say; the client is kept in `client`.

        Returns
        -------
        Client or None
            None where it can't be: the form says why.
        """
        client, problems = connecting.connected(self._wish())
        if client is not None:
            self.client = client
            self._tweet.value = connecting.sample_of(client)
            self._code.value = f"client = {connect_code(client)}\n"
        self._tried.value = ""
        state = "not connected" if self.client is None else f"connected: {self.client}"
        self._connected.value = look.said(problems, "problem") + look.said([state], "status")
        self._show()
        return client

    def try_keys(self) -> Running | None:
        """Make the test call: one request, or two where the first fails; it is kept in no store.

        Returns
        -------
        Running or None
            It can be waited for; None where nothing was sent, and the form says why.
        """
        if self.client is None:
            return None
        try:
            query = connecting.trial(self.client, self._tweet.value)
        except QueryError as error:
            self._tried.value = look.said([one.why for one in error.problems], "problem")
            return None
        self._running = Running(
            self.client,
            query,
            max_requests=_CALLS,
            store=temporary_store(),
            total=1,
            on_change=self._take,
        )
        self._running.start()
        return self._running

    # --- how it is shown ------------------------------------------------------------------------
    def __repr__(self) -> str:
        """Say as text what the form shows."""
        state = "not connected" if self.client is None else f"connected: {self.client}"
        code = 'client = ek.connect("emulator")  # ek.connect() asks the live API'
        if self.client is not None:
            code = f"client = {connect_code(self.client)}"
        keys = " ".join(connecting.keys_in_words())
        return (
            f"Connect form\n  {state}\n  keys of the live API: {keys}\n\n"
            f"The same in Python:\n\nimport engagement_kit as ek\n\n{code}\n"
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return look.bundle(self.widget, repr(self), options)

    def _wish(self) -> Wish:
        return Wish(
            to=self._to.value,
            store=self._store.value,
            per_minute=self._rate.value,
            world=self._world.value,
            seed=self._seed.value,
            clock=self._clock.value,
        )

    def _show(self) -> None:
        live = self._to.value == "live"
        self._keys.value = look.said(connecting.keys_in_words()) if live else ""
        seen_if(self._emulator, not live)
        seen_if(self._test, self.client is not None)

    def _complain(self, words: str) -> None:
        self._connected.value = look.said([words], "problem")

    def _take(self, state: State) -> None:
        """Show how the test call stands; called from its thread."""
        if state.alive:
            self._tried.value = look.said(["asking"], "status")
        elif state.result is None or not state.result.receipt.answered:
            said = [*state.refused, *state.failed] or [state.words]
            self._tried.value = look.said(said, "problem")
        else:
            self._tried.value = look.said([connecting.trial_in_words(state.result)], "status")
