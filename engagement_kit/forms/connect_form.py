"""``ek.ConnectForm``: connect to the emulator or the live API, see which keys there are, try."""

from __future__ import annotations

import threading
from typing import Any, Final

import ipywidgets as w

from engagement_kit.answers.store import temporary_store
from engagement_kit.client.client import Client
from engagement_kit.client.connect import worlds
from engagement_kit.client.samples import sample_of
from engagement_kit.errors import QueryError
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, seen_if
from engagement_kit.forms.model import connecting, live_keys
from engagement_kit.forms.model.code import connect_code
from engagement_kit.forms.model.connecting import Made, Wish
from engagement_kit.forms.model.logging_in import LoggingIn
from engagement_kit.forms.model.login_goal import Goal, goal_of
from engagement_kit.forms.model.running import Running, State
from engagement_kit.forms.model.trying import Trying
from engagement_kit.forms.parts.live import LivePart
from engagement_kit.forms.parts.login import LoginPart
from engagement_kit.forms.parts.trials import TrialsPart

_CHOICES: Final = [
    ("Emulator: invented data, no keys needed", "emulator"),
    ("Live API: needs keys and an enterprise contract. Or an emulator, by its address", "live"),
]
_OVERAGE: Final = [("warn", "warn"), ("stop", "stop")]
_CALLS: Final = 2
_PATIENCE: Final = 5.0
"""Seconds that a call under way is given to end."""
_NEXT: Final = (
    "In the next cell: ek.RequestForm(form.client), where form is what you called this form. "
    "Without the form, the code above makes such a client."
)
_BUSY: Final = "A test call is under way: connect when it is over."


class ConnectForm:
    """A form that connects, says which keys were found (never a value), and tries them.

    A part of it gets the keys of an account, and keeps them where the next connection finds
    them; on the emulator this can be practised.

    What it connects stays open when it connects anew, for another form may use it; `close` ends it.

    Attributes
    ----------
    widget : ipywidgets.VBox
        The form, to put into a layout of your own.
    client : Client or None
        Who was connected last; give it to ``ek.RequestForm``.
    login : LoggingIn
        The login of an account: ``take_app``, ``begin``, ``finish``, ``forget``, as the
        buttons do it.

    Examples
    --------
    >>> form = ConnectForm()
    >>> form.client is None
    True
    >>> form.connect()
    Client('emulator/standard-0', account='acme', keys: made up by the emulator)
    >>> form.close()
    """

    def __init__(self) -> None:
        self.client: Client | None = None
        self._running: Running | None = None
        self._made: list[Made] = []
        self._lock = threading.RLock()  # a front end may let two buttons speak at once
        self._to = look.labelled(w.RadioButtons, "Connect to", options=_CHOICES)
        self._to.layout.width = look.STRETCHED
        self._live = LivePart(self._show)
        self.login = LoggingIn(self._goal, on_keys=self._take_keys)
        self._login = LoginPart(self.login)
        self._make_options()
        self._connect = look.button("Connect", strong=True)
        self._connected = look.words("ek-connected")
        self._tweet = look.labelled(w.Text, "Tweet id for a test call")
        self._tweet.layout.width = "420px"
        self._try = look.button("Test call", hint="Ask for the totals of this tweet, once")
        self._trials = TrialsPart(self._enable)
        self._tried = look.words("ek-tried")
        self._code = look.text_box("Python code", rows=2)
        self._test = look.column(
            look.row(self._tweet, self._try, self._trials.button),
            self._tried,
            self._trials.words,
            w.HTML(look.said(["The same in Python, without a form:"])),
            self._code,
            w.HTML(look.said([_NEXT])),
        )
        self._to.observe(lambda _: self._show(), names="value")
        self._connect.on_click(lambda _: carefully(self.connect, self._complain))
        self._try.on_click(lambda _: carefully(self.test_call, self._complain_of_try))
        self._trials.button.on_click(lambda _: carefully(self.try_keys, self._complain_of_try))
        self.widget = look.form(
            look.heading("Connect"),
            self._to,
            self._live.widget,
            self._emulator,
            self._login.widget,
            look.row(self._store),
            look.row(self._rate, self._contracted, self._overage),
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
        self._contracted = look.labelled(
            w.BoundedIntText,
            "Accounts a month in your contract (0: not counted)",
            min=0,
            max=10**6,
        )
        self._overage = look.labelled(w.Dropdown, "Before it signs for more", options=_OVERAGE)
        self._world = look.labelled(w.Dropdown, "World", options=worlds())
        self._seed = look.labelled(w.BoundedIntText, "Seed", min=0, max=2**31 - 1)
        self._clock = look.labelled(
            w.Text, "Clock stands at (UTC)", placeholder="empty: real time; 2026-06-01T12:00Z"
        )
        for one, width in (
            (self._store, "420px"),
            (self._rate, "460px"),
            (self._contracted, "460px"),
            (self._clock, "420px"),
        ):
            one.layout.width = width
        self._emulator = look.row(self._world, self._seed, self._clock)

    # --- what a program does --------------------------------------------------------------------
    def connect(self) -> Client | None:
        """Connect as the fields say; the client is kept in `client`.

        Where the last client is open and is what the fields say, it stays.

        Returns
        -------
        Client or None
            None where it can't be, or while a test call is under way: the form says why.
        """
        with self._lock:
            if self._is_trying():
                self._complain(_BUSY)
                return None
            wish = self._wish()
            last = next((one for one in self._made if one.client is self.client), None)
            client, problems = connecting.kept_or_connected(last, wish)
            verb = "Still connected" if problems else "Connected"
            if client is not None and client is self.client:
                verb = "Already connected"
            elif client is not None:
                self._take_up(Made(client, wish))
            state = look.said(self._state_in_words(verb), "status")
            self._connected.value = look.said(problems, "problem") + state
            self._show()
            return client

    def test_call(self) -> Running | None:
        """Make the test call: one request, or two where the first fails; it is kept in no store.

        Returns
        -------
        Running or None
            It can be waited for; one that is under way is given again. None where nothing was
            sent, and the form says why.
        """
        with self._lock:
            if self.client is None or self._is_trying():
                return None if self.client is None else self._running
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

    def try_keys(self) -> Trying | None:
        """Try each account's keys, the bearer token and the app's keys alone, by a request each.

        Returns
        -------
        Trying or None
            It can be waited for; one that is under way is given again. None where nobody is
            connected.
        """
        with self._lock:
            if self.client is None:
                return None
            self._tried.value = ""  # of another test
            notes = (live_keys.accounts_in_words(self.client), *self._changes())
            return self._trials.start(self.client, self._tweet.value, notes)

    def close(self) -> None:
        """End a login and a test call, and close all clients of this form; it can be used again."""
        self.login.close(_PATIENCE)
        with self._lock:
            if self._running is not None:
                self._running.stop()
                self._running.wait(_PATIENCE)
            self._trials.wait(_PATIENCE)
            for one in self._made:
                one.client.close()
            if any(one.client is self.client for one in self._made):
                self.client = None
            self._made.clear()
            self._connected.value = look.said(self._state_in_words(), "status")
            self._show()

    # --- how it is shown ------------------------------------------------------------------------
    def __repr__(self) -> str:
        """Say as text what the form shows."""
        state = "\n  ".join(self._state_in_words())
        code = 'client = ek.connect("emulator")  # ek.connect() asks the live API'
        if self.client is not None:
            code = f"client = {connect_code(self.client)}\n\n{_NEXT}"
        keys = "".join(f"\n  {one}" for one in self._keys_in_words())
        return (
            f"Connect form\n  {state}{keys}\n"
            f"  log in an account: {self.login.line}\n\n"
            f"The same in Python:\n\nimport engagement_kit as ek\n\n{code}\n"
        )

    def _repr_mimebundle_(self, **options: Any) -> Any:
        return look.bundle(self.widget, repr(self), options)

    def _keys_in_words(self) -> tuple[str, ...]:
        say = live_keys.keys_in_words if self._is_live else live_keys.found_in_words
        words = say(self._live.base_url, self._live.account)
        return ("Keys of the live API:", *(f"  {one}" for one in words)) if words else ()

    def _wish(self) -> Wish:
        return Wish(
            to=self._to.value,
            store=self._store.value,
            per_minute=self._rate.value,
            world=self._world.value,
            seed=self._seed.value,
            clock=self._clock.value,
            base_url=self._live.base_url,
            account=self._live.account,
            contracted=self._contracted.value,
            overage=self._overage.value,
        )

    def _goal(self) -> Goal:
        return goal_of(live=self._is_live, client=self.client, base_url=self._live.base_url)

    @property
    def _is_live(self) -> bool:
        return bool(self._to.value == "live")

    def _take_keys(self) -> None:
        """Show that keys were kept or forgotten; what stands beside Connect is of before."""
        with self._lock:
            self._live.show_keys()
            self._connected.value = look.said(self._state_in_words(), "status")

    def _show(self) -> None:
        if self._is_live:
            self._live.show()
        seen_if(self._live.widget, self._is_live)
        self._login.look()
        seen_if(self._emulator, not self._is_live)
        seen_if(self._test, self.client is not None)

    def _state_in_words(self, verb: str = "Connected") -> list[str]:
        if self.client is None:
            return ["Not connected."]
        many = sum(one.is_open for one in self._made)
        said = [f"{verb} to {connecting.client_in_words(self.client)}"]
        if many > 1:
            said.append(
                f"{many} clients are open: each that this form connected before goes on, for "
                "another cell may use it. form.close() closes them all."
            )
        return [*said, *self._changes()]

    def _changes(self) -> tuple[str, ...]:
        """Say which keys came and went since the client was made, if this form made it."""
        made = [one.client for one in self._made if one.client is self.client]
        return live_keys.changed_since(made[0]) if made else ()

    def _take_up(self, made: Made) -> None:
        """Show a new client; those before stay open."""
        self._made = [*(one for one in self._made if one.is_open), made]
        self.client = made.client
        self._tweet.value = sample_of(made.client)
        self._code.value = f"client = {connect_code(made.client)}\n"
        self._tried.value = ""
        self._trials.forget()
        self.login.taken_up(made.client)

    def _is_trying(self) -> bool:
        one = self._running is not None and self._running.state.alive
        return one or self._trials.alive

    def _enable(self) -> None:
        alive = self._is_trying()
        for one in (self._connect, self._try, self._trials.button):
            one.disabled = alive

    def _complain(self, words: str) -> None:
        self._connected.value = look.said([words], "problem")

    def _complain_of_try(self, words: str) -> None:
        self._tried.value = look.said([words], "problem")

    def _take(self, state: State) -> None:
        """Show how the test call stands; called from its thread, which would lose an error."""
        self._enable()
        carefully(lambda: self._tell(state), self._complain_of_try)

    def _tell(self, state: State) -> None:
        if state.alive:
            self._tried.value = look.said(["asking"], "status")
            return
        result, trouble = state.result, [*state.refused, *state.failed]
        if result is not None and result.receipt.answered:
            self._tried.value = look.said([connecting.trial_in_words(result)], "status")
        elif result is not None and state.phase == "done" and not trouble:
            self._tried.value = look.said([connecting.trial_in_words(result)], "problem")
        else:
            self._tried.value = look.said(trouble or [state.words], "problem")
