"""The walk to an account's keys as a form does it: its steps, how it stands, what went wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from engagement_kit.client.client import Client
from engagement_kit.client.keys import Given
from engagement_kit.client.login import Keep, Walk, logout
from engagement_kit.errors import AuthenticationFailed, EngagementError, QueryError
from engagement_kit.fetch.keys.callback import PORT
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.forms.model.kept_keys import Keeping, kept_for
from engagement_kit.forms.model.login_goal import Goal
from engagement_kit.forms.model.login_standing import Phase, Standing, Step
from engagement_kit.forms.model.login_walk import Going, in_words, outcome_in_words, place_of

_PATIENCE: Final = 300.0
_UNDER_WAY: Final = ("asking", "agreeing", "finishing")
_NAMES: Final = {"consumer_key": "Consumer key", "consumer_secret": "Consumer secret"}
_HOW_TO: Final = "login.begin() gives a page to agree on, login.finish(PIN) ends it"
_NO_APP: Final = "The app's keys are missing: type both."
_NO_PIN: Final = (
    "Type the PIN that the page shows. If it said no, there is no PIN, and nothing was granted: "
    "get another page, or cancel the login."
)
_NOT_BEGUN: Final = "There is no page to agree on yet: get one."
_BY_ITSELF: Final = "The browser brings the answer by itself; no PIN is needed."
_SAID_NO: Final = "The owner of the account said no: nothing was granted. Get a new page."
_REVOKE: Final = (
    "The service does not learn of it: the account's owner revokes the app in the account's "
    "settings."
)


class LoggingIn:
    """The walk to an account's keys, step by step: what a form's buttons do, and a program may do.

    Nothing here raises for what a person did wrong: `state` says it, as the form shows it.

    Parameters
    ----------
    find_goal
        Says where the walk leads.
    on_keys
        Called when keys were kept or forgotten, from any thread; may not raise.
    patience
        Seconds that a browser is waited for.

    Attributes
    ----------
    state : Standing
        How it stands.
    on_change
        Called after each change of `state`, from any thread; may not raise.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> from engagement_kit.forms.model.login_goal import goal_of
    >>> with ek.connect("emulator") as client:
    ...     walk = LoggingIn(lambda: goal_of(live=False, client=client))
    ...     walk.begin().startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        find_goal: Callable[[], Goal],
        on_keys: Callable[[], None] = lambda: None,
        patience: float = _PATIENCE,
    ) -> None:
        self._find_goal, self._patience = find_goal, patience
        self._on_keys = on_keys
        self.on_change: Callable[[], None] = lambda: None
        self._lock = threading.Condition()
        self._typed: dict[str, Secret] = {}
        self._unfit_typed: dict[str, str] = {}  # why what was typed last can be no key
        self._going: Going | None = None
        self.state = Standing()

    @property
    def line(self) -> str:
        """How it stands, in a line; what to do where nothing was done yet."""
        state = self.state
        if state.waits_at:
            return f"waiting for the browser to come back to {state.waits_at}"
        if state.page:
            return "the owner has the page; then login.finish(PIN)"
        said = [*state.wrong.values(), *state.said]
        return " ".join(said).replace("\n", " ") or _HOW_TO

    def look(self) -> None:
        """Look anew where it leads and which keys there are; a walk that is under way stays."""
        with self._lock:
            if self.state.phase in _UNDER_WAY:
                return
            goal = self._find_goal()
            if (goal.service, goal.practice) != (self.state.goal.service, self.state.goal.practice):
                self._typed.clear()  # keys for one service are never sent to another
                self._unfit_typed.clear()
                self.state = Standing()
            self._become(goal=goal, keeping=_kept_at(goal))
        self.on_change()

    def take_app(self, consumer_key: str = "", consumer_secret: str = "") -> None:
        """Take the app's keys, both or one after the other; nothing is sent yet."""
        self.look()
        typed = {"consumer_key": consumer_key, "consumer_secret": consumer_secret}
        del consumer_key, consumer_secret  # a traceback may show what a function holds
        with self._lock:
            for name in _NAMES:
                self._take(name, typed.pop(name))
            refused = self.state.refused and len(self._typed) < len(_NAMES)
            wrong = " ".join(f"{_NAMES[name]}: {why}." for name, why in self._unfit_typed.items())
            self._become(wrong={"app": wrong} if wrong else {}, refused=refused)
        self.on_change()

    def drop_app(self) -> None:
        """Forget the app's keys that were typed; those that were found count again."""
        with self._lock:
            self._typed.clear()
            self._unfit_typed.clear()
            self._become(wrong={}, refused=False)
        self.on_change()

    def begin(self, *, callback: bool = False, keep: Keep = "file", port: int = PORT) -> str | None:
        """Ask for a page on which the account's owner agrees; a walk before this one ends.

        Parameters
        ----------
        callback
            Wait in a thread for the browser to come back; else the page shows a PIN for `finish`.
        keep
            As in ``engagement_kit.client.login.Walk``; in practice nothing is kept.
        port
            Of the callback; the whole address must be registered with the app.

        Returns
        -------
        str or None
            The page's address; None where there is none, or keys are being fetched.
        """
        self.cancel()
        with self._lock:
            if self.state.phase in _UNDER_WAY:
                return None
            self.look()
            state = self.state
            if state.goal.trouble or not state.has_app:
                wrong = state.goal.trouble or _NO_APP
                self._become(wrong={"page" if state.goal.trouble else "app": wrong})
                going = None
            else:
                going = self._going = Going()
                self._become("asking", wrong={}, said=())
        self.on_change()
        return None if going is None else self._ask(going, keep, port if callback else None)

    def finish(self, pin: str) -> str | None:
        """Exchange the PIN for the account's keys, and keep them.

        Returns
        -------
        str or None
            The account's name; None where there are no keys.
        """
        verifier = Secret("".join(pin.split()))
        del pin  # a traceback may show what a function holds
        with self._lock:
            going = self._going
            wrong = self._why_not(going, verifier)
            if wrong:
                self._become(wrong={"agree": wrong})
            else:
                self._become("finishing", wrong={})
        self.on_change()
        return None if wrong or going is None else self._exchange(going, verifier)

    def cancel(self) -> None:
        """End a walk, or put the last one's outcome away; while keys are fetched, do nothing."""
        with self._lock:
            if self.state.phase in {"idle", "finishing"}:
                return
            going, self._going = self._going, None
            self._become("idle", wrong={}, page="", waits_at="", account="", said=())
        if going is not None:
            going.close()
        self.on_change()

    def forget(self, account: str | None) -> tuple[str, ...]:
        """Forget the keys of an account that are kept; None: of all, and the app's.

        Returns
        -------
        tuple of str
            The accounts that were forgotten.
        """
        self.look()
        gone, wrong = _forgotten(account, self.state.goal)
        said = f"Forgotten: {', '.join(gone)}. {_REVOKE}" if gone else "The app's keys are gone."
        if self.state.phase == "done":  # the last outcome may speak of it
            self.cancel()
        self.look()
        with self._lock:
            self._become(wrong={"accounts": wrong} if wrong else {}, said=() if wrong else (said,))
        self.on_change()
        self._on_keys()
        return gone

    def taken_up(self, client: Client) -> None:
        """Say that a client has the keys of who logged in last, where it has."""
        with self._lock:
            state = self.state
            here = client.connection.base_url == state.goal.base_url and not state.goal.practice
            if state.phase != "done" or not here or state.account not in client.accounts:
                return
            self._become(said=(*state.said[:1], "The client of this form has them now."))
        self.on_change()

    def wait(self, seconds: float | None = None) -> str | None:
        """Wait until nothing is under way that ends by itself; give who is logged in then."""
        with self._lock:
            self._lock.wait_for(self._rests, seconds)
            return self.state.account or None

    def close(self, seconds: float = 0.0) -> None:
        """End a walk; one whose keys are being fetched is given some seconds."""
        self.cancel()
        if self.state.busy:
            self.wait(seconds)

    def _take(self, name: str, typed: str) -> None:
        """Take one of the app's keys; nothing of nothing."""
        try:
            secret = Given(None, **{name: typed}).parts[name]
        except QueryError as error:
            self._unfit_typed[name] = error.problems[0].why
            return
        if secret is not None:
            self._typed[name] = secret
            self._unfit_typed.pop(name, None)

    # --- the walk -------------------------------------------------------------------------------
    def _ask(self, going: Going, keep: Keep, port: int | None) -> str | None:
        """Get the page; what comes after a cancel is dropped."""
        try:
            page = going.begin(self._walk(self.state.goal, keep), port)
        except Exception as error:  # noqa: BLE001 -- in a thread it would be lost
            place = place_of(error, going.url)
            refused = place == "app" and isinstance(error, AuthenticationFailed)
            self._fail(going, place, in_words(error, going.url), refused=refused)
            return None
        with self._lock:
            if self._going is going:
                self._become("agreeing", page=page, waits_at=going.url, refused=False)
                going.wait_aside(self._await)
        if self._going is not going:
            going.close()
            return None
        self.on_change()
        return page

    def _walk(self, goal: Goal, keep: Keep) -> Walk:
        practice = goal.made_up
        walk = Walk(
            base_url=goal.base_url,
            auth_url=goal.auth_url,
            keep="nowhere" if practice else keep,
        )
        typed = self._typed.get("consumer_key"), self._typed.get("consumer_secret")
        key, secret = practice or typed
        if key is not None and secret is not None:
            walk.take_app(key.reveal(), secret.reveal())
        return walk

    def _await(self, going: Going) -> None:
        """Wait for the browser, in a thread of its own."""
        said = going.waited(self._patience)
        going.close()
        with self._lock:
            if self._going is not going:
                return
            if said:
                self._become("finishing")
        if said:
            self._exchange(going, said)
            return
        late = f"The browser did not come back within {self._patience:.0f} seconds. Get a new page."
        self._fail(going, "agree", late if said is None else _SAID_NO)

    def _exchange(self, going: Going, verifier: Secret) -> str | None:
        try:
            account = going.finish(verifier)
        except Exception as error:  # noqa: BLE001 -- in a thread it would be lost
            self._fail(going, "agree", in_words(error))
            return None
        goal, said = self._found_now(), outcome_in_words(account, self.state.goal, going.where)
        with self._lock:
            self._going = None
            if goal.app:  # kept; they need not stay here
                self._typed.clear()
            seen = {"goal": goal, "keeping": _kept_at(goal), "account": account, "said": said}
            self._become("done", page="", waits_at="", **seen)
        self.on_change()
        self._on_keys()
        return account

    def _found_now(self) -> Goal:
        """Look for the app's keys anew, for the walk's own goal: a person may look elsewhere."""
        before, now = self.state.goal, self._find_goal()
        same = (now.service, now.practice) == (before.service, before.practice)
        return now if same else before

    def _fail(self, going: Going, step: Step, words: str, *, refused: bool = False) -> None:
        """End a walk, unless it was cancelled before; `refused` are the app's keys."""
        going.close()
        with self._lock:
            if self._going is not going:
                return
            self._going = None
            if refused:  # both are pasted anew: nobody knows which of them is wrong
                self._typed.clear()
            end = {"page": "", "waits_at": "", "wrong": {step: words}}
            self._become("idle", refused=refused or self.state.refused, **end)
        self.on_change()

    def _why_not(self, going: Going | None, pin: Secret) -> str:
        """Say why a PIN can't be taken now; empty where it can."""
        if going is None or self.state.phase != "agreeing":
            return _NOT_BEGUN
        if going.url:
            return _BY_ITSELF
        return "" if pin else _NO_PIN

    def _rests(self) -> bool:
        by_itself = self.state.phase == "agreeing" and self.state.waits_at
        return not (self.state.busy or by_itself)

    def _become(self, phase: Phase | None = None, **changes: Any) -> None:
        with self._lock:
            self.state = replace(
                self.state, phase=phase or self.state.phase, typed=tuple(self._typed), **changes
            )
            self._lock.notify_all()


def _kept_at(goal: Goal) -> Keeping:
    return Keeping() if goal.practice else kept_for(goal.service)


def _forgotten(account: str | None, goal: Goal) -> tuple[tuple[str, ...], str]:
    """Forget what is kept at a goal; give whose keys, and why none."""
    if not goal.service or goal.practice:
        return (), "Nothing is kept here."
    try:
        return logout(account, base_url=goal.service), ""
    except EngagementError as error:
        return (), str(error)
