"""What is left of a request: by its answers, by refusals that named tweets, and by halves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.batches import CARRIERS, CHECKS
from engagement_kit.question.known import Known
from engagement_kit.question.request import Request
from engagement_kit.question.resume import Tried, halves, left_of
from engagement_kit.question.riding import Riding
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

GROUPINGS = (CARRIERS["lifetime"], CHECKS["lifetime"])
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def asking(*tweets: str) -> Request:
    """Ask for some tweets."""
    return Request("s", "totals", "app", None, tweets, ("replies",), GROUPINGS)


def answer(request: Request, *named: str) -> Known:
    """Answer a request, or speak of some of its tweets alone."""
    tweets = named or request.tweet_ids
    return Known(
        "-".join(tweets), request.key, "s", None, "lifetime", tweets,
        frozenset({"replies"}), 0, 0, NOW, refused=bool(named),
    )  # fmt: skip


class Past:
    """What came so far."""

    def __init__(self) -> None:
        self.answers: dict[str, Known] = {}
        self.failed: set[str] = set()

    def tried(self, key: str) -> Tried:
        """Look it up."""
        found = self.answers.get(key)
        return Tried((found,) if found else (), key in self.failed)


def test_nothing_came_all_is_left() -> None:
    """A request that nobody tried is asked as planned."""
    assert left_of(asking("20", "21"), Past().tried) == ([], [asking("20", "21")])


def test_the_others_of_a_refused_batch_are_left() -> None:
    """A refusal speaks of the tweets that it names; the rest may be answered already."""
    past, whole = Past(), asking("20", "21", "22")
    past.answers[whole.key] = answer(whole, "21")
    assert left_of(whole, past.tried)[1] == [asking("20", "22")]
    rest = asking("20", "22")
    past.answers[rest.key] = answer(rest)
    found, left = left_of(whole, past.tried)
    assert ([one.ref for one in found], left) == (["21", "20-22"], [])


def test_a_batch_that_failed_as_a_whole_is_asked_as_a_whole() -> None:
    """A failure alone is no reason to cut: it may have been the network."""
    past, whole = Past(), asking("20", "21")
    past.failed.add(whole.key)
    assert left_of(whole, past.tried) == ([], [whole])


@given(st.integers(2, 40), st.data())
def test_cutting_that_was_cut_off_goes_on(many: int, data: st.DataObject) -> None:
    """However far the search for bad tweets came: each tweet is answered or left, none twice."""
    ids = [str(100 + n) for n in range(many)]
    bad = data.draw(st.sets(st.sampled_from(ids), min_size=1, max_size=3))
    past, asked = Past(), []
    stack = [asking(*ids)]
    for _ in range(data.draw(st.integers(0, 30))):
        if not stack:
            break
        one = stack.pop(0)
        asked.append(one)
        if bad & set(one.tweet_ids):
            past.failed.add(one.key)
            stack[:0] = halves(one) if len(one.tweet_ids) > 1 else ()
        else:
            past.answers[one.key] = answer(one)
    found, left = left_of(asking(*ids), past.tried)
    covered = [tweet for one in found for tweet in one.tweet_ids]
    covered += [tweet for one in left for tweet in one.tweet_ids]
    assert sorted(covered) == sorted(ids)
    assert {one.key for one in found} == set(past.answers)


@pytest.mark.parametrize(
    ("first", "last", "kept"),
    [(0, 9, "abc"), (1, 9, "bc"), (0, 1, "ab"), (1, 1, "b"), (3, 9, ""), (2, 1, "")],
)
def test_answers_of_a_time_are_those_observed_in_it(first: int, last: int, kept: str) -> None:
    """Both ends count; without a last moment all that came since."""
    came = {
        ref: replace(answer(asking("20")), ref=ref, observed_at=NOW + timedelta(days=day))
        for day, ref in enumerate("abc")
    }
    word = Tried(tuple(came.values()), failed=True)
    begin, end = NOW + timedelta(days=first), NOW + timedelta(days=last)
    assert word.between(begin, end) == Tried(tuple(map(came.__getitem__, kept)), failed=True)
    assert word.between(begin) == word.between(begin, NOW + timedelta(days=99))


def test_of_several_answers_the_latest_says_what_is_left() -> None:
    """An answer to all of them after a refusal leaves nothing; a refusal after it, the others."""
    whole = asking("20", "21")
    good = answer(whole)
    no = replace(answer(whole, "21"), observed_at=NOW + timedelta(days=1))
    later = replace(good, ref="later", observed_at=NOW + timedelta(days=2))

    def tried(*answers: Known) -> tuple[list[Known], list[Request]]:
        return left_of(whole, lambda key: Tried(answers) if key == whole.key else Tried())

    assert tried(good, no) == tried(no, good) == ([no], [asking("20")])
    assert tried(later, good, no) == ([later], [])


def alone(request: Request, one: Known, riding: Riding) -> list[Request]:
    """Say what is left after one answer."""
    tried = Tried((one,))
    return left_of(request, lambda key: tried if key == request.key else Tried(), riding)[1]


def test_an_answer_to_some_of_the_tweets_leaves_the_others() -> None:
    """Also where it refuses nothing: it speaks of those that it names alone."""
    whole = asking("20", "21", "22")
    one = replace(answer(whole), tweet_ids=("20", "22"))
    assert alone(whole, one, Riding()) == [asking("21")]


BOTH = ("impressions", "replies")
A, B = (str((1_779_000_000_000 - ID_EPOCH_MS << 22) + n) for n in range(2))
"""Tweets of that month: nothing of them is too old."""


def private(*tweets: str) -> Request:
    """Ask an account for what it alone may ask, and for what anybody may."""
    return replace(asking(*tweets), credential="user", account="acme", metrics=BOTH)


def refusing(request: Request, *named: str) -> Known:
    """Say of some of its tweets that they are somebody else's."""
    return replace(answer(request, *named), metrics=frozenset(BOTH))


def test_an_answer_to_some_of_the_metrics_is_not_the_whole() -> None:
    """A refusal of all tweets, or counts of fewer metrics, leave what anybody may ask."""
    riding = Riding(NOW)
    for tweets in ((A, B), ("20", "21")):
        whole = private(*tweets)
        assert alone(whole, refusing(whole, *tweets), riding) == [asking(*tweets)]
    counts = replace(answer(whole), metrics=frozenset({"impressions"}))
    assert alone(whole, counts, riding) == [asking(*tweets)]
    every = replace(counts, metrics=frozenset({*BOTH, "favorites"}))
    assert alone(whole, every, riding) == []


def test_what_is_refused_one_after_the_other_is_asked_app_only_each_time() -> None:
    """Also where a batch that failed was cut in halves before."""
    whole, riding = private(A, B), Riding(NOW)
    halved = {
        whole.key: Tried(failed=True),
        private(A).key: Tried((refusing(private(A), A),)),
    }
    left = left_of(whole, lambda key: halved.get(key, Tried()), riding)[1]
    assert left == [asking(A), private(B)]
    named = {
        whole.key: Tried((refusing(whole, A),)),
        private(B).key: Tried((refusing(private(B), B),)),
    }
    found, left = left_of(whole, lambda key: named.get(key, Tried()), riding)
    assert ([one.tweet_ids for one in found], left) == ([(A,), (B,)], [asking(B), asking(A)])
