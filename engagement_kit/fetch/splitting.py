"""How many requests may go into finding single tweets that sink a batch. Pure."""

from __future__ import annotations

import threading
from typing import Final

from engagement_kit import errors
from engagement_kit.question.batches import counts_each_tweet
from engagement_kit.question.request import Request

_BLAMELESS: Final = (errors.RateLimited, errors.ForbiddenMetrics)
"""Errors that no single tweet is to blame for."""
_BEFORE_ANY_ANSWER: Final = 16
"""Where all is refused it is not for one tweet: so many tries show it. A batch of 250 has a good
half after eight cuts at the latest if one tweet is bad."""


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
    """

    def __init__(self, most: int) -> None:
        self._most, self._used, self._answered = most, 0, False
        self._lock = threading.Lock()

    def answered(self) -> None:
        """Note that something was answered: so not all is refused."""
        self._answered = True

    def take(self) -> bool:
        """Take the two requests of a cut in halves, where there are two left.

        Examples
        --------
        >>> splits = Splits(most=3)
        >>> splits.take(), splits.take()
        (True, False)
        """
        with self._lock:
            most = self._most if self._answered else min(self._most, _BEFORE_ANY_ANSWER)
            if self._used + 2 > most:
                return False
            self._used += 2
            return True
