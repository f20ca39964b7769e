"""How many requests may go into finding single tweets that sink a batch. Pure."""

from __future__ import annotations

import threading
from typing import Final

from engagement_kit import errors
from engagement_kit.question.batches import counts_each_tweet
from engagement_kit.question.request import Request

_BLAMELESS: Final = (errors.RateLimited, errors.ForbiddenMetrics, errors.AuthenticationFailed)
"""Errors that no single tweet is to blame for."""
_IN_VAIN: Final = 16
"""Where all is refused it is not for one tweet: so many tries without any answer show it. If one
tweet of a batch is bad, one half of each cut is good."""
_IN_VAIN_PER_THREAD: Final = 4
"""Several bad batches may be under way at once."""


def may_split(request: Request, error: errors.EngagementError | None) -> bool:
    """Say whether parts of a batch can be asked by themselves, and whether it may help.

    Only what counts each tweet can be put together again.
    """
    if len(request.tweet_ids) < 2 or isinstance(error, _BLAMELESS):
        return False
    return counts_each_tweet(request)


class Splits:
    """The budget of one run.

    Parameters
    ----------
    most
        Requests beyond the plan that may be made; as the plan's price says.
    threads
        How many requests are under way at once.
    """

    def __init__(self, most: int, threads: int = 1) -> None:
        self._most, self._used, self._in_vain = most, 0, 0
        self._most_in_vain = max(_IN_VAIN, _IN_VAIN_PER_THREAD * threads)
        self._lock = threading.Lock()

    def answered(self) -> None:
        """Note that something was answered: so not all is refused."""
        with self._lock:
            self._in_vain = 0

    def take(self) -> bool:
        """Take the two requests of a cut in halves, where there are two left.

        Examples
        --------
        >>> splits = Splits(most=3)
        >>> splits.take(), splits.take()
        (True, False)
        """
        with self._lock:
            if self._used + 2 > self._most or self._in_vain + 2 > self._most_in_vain:
                return False
            self._used += 2
            self._in_vain += 2
            return True
