"""The limits as data: values as the API's pages print them, each with its source."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, permutations, product

import pytest

from engagement_kit.question import rules
from engagement_kit.question.rules import (
    DAY,
    ENDPOINTS,
    HOUR,
    ID,
    TYPE,
    Endpoint,
    Levels,
    fineness,
    history_begins,
    is_reserved,
    level_problem,
    next_levels,
)

SUBSETS = [*chain.from_iterable(permutations((ID, TYPE, DAY, HOUR), n) for n in range(1, 5))]


def test_the_printed_limits() -> None:
    """250, 25 and 25 tweets; 3 groupings; 28 days; 28 hours; 90, 1800 and 365 days."""
    sizes = [ENDPOINTS[name].tweets_per_request.value for name in ("totals", "28hr", "historical")]
    assert sizes == [250, 25, 25]
    assert (rules.MAX_GROUPINGS.value, rules.MAX_FOUR_LEVEL.value) == (3, 1)
    assert (rules.WINDOW_HOURS, rules.LAST_HOURS.value) == (672, 28)
    days = (rules.TOTALS_PRIVATE_DAYS, rules.VIDEO_DAYS, rules.HISTORY_DAYS)
    assert [one.value for one in days] == [90, 1800, 365]


def test_every_limit_names_its_source() -> None:
    """No limit stands here without the page that says so."""
    limits = [one for one in vars(rules).values() if isinstance(one, rules.Rule)]
    limits += [where.tweets_per_request for where in ENDPOINTS.values()]
    assert len(limits) > 8
    for one in limits:
        assert one.source
        assert one.limits


@pytest.mark.parametrize("levels", SUBSETS)
def test_which_orders_are_lawful(levels: Levels) -> None:
    """One to three values in any order, four in two orders, no time on totals."""
    four = {(ID, TYPE, DAY, HOUR), (TYPE, ID, DAY, HOUR)}
    for name in ("28hr", "historical"):
        assert (level_problem(levels, ENDPOINTS[name]) == "") is (len(levels) < 4 or levels in four)
    timed = bool({DAY, HOUR} & set(levels))
    assert bool(level_problem(levels, ENDPOINTS["totals"])) is timed


@pytest.mark.parametrize(
    ("levels", "said"),
    [((), "at least one"), ((ID, ID), "stand once"), (("Tweet.id",), "knows no Tweet.id")],
)
def test_odd_groupings_are_unlawful(levels: Levels, said: str) -> None:
    """Nothing, repeats, and names that are not quite right."""
    assert said in level_problem(levels, ENDPOINTS["historical"])


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        ("start", True),
        ("end", True),
        ("errors", True),
        ("unavailable_tweet_ids", True),
        ("unsupported_for_anything", True),
        ("Start", False),
        ("my errors", False),
    ],
)
def test_root_keys_are_reserved(name: str, reserved: bool) -> None:
    """A grouping may not be called like a part of every answer."""
    assert is_reserved(name) is reserved


def test_two_profiles_of_history() -> None:
    """Since 2014-09-01, or 365 days back from now."""
    now = datetime(2026, 6, 1, 5, tzinfo=UTC)
    assert history_begins("reference", now) == datetime(2014, 9, 1, tzinfo=UTC)
    assert history_begins("overview", now) == datetime(2025, 6, 1, 5, tzinfo=UTC)


def test_finer_groupings_rank_higher() -> None:
    """More values before fewer; with equally many, hours before days before sums."""
    order: list[Levels] = [
        (ID, TYPE, DAY, HOUR),
        (ID, TYPE, HOUR),
        (ID, TYPE, DAY),
        (ID, TYPE),
        (ID,),
        (TYPE,),
    ]
    assert sorted(order, key=fineness, reverse=True) == order
    assert fineness((TYPE, ID)) == fineness((ID, TYPE))


def test_of_groupings_one_is_the_finest_whatever_their_values() -> None:
    """More values come first, of as many those with hours, then with days, then with tweets."""

    def rank(levels: Levels) -> tuple[int, bool, bool, bool]:
        return len(levels), HOUR in levels, DAY in levels, ID in levels

    for one, other in product(SUBSETS, repeat=2):
        assert (fineness(one) > fineness(other)) == (rank(one) > rank(other))


@pytest.mark.parametrize("endpoint", list(ENDPOINTS.values()), ids=lambda one: one.name)
def test_next_levels_are_those_that_stay_lawful(endpoint: Endpoint) -> None:
    """Every lawful group_by is reached by next levels alone, and nothing else is."""
    reached: set[Levels] = set()
    open_: list[Levels] = [()]
    while open_:
        levels = open_.pop()
        for one in next_levels(levels, endpoint):
            reached.add((*levels, one))
            open_.append((*levels, one))
    assert reached == {one for one in SUBSETS if not level_problem(one, endpoint)}


def test_one_grouping_of_four_values_closes_the_way_for_others() -> None:
    """Where another grouping has four values, none is offered after three."""
    historical = ENDPOINTS["historical"]
    assert next_levels((ID, TYPE, DAY), historical, [(ID, TYPE)]) == (HOUR,)
    assert next_levels((ID, TYPE, DAY), historical, [(TYPE, ID, DAY, HOUR)]) == ()
