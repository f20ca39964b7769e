"""Which hours of which wanted tweets the stored answers give again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from engagement_kit.question.gaps import Spans
from engagement_kit.question.hours import Hours, ceil_hour, floor_hour
from engagement_kit.question.known import Freshness, Known
from engagement_kit.question.rules import LAST_HOURS
from engagement_kit.question.tweet_ids import as_numbers
from engagement_kit.question.wanted import Wanted

NOBODY: Final = -1
"""The account of an app-only answer."""
_STRANGER: Final = -2
_ALL: Final = slice(None)


@dataclass(frozen=True)
class Asking:
    """What would be asked if nothing were stored: one line for each tweet.

    Attributes
    ----------
    hull
        The hours from the first to the last that any metric can be had for; empty for none.
    shape
        Which metrics are asked, a position in `shapes`.
    shapes
        Names of metrics; empty for a tweet of which nothing can be had.
    owner
        The account that would sign with user keys, a position in `accounts`.
    accounts
        Names of accounts.
    public
        Metrics that app-only requests may ask.
    """

    hull: Spans
    shape: Hours
    shapes: tuple[tuple[str, ...], ...]
    owner: Hours
    accounts: tuple[str, ...]
    public: frozenset[str]


@dataclass(frozen=True)
class Parts:
    """Stored hours of wanted tweets.

    Attributes
    ----------
    spans
        The hours; rows are positions in the query.
    answer
        Which answer gives them, a position in `answers`.
    answers
        All that were looked at.
    too_old
        Whether any answer gives less than it holds: it counts what was open then, and is older
        than it may be.
    """

    spans: Spans
    answer: Hours
    answers: Sequence[Known]
    too_old: bool = False

    def refused(self) -> npt.NDArray[np.bool_]:
        """Say of each part whether its answer is a refusal."""
        return _refused(self.answers)[self.answer]

    def used(self, chosen: npt.NDArray[np.bool_] | slice = _ALL) -> tuple[Known, ...]:
        """Give the answers that serve, or those of some parts."""
        return tuple(self.answers[at] for at in np.unique(self.answer[chosen]))


def stored_parts(
    wanted: Wanted, asking: Asking, answers: Sequence[Known], fresh: Freshness
) -> Parts:
    """Find the hours that stored answers give of wanted tweets.

    Parameters
    ----------
    wanted, asking
        The query at its moment, and what would be asked.
    answers
        Of the same service, and of the level that is asked, or refusals.
    fresh
        How old an answer may be.
    """
    pairs = _tweets_in(wanted, answers)
    pairs = pairs.at(_same_signer(asking, answers, pairs))
    start, end = _hours(wanted, asking, answers, fresh, pairs)
    some = start < end
    spans = Spans(pairs.row[some], start[some], end[some])
    return Parts(spans, pairs.answer[some], answers, _some_too_old(wanted, answers, fresh, pairs))


def tellers(wanted: Wanted, asking: Asking, answers: Sequence[Known]) -> tuple[Known, ...]:
    """List the answers that tell of any wanted number, however old.

    A count is the same whoever signed for it; a refusal holds for the account that would sign.

    Parameters
    ----------
    wanted, asking
        The query at its moment, and what would be asked.
    answers
        Of the same service, and of the level that is asked, or refusals.
    """
    pairs = _tweets_in(wanted, answers)
    shared = [not one.isdisjoint(wanted.query.metrics) for one in _sets_of(answers)]
    counts = np.array(shared, dtype=bool)[pairs.metrics]
    if wanted.level != "lifetime":
        spoken = np.array([_spoken(one, wanted.query.endpoint) for one in answers])
        start, end = spoken[pairs.answer].T
        counts &= (start < wanted.asked[pairs.row, 1]) & (end > wanted.asked[pairs.row, 0])
    refusal = _same_signer(asking, answers, pairs)
    tells = np.where(_refused(answers)[pairs.answer], refusal, counts)
    return tuple(answers[at] for at in np.unique(pairs.answer[tells]))


def _spoken(known: Known, endpoint: str) -> tuple[int, int]:
    """Give the hours that an answer speaks of; on 28hr, answers without counts echo none."""
    if known.start < known.end or endpoint != "28hr":
        return known.start, known.end
    begin = floor_hour(known.observed_at - timedelta(hours=LAST_HOURS.value))
    return begin, ceil_hour(known.observed_at)


class _Pairs(NamedTuple):
    """Each wanted tweet in each answer: its position in the query, the answer's, and its metrics'.

    `metrics` is a position in what `_sets_of` lists.
    """

    row: Hours
    answer: Hours
    metrics: Hours

    def at(self, chosen: npt.NDArray[np.bool_]) -> _Pairs:
        return _Pairs(*(column[chosen] for column in self))


def _refused(answers: Sequence[Known]) -> npt.NDArray[np.bool_]:
    return np.array([one.refused for one in answers], dtype=bool)


def _sets_of(answers: Sequence[Known]) -> dict[frozenset[str], int]:
    """Give each distinct set of metrics a number."""
    numbers: dict[frozenset[str], int] = {}
    for one in answers:
        numbers.setdefault(one.metrics, len(numbers))
    return numbers


def _tweets_in(wanted: Wanted, answers: Sequence[Known]) -> _Pairs:
    """Find the wanted tweets in the answers."""
    sizes = np.fromiter((len(one.tweet_ids) for one in answers), np.int64, len(answers))
    named = as_numbers(list(chain.from_iterable(one.tweet_ids for one in answers)))
    numbers = wanted.query.numbers
    order = np.argsort(numbers, kind="stable")
    place = np.minimum(np.searchsorted(numbers, named, sorter=order), len(numbers) - 1)
    row = order[place]
    known = numbers[row] == named
    sets = _sets_of(answers)
    answer = np.repeat(np.arange(len(answers)), sizes)[known]
    metrics = np.fromiter((sets[one.metrics] for one in answers), np.int64, len(answers))
    return _Pairs(row[known], answer, metrics[answer])


def _same_signer(asking: Asking, answers: Sequence[Known], pairs: _Pairs) -> npt.NDArray[np.bool_]:
    """Say whether who signed for an answer would also sign now for what it shares with a tweet.

    A refusal says whose the tweet is: it shares whatever the same account would sign for.
    """
    sets = _sets_of(answers)
    shared = [[set(names) & metrics for metrics in sets] for names in asking.shapes]
    some = np.array([[bool(one) for one in line] for line in shared], dtype=bool)
    pooled = np.array([[one <= asking.public for one in line] for line in shared], dtype=bool)
    accounts = {name: at for at, name in enumerate(asking.accounts)}
    accounts_of = [
        NOBODY if one.account is None else accounts.get(one.account, _STRANGER) for one in answers
    ]
    signed = np.array(accounts_of, dtype=np.int64)[pairs.answer]
    shape, by_owner = asking.shape[pairs.row], signed == asking.owner[pairs.row]
    refused = _refused(answers)[pairs.answer]
    private = np.array([not asking.public.issuperset(names) for names in asking.shapes], dtype=bool)
    refusal = refused & private[shape] & by_owner
    # A count is the same whoever signed for it: public ones came with an owner's others, too.
    signer = (pooled[shape, pairs.metrics] & (signed == NOBODY)) | (~refused & by_owner)
    same: npt.NDArray[np.bool_] = refusal | (some[shape, pairs.metrics] & signer)
    return same


def _some_too_old(
    wanted: Wanted, answers: Sequence[Known], fresh: Freshness, pairs: _Pairs
) -> bool:
    """Say whether an older answer would serve more if it were young enough."""
    old = np.array([not (one.refused or fresh.is_fresh(one)) for one in answers], dtype=bool)
    at = np.flatnonzero(old[pairs.answer])
    if wanted.query.endpoint != "historical":
        return bool(len(at))
    until = np.array([fresh.usable_until(one) for one in answers], dtype=np.int64)
    ends = np.array([one.end for one in answers], dtype=np.int64)
    answer, (first, last) = pairs.answer[at], wanted.had[pairs.row[at]].T
    return bool((np.maximum(until[answer], first) < np.minimum(ends[answer], last)).any())


def _has_all(asking: Asking, answers: Sequence[Known], pairs: _Pairs) -> Hours:
    """Say, by 1 or 0, where an answer gives all metrics that would be asked of a tweet."""
    all_in = [[one.issuperset(names) for one in _sets_of(answers)] for names in asking.shapes]
    found: Hours = np.array(all_in, dtype=np.int64)[asking.shape[pairs.row], pairs.metrics]
    return found


def _hours(
    wanted: Wanted, asking: Asking, answers: Sequence[Known], fresh: Freshness, pairs: _Pairs
) -> tuple[Hours, Hours]:
    """Give the hours that each answer may serve for; refusals serve for all."""
    answer = pairs.answer
    row, low, high = asking.hull.at(pairs.row)
    refused = _refused(answers)[answer]
    begin = np.array([one.start for one in answers], dtype=np.int64)[answer]
    young = np.array([fresh.is_fresh(one) for one in answers], dtype=bool)[answer]
    if wanted.level == "lifetime":
        serves = refused | young
    elif wanted.query.endpoint == "28hr":
        end = np.array([one.end for one in answers], dtype=np.int64)[answer]
        # A longer answer, of historical, would say that its own window is the last 28 hours. One of
        # the hour before will do, unless other metrics of the tweet come from this hour's window.
        late = _has_all(asking, answers, pairs)
        same = (wanted.asked[row, 0] - late <= begin) & (begin <= low) & (end >= high - late)
        serves = same & young
        now = serves & (begin >= wanted.asked[row, 0]) & (end >= high)
        serves &= now | ~np.isin(row, row[now])
        serves |= refused
    else:
        until = np.array([fresh.usable_until(one) for one in answers], dtype=np.int64)[answer]
        start = np.where(refused, low, np.maximum(low, begin))
        return start, np.where(refused, high, np.minimum(high, until))
    return low, np.where(serves, high, low)
