"""Outages: several requests in a row without any answer, and one at a time looks again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.outage import Outage


def met(*requests: int, at: float = 0.0) -> Outage:
    """Meet faults of these requests."""
    outage = Outage()
    for one in requests:
        outage.fault(one, at, chance=1.0)
    return outage


def test_one_bad_request_is_no_outage() -> None:
    """However often one or two requests fail, the others go on."""
    assert not met(1, 1, 1, 2, 2, 1).active
    assert met(1, 1, 1, 2, 2, 1).delay(0.0) == 0.0


def test_three_in_a_row_are_one() -> None:
    """With three different ones all wait, and one answer ends it."""
    outage = met(1, 2, 3)
    assert outage.active
    assert outage.delay(0.0) == 1.0
    outage.good()
    assert (outage.active, outage.delay(0.0)) == (False, 0.0)


def test_a_connection_that_can_not_be_made_is_one_at_once() -> None:
    """No name, no route, a closed port: that is nobody's own fault, so one is enough."""
    outage = Outage()
    outage.fault(1, 0.0, chance=1.0, reached=False)
    assert (outage.active, outage.delay(0.0)) == (True, 1.0)
    outage.fault(1, 1.0, chance=1.0)  # it got there, and no answer came: that may be the tweets
    assert not outage.active


def test_holds_are_short_where_nothing_else_is_left() -> None:
    """Three bad batches at the end of a run look like an outage: they must not take an hour."""
    longest = {}
    for reached in (True, False):
        outage = Outage()
        for at in range(20):
            outage.fault(at % 3, 0.0, chance=1.0, reached=reached, last=True)
        longest[reached] = outage.delay(0.0)
    assert longest == {True: 8.0, False: 60.0}


def test_an_outage_that_a_run_gave_up_on_is_new_to_the_next() -> None:
    """Each run has the patience for it anew."""
    outage = met()
    for second in range(1900):
        outage.fault(1, float(second), chance=1.0, reached=False)
    assert outage.is_over_patience(heard=True)
    outage.begin()
    outage.fault(1, 5000.0, chance=1.0, reached=False)
    assert not outage.is_over_patience(heard=False)


def test_after_a_good_answer_all_begins_anew() -> None:
    """The next outage has short holds again, and the whole patience."""
    outage, fresh = Outage(), Outage()
    for second in range(50):
        outage.fault(1, float(second), chance=1.0, reached=False)
    outage.good()
    for second in range(100, 162):
        for one in (outage, fresh):
            one.fault(1, float(second), chance=1.0, reached=False)
        assert outage.delay(float(second)) == fresh.delay(float(second))
        over = [one.is_over_patience(heard=False) for one in (outage, fresh)]
        assert over == [second > 160] * 2


def test_one_at_a_time_looks() -> None:
    """While somebody looks the others wait; holds double up to a minute."""
    outage = met(1, 2, 3)
    holds = []
    now = 0.0
    for _ in range(9):
        hold = outage.delay(now)
        holds.append(hold)
        now += hold
        assert outage.delay(now) == 0.0
        outage.look(now)
        assert outage.delay(now) == 1.0  # the others ask again each second
        assert outage.delay(now + 10) == 0.0  # it hangs: another may look too
        outage.fault(1, now, chance=1.0)
    assert holds == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_patience_is_short_where_nothing_ever_came() -> None:
    """A wrong address shows within a minute; a network that was there may be away for longer."""
    lasted = {}
    for heard in (False, True):
        outage = met()
        seconds = 0
        while not outage.is_over_patience(heard=heard):
            outage.fault(seconds % 7, float(seconds), chance=1.0)
            seconds += 1
        lasted[heard] = seconds - 1
    assert lasted == {False: 63, True: 1803}  # from the third on


def test_an_hour_asleep_is_no_hour_of_outage() -> None:
    """The clock leaps while the lid is closed: nobody looked meanwhile, so it counts little."""
    outage = met()
    for hour in range(8):
        outage.fault(hour, 3600.0 * hour, chance=1.0)
    assert outage.active
    assert not outage.is_over_patience(heard=True)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1, exclude_max=True)), max_size=30))
def test_holds_are_bounded(faults: list[tuple[int, float]]) -> None:
    """Whatever happens, nobody waits longer than a minute at a time."""
    outage = Outage()
    for request, chance in faults:
        outage.fault(request, 0.0, chance)
    assert 0 <= outage.delay(0.0) <= 60
