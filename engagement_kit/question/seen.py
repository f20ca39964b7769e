"""What stored answers observed of tweets: when last, and which hours are safe. Columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.question.gaps import Spans
from engagement_kit.question.hours import Hours, floor_day, floor_hour
from engagement_kit.question.known import SETTLE, Known
from engagement_kit.question.micros import NEVER, Micros, micros_of
from engagement_kit.question.rules import LAST_HOURS
from engagement_kit.question.settling import Settle, settling_of
from engagement_kit.question.tweet_ids import as_numbers

_LONGEST_28HR: Final = LAST_HOURS.value + 1


class Seen:
    """What the answers of a store observed.

    Parameters
    ----------
    known
        What each answer covers, of one service. Tweets of refusals alone are left out.
    settle
        An hour is safe if it was observed so long after its end; one time for all metrics, or one
        for each.
    numbers
        Tweets that are looked at, each once, as whole numbers; None: those of the answers.

    Attributes
    ----------
    numbers
        The tweets, by which all columns go.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> when = datetime(2026, 6, 1, tzinfo=UTC)
    >>> one = Known("r", "k", "s", "me", "lifetime", ("20",), frozenset({"replies"}), 0, 0, when)
    >>> seen = Seen([one])
    >>> seen.numbers.tolist(), seen.metrics("totals"), seen.level, seen.owners
    ([20], ('replies',), 'hour', {'20': 'me'})
    """

    def __init__(
        self, known: Iterable[Known], settle: Settle = SETTLE, numbers: Hours | None = None
    ) -> None:
        self._settle, self._given = settle, numbers is not None
        self._answers = [one for one in known if not one.refused]
        sizes = [len(one.tweet_ids) for one in self._answers]
        named = as_numbers(list(chain.from_iterable(one.tweet_ids for one in self._answers)))
        answer = np.repeat(np.arange(len(sizes)), np.array(sizes, dtype=np.int64))
        self.numbers = np.unique(named) if numbers is None else numbers
        order = np.argsort(self.numbers, kind="stable")
        place = np.searchsorted(self.numbers, named, sorter=order)
        inside = np.flatnonzero(place < len(order))
        inside = inside[self.numbers[order[place[inside]]] == named[inside]]
        self._row, self._answer = order[place[inside]], answer[inside]

    @cached_property
    def level(self) -> str:
        """The level at which history is kept: ``day`` where there are days, and hours of 28hr."""
        levels = {one.level for one in self._answers if one.level == "day" or _is_long(one)} - {
            "lifetime",
            "",
        }
        return "day" if levels == {"day"} else "hour"

    def metrics(self, endpoint: str) -> tuple[str, ...]:
        """Name the metrics that were asked of an endpoint's quantity."""
        answers = (one for one in self._answers if _is_of(one, endpoint))
        return tuple(sorted(set().union(*(one.metrics for one in answers))))

    def follows(self, endpoint: str) -> npt.NDArray[np.bool_]:
        """Say of each tweet whether that quantity of it was asked; of given ones, all are."""
        if self._given:
            return np.ones(len(self.numbers), dtype=bool)
        found = np.zeros(len(self.numbers), dtype=bool)
        chosen = np.array([_is_of(one, endpoint) for one in self._answers], dtype=bool)
        found[self._row[chosen[self._answer]]] = True
        return found

    def settle_of(self, name: str) -> timedelta:
        """Give the settle time of a metric."""
        return settling_of(self._settle, (name,))[0]

    def sets_with(self, name: str, endpoint: str) -> frozenset[frozenset[str]]:
        """Give the sets of metrics with one in it that were asked together."""
        return frozenset(
            one.metrics for one in self._answers if _is_of(one, endpoint) and name in one.metrics
        )

    def last(self, name: str, endpoint: str) -> Micros:
        """Give for each tweet the moment when a metric was last observed; NEVER for none."""
        chosen = self._chosen(lambda one: _is_of(one, endpoint) and name in one.metrics)
        when = np.array([micros_of(one.observed_at) for one in self._answers], dtype=np.int64)
        found = np.full(len(self.numbers), -1, dtype=np.int64)
        np.maximum.at(found, self._row[chosen], when[self._answer[chosen]])
        return np.where(found < 0, NEVER, found)

    def safe(self, name: str, level: str, among: Hours) -> Spans:
        """Give the hours of tweets that were observed after they were over and settled.

        Parameters
        ----------
        name, level
            The metric, and at which level it was counted.
        among
            Tweets, as positions.
        """
        chosen = self._chosen(lambda one: one.level == level and name in one.metrics)
        chosen = chosen[np.isin(self._row[chosen], among)]
        start = np.array([one.start for one in self._answers], dtype=np.int64)
        wait = self.settle_of(name)
        until = np.array([_settled(one, wait) for one in self._answers], dtype=np.int64)
        answer = self._answer[chosen]
        spans = Spans(self._row[chosen], start[answer], until[answer])
        return spans.at(spans.start < spans.end)

    def _chosen(self, is_right: Callable[[Known], bool]) -> Hours:
        """Give the lines of those answers."""
        right = np.array([is_right(one) for one in self._answers], dtype=bool)
        return np.flatnonzero(right[self._answer])

    @cached_property
    def owners(self) -> dict[str, str]:
        """Who signed for tweets, as far as an account did; the latest answer counts."""
        latest = sorted(self._answers, key=lambda one: one.observed_at)
        signed = (one for one in latest if one.account is not None)
        return {tweet: one.account or "" for one in signed for tweet in one.tweet_ids}


def _is_of(one: Known, endpoint: str) -> bool:
    """Say whether an answer is of an endpoint's quantity: of whole lives, or of hours."""
    whole = one.level == "lifetime" or (one.level == "" and one.start == one.end)
    return whole == (endpoint == "totals")


def _settled(one: Known, wait: timedelta) -> int:
    """Give the hour up to which an answer counts what was over and settled."""
    end = min(one.end, floor_hour(one.observed_at - wait))
    return floor_day(end) if one.level == "day" else end


def _is_long(one: Known) -> bool:
    """Say whether an answer counts more hours than 28hr does."""
    return one.end - one.start > _LONGEST_28HR
