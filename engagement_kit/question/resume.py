"""What is left of a request once answers to it, or to parts of it, are there.

A batch that a bad tweet sank was asked again without it, or by halves. Which those were follows
from the request alone, so that a run which was cut off finds them again, and asks none twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from engagement_kit.question.batches import counts_each_tweet
from engagement_kit.question.known import Known
from engagement_kit.question.request import Request


class Tried(NamedTuple):
    """What came of one request so far.

    Attributes
    ----------
    answers
        Answers that serve, refusals among them.
    failed
        Whether it also met a failure, after which its halves may have been asked.
    """

    answers: tuple[Known, ...] = ()
    failed: bool = False

    def between(self, first: datetime, last: datetime | None = None) -> Tried:
        """Keep the answers that were observed from `first` on, and up to `last` if it is given."""
        came = (one for one in self.answers if first <= one.observed_at)
        return self._replace(
            answers=tuple(one for one in came if last is None or one.observed_at <= last)
        )


def halves(request: Request) -> tuple[Request, Request]:
    """Cut the tweets of a request in two; it has two at least.

    Examples
    --------
    >>> request = Request("s", "totals", "app", None, ("20", "21", "22"), ("replies",), ())
    >>> [one.tweet_ids for one in halves(request)]
    [('20', '21'), ('22',)]
    """
    ids = request.tweet_ids
    middle = (len(ids) + 1) // 2
    return replace(request, tweet_ids=ids[:middle]), replace(request, tweet_ids=ids[middle:])


def left_of(request: Request, tried: Callable[[str], Tried]) -> tuple[list[Known], list[Request]]:
    """Find the answers to a request or its parts, and what is still to ask.

    Parameters
    ----------
    request
        As planned.
    tried
        Tells by a request's key what came of it.

    Returns
    -------
    answers : list of Known
        Those that serve.
    rest : list of Request
        What nobody answered, in order; the request itself when nothing came.
    """
    word = tried(request.key)
    if word.answers:
        latest = max(word.answers, key=lambda one: one.observed_at)
        # An answer that named tweets speaks of those alone; the others were asked anew.
        other = request.without(frozenset(latest.tweet_ids))
        if not other.tweet_ids:
            return [latest], []
        answers, rest = left_of(other, tried)
        return [latest, *answers], rest
    if not word.failed or len(request.tweet_ids) < 2 or not counts_each_tweet(request):
        return [], [request]
    parts = [left_of(half, tried) for half in halves(request)]
    found = [one for answers, _ in parts for one in answers]
    if not found:
        return [], [request]
    return found, [one for _, rest in parts for one in rest]
