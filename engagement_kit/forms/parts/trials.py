"""The part that tries every credential, and shows what each may ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.client.trying import HEAD
from engagement_kit.forms import look
from engagement_kit.forms.model.trying import Trials, Trying

_HINT: Final = (
    "One request for each account, for the bearer token, and for the app's keys alone; each "
    "account that is tried counts for the month's contract"
)


class TrialsPart:
    """A button and a table. Its widgets are made once; a thread only changes their values.

    Parameters
    ----------
    on_change
        Called when a trial begins and when it is over, the second time from its thread; may not
        raise.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self.trying: Trying | None = None
        self._notes: tuple[str, ...] = ()
        self.button = look.button("Try all keys", hint=_HINT)
        self.words = look.words("ek-trials")

    @property
    def alive(self) -> bool:
        """Whether a trial is under way."""
        return self.trying is not None and self.trying.alive

    def start(self, client: Client, tweet_id: str, notes: Sequence[str] = ()) -> Trying:
        """Try all keys of a client; a trial that is under way is given again.

        Parameters
        ----------
        client, tweet_id
            As in ``engagement_kit.forms.model.trying.trials``.
        notes
            What stands above the table: what is tried, and what not.
        """
        with self._lock:  # two clicks are one trial
            if self.trying is not None and self.trying.alive:
                return self.trying
            self._notes = tuple(notes)
            self.trying = Trying(client, tweet_id, self._show)
            self.words.value = look.said(["asking by each credential"], "status")
            self._on_change()
            self.trying.start()
            return self.trying

    def forget(self) -> None:
        """Forget the outcome: it is about another client."""
        self.words.value = ""

    def wait(self, seconds: float) -> None:
        """Wait until a trial is over, for some seconds at most."""
        if self.trying is not None:
            self.trying.wait(seconds)

    def _show(self, outcome: Trials) -> None:
        table = look.table(HEAD, outcome.rows) if outcome.rows else ""
        notes = look.said(self._notes)
        self.words.value = look.said([outcome.wrong], "problem") + notes + table
        self._on_change()
