"""The part that logs an account in: the app's keys, the owner's page, the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import Final

import ipywidgets as w

from engagement_kit.fetch.keys.callback import PORT
from engagement_kit.forms import look
from engagement_kit.forms.controls import carefully, offer, seen_if
from engagement_kit.forms.model.kept_keys import places
from engagement_kit.forms.model.logging_in import LoggingIn
from engagement_kit.forms.model.login_standing import Standing, Step, callback_address
from engagement_kit.forms.parts.kept_accounts import KeptAccountsPart
from engagement_kit.forms.parts.secret_field import SecretField

_OPEN: Final = "Log in an account"
_CLOSE: Final = "Hide the login"
_WAYS: Final = [
    ("By PIN: the page shows a number, to be typed here", False),
    ("By callback: the browser comes back to this machine by itself", True),
]
_PORTAL: Final = (
    "The developer portal lists them under 'Keys and tokens'. Typed here, they leave the field at "
    "once, and are not in the notebook."
)
_REGISTER: Final = (
    "Register this address with the app beforehand: {}. The browser must run on the machine of "
    "the kernel; elsewhere take the PIN."
)
_AGREE: Final = (
    "Sign in there as the account whose tweets are to be counted, and agree. Whoever has this "
    "address can agree as anybody: give it to the account's owner alone."
)
_WAITS: Final = "Waiting for the browser to come back to {}; it ends by itself after five minutes."
_ONE_PLACE: Final = [("In the keys file", "file")]
_LAST_PORT: Final = 65_535


class LoginPart:
    """Leads a person through a login; folded up at first.

    Parameters
    ----------
    model
        Does it, and says how it stands.
    """

    def __init__(self, model: LoggingIn) -> None:
        self._model = model
        self._lock = threading.RLock()
        self._others = False
        self.asking: threading.Thread | None = None
        self.toggle = look.button(_OPEN, hint="Get the keys of an account, and keep them")
        self.goal = look.words("ek-login-goal")
        self._wrong: dict[Step, w.HTML] = {
            step: look.words(f"ek-login-{step}") for step in ("app", "page", "agree", "accounts")
        }
        self._make_app()
        self._make_page()
        self._make_agree()
        self.said = look.words("ek-login-said")
        self.another = look.button("Log in another account")
        self.accounts = KeptAccountsPart(model.forget)
        self.steps = look.column(
            look.heading("Log in an account"),
            self.goal,
            self._app,
            self._page,
            self._agree,
            look.row(self.cancel),
            self._wrong["agree"],
            self.said,
            look.row(self.another),
            self.accounts.widget,
            self._wrong["accounts"],
        )
        self.steps.add_class("ek-framed")
        seen_if(self.steps, False)
        self.toggle.on_click(lambda _: self._safely(self._fold))
        self.another.on_click(lambda _: self._safely(model.cancel))
        self.widget = look.column(look.row(self.toggle), self.steps)
        model.on_change = self.show
        self.show()

    def _make_app(self) -> None:
        self.found = look.words("ek-login-found")
        self.key = SecretField(
            "Consumer key (API key)", lambda text: self._model.take_app(consumer_key=text)
        )
        self.secret = SecretField(
            "Consumer secret (API key secret)",
            lambda text: self._model.take_app(consumer_secret=text),
        )
        self.other = look.button("Type other keys")
        self._fields = look.column(look.row(self.key, self.secret), w.HTML(look.said([_PORTAL])))
        self._app = look.column(
            w.HTML("<h4>1. The app's keys</h4>"),
            self.found,
            self._fields,
            look.row(self.other),
            self._wrong["app"],
        )
        self.other.on_click(lambda _: self._safely(self._choose_keys))

    def _make_page(self) -> None:
        self.way = look.labelled(w.RadioButtons, "The answer comes", options=_WAYS)
        self.port = look.labelled(
            w.BoundedIntText, "Port of the callback", min=1, max=_LAST_PORT, value=PORT
        )
        self.register = look.words("ek-login-register")
        self._by_callback = look.column(look.row(self.port), self.register)
        # Which places there are is asked once somebody looks: a keyring may take its time.
        self.keep = look.labelled(w.RadioButtons, "Keep the keys", options=_ONE_PLACE)
        self.way.layout.width = self.keep.layout.width = look.STRETCHED
        self.get = look.button("Get the page", strong=True)
        self._page = look.column(
            w.HTML("<h4>2. A page for the account's owner</h4>"),
            self.way,
            self._by_callback,
            self.keep,
            look.row(self.get),
            self._wrong["page"],
        )
        for one in (self.way, self.port):
            one.observe(lambda _: self.show(), names="value")
        self.get.on_click(lambda _: self._aside(self._begin))

    def _make_agree(self) -> None:
        self.link = look.words("ek-login-link")
        self.address = look.labelled(w.Text, "Address of the page")
        self.address.layout.width = look.STRETCHED
        self.waits = look.words("ek-login-waits")
        self.pin = look.labelled(w.Text, "PIN", placeholder="as the page shows it")
        self.finish = look.button("Finish", strong=True)
        self.cancel = look.button("Cancel the login", hint="End this login; another can be begun")
        self._by_pin = look.row(self.pin, self.finish)
        self._agree = look.column(
            w.HTML("<h4>3. The owner of the account agrees</h4>"),
            self.link,
            self.address,
            w.HTML(look.said([_AGREE])),
            self.waits,
            self._by_pin,
        )
        self.finish.on_click(lambda _: self._aside(self._finish))
        self.cancel.on_click(lambda _: self._safely(self._model.cancel))

    # --- what a person does ---------------------------------------------------------------------
    def look(self) -> None:
        """Look anew where a login leads, and where keys can be kept, if anybody sees it."""
        if self._open:
            offered = places()
            known = self.keep.value in [value for _, value in offered]
            offer(self.keep, offered, self.keep.value if known else offered[0][1])
            self._model.look()

    @property
    def _open(self) -> bool:
        return bool(self.toggle.description == _CLOSE)

    def _fold(self) -> None:
        self.toggle.description = _OPEN if self._open else _CLOSE
        seen_if(self.steps, self._open)
        self.look()

    def _choose_keys(self) -> None:
        self._others = not self._others
        self._model.drop_app()

    def _begin(self) -> None:
        self.pin.value = ""
        self._model.begin(callback=self.way.value, keep=self.keep.value, port=self.port.value)

    def _finish(self) -> None:
        pin, self.pin.value = self.pin.value, ""
        self._model.finish(pin)

    def _safely(self, do: Callable[[], object]) -> None:
        carefully(do, self._complain)

    def _aside(self, do: Callable[[], object]) -> None:
        """Do in a thread what asks the service: a kernel goes on meanwhile."""
        name = "engagement_kit-login asks"
        self.asking = threading.Thread(target=self._safely, args=(do,), name=name, daemon=True)
        self.asking.start()

    def _complain(self, words: str) -> None:
        self.said.value = look.said([words], "problem")

    # --- how it is shown ------------------------------------------------------------------------
    def show(self) -> None:
        """Show how the walk stands; called from any thread."""
        with self._lock:
            state = self._model.state
            able = not state.goal.trouble
            kind: look.Kind = "note" if able else "problem"
            self.goal.value = look.said(state.goal.words, kind)
            self._show_app(state, able)
            self._show_page(state, able)
            self._show_agree(state)
            for step, place in self._wrong.items():
                place.value = look.said([state.wrong.get(step, "")], "problem")
            self.said.value = look.said(state.said, "status")
            seen_if(self.another, state.phase == "done")
            self.accounts.show(state.keeping)

    def _show_app(self, state: Standing, able: bool) -> None:
        found = state.goal.app
        seen_if(self._app, able and state.phase != "done")
        seen_if(self.other, bool(found) and not state.goal.practice)
        fields = not found or (self._others and not state.goal.practice)
        seen_if(self._fields, fields)
        self.other.description = "Take those that were found" if fields else "Type other keys"
        self.found.value = look.said([_found(state, fields)])
        self.key.show("consumer_key" in state.typed)
        self.secret.show("consumer_secret" in state.typed)
        for one in (self.key, self.secret, self.other):
            one.disabled = state.busy

    def _show_page(self, state: Standing, able: bool) -> None:
        seen_if(self._page, able and state.phase != "done")
        seen_if(self._by_callback, self.way.value)
        address = callback_address(self.port.value)
        self.register.value = look.said([] if state.goal.practice else [_REGISTER.format(address)])
        seen_if(self.keep, not state.goal.practice)
        self.get.description = "Get another page" if state.page else "Get the page"
        if state.phase == "asking":
            self.get.description = "Asking for the page"
        for one in (self.way, self.port, self.keep, self.get):
            one.disabled = state.busy

    def _show_agree(self, state: Standing) -> None:
        seen_if(self._agree, bool(state.page))
        self.link.value = _link(state.page)
        self.address.value = state.page
        waits = _WAITS.format(state.waits_at) if state.waits_at else ""
        if state.phase == "finishing":
            waits = "The answer came: fetching the account's keys."
        self.waits.value = look.said([waits], "status")
        seen_if(self._by_pin, not state.waits_at)
        seen_if(self.cancel, state.phase in {"asking", "agreeing"})
        for one in (self.pin, self.finish):
            one.disabled = state.busy


def _found(state: Standing, fields: bool) -> str:
    """Say of the app's keys where they are, and what is still to be typed."""
    if not fields:
        also = " They were not accepted: type other keys." if state.refused else ""
        return f"Found in {state.goal.app}.{also}"
    if state.refused:
        return "The app's keys were not accepted, and are forgotten: paste both again."
    if state.has_app and state.typed:
        return "Both are here, in the memory of this kernel alone."
    return "Not found: type both." if not state.goal.app else "Type both."


def _link(page: str) -> str:
    """Write a link to a page, that tells it nothing: a notebook's own address may hold a token."""
    if not page:
        return ""
    to = f'href="{escape(page)}" target="_blank" rel="noopener noreferrer"'
    host = page.partition("?")[0]
    return f'<p role="status"><a {to}>Open the page in a new tab</a> ({escape(host)})</p>'
