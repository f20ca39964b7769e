"""Nested counts of any order, depth and oddity become columns, or are refused."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.errors import AmbiguousAnswer
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE
from engagement_kit.tables.readers.reshape import (
    count,
    day_number,
    hour_number,
    infer_levels,
    read_leaves,
)

KEYS = {ID: ["2000", "697506383516729344"], TYPE: ["replies", "new_metric"], DAY: ["2026-05-01"]}
KEYS[HOUR] = ["00", "17"]


@given(st.integers(-(2**63), 2**63 - 1))
def test_each_64_bit_number_is_a_count_as_number_or_text(number: int) -> None:
    """Negative ones too: undone engagements count down."""
    assert count(number) == count(str(number)) == number


@pytest.mark.parametrize(
    "leaf",
    [None, True, 2.5, float("nan"), float("inf"), "12abc", "", " 1", "1.5", "+1", "٣", [1], 2**63],
)
def test_what_is_no_whole_number_is_no_count(leaf: Any) -> None:
    """Nothing is guessed, rounded or cut to 64 bits."""
    assert count(leaf) is None
    assert count(str(-(2**63) - 1)) is None


def test_integral_floats_are_counts() -> None:
    """A reader of JSON that knows floats alone loses nothing."""
    assert (count(26.0), count(-3.0), count(1e30)) == (26, -3, None)


@pytest.mark.parametrize(
    "levels", [p for n in (1, 2, 3, 4) for p in itertools.permutations(KEYS, n)], ids=str
)
def test_levels_are_told_by_their_keys_in_any_order(levels: tuple[str, ...]) -> None:
    """Dates, hours with a leading zero, ids and names differ by shape."""
    assert infer_levels([set(KEYS[one]) for one in levels]) == levels


def named(depths: Iterable[str | set[str]]) -> str:
    """Name a case alike in each process: the order in which a set shows its words is not."""
    return " ".join(x if isinstance(x, str) else "+".join(sorted(x)) for x in depths)


@pytest.mark.parametrize(
    "keys",
    [
        [{"17", "20"}],
        [{"replies"}, {"10", "11"}],
        [{"17"}, {"2026-05-01"}],
        [{"2026-05-01", "lost"}, {"replies"}],
        [{"2000", "lost"}],
        [{"replies"}, {"likes"}],
        [{"1st", "lost"}],
    ],
    ids=named,
)
def test_keys_of_two_meanings_are_refused(keys: list[set[str]]) -> None:
    """Hours or tiny ids, words among dates, names in two depths: the query must decide."""
    with pytest.raises(AmbiguousAnswer) as caught:
        infer_levels(keys)
    assert all(min(depth) in str(caught.value) for depth in keys)


@pytest.mark.parametrize(
    ("keys", "levels"),
    [
        ([{"2000"}, {"10", "23"}], (ID, HOUR)),
        ([{"10", "23"}, {"replies"}, {"2000"}], (HOUR, TYPE, ID)),
        ([{"replies"}, {"2026-05-01"}, {"10"}], (TYPE, DAY, HOUR)),
        ([{"2026-05-01"}, {"10"}, {"replies"}], (DAY, HOUR, TYPE)),
    ],
    ids=named,
)
def test_numbers_from_10_to_23_are_hours_where_they_can_be_nothing_else(
    keys: list[set[str]], levels: tuple[str, ...]
) -> None:
    """Below a day, or where the ids stand in another depth."""
    assert infer_levels(keys) == levels


def test_given_levels_outrank_the_look_of_keys() -> None:
    """Tweet ids of two digits are ids where the query says so."""
    leaves = read_leaves({"replies": {"17": "3", "20": "4"}}, (TYPE, ID))
    assert leaves.column(ID) == ["17", "20"]
    assert leaves.column(DAY) == [None, None]


@given(st.sampled_from([(ID, TYPE, HOUR), (TYPE, ID, HOUR), (HOUR, TYPE), (HOUR,)]))
def test_a_day_level_nobody_asked_for_is_found(levels: tuple[str, ...]) -> None:
    """Some answers put a date above the hours; hours alone are left as they are."""
    at = levels.index(HOUR)

    def nest(names: tuple[str, ...]) -> Any:
        return {key: nest(names[1:]) for key in KEYS[names[0]]} if names else "1"

    nested = (*levels[:at], DAY, *levels[at:])
    assert read_leaves(nest(nested), levels).levels == nested
    assert read_leaves(nest(levels), levels).levels == levels


def test_paths_that_are_too_short_or_too_long_hold_no_count() -> None:
    """A number where an object should be, or the other way round, is kept and not believed."""
    odd = {"2000": {"replies": {"deep": 5}, "likes": 1}, "2001": 7}
    leaves = read_leaves(odd, (ID, TYPE))
    assert leaves.values == [5, 1, 7]
    assert leaves.counts() == [None, 1, None]
    assert leaves.column(TYPE) == ["replies", "likes", None]


def test_an_empty_object_has_no_leaves() -> None:
    """Nothing is made up for it."""
    assert read_leaves({}, None).levels == ()
    assert read_leaves({"2000": {}}, (ID, TYPE)).values == []


@pytest.mark.parametrize("key", [None, "2026-02-30", "2026-5-1", "26", "x"])
def test_a_day_is_a_day_of_the_calendar(key: str | None) -> None:
    """Other keys give no day."""
    assert day_number(key) is None
    assert day_number("1970-01-02") == 1


@pytest.mark.parametrize("key", [None, "24", "7", "007", "x"])
def test_an_hour_has_two_digits_below_24(key: str | None) -> None:
    """Other keys give no hour."""
    assert hour_number(key) is None
    assert hour_number("07") == 7
