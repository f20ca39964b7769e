"""How many numbers can not change any more: observed a settle time after their end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Final

import numpy as np

from engagement_kit.question.gaps import Spans
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.tweet_ids import as_numbers
from engagement_kit.question.wanted import Wanted

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def settled_numbers(plans: Sequence[tuple[Wanted, Freshness]], known: Iterable[Known]) -> int:
    """Count the wanted numbers that some answer observed late enough; each once.

    Parameters
    ----------
    plans
        What is wanted, and by which settle times.
    known
        What is stored of the same service.
    """
    stored = [one for one in known if not one.refused]
    total = 0
    for level, step in (("hour", 1), ("day", 24)):
        mine = [one for one in plans if one[0].level == level]
        answers = [one for one in stored if one.level == level]
        for name in sorted({name for wanted, _ in mine for name in wanted.query.metrics}):
            of_it = [one for one in mine if name in one[0].query.metrics]
            closed = _closed([one for one in answers if name in one.metrics], of_it[0][1], name)
            wanted = Spans.joined([_wanted(one, name) for one, _ in of_it])
            both = Spans.joined([wanted, closed])
            total += (wanted.covered() + closed.covered() - both.covered()) // step
    return total


def numbers_in(known: Iterable[Known]) -> int:
    """Count the numbers that answers cover; each once, however many answers do."""
    stored = [one for one in known if not one.refused]
    total = 0
    for level, step in (("hour", 1), ("day", 24), ("lifetime", 1)):
        mine = [one for one in stored if one.level == level]
        for name in sorted(frozenset[str]().union(*(one.metrics for one in mine))):
            of_it = [one for one in mine if name in one.metrics]
            edges = [(one.start, one.end) if level != "lifetime" else (0, 1) for one in of_it]
            total += _spans(of_it, edges).covered() // step
    return total


def _wanted(wanted: Wanted, name: str) -> Spans:
    """Give the obtainable hours of one metric, by tweet."""
    kind = wanted.kind_of[wanted.query.metrics.index(name)]
    start, end = wanted.by_kind[:, kind].T
    spans = Spans(wanted.query.numbers, start, end)
    return spans.at(start < end)


def _closed(answers: Sequence[Known], fresh: Freshness, name: str) -> Spans:
    """Give the hours that answers observed late enough, by tweet."""
    # By a clock that no answer is young by, and as if the metric stood alone in each answer.
    late = replace(fresh, now=_NEVER, until=None, settle=fresh.settle_of((name,)), by_metric=())
    return _spans(answers, [(one.start, late.usable_until(one)) for one in answers])


def _spans(answers: Sequence[Known], edges: Sequence[tuple[int, int]]) -> Spans:
    """Give the hours between an answer's edges, for each of its tweets."""
    sizes = np.fromiter((len(one.tweet_ids) for one in answers), np.int64, len(answers))
    tweet = as_numbers(list(chain.from_iterable(one.tweet_ids for one in answers)))
    start, end = np.repeat(np.array(edges, dtype=np.int64).reshape(-1, 2), sizes, axis=0).T
    spans = Spans(tweet, start, end)
    return spans.at(start < end)
