"""Notes of calls tell what is known of a session that was killed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.answers.calls import Calls, Noted, read
from engagement_kit.answers.runs import Runs
from engagement_kit.errors import StoreError

NAMES = ["acme", 'böhm & co, "the" agency\n', None]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(NAMES), st.booleans()), max_size=30),
    st.integers(0, 2**31),
)
def test_what_was_noted_is_read(
    tmp_path_factory: pytest.TempPathFactory, made: list[tuple[int, str | None, bool]], seed: int
) -> None:
    """Any calls, of which any came back: how many, whose, which, and how many are under way."""
    path, dice = tmp_path_factory.mktemp("calls") / "run" / "s.calls", random.Random(seed)  # noqa: S311
    calls, statuses = Calls(path, "plan"), []
    for number, account, again in made:
        calls.leaves(number, account, again=again)
        if dice.random() < 0.7:
            statuses.append(dice.choice([0, 200, 429, 500]))
            calls.ended(statuses[-1])
    found = read(path)
    assert found == Noted(
        plan="plan",
        by_account=tuple(sorted(Counter(account or "" for _, account, _ in made).items())),
        retries=sum(again for *_, again in made),
        limited=statuses.count(429),
        under_way=len(made) - len(statuses),
        places=frozenset(number for number, *_ in made),
    )
    assert found.sent == len(made)


def test_a_line_that_was_cut_off_is_passed_by(tmp_path: Path) -> None:
    """At every byte at which a power cut may end the file, and with strange lines in it."""
    path = tmp_path / "s.calls"
    calls = Calls(path, "plan")
    for number in range(3):
        calls.leaves(number, "acme", again=False)
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        found = read(path)
        assert found is not None
        assert found.sent in {whole[:size].count(b"\n") - 1, whole[:size].count(b"\n"), 0}
    path.write_bytes(whole + b'\xff\n[]\n{}\n["call", "x"]\n["call", "x", "a", 0]\n["new", 1]\n')
    found = read(path)
    assert found is not None
    assert found.places == {0, 1, 2}


def test_what_can_not_be_noted_is_said(tmp_path: Path) -> None:
    """Before the call leaves; and what is not there is read as nothing."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"can't be written"):
        Calls(tmp_path / "file" / "s.calls", "plan")
    assert read(tmp_path / "none.calls") is None


def test_places_of_a_plan_that_was_taken_in_another_order(tmp_path: Path) -> None:
    """They are those in the plan, whatever was taken first."""
    calls = Calls(tmp_path / "s.calls", "plan", [7, 5].__getitem__)
    calls.leaves(1, None, again=False)
    found = read(tmp_path / "s.calls")
    assert found is not None
    assert (found.places, found.by_account) == ({5}, (("", 1),))


def test_other_sessions_of_the_same_plan_tell_what_they_asked(tmp_path: Path) -> None:
    """Not one's own, nor those that asked by another plan, whose places are others."""
    runs = Runs(tmp_path)
    for session, plan, place in (("a", "x", 1), ("b", "x", 2), ("c", "y", 3), ("me", "x", 4)):
        Calls(runs.calls_path("run", session), plan).leaves(place, "acme", again=False)
    assert runs.asked_by_others("run", "me", "x") == {1, 2}
    assert runs.asked_by_others("run", "me", "z") == frozenset()
    assert runs.calls("run", "none") is None
