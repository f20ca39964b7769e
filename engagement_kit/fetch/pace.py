"""How long to wait before asking again. Pure: the clock and chance are arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engagement_kit.fetch.wire import Again, kept_headers

_SECOND_LIMIT_WAIT: Final = 2.0
_UNKNOWN_LIMIT_WAIT: Final = 30.0
_LONGEST_LIMIT_WAIT: Final = 60.0


@dataclass(frozen=True)
class Patience:
    """How often and how long to try.

    Attributes
    ----------
    attempts
        Tries of one request in all.
    first_wait, longest_wait
        Seconds of the first and the longest back-off after a fault.
    """

    attempts: int = 5
    first_wait: float = 1.0
    longest_wait: float = 30.0

    def wait(
        self,
        again: Again,
        attempt: int,
        *,
        headers: Mapping[str, str],
        unix_now: float,
        chance: float,
    ) -> float | None:
        """Say how many seconds to wait before the next try; None to give up.

        Parameters
        ----------
        again
            Why another try may help.
        attempt
            Tries so far, 1 for the first.
        headers
            Of the last reply.
        unix_now
            Real time in Unix seconds, as the API's resets are.
        chance
            A number in [0, 1): spreads retries so that many clients don't come back at once.

        Examples
        --------
        >>> Patience().wait("fault", 3, headers={}, unix_now=0.0, chance=0.5)
        3.0
        >>> Patience().wait("", 1, headers={}, unix_now=0.0, chance=0.5) is None
        True
        """
        if not again or attempt >= self.attempts:
            return None
        if again == "limit":
            return _until_reset(kept_headers(headers), unix_now) + chance
        backoff = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
        return backoff * (0.5 + chance / 2)


def _until_reset(headers: Mapping[str, str], unix_now: float) -> float:
    """Give the seconds until the spent limit opens again, within bounds.

    A reset that is past means that this machine's clock is ahead, so that it says nothing.
    """
    if headers.get("x-per-minute-remaining", "").strip() != "0":
        spent_second = headers.get("x-per-second-remaining", "").strip() == "0"
        if spent_second:
            return _SECOND_LIMIT_WAIT
    try:
        left = float(headers["x-per-minute-reset"]) - unix_now
    except (KeyError, ValueError):
        return _UNKNOWN_LIMIT_WAIT
    return min(_LONGEST_LIMIT_WAIT, left) if left >= 0 else _UNKNOWN_LIMIT_WAIT
