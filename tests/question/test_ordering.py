"""The order that saves most, held against every order of small plans."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.errors import QueryError
from engagement_kit.question.micros import NEVER, moment_at
from engagement_kit.question.ordering import Steps, check_order, in_order, on_the_way, turns_until

MINUTE = 60_000_000
laws = settings(max_examples=250)

Line = tuple[int, int, int]
"""A job, the last turn (counted from 0) at which it saves, and what it saves then."""


def steps_of(lines: Sequence[Line]) -> Steps:
    """Write lines as columns; a turn is a minute."""
    table = np.array(lines, dtype=np.int64).reshape(-1, 3)
    return Steps(table[:, 0], table[:, 1] * MINUTE + MINUTE // 2, table[:, 2])


def saved(lines: Sequence[Line], sequence: Sequence[int], room: int = 1) -> int:
    """Add up what a sequence saves."""
    turn = {job: place // room for place, job in enumerate(sequence)}
    return sum(weight for job, last, weight in lines if turn[job] <= last)


def most_saved(lines: Sequence[Line], many: int, room: int = 1) -> int:
    """Try every sequence."""
    return max(saved(lines, one, room) for one in itertools.permutations(range(many)))


@st.composite
def one_deadline_each(draw: st.DrawFn) -> list[Line]:
    """Draw jobs with a deadline and a weight each; some have none."""
    many = draw(st.integers(1, 6))
    jobs = draw(st.sets(st.integers(0, many - 1)))
    return [(job, draw(st.integers(0, many)), draw(st.integers(1, 9))) for job in sorted(jobs)]


@st.composite
def several_deadlines(draw: st.DrawFn) -> list[Line]:
    """Draw jobs with several deadlines."""
    line = st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(1, 9))
    return draw(st.lists(line, max_size=12))


@laws
@given(one_deadline_each())
def test_no_order_saves_more_where_each_has_one_deadline(lines: list[Line]) -> None:
    """What is saved is the most that any sequence saves, and it says how much is late."""
    found = in_order(steps_of(lines), 6, now=0, per_minute=1)
    assert sorted(found.sequence.tolist()) == list(range(6))
    ours = saved(lines, found.sequence.tolist())
    assert ours == most_saved(lines, 6)
    assert found.late == sum(weight for _, _, weight in lines) - ours


@laws
@given(several_deadlines())
def test_all_is_saved_wherever_any_order_saves_all(lines: list[Line]) -> None:
    """With several deadlines each, too; whether or not the rate is known."""
    whole = sum(weight for _, _, weight in lines)
    for rate in (1, None):
        found = in_order(steps_of(lines), 6, now=0, per_minute=rate)
        ours = saved(lines, found.sequence.tolist())
        assert (ours == whole) == (most_saved(lines, 6) == whole)


@laws
@given(several_deadlines())
def test_no_order_saves_more_of_a_few_with_several_deadlines(lines: list[Line]) -> None:
    """What is saved of requests that compete is the most that any sequence saves."""
    found = in_order(steps_of(lines), 6, now=0, per_minute=1)
    assert saved(lines, found.sequence.tolist()) == most_saved(lines, 6)


def test_the_best_choice_of_a_few_is_better_than_the_rule_of_thumb() -> None:
    """Four requests compete: by the rule one more number is lost than need be."""
    lines = [(0, 0, 1), (0, 1, 2), (1, 0, 4), (1, 1, 4), (2, 0, 5)]
    found = in_order(steps_of(lines), 4, now=0, per_minute=1)
    assert saved(lines, found.sequence.tolist()) == most_saved(lines, 4)
    late = {}
    for few in (2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("engagement_kit.question.ordering._FEW", few)
            late[few] = in_order(steps_of(lines), 4, now=0, per_minute=1).late
    assert (found.late, late) == (6, {2: 7, 3: 6})


def test_the_rule_of_thumb_weighs_all_that_a_job_would_lose_so_far() -> None:
    """What was lost of it by an earlier deadline counts too: the one of two fours stays, for 3 + 3.

    Three compete for two turns; job 1 is given up, for it loses 4, less than 6 and 5.
    """
    lines = [(0, 0, 3), (0, 1, 3), (1, 1, 4), (2, 1, 5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engagement_kit.question.ordering._FEW", 0)
        found = in_order(steps_of(lines), 3, now=0, per_minute=1)
    assert (found.sequence.tolist(), found.late) == ([0, 2, 1], 4)
    assert saved(lines, found.sequence.tolist()) == most_saved(lines, 3)


@pytest.mark.parametrize("few", [0, 1000])
def test_what_is_given_up_comes_back_by_its_next_deadline_before_what_has_none(few: int) -> None:
    """One of two is given up in the first turn, and saved in the second; four more have none."""
    lines = [(0, 0, 9), (1, 0, 1), (1, 1, 1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engagement_kit.question.ordering._FEW", few)
        found = in_order(steps_of(lines), 6, now=0, per_minute=1)
    assert (found.sequence.tolist(), found.late) == ([0, 1, 2, 3, 4, 5], 1)


def test_the_rule_of_thumb_takes_steps_of_one_job_and_turn_together() -> None:
    """Steps of two metrics that end in the same turn: what is lost is their sum, of each job."""
    lines = [(0, 0, 2), (0, 0, 2), (1, 0, 3), (2, 1, 2), (2, 1, 2), (3, 1, 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engagement_kit.question.ordering._FEW", 0)
        found = in_order(steps_of(lines), 4, now=0, per_minute=1)
    assert found.sequence.tolist()[:2] == [0, 2]
    assert found.late == 6


@settings(max_examples=60)
@given(several_deadlines(), st.integers(2, 3))
def test_jobs_that_share_turns_are_all_saved_wherever_they_can_be(
    lines: list[Line], room: int
) -> None:
    """With several deadlines each, too: what a sharing of turns loses is no more than was said."""
    found = in_order(steps_of(lines), 6, now=0, per_minute=1, room=room)
    ours, whole = saved(lines, found.sequence.tolist(), room), sum(one[2] for one in lines)
    assert (ours == whole) == (most_saved(lines, 6, room) == whole)
    assert found.late == whole - ours
    assert ours >= max((weight for _, _, weight in lines), default=0)


@laws
@given(several_deadlines())
def test_of_many_with_several_deadlines_all_are_saved_that_can_be(lines: list[Line]) -> None:
    """The rule of thumb, too, saves all where any order does, and never loses the heaviest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engagement_kit.question.ordering._FEW", 0)
        found = in_order(steps_of(lines), 6, now=0, per_minute=1)
    ours, best = saved(lines, found.sequence.tolist()), most_saved(lines, 6)
    assert (ours == sum(weight for _, _, weight in lines)) == (found.late == 0)
    assert ours == best or found.late
    assert ours >= max((weight for _, _, weight in lines), default=0)


@laws
@given(several_deadlines())
def test_what_is_late_is_counted(lines: list[Line]) -> None:
    """The count is that of the sequence, and each late step is marked."""
    steps = steps_of(lines)
    found = in_order(steps, 6, now=0, per_minute=1)
    whole = sum(weight for _, _, weight in lines)
    assert found.late == whole - saved(lines, found.sequence.tolist())
    assert found.lost is not None
    assert int(steps.weight[found.lost].sum()) == found.late


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), min_size=1, max_size=7),
    st.integers(1, 3),
)
def test_no_sharing_of_turns_saves_more(drawn: list[tuple[int, int]], room: int) -> None:
    """Tweets that are free to share requests: as many numbers are saved as by any cut."""
    lines = [(job, last, weight) for job, (last, weight) in enumerate(drawn)]
    found = in_order(steps_of(lines), len(lines), now=0, per_minute=1, room=room)
    assert saved(lines, found.sequence.tolist(), room) == most_saved(lines, len(lines), room)


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_many_jobs_are_all_saved_where_theory_says_so(seed: int, room: int) -> None:
    """By Hall's theorem: all can be in time if no deadline has more before it than turns."""
    random = np.random.default_rng(seed)
    last = random.integers(0, 4_000 // room, 3_000)
    counts = np.bincount(last, minlength=4_001).cumsum()
    can = bool((counts <= (np.arange(4_001) + 1) * room).all())
    lines = [(job, turn, 1) for job, turn in enumerate(last.tolist())]
    found = in_order(steps_of(lines), 3_000, now=0, per_minute=1, room=room)
    assert (found.late == 0) == can
    assert found.late == 3_000 - _most_of(counts, room)


def _most_of(counts: np.ndarray, room: int) -> int:
    """Count how many can be in time: turn by turn, as many as are left to place."""
    held = 0
    for turn, more in enumerate(np.diff(counts, prepend=0).tolist()):
        held = min(held + more, (turn + 1) * room)
    return held


def test_ties_stay_as_they_were() -> None:
    """Equal deadlines, and none at all, keep the order that they had; what is late comes last."""
    lines = [(4, 2, 1), (1, 2, 1), (3, 2, 1)]
    assert in_order(steps_of(lines), 6, now=0).sequence.tolist() == [1, 3, 4, 0, 2, 5]
    late = [(0, 0, 1), (1, 0, 1), (4, 0, 1)]
    found = in_order(steps_of(late), 6, now=0, per_minute=1)
    assert found.sequence.tolist() == [0, 2, 3, 5, 1, 4]


def test_a_turn_at_the_very_deadline_counts() -> None:
    """A deadline is inclusive, for turns as for numbers."""
    edges = np.array([-1, 0, 1, 2 * MINUTE - 1, 2 * MINUTE, NEVER])
    assert turns_until(edges, 0, 1).tolist()[:5] == [0, 1, 1, 2, 3]
    assert turns_until(edges, 0, 30).tolist()[:5] == [0, 1, 1, 60, 61]
    assert turns_until(edges, 0, 1)[-1] > 10**11


def test_far_deadlines_at_high_rates_are_far() -> None:
    """However many turns there are, no count of them runs over."""
    turns = turns_until(np.array([MINUTE, NEVER - 1, NEVER]), 0, 1e13)
    assert turns[0] == 10**13 + 1
    assert (turns[1:] > 10**15).all()


def test_what_is_given_up_at_first_comes_back_by_its_next_deadline() -> None:
    """Where that is safe whatever the order, the first of its later deadlines says its place."""
    lines = [(0, 0, 1), (0, 5, 1), (0, 9, 1), (1, 0, 9), (2, 7, 1)]
    for more in ([], [(0, 11, 1)], [(3, 4, 1)]):
        found = in_order(steps_of([*lines, *more]), 5, now=0, per_minute=1)
        first = [job for job in found.sequence.tolist() if job < 3]
        assert (first, found.late) == ([1, 0, 2], 1)


def test_open_steps_can_be_met_and_missed() -> None:
    """One of this very moment still can; one that never comes is no deadline."""
    steps = Steps(*np.array([[0, 1, 2, 3], [99, 100, 101, NEVER], [1, 1, 1, 1]]))
    assert steps.open(100).job.tolist() == [1, 2]
    both = Steps.joined([steps.open(101), steps.open(99)])
    assert both.job.tolist() == [2, 0, 1, 2]


def test_nothing_to_order_is_an_order() -> None:
    """No steps, or no jobs, give the jobs as they stand."""
    nothing = Steps.joined([])
    assert in_order(nothing, 3, now=0, per_minute=1).sequence.tolist() == [0, 1, 2]
    assert in_order(nothing, 0, now=0, per_minute=1).sequence.tolist() == []


def test_what_is_too_late_when_it_is_its_turn_comes_last() -> None:
    """One that was held up makes way, so that those behind it are in time."""
    time = [0]
    taken = []
    for one in on_the_way("abcd", [10, 25, 30, NEVER], lambda: moment_at(time[0])):
        taken.append(one)
        time[0] += 10 if one != "a" else 26
    assert taken == ["a", "c", "d", "b"]


def test_an_unknown_order_is_refused() -> None:
    """It is said which there are."""
    check_order(None)
    check_order("deadline")
    for wrong in ("urgent", True, ["deadline"]):
        with pytest.raises(QueryError, match="allowed: deadline, or None") as caught:
            check_order(wrong)
        (problem,) = caught.value.problems
        assert (problem.field, problem.value) == ("order", repr(wrong))


def test_moments_of_the_clock_are_exact() -> None:
    """The last microsecond of a deadline is still in time."""
    when = datetime(2026, 6, 1, tzinfo=UTC)
    last = int(when.timestamp()) * 1_000_000
    assert list(on_the_way("ab", [last, NEVER], lambda: when)) == ["a", "b"]
    assert list(on_the_way("ab", [last - 1, NEVER], lambda: when)) == ["b", "a"]
