"""What of a plan is taken next: each request once, in order; what was left for later after them."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.doors import Orders
from engagement_kit.fetch.taking import Taking
from engagement_kit.fetch.trip import Part
from engagement_kit.question.request import Request


def requests(many: int) -> list[Request]:
    """Make requests of a tweet each."""
    return [
        Request(
            service="live",
            endpoint="totals",
            credential="app",
            account=None,
            tweet_ids=(str(20 + n),),
            metrics=("favorites",),
            groupings=(("by tweet", ("tweet.id", "engagement.type")),),
        )
        for n in range(many)
    ]


def taking(many: int, *, urgent: bool, is_down: Callable[[], bool] = lambda: False) -> Taking:
    """Make a queue of so many requests."""
    return Taking(requests(many), Orders(many, urgent=urgent), is_down)


@given(st.lists(st.booleans(), max_size=12))
def test_each_is_taken_once_and_what_was_put_off_at_the_end(later: list[bool]) -> None:
    """Requests come in order, and those that were put off after them, in the order of that."""
    queue, taken = taking(len(later), urgent=False), []
    put_off = [number for number, one in enumerate(later) if one]
    while (trip := queue.next(len(taken))) is not None:
        again = trip.number in taken
        taken.append(trip.number)
        if later[trip.number] and not again:
            queue.put_off(trip, 0)
    assert taken == [*range(len(later)), *put_off]
    assert not queue.has_more
    assert not queue.left()


def test_what_waits_is_told() -> None:
    """What was put off and is not taken up yet is listed; there is more to take meanwhile."""
    queue = taking(1, urgent=False)
    assert queue.has_more
    trip = queue.next(0)
    assert trip is not None
    assert queue.all_taken
    assert not queue.has_more
    queue.put_off(trip, 0)
    assert queue.has_more
    assert queue.left() == [trip]


def test_where_the_order_counts_what_was_unheard_comes_before_the_others() -> None:
    """As soon as anybody got through since then, and somebody gets through at all."""
    down = [False]
    queue = taking(5, urgent=True, is_down=lambda: down[0])
    first = queue.next(0)
    assert first is not None
    first.unheard = [Part(first.request)]
    queue.put_off(first, 0)
    second = queue.next(0)  # nobody got through yet
    assert second is not None
    assert second.number == 1
    down[0] = True
    third = queue.next(1)  # nobody gets through now
    assert third is not None
    assert third.number == 2
    down[0] = False
    assert queue.next(1) is first


def test_what_spent_all_its_tries_waits_for_the_others() -> None:
    """A request that was tried as often as may be is not taken up before all others."""
    queue = taking(2, urgent=True)
    first = queue.next(0)
    assert first is not None
    first.unheard, first.spent = [Part(first.request)], True
    queue.put_off(first, 0)
    second = queue.next(1)
    assert second is not None
    assert second.number == 1
    assert queue.next(2) is first
