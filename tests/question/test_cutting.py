"""Cutting spans into requests: nothing lost, nothing twice, within the limits, and few."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question.cutting import Piece, Pieces, cut

laws = settings(max_examples=150)
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=25)


def pieces_of(pairs: list[tuple[int, int]], size: int, window: int) -> Pieces:
    """Cut pairs of start and end."""
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return cut(table[:, 0], table[:, 1], size, window)


def counted(pieces: Iterable[Piece]) -> Counter[tuple[int, int]]:
    """Count how often each (row, hour) lies in a piece."""
    return Counter(
        (int(row), hour) for one in pieces for row in one.rows for hour in range(one.start, one.end)
    )


def plainly(pieces: Iterable[Piece]) -> list[tuple[list[int], int, int]]:
    """Write pieces as lists."""
    return [(one.rows.tolist(), one.start, one.end) for one in pieces]


@laws
@given(spans, st.integers(1, 4), st.integers(1, 20))
def test_each_hour_of_each_span_lies_in_one_piece(
    pairs: list[tuple[int, int]], size: int, window: int
) -> None:
    """Every (row, hour) is covered once, and no row lies in a piece that it does not need."""
    pieces = pieces_of(pairs, size, window)
    found = counted(pieces)
    assert all(times == 1 for times in found.values())
    for row, (start, end) in enumerate(pairs):
        assert all((row, hour) in found for hour in range(start, end))
    for one in pieces:
        for row in one.rows:
            start, end = pairs[row]
            assert max(start, one.start) < min(end, one.end)


@laws
@given(spans, st.integers(1, 4), st.integers(1, 20))
def test_pieces_keep_the_limits(pairs: list[tuple[int, int]], size: int, window: int) -> None:
    """No piece has too many rows, too many hours, or none, or hours that none of its rows want."""
    pieces = pieces_of(pairs, size, window)
    for one in pieces:
        assert 1 <= len(one.rows) <= size
        assert 1 <= one.end - one.start <= window
        assert one.start >= min(pairs[row][0] for row in one.rows)
        assert one.end <= max(pairs[row][1] for row in one.rows)


@laws
@given(spans, st.integers(1, 4), st.integers(1, 20))
def test_the_oldest_windows_come_first(
    pairs: list[tuple[int, int]], size: int, window: int
) -> None:
    """Pieces are in order of start and end, and the same input gives the same pieces."""
    pieces = pieces_of(pairs, size, window)
    assert all((a.start, a.end) <= (b.start, b.end) for a, b in itertools.pairwise(pieces))
    assert plainly(pieces) == plainly(pieces_of(pairs, size, window))


@laws
@given(st.lists(st.integers(0, 99), max_size=40), st.integers(1, 5), st.integers(1, 30))
def test_a_common_end_takes_the_fewest(starts: list[int], size: int, window: int) -> None:
    """Pieces = sum over j of ceil(N_j / size), N_j the rows longer than j windows."""
    pieces = pieces_of([(start, 100) for start in starts], size, window)
    longer = [sum(100 - start > j * window for start in starts) for j in range(101)]
    assert len(pieces) == sum(-(-count // size) for count in longer)


@laws
@given(st.lists(st.integers(1, 99), max_size=40), st.integers(1, 5), st.integers(1, 30))
def test_a_common_start_takes_the_fewest(ends: list[int], size: int, window: int) -> None:
    """The same holds with time turned around, as for hours after one event."""
    pieces = pieces_of([(0, end) for end in ends], size, window)
    longer = [sum(end > j * window for end in ends) for j in range(100)]
    assert len(pieces) == sum(-(-count // size) for count in longer)


@laws
@given(spans, st.integers(1, 4), st.integers(1, 20))
def test_several_ends_take_no_more_than_each_end_alone(
    pairs: list[tuple[int, int]], size: int, window: int
) -> None:
    """What is left beside stored answers has several ends; each is cut no worse than by itself."""
    ends = {end for start, end in pairs if start < end}
    alone = [pieces_of([one for one in pairs if one[1] == end], size, window) for end in ends]
    assert len(pieces_of(pairs, size, window)) <= sum(map(len, alone))


@pytest.mark.parametrize("pairs", [[], [(5, 5)], [(7, 3), (0, 0)]])
def test_empty_spans_need_nothing(pairs: list[tuple[int, int]]) -> None:
    """Rows that want no hour are in no piece."""
    assert plainly(pieces_of(pairs, 25, 672)) == []


def test_hours_between_two_lives_are_skipped() -> None:
    """A gap in which no row wants anything is not asked for."""
    pieces = pieces_of([(0, 10), (50, 60)], 25, 20)
    assert plainly(pieces) == [([0], 0, 10), ([1], 50, 60)]


def test_a_row_that_begins_with_a_window_is_not_in_the_one_before() -> None:
    """A tweet born in the very hour where a window begins needs no older window."""
    pieces = pieces_of([(0, 40), (16, 40)], 25, 24)
    assert plainly(pieces) == [([0], 0, 16), ([0, 1], 16, 40)]


def test_windows_back_from_one_end_share_their_rows() -> None:
    """History of many tweets up to now keeps one order of rows, not a copy for each window."""
    pieces = pieces_of([(start, 1000) for start in range(900)], 25, 24)
    assert len(pieces.rows) == 900
    assert sum(len(one.rows) for one in pieces) > 10 * 900


def test_pieces_are_a_sequence() -> None:
    """They are made when looked at: one by one, from the back, or some of them."""
    pieces = pieces_of([(0, 40), (16, 40)], 25, 10)
    every = plainly(pieces)
    assert len(pieces) == len(every) == 4
    assert plainly([pieces[0], pieces[-1]]) == [every[0], every[-1]]
    assert plainly(pieces[1:3]) == every[1:3]
