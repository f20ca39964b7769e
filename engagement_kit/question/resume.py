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
from engagement_kit.question.riding import NOBODY_RIDES, Riding


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


def cut_apart(request: Request, riding: Riding = NOBODY_RIDES) -> tuple[Request, ...]:
    """Cut a request in two: tweets that ride along from the others, else in halves."""
    return riding.parts(request) or halves(request)


def left_of(
    request: Request, tried: Callable[[str], Tried], riding: Riding = NOBODY_RIDES
) -> tuple[list[Known], list[Request]]:
    """Find the answers to a request or its parts, and what is still to ask.

    Parameters
    ----------
    request
        As planned.
    tried
        Tells by a request's key what came of it.
    riding
        How tweets that ride along are asked by themselves.

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
        named = frozenset(latest.tweet_ids)
        whole = latest.metrics.issuperset(request.metrics) and not latest.refused
        if whole and named.issuperset(request.tweet_ids):
            return [latest], []
        # An answer that named tweets speaks of those alone; the others were asked anew.
        parts = riding.rest(request, named, refused=latest.refused)
        pieces = [left_of(part, tried, riding) for part in parts]
        answers = [one for found, _ in pieces for one in found]
        return [latest, *answers], [one for _, rest in pieces for one in rest]
    if not word.failed or len(request.tweet_ids) < 2 or not counts_each_tweet(request):
        return [], [request]
    pieces = [left_of(part, tried, riding) for part in cut_apart(request, riding)]
    found = [one for answers, _ in pieces for one in answers]
    if not found:
        return [], [request]
    return found, [one for _, rest in pieces for one in rest]
