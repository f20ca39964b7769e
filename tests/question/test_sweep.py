"""The sweep and the bounds: few requests for spans of all kinds, and how few there can be."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.question import cutting
from engagement_kit.question.bounds import exact_bound, lower_bound, points_bound, stated_bound
from engagement_kit.question.cutting import Pieces, cut
from engagement_kit.question.sweep import sweep

Hours = npt.NDArray[np.int64]
Pairs = list[tuple[int, int]]

SIZE, WINDOW, YEAR = 25, 672, 8760

laws = settings(max_examples=200)
some_spans = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 50)).map(lambda pair: (pair[0], sum(pair))),
    min_size=1,
    max_size=40,
)
few_spans = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 8)).map(lambda pair: (pair[0], sum(pair))),
    min_size=1,
    max_size=4,
)


def columns_of(pairs: Pairs) -> tuple[Hours, Hours]:
    """Give starts and ends as arrays."""
    table = np.array(pairs, dtype=np.int64)
    return table[:, 0], table[:, 1]


def age_batches(starts: Hours, ends: Hours, size: int, window: int) -> int:
    """Count plain batches by age, each cut forwards from its own first hour."""
    order = sorted(zip(starts.tolist(), ends.tolist(), strict=True))
    requests = 0
    for first in range(0, len(order), size):
        batch = order[first : first + size]
        while batch:
            until = min(start for start, _ in batch) + window
            batch = [(max(start, until), end) for start, end in batch if end > until]
            requests += 1
    return requests


def assert_covers_once(starts: Hours, ends: Hours, pieces: Pieces, size: int, window: int) -> None:
    """Check that the pieces cover each span once, within the limits."""
    count = pieces.high - pieces.low
    assert count.max() <= size
    assert (pieces.end - pieces.start).max() <= window
    which = np.repeat(np.arange(len(pieces)), count)
    rows = np.concatenate([one.rows for one in pieces])
    begin = np.maximum(starts[rows], pieces.start[which])
    until = np.minimum(ends[rows], pieces.end[which])
    assert (begin < until).all()
    order = np.lexsort((begin, rows))
    rows, begin, until = rows[order], begin[order], until[order]
    again = np.flatnonzero(rows[1:] == rows[:-1])
    assert (begin[again + 1] == until[again]).all()
    assert np.bincount(rows, weights=until - begin).tolist() == (ends - starts).tolist()


def fewest(pairs: Pairs, size: int, window: int) -> int:
    """Try everything: at the earliest hour left, each window and each company for its row."""

    @cache
    def requests(left: tuple[int, ...]) -> int:
        wanting = [row for row, at in enumerate(left) if at < pairs[row][1]]
        if not wanting:
            return 0
        first = min(wanting, key=lambda row: left[row])
        best = len(pairs) * 99
        for until in range(left[first] + 1, left[first] + window + 1):
            others = [row for row in wanting if row != first and left[row] < until]
            for company in itertools.combinations(others, min(size - 1, len(others))):
                taken = {first, *company}
                after = tuple(
                    min(until, pairs[row][1]) if row in taken else at for row, at in enumerate(left)
                )
                best = min(best, 1 + requests(after))
        return best

    return requests(tuple(start for start, _ in pairs))


def uniform(rows: int) -> Hours:
    """Spread creation hours over a year."""
    hours: Hours = np.random.default_rng(1).integers(0, YEAR, rows)
    return hours


def bursty(rows: int) -> Hours:
    """Put most creation hours into bursts of very different size, the rest into afternoons."""
    random = np.random.default_rng(1)
    weight = random.pareto(1.5, 60) + 0.2
    burst = random.choice(random.integers(0, YEAR, 60), rows * 3 // 5, p=weight / weight.sum())
    burst = burst + random.exponential(12, len(burst)).astype(int)
    days = random.integers(0, YEAR // 24, rows - len(burst))
    rest = days * 24 + random.normal(15, 4, len(days)).astype(int) % 24
    hours: Hours = np.clip(np.concatenate([burst, rest]), 0, YEAR - 1)
    return hours


def first_days(created: Hours, days: int, now: int | None = None) -> tuple[Hours, Hours]:
    """Ask the first days of each tweet by hour, as far as they are over."""
    ends = created + 24 * days
    return created, ends if now is None else np.minimum(ends, now)


def first_whole_days(created: Hours, days: int, now: int | None = None) -> tuple[Hours, Hours]:
    """Ask the same by day: from midnight to midnight."""
    starts, ends = created // 24 * 24, -(-(created + 24 * days) // 24) * 24
    return starts, ends if now is None else np.minimum(ends, now)


def any_hours(created: Hours, most: int, now: int | None = None) -> tuple[Hours, Hours]:
    """Ask spans of any length up to so many hours."""
    ends = created + np.random.default_rng(2).integers(1, most, len(created))
    return created, ends if now is None else np.minimum(ends, now)


@laws
@given(some_spans, st.integers(1, 4), st.integers(1, 20), st.booleans())
def test_the_sweep_covers_each_hour_once(
    pairs: Pairs, size: int, window: int, shorten: bool
) -> None:
    """Every (row, hour) is in one request, within the limits, also where rows are shortened."""
    starts, ends = columns_of(pairs)
    pieces = Pieces(*sweep(starts, ends, size, window, shorten=shorten))
    assert_covers_once(starts, ends, pieces, size, window)


@laws
@given(some_spans, st.integers(1, 4), st.integers(1, 20))
def test_never_more_than_plain_age_batches(pairs: Pairs, size: int, window: int) -> None:
    """Whatever the spans are, batching by age alone takes no fewer requests."""
    starts, ends = columns_of(pairs)
    assert len(cut(starts, ends, size, window)) <= age_batches(starts, ends, size, window)


@laws
@given(few_spans, st.integers(1, 3), st.integers(1, 4))
def test_no_bound_is_above_what_can_be_done(pairs: Pairs, size: int, window: int) -> None:
    """On tiny questions, where everything can be tried, the best plan keeps all bounds."""
    starts, ends = columns_of(pairs)
    best = fewest(pairs, size, window)
    for bound in (stated_bound, points_bound, exact_bound, lower_bound):
        assert bound(starts, ends, size, window) <= best
    assert best <= len(cut(starts, ends, size, window))


def best_points(starts: list[int], ends: list[int], size: int, window: int) -> int:
    """Choose hours a window apart, hour by hour, as the bound of points is defined."""
    best: dict[int, int] = {}
    for hour in range(min(starts), max(ends)):
        wanting = sum(start <= hour < end for start, end in zip(starts, ends, strict=True))
        taken = best.get(hour - window, 0) + -(-wanting // size)
        best[hour] = max(best.get(hour - 1, 0), taken)
    return max(best.values())


def least_exact(starts: list[int], ends: list[int], size: int, window: int) -> int:
    """Count up to the first number of requests that the bound of exact places allows."""
    needs = [-(-(end - start) // window) for start, end in zip(starts, ends, strict=True)]
    rows = zip(starts, ends, needs, strict=True)
    whole = [(start, need) for start, end, need in rows if (end - start) % window == 0]
    opens = Counter(start + turn * window for start, need in whole for turn in range(need))
    parts = [min(size, many - at) for many in opens.values() for at in range(0, many, size)]
    parts.sort(reverse=True)
    for requests in itertools.count():
        places, met = sum(parts[:requests]), 0
        for need in sorted(need for _, need in whole):
            places -= need
            met += places >= 0
        if size * requests + met >= sum(needs) + len(whole):
            return requests
    raise AssertionError


@laws
@given(some_spans, st.integers(1, 4), st.integers(1, 20))
def test_the_bounds_are_what_they_say(pairs: Pairs, size: int, window: int) -> None:
    """Points a window apart, and places that whole windows must have, counted one by one."""
    columns = columns_of(pairs)
    starts, ends = (column.tolist() for column in columns)
    assert points_bound(*columns, size, window) == best_points(starts, ends, size, window)
    assert exact_bound(*columns, size, window) == least_exact(starts, ends, size, window)


@laws
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(1, 3)), min_size=1, max_size=30),
    st.integers(1, 4),
    st.integers(1, 6),
)
def test_exact_places_of_whole_windows(drawn: Pairs, size: int, window: int) -> None:
    """Where all spans are whole windows, each hour gives places in full requests, and a rest."""
    pairs = [(start, start + many * window) for start, many in drawn]
    starts, ends = columns_of(pairs)
    least = least_exact(starts.tolist(), ends.tolist(), size, window)
    assert exact_bound(starts, ends, size, window) == least


@pytest.mark.parametrize(
    ("pairs", "size", "window", "shorten"),
    [
        ([(9, 15), (2, 15)], 4, 6, False),  # a rest is taken at the very hour from which it may be
        ([(3, 9), (2, 5)], 2, 2, False),  # one hour after it began
        ([(7, 8), (4, 6), (7, 13), (5, 8), (2, 7)], 2, 2, True),  # a rest takes its places
        ([(2, 9), (4, 7)], 2, 4, True),  # the last place goes to the last of an hour's new rows
        ([(5, 15), (1, 4), (3, 12), (5, 15)], 3, 5, True),  # few before near
        ([(3, 13), (1, 3), (1, 13), (3, 10), (1, 12)], 2, 5, True),  # least slack goes on first
    ],
)
def test_the_sweep_takes_the_fewest_of_small_questions(
    pairs: Pairs, size: int, window: int, shorten: bool
) -> None:
    """Each of these takes one more where a place to spare is given away, or not given at all."""
    starts, ends = columns_of(pairs)
    pieces = Pieces(*sweep(starts, ends, size, window, shorten=shorten))
    assert_covers_once(starts, ends, pieces, size, window)
    assert len(pieces) == fewest(pairs, size, window)


def test_a_shortened_row_is_not_taken_again_before_it_began() -> None:
    """It joined a request that opened before; closing that sooner would leave it no hour there."""
    pairs = [(0, 1), (0, 1), (3, 6), (2, 5), (2, 5)]
    starts, ends = columns_of(pairs)
    pieces = Pieces(*sweep(starts, ends, 3, 4))
    assert_covers_once(starts, ends, pieces, 3, 4)


@laws
@given(some_spans, st.integers(1, 4), st.integers(1, 20), st.sampled_from(cutting._OTHER_WAYS))
def test_each_way_to_cut_is_one(pairs: Pairs, size: int, window: int, way: Any) -> None:
    """Also those that seldom win: every hour once, and none before or after what rows want."""
    starts, ends = columns_of(pairs)
    pieces = Pieces(*way(starts, ends, size, window))
    assert_covers_once(starts, ends, pieces, size, window)
    for one in pieces:
        assert starts[one.rows].min() <= one.start
        assert one.end <= ends[one.rows].max()


def test_batches_by_age_open_no_window_for_hours_that_none_of_a_batch_wants() -> None:
    """Neither before a row begins nor after it ends, whatever other batches want meanwhile."""
    starts, ends = columns_of([(0, 30), (0, 30), (1, 3), (8, 12), (20, 25), (60, 61)])
    pieces = Pieces(*cutting._by_age(starts, ends, 2, 10))
    found = sorted((one.start, one.end, sorted(one.rows.tolist())) for one in pieces)
    by_hand = [
        (0, 10, [0, 1]), (1, 11, [2, 3]), (10, 20, [0, 1]), (11, 12, [3]), (20, 25, [4]),
        (20, 30, [0, 1]), (60, 61, [5]),
    ]  # fmt: skip
    assert found == by_hand


@pytest.mark.parametrize(
    ("pairs", "size", "window"),
    [
        ([(3, 14), (3, 15), (4, 16), (4, 26), (1, 11)], 3, 11),
        ([(138, 207), (186, 255), (69, 138), (137, 206), (106, 175)], 2, 3),
    ],
)
def test_plain_age_batches_are_kept_where_no_sweep_does_as_well(
    pairs: Pairs, size: int, window: int
) -> None:
    """They seldom take the fewest, but they do: the last way is there for such spans."""
    starts, ends = columns_of(pairs)
    pieces = cut(starts, ends, size, window)
    assert_covers_once(starts, ends, pieces, size, window)
    assert len(pieces) == age_batches(starts, ends, size, window)
    for shorten in (True, False):
        for low, high in ((starts, ends), (-ends, -starts)):
            swept = sweep(low, high, size, window, shorten=shorten)
            assert len(swept.low) > len(pieces)


@laws
@given(st.lists(st.integers(0, 99), min_size=1, max_size=40), st.integers(1, 5), st.integers(1, 30))
def test_the_points_bound_is_exact_for_a_common_end(
    starts: list[int], size: int, window: int
) -> None:
    """Up to now, hours a window apart prove that no plan has fewer requests."""
    longer = [sum(100 - start > j * window for start in starts) for j in range(101)]
    bound = points_bound(np.array(starts), np.full(len(starts), 100), size, window)
    assert bound == sum(-(-count // size) for count in longer)


def test_bounds_of_nothing_are_nothing() -> None:
    """No rows, no requests."""
    nothing = np.zeros(0, dtype=np.int64)
    assert lower_bound(nothing, nothing, SIZE, WINDOW) == 0


def test_places_to_spare_go_to_rows_that_then_need_one_window_less() -> None:
    """A row that begins later but has slack joins; one without slack waits for its own window."""
    found = Pieces(*sweep(*columns_of([(0, 24), (5, 29), (6, 20)]), 2, 24))
    assert [(one.rows.tolist(), one.start, one.end) for one in found] == [
        ([2, 0], 0, 24),
        ([1], 5, 29),
    ]


def test_a_request_is_closed_early_if_that_saves_another() -> None:
    """What is left of a long row joins others where its own last window need not have ended."""
    found = Pieces(*sweep(*columns_of([(0, 30), (12, 36)]), 2, 24, shorten=False))
    assert [(one.rows.tolist(), one.start, one.end) for one in found] == [
        ([0], 0, 12),
        ([0, 1], 12, 36),
    ]


@pytest.mark.parametrize("created", [uniform, bursty])
@pytest.mark.parametrize(
    ("asked", "length"),
    [
        *((first_days, days) for days in (1, 27, 30, 60, 90)),
        *((first_whole_days, days) for days in (20, 27, 55, 90)),
        (any_hours, 2500),
    ],
)
def test_30_000_tweets_take_at_most_5_percent_more_than_they_must(
    created: Callable[[int], Hours], asked: Callable[..., tuple[Hours, Hours]], length: int
) -> None:
    """First days by hour or by day, or any spans, over a year: within 1.05 of the plain bounds."""
    starts, ends = asked(created(30_000), length, now=YEAR)
    pieces = cut(starts, ends, SIZE, WINDOW)
    assert_covers_once(starts, ends, pieces, SIZE, WINDOW)
    bound = max(way(starts, ends, SIZE, WINDOW) for way in (stated_bound, points_bound))
    assert len(pieces) <= 1.05 * bound


@pytest.mark.parametrize("days", [28, 56])
def test_whole_windows_take_at_most_15_percent_more_than_they_must(days: int) -> None:
    """Each tweet of whole windows calls for windows at its very hour: the bound knows, too."""
    starts, ends = first_days(uniform(30_000), days)
    pieces = cut(starts, ends, SIZE, WINDOW)
    assert_covers_once(starts, ends, pieces, SIZE, WINDOW)
    assert stated_bound(starts, ends, SIZE, WINDOW) * 1.2 < exact_bound(starts, ends, SIZE, WINDOW)
    assert len(pieces) <= 1.15 * exact_bound(starts, ends, SIZE, WINDOW)
    assert len(pieces) <= 0.96 * age_batches(starts, ends, SIZE, WINDOW)


def test_first_27_days_of_10_000_tweets() -> None:
    """10,000 tweets, the first 27 days of each: at least 400, plain age batches 463, ours 408."""
    starts, ends = first_days(uniform(10_000), 27, now=YEAR)
    assert stated_bound(starts, ends, SIZE, WINDOW) == 400
    assert age_batches(starts, ends, SIZE, WINDOW) == 463
    assert len(cut(starts, ends, SIZE, WINDOW)) == 408


def test_all_history_of_10_000_tweets() -> None:
    """The design's other example: about 2,820 requests, half of all ids times all windows."""
    starts = uniform(10_000)
    pieces = cut(starts, np.full(10_000, YEAR), SIZE, WINDOW)
    assert 2_790 <= len(pieces) <= 2_850
