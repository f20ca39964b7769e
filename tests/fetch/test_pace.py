"""When the next request may leave: evenly, within what headers and contract allow, never stuck."""

from __future__ import annotations

import math
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.fetch.pace import Pace

UNIX = 1_800_000_000  # a full minute
NOW = 5_000.0  # monotonic; the server's clock shows UNIX then
EVEN = 1.005  # of the limit's interval


def told(
    limit: object = None,
    left: object = None,
    reset: object = None,
    *,
    second: tuple[object, object] | None = None,
    date: float | None = None,
) -> dict[str, str]:
    """Write a reply's headers: the minute's, the second's limit and what is left, and the Date."""
    named = {"limit": limit, "remaining": left, "reset": reset}
    headers = {f"X-Per-Minute-{key}": str(one) for key, one in named.items() if one is not None}
    if second is not None:
        headers["x-per-second-limit"], headers["x-per-second-remaining"] = map(str, second)
    if date is not None:
        headers["Date"] = formatdate(date, usegmt=True)
    return headers


def after(headers: dict[str, str], contract: float | None = None, *, limited: bool = False) -> Pace:
    """Send one request a fifth of a second before NOW, and hear its reply at NOW."""
    pace = Pace(contract)
    ticket = pace.leave(NOW - 0.2)
    pace.heard(ticket, NOW, headers, limited=limited, unix_now=UNIX)
    return pace


def reply(pace: Pace, now: float, headers: dict[str, str], *, limited: bool = False) -> None:
    """Send one more request, and hear its reply at once."""
    unix_now = UNIX + now - NOW
    pace.heard(pace.leave(now), now, headers, limited=limited, unix_now=unix_now)


@pytest.mark.parametrize("contract", [None, 600])
def test_the_first_request_leaves_alone(contract: float | None) -> None:
    """The others look again soon, for its reply may come at any moment."""
    pace = Pace(contract)
    assert pace.delay(NOW) == 0
    ticket = pace.leave(NOW)
    assert 0 < pace.delay(NOW + 20) <= 0.05
    pace.heard(ticket, NOW + 20, told(600, 599), unix_now=UNIX)
    assert pace.delay(NOW + 20) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        told("none", "none", "none"),
        told(1_000_000, 999_999, UNIX + 60, second=(1_000_000, 999_999), date=UNIX),
    ],
)
def test_without_a_limit_there_is_no_pace(headers: dict[str, str]) -> None:
    """No delay, however many leave, where a reply names no limit or a practically infinite one."""
    pace = after(headers)
    for _ in range(1000):
        assert pace.delay(NOW) == 0
        pace.leave(NOW)
    assert pace.rate is None
    assert pace.words() == ""


def test_a_call_that_was_not_made_is_not_waited_for() -> None:
    """Its ticket comes back, and the next one leaves as if nothing had been."""
    pace = Pace()
    ticket = pace.leave(NOW)
    assert pace.delay(NOW) > 0
    pace.stayed(ticket)
    assert pace.delay(NOW) == 0


def test_a_broken_connection_lets_the_next_one_try() -> None:
    """It says nothing of a limit, so the next one leaves alone too."""
    pace = after({})
    assert pace.delay(NOW) == 0
    ticket = pace.leave(NOW)
    assert pace.delay(NOW) > 0
    pace.heard(ticket, NOW + 1, told(60, 59), unix_now=UNIX)
    assert pace.rate == 60


@pytest.mark.parametrize(
    ("contract", "headers", "rate", "words"),
    [
        (None, told(2, 1), 2, "limit 2/min"),
        (30, told(2, 1), 2, "limit 2/min"),
        (0.5, told(2, 1), 0.5, "limit 0.5/min"),
        (2.5, {}, 2.5, "limit 2.5/min"),
        (None, told(600, 599, second=(5, 4)), 300, "limit 5/s"),
        (None, told(60, 59, second=(5, 4)), 60, "limit 60/min"),
        (None, told(second=(5, 4)), 300, "limit 5/s"),
    ],
)
def test_the_strictest_limit_binds(
    contract: float | None, headers: dict[str, str], rate: float, words: str
) -> None:
    """Of the contract and the two of the headers; requests are spaced evenly at its rate."""
    pace = after(headers, contract)
    assert pace.rate == rate
    assert pace.words() == words
    assert pace.delay(NOW) == pytest.approx(60 / rate * EVEN - 0.2)


def test_a_delay_too_short_for_a_clock_is_none() -> None:
    """A clock may not even move in a nanosecond: who sleeps for that would ask for ever."""
    pace = after(told(60, 59))
    assert pace.delay(NOW + pace.delay(NOW) - 1e-9) == 0


@pytest.mark.parametrize("contract", [0, -1, math.nan, math.inf])
def test_a_contract_is_a_number_above_zero(contract: float) -> None:
    """Anything else is refused at once, with the value."""
    with pytest.raises(ValueError, match=f"per_minute is {contract}; allowed"):
        Pace(contract)


@pytest.mark.parametrize("wrong", [0, 3600, -86_400])
def test_a_spent_limit_opens_at_the_reset_by_the_server_s_clock(wrong: float) -> None:
    """The reset less the Date is the time to it, whatever our own clock shows."""
    pace = Pace()
    headers = told(100, 0, UNIX + 40, date=UNIX)
    pace.heard(pace.leave(NOW - 0.2), NOW, headers, unix_now=UNIX + wrong)
    assert pace.delay(NOW) == pytest.approx(40)
    assert pace.delay(NOW + 39) == pytest.approx(1)
    assert pace.delay(NOW + 40) == 0


@pytest.mark.parametrize(
    ("reset", "expected"),
    [(UNIX + 40, 40), (UNIX + 61, 60), (UNIX - 1, 60), (UNIX + 3600, 60), ("soon", 60), (37, 60)],
)
def test_without_a_date_our_own_clock_is_asked(reset: object, expected: float) -> None:
    """A reset that is past, far away or no number says nothing: a minute's window has a minute."""
    assert after(told(100, 0, reset)).delay(NOW) == pytest.approx(expected)


def test_better_knowledge_of_the_server_s_clock_shortens_the_wait() -> None:
    """A Date is cut to the second; one that just turned tells more of the reset than another."""
    pace = after(told(100, 50, UNIX + 60, date=UNIX))
    reply(pace, NOW + 1.25, told(100, 0, UNIX + 60, date=UNIX + 2))
    assert pace.delay(NOW + 1.25) == pytest.approx(58)


def test_a_date_that_turns_tells_the_reset_to_a_fraction() -> None:
    """Any reply helps: the Date of one that says nothing of limits shortens a minute, and a second.

    At NOW the server's clock showed UNIX and something; it turned to the next second just before
    0.3 s later, so that a reset 60 or 1 after UNIX comes 0.7 s earlier than was safe to think.
    """
    minute = told(100, 0, UNIX + 60, date=UNIX)
    second = told(600, 599, UNIX + 60, second=(50, 0), date=UNIX)
    second["x-per-second-reset"] = str(UNIX + 1)
    for headers, sure, better in [(minute, 60, 59), (second, 1, 0)]:
        pace = Pace()
        first, other = pace.leave(NOW - 0.2), pace.leave(NOW)
        pace.heard(first, NOW, headers, unix_now=UNIX)
        assert pace.delay(NOW) == pytest.approx(sure)
        pace.heard(other, NOW + 0.3, told(date=UNIX + 1), unix_now=UNIX)
        assert pace.delay(NOW + 0.3) == pytest.approx(better)


def test_what_is_known_best_of_the_server_s_clock_stays_known() -> None:
    """A later Date that is about to turn tells less, and takes nothing back; nor do two at once."""
    pace = after(told(100, 50, UNIX + 60, date=UNIX))
    for _ in range(2):
        reply(pace, NOW + 0.9, told(100, 0, UNIX + 60, date=UNIX))
    assert pace.delay(NOW + 0.9) == pytest.approx(59.1, abs=0.001)


@pytest.mark.parametrize("back", [2, 3600])
def test_a_server_s_clock_that_was_set_back_is_believed(back: int) -> None:
    """What was known of it can't be, so that its newest Date and reset count."""
    pace = after(told(100, 50, UNIX + 60, date=UNIX))
    date = UNIX + 10 - back
    reply(pace, NOW + 10, told(100, 0, date + 45, date=date))
    assert pace.delay(NOW + 10) == pytest.approx(45)


def test_after_one_that_left_late_the_next_is_on_time() -> None:
    """A thread that overslept by half a second takes nothing from those behind it."""
    pace = after(told(60, 59, UNIX + 60, date=UNIX))
    late = NOW + pace.delay(NOW) + 0.5
    pace.leave(late)
    assert pace.delay(late) == pytest.approx(EVEN - 0.5)


def test_a_spent_second_opens_a_second_later() -> None:
    """Without a reset it is over after its whole length."""
    assert after(told(second=(5, 0))).delay(NOW) == pytest.approx(1)


def test_a_reset_that_has_come_opens_the_window() -> None:
    """A Date is cut to the second, so a reset in that second is past, or due at once."""
    assert after(told(600, 0, UNIX, date=UNIX)).delay(NOW) == 0


@pytest.mark.parametrize("odd", ["-1", "nan", "-inf", "many"])
def test_what_can_not_be_left_says_nothing(odd: str) -> None:
    """A number below 0, or none, is as no header: nothing is thought to be spent."""
    assert after(told(600, odd, UNIX + 40, date=UNIX)).delay(NOW) == 0


def test_what_is_under_way_takes_room() -> None:
    """Of 3 that are left one is under way, so that 2 more may leave, even before its reply."""
    pace = after(told(6000, 3, UNIX + 60, date=UNIX))
    gone = 0
    for tenth in range(590):
        if pace.delay(NOW + tenth / 10) == 0:
            pace.leave(NOW + tenth / 10)
            gone += 1
    assert gone == 3


def test_a_request_under_way_counts_in_the_next_window_too() -> None:
    """With a limit of 1 the next waits for its reply; where no limit is so low, it needn't."""
    low, high = (after(told(limit, limit - 1, UNIX + 60, date=UNIX)) for limit in (1, 2))
    for pace in (low, high):
        pace.leave(NOW + 65)
    assert low.delay(NOW + 130) == pytest.approx(0.05)
    assert high.delay(NOW + 130) == 0


def test_what_is_left_is_spread_over_the_window() -> None:
    """Where somebody used 50 of 60, the other 10 don't leave as a burst, but in 60 s."""
    pace = after(told(60, 10, UNIX + 60, date=UNIX))
    left = 10
    at = NOW
    while left and at < NOW + 70:
        at += pace.delay(at)
        left -= 1
        reply(pace, at, told(60, left, UNIX + 60, date=int(UNIX + at - NOW)))
    assert left <= 3
    assert at > NOW + 30


def test_what_is_left_goes_in_equal_parts() -> None:
    """The 10 that are left cut the time from the last one to the reset into 11 equal gaps."""
    pace = after(told(60, 10, UNIX + 60, date=UNIX))
    assert pace.delay(NOW) == pytest.approx(60.2 / 11 - 0.2)
    pace.leave(NOW)  # of what is left it takes one, though its reply is still to come
    assert pace.delay(NOW) == pytest.approx(60 / 10)


def test_without_a_limit_nobody_knows_what_others_use() -> None:
    """Where replies say only what is left, that is spread as it is, in each window."""
    pace = after(told(None, 10, UNIX + 60, date=UNIX))
    reply(pace, NOW + 90, told(None, 29, UNIX + 120, date=UNIX + 90))
    assert pace.delay(NOW + 90) == pytest.approx(30 / (29 + 1))


@pytest.mark.parametrize("zone", ["-0000", "+0100", "-0730"])
def test_a_date_of_any_zone_is_that_moment(zone: str) -> None:
    """HTTP asks for GMT; what a proxy writes otherwise is read as it is meant."""
    ahead = int(zone[:3]) * 3600 + int(zone[0] + zone[3:]) * 60
    date = formatdate(UNIX + ahead).replace("-0000", zone)
    assert after({**told(100, 0, UNIX + 40), "date": date}).delay(NOW) == pytest.approx(40)


def test_the_lowest_number_left_is_the_newest() -> None:
    """Replies overtake each other: within a window less can't become more."""
    pace = after(told(100, 50, UNIX + 60, date=UNIX))
    older, newer = pace.leave(NOW + 1), pace.leave(NOW + 2)
    pace.heard(newer, NOW + 3, told(100, 0, UNIX + 60, date=UNIX + 3), unix_now=UNIX)
    pace.heard(older, NOW + 4, told(100, 48, UNIX + 60, date=UNIX + 4), unix_now=UNIX)
    assert pace.delay(NOW + 4) == pytest.approx(56)


@pytest.mark.parametrize(("then", "now", "wait"), [(0, 99, 0), (50, 0, 57)])
def test_news_of_an_older_window_is_old(then: int, now: int, wait: float) -> None:
    """A straggler that was counted before the reset says nothing of this window."""
    pace = after(told(100, 60, UNIX + 60, date=UNIX))
    straggler, other = pace.leave(NOW + 58), pace.leave(NOW + 61)
    pace.heard(other, NOW + 62, told(100, now, UNIX + 120, date=UNIX + 62), unix_now=UNIX)
    pace.heard(straggler, NOW + 63, told(100, then, UNIX + 60, date=UNIX + 59), unix_now=UNIX)
    assert pace.delay(NOW + 63) == pytest.approx(wait, abs=0.01)


def test_a_straggler_of_an_older_window_takes_no_room() -> None:
    """Its reply says where it was counted, though it comes after a reply of this window."""
    pace = after(told(2, 1, UNIX + 60, date=UNIX))
    straggler, other = pace.leave(NOW + 30), pace.leave(NOW + 61)
    pace.heard(other, NOW + 62, told(2, 1, UNIX + 120, date=UNIX + 62), unix_now=UNIX)
    pace.heard(straggler, NOW + 63, told(2, 0, UNIX + 60, date=UNIX + 59), unix_now=UNIX)
    assert pace.delay(NOW + 92) == 0


def test_a_contract_holds_for_any_minute() -> None:
    """Without a reset nobody knows when windows begin, nor when a slow request was counted."""
    pace = after({"Date": "unknown"}, 1)
    slow = pace.leave(NOW + 61)
    pace.heard(slow, NOW + 100, {"Date": "unknown"}, unix_now=UNIX)
    assert pace.delay(NOW + 100) == pytest.approx(60)


def test_a_window_that_ends_just_now_opens_no_other() -> None:
    """What was told ends a nanosecond later, but the request itself may be counted for longer."""
    pace = Pace()
    pace.heard(pace.leave(NOW - 30), NOW, told(1, 0, UNIX + 40), unix_now=UNIX)
    assert pace.delay(NOW + 40 - 1e-9) == pytest.approx(20)


def test_what_others_use_while_we_run_slows_us_down_in_each_window() -> None:
    """What was used before we came doesn't, for whoever used it may be gone."""
    pace = after(told(60, 10, UNIX + 60, date=UNIX))
    assert pace.delay(NOW) < 10
    reply(pace, NOW + 90, told(60, 29, UNIX + 120, date=UNIX + 90))
    # Others used 30 in half a window, so 15 of the 29 are theirs; ours are spread over 30 s.
    assert pace.delay(NOW + 90) == pytest.approx(30 / (14 + 1))
    reply(pace, NOW + 100, told(60, 14, UNIX + 120, date=UNIX + 100))
    assert pace.delay(NOW + 100) > 10


@pytest.mark.parametrize(("new", "rate"), [(10, 10), (600, 600), (1_000_000, None)])
def test_a_limit_that_changes_is_followed(new: int, rate: float | None) -> None:
    """From the first reply that names it."""
    pace = after(told(60, 59, UNIX + 60, date=UNIX))
    due = NOW + pace.delay(NOW)
    reply(pace, due, told(new, new - 2, UNIX + 60, date=UNIX))
    assert pace.rate == rate
    assert pace.delay(due) == pytest.approx(60 / rate * EVEN if rate else 0)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (told(60, 0, UNIX + 17, date=UNIX), 17),
        (told(60, 0, UNIX + 17), 17),
        (told(60, 0, UNIX + 17, second=(5, 0), date=UNIX), 17),
        (told(60, 9, UNIX + 17, second=(5, 0), date=UNIX), 2),
        (told(second=(5, 0)), 2),
        (told(2, 1, UNIX + 60, second=(5, 0), date=UNIX), 30 * EVEN - 0.2),  # no hold: the rate
        (told(reset=UNIX - 17, date=UNIX), 30),
        (told(reset=UNIX + 3600, date=UNIX), 30),
        (told(reset="nan"), 30),
        ({}, 30),
    ],
)
def test_after_a_429_all_wait(headers: dict[str, str], expected: float) -> None:
    """To the minute's reset; 2 s where only the second is spent; 30 s where nothing helps."""
    pace = after(headers, limited=True)
    assert pace.delay(NOW) == pytest.approx(expected)
    assert pace.delay(NOW + expected) == 0


def test_after_a_429_the_next_one_leaves_alone() -> None:
    """Until one that left later is answered; an older reply, or another 429, doesn't count."""
    pace = after(told(6000, 5900, UNIX + 60, date=UNIX))
    older, refused = pace.leave(NOW), pace.leave(NOW)
    pace.heard(refused, NOW + 1, told(6000, 0, UNIX + 60, date=UNIX + 1), limited=True, unix_now=0)
    pace.heard(older, NOW + 2, told(6000, 5800, UNIX + 60, date=UNIX + 1), unix_now=0)
    probe = pace.leave(NOW + 61)
    assert pace.delay(NOW + 62) > 0
    pace.heard(probe, NOW + 63, told(6000, 5999, UNIX + 120, date=UNIX + 62), unix_now=0)
    assert pace.delay(NOW + 63) == 0


@pytest.mark.parametrize("headers", [told(60, 59, UNIX + 60, date=UNIX), told(60, 59)])
def test_no_credit_is_saved_up(headers: dict[str, str]) -> None:
    """After an hour of nothing, as when the lid was closed, requests leave evenly as before."""
    pace = after(headers)
    wakes = NOW + 3600
    assert pace.delay(wakes) == 0
    pace.leave(wakes)
    pace.leave(wakes + pace.delay(wakes))
    assert pace.delay(wakes + 1) == pytest.approx(1, abs=0.1)


def test_a_clock_that_stood_still_costs_a_minute_at_most() -> None:
    """An hour passed for the server alone: we wait for the old reset, and then go on."""
    pace = after(told(1, 0, UNIX + 60, date=UNIX))
    assert pace.delay(NOW + 0.1) <= 61
    later = UNIX + 3600
    reply(pace, NOW + 61, told(1, 0, later + 60, date=later))
    assert 59 < pace.delay(NOW + 61) < 61


def test_a_reply_counts_once() -> None:
    """A ticket that comes back twice, or was never given, changes nothing."""
    pace = after(told(60, 59))
    pace.heard(0, NOW, told(1, 0), unix_now=UNIX)
    pace.heard(99, NOW, told(1, 0), limited=True, unix_now=UNIX)
    assert pace.rate == 60


NAMES = [f"x-per-minute-{what}" for what in ("limit", "remaining", "reset")]
NAMES += [f"x-per-second-{what}" for what in ("limit", "remaining", "reset")]
NUMBERS = st.one_of(
    st.integers(-5, 70).map(str),
    st.integers(UNIX - 70, UNIX + 70).map(str),
    st.sampled_from(["", " ", "soon", "1e308", "inf", "nan", "-0", "1_0", "\u0663", "6, 6", "0.5"]),
)
DATES = st.one_of(
    st.integers(UNIX - 70, UNIX + 70).map(lambda unix: formatdate(unix, usegmt=True)),
    st.sampled_from(["", "0", "Fri", formatdate(UNIX), "Mon, 01 Jan 0000 00:00:00 GMT"]),
    st.sampled_from(["Tue, 1 Nov 99999999999 12:00:00 GMT", "1 Jan 9999 99:99:99 +9999"]),
)
ODD = st.fixed_dictionaries({}, optional={**dict.fromkeys(NAMES, NUMBERS), "date": DATES})
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.01, 0.3, 1.0, 30.0, 60.0, 3600.0]),  # the time that passes
        st.sampled_from(["leave", "wait and leave", "hear", "hear", "hear a 429", "break"]),
        ODD,
        st.integers(UNIX - 70, UNIX + 70),
    ),
    max_size=12,
)


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_a_date_may_be_any_text(date: str) -> None:
    """What is no date is as none."""
    assert 0 <= after({**told(60, 0, UNIX + 30), "date": date}).delay(NOW) <= 60


@given(st.sampled_from([None, 0.1, 1.0, 60.0, 1e6]), STEPS)
def test_a_delay_is_bounded_and_ends(
    contract: float | None, steps: list[tuple[float, str, dict[str, str], int]]
) -> None:
    """Whatever headers say and clocks do: never negative, at most 61 s, and it does end."""
    pace, now, under_way = Pace(contract), NOW, []
    longest = 61.0 if contract is None else max(61.0, 60 / contract * EVEN + 61)
    for passed, what, headers, unix_now in steps:
        now += passed
        if what == "wait and leave":
            now += pace.delay(now)
        if "leave" in what:
            under_way.append(pace.leave(now))
        elif under_way:
            said = {} if what == "break" else headers
            limited = what == "hear a 429"
            pace.heard(under_way.pop(0), now, said, limited=limited, unix_now=unix_now)
        assert 0 <= pace.delay(now) <= longest
    for ticket in under_way:
        pace.heard(ticket, now, {}, unix_now=UNIX)
    ends = now + longest + 1e-3
    while (delay := pace.delay(now)) > 0:
        now += delay
        assert now <= ends


@given(
    st.sampled_from([1, 2, 7, 60, 300]),
    st.lists(st.sampled_from([0.0, 0.001, 0.1, 0.5, 2.0, 50.0, 4000.0]), max_size=40),
)
def test_requests_leave_evenly(limit: int, lateness: list[float]) -> None:
    """However late the caller comes: in a time of any length, what the rate gives for it and 2."""
    pace, now, left = Pace(), NOW, []
    for late in lateness:
        while (delay := pace.delay(now)) > 0:
            now += delay
        now += late
        left.append(now)
        reply(pace, now, told(limit, limit - 1))
    for first, begin in enumerate(left):
        for last in range(first, len(left)):
            assert last - first + 1 <= (left[last] - begin) * limit / 60 + 2
