"""Trying every credential of a client in a thread, and what came of it as rows of a table."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from engagement_kit.client.client import Client
from engagement_kit.errors import EngagementError, QueryError


@dataclass(frozen=True)
class Trials:
    """What came of trying keys.

    Attributes
    ----------
    rows
        A row for each credential, in words; see ``engagement_kit.client.trying.HEAD``.
    wrong
        Why nothing was tried; empty where it was.
    """

    rows: tuple[tuple[str, str, str, str], ...] = ()
    wrong: str = ""


def trials(client: Client, tweet_id: str) -> Trials:
    """Try every credential of a client on a tweet; on one of the client's choice where it is empty.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> with ek.connect("emulator") as client:
    ...     trials(client, "").rows[0][:2]
    ('account acme', 'accepted')
    """
    try:
        tried = client.try_keys(tweet_id.strip() or None)
    except QueryError as error:
        return Trials(wrong=" ".join(one.why for one in error.problems))
    except EngagementError as error:
        return Trials(wrong=str(error))
    return Trials(tuple((one.credential, one.outcome, one.may, one.said) for one in tried))


class Trying:
    """One trial of all keys, in a thread.

    Parameters
    ----------
    client, tweet_id
        As in `trials`.
    on_end
        Called with the outcome, from the thread; may not raise.
    """

    def __init__(self, client: Client, tweet_id: str, on_end: Callable[[Trials], None]) -> None:
        self._client, self._tweet_id, self._on_end = client, tweet_id, on_end
        self.outcome: Trials | None = None
        self._thread = threading.Thread(target=self._go, name="engagement_kit-trial", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether it still goes on."""
        return self.outcome is None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, seconds: float | None = None) -> Trials | None:
        """Wait until it is over, and give the outcome.

        Parameters
        ----------
        seconds
            How long to wait at most; None: as long as it takes.

        Returns
        -------
        Trials or None
            What came of each credential; None where the time was too short.
        """
        self._thread.join(seconds)
        return self.outcome

    def _go(self) -> None:
        try:
            outcome = trials(self._client, self._tweet_id)
        except Exception as error:  # noqa: BLE001 -- a thread's exception would be lost
            outcome = Trials(wrong=f"{type(error).__name__}: this is a fault of the kit")
        self.outcome = outcome
        self._on_end(outcome)
