"""A settle time for each metric: one plan for equal times, and none asks for more than it needs."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.client.record import plan_of, plan_record
from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.known import SETTLE, Freshness, Known
from engagement_kit.question.plan import Plan, plan
from engagement_kit.question.settling import length, parted, settling_of, whole
from engagement_kit.question.tweet_ids import ID_EPOCH_MS
from engagement_kit.question.where import Where

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
HOUR = floor_hour(NOW)
METRICS = ("impressions", "favorites", "url_clicks")
DAY = timedelta(days=1)
SERVICE = Where().service
laws = settings(max_examples=80)


def tweet(days_old: float, salt: int = 0) -> str:
    """Make the id of a tweet of a certain age."""
    ms = int((NOW - days_old * DAY).timestamp() * 1000)
    return str(((ms - ID_EPOCH_MS) << 22) + salt)


IDS = tuple(tweet(30, salt) for salt in range(4))
times = st.integers(0, 300).map(lambda hours: timedelta(hours=hours))


@st.composite
def stored(draw: st.DrawFn, level: str = "hour") -> list[Known]:
    """Draw some answers: tweets, metrics, hours and moments of observation."""
    found = []
    for at in range(draw(st.integers(0, 6))):
        start = HOUR - draw(st.integers(1, 400))
        start -= start % 24 if level == "day" else 0
        end = start + draw(st.integers(1, 10)) * 24
        seen = min(NOW, moment(end) + timedelta(hours=draw(st.integers(-200, 300))))
        found.append(
            Known(
                ref=f"answer {at}",
                key=f"key {at}",
                service=SERVICE,
                account="me",
                level=level,
                tweet_ids=tuple(draw(st.sets(st.sampled_from(IDS), min_size=1))),
                metrics=frozenset(draw(st.sets(st.sampled_from(METRICS), min_size=1))),
                start=start,
                end=end,
                observed_at=seen,
            )
        )
    return found


def planned(have: list[Known], settle: Any, by: Any = "hour", **options: Any) -> Plan:
    """Plan the last twenty days."""
    query = ek.Query("historical", IDS, METRICS, by=by, period=ek.last(days=20))
    return plan(query, now=NOW, have=have, settle=settle, **options)


def asked(made: Plan) -> Counter[tuple[str, str, int]]:
    """Count how often each (tweet, metric, hour) is asked for."""
    found: Counter[tuple[str, str, int]] = Counter()
    for one in made.requests:
        assert one.start is not None
        assert one.end is not None
        for hour in range(floor_hour(one.start), floor_hour(one.end)):
            found.update((tweet, name, hour) for tweet in one.tweet_ids for name in one.metrics)
    return found


def needed(have: list[Known], settle: dict[str, timedelta]) -> set[tuple[str, str, int]]:
    """Find by brute force what no answer has observed a settle time after its end."""
    closed = {
        (tweet, name, hour)
        for one in have
        for tweet in one.tweet_ids
        for name in one.metrics
        for hour in range(one.start, one.end)
        if one.observed_at - moment(hour + 1) >= settle.get(name, SETTLE) or one.observed_at == NOW
    }
    hours = range(HOUR - 480, HOUR)
    return {(tweet, name, hour) for tweet in IDS for name in METRICS for hour in hours} - closed


@laws
@given(stored(), times, st.sampled_from([timedelta(0), DAY]))
def test_one_time_for_each_metric_is_that_time_for_all(
    have: list[Known], settle: timedelta, max_age: timedelta
) -> None:
    """A mapping that gives every metric the same plans the same, to the last request."""
    each = planned(have, dict.fromkeys(METRICS, settle), max_age=max_age)
    both = planned(have, settle, max_age=max_age)
    assert each == both
    assert [one.key for one in each.requests] == [one.key for one in both.requests]
    assert (each.reused, each.price) == (both.reused, both.price)


@laws
@given(stored(), st.dictionaries(st.sampled_from(METRICS), times))
def test_what_is_not_settled_is_asked_once(have: list[Known], settle: dict[str, timedelta]) -> None:
    """Each number that no answer has final is asked for once, and each answer is named once."""
    made = planned(have, settle)
    found, open_ = asked(made), needed(have, settle)
    assert open_ <= set(found)
    assert max(found.values(), default=1) == 1
    refs = [one.ref for one in made.reused]
    assert len(set(refs)) == len(refs)
    assert set(made.reused) <= set(have)
    assert len(open_) <= made.price.numbers - made.price.stored <= len(found)


@laws
@given(stored(), times, times, st.sampled_from(METRICS))
def test_a_longer_time_for_one_metric_concerns_it_alone(
    have: list[Known], settle: timedelta, more: timedelta, name: str
) -> None:
    """It asks no less of that metric, and what must be asked of others stays the same."""
    shorter = dict.fromkeys(METRICS, settle)
    longer = {**shorter, name: settle + more}
    before, after = needed(have, shorter), needed(have, longer)
    assert before <= after
    assert {one[1] for one in after - before} <= {name}
    of_it = [{one for one in asked(planned(have, how)) if one[1] == name}
             for how in (shorter, longer)]  # fmt: skip
    assert {one for one in before if one[1] == name} <= of_it[1]
    assert len(of_it[1]) >= len({one for one in before if one[1] == name})


def one_answer(**changes: Any) -> Known:
    """Make an answer about the ten days before now, of this moment or another."""
    values: dict[str, Any] = {
        "ref": "ref",
        "key": "key",
        "service": SERVICE,
        "account": "me",
        "level": "hour",
        "tweet_ids": IDS,
        "metrics": frozenset(METRICS),
        "start": HOUR - 480,
        "end": HOUR - 24,
        "observed_at": NOW - timedelta(hours=1),
    }
    return Known(**{**values, **changes})


def test_metrics_are_asked_by_their_own_times() -> None:
    """Of one answer the slow metrics are asked again for a week, the quick one not at all."""
    have = [one_answer()]
    period = ek.between(moment(HOUR - 480), moment(HOUR - 25))
    query = ek.Query("historical", IDS, METRICS, by="hour", period=period)
    made = plan(query, now=NOW, have=have, settle={"favorites": DAY})
    assert {name for _, name, _ in asked(made)} == {"impressions", "url_clicks"}
    assert min(hour for _, _, hour in asked(made)) == HOUR - 1 - 168
    assert made.reused == tuple(have)
    quick = dict.fromkeys(METRICS, DAY)
    assert not len(plan(query, now=NOW, have=have, settle=quick))


def test_a_plan_says_its_times_and_hours_are_no_days() -> None:
    """In the line about what is asked again."""
    have = [one_answer()]
    assert "less than 7 days (favorites 1 day) after" in repr(planned(have, {"favorites": DAY}))
    late = [one_answer(observed_at=NOW - timedelta(hours=21))]
    assert "less than 36 hours after" in repr(planned(late, timedelta(hours=36)))


def test_spellings_are_understood_and_others_metrics_left_out() -> None:
    """As in a query; what is said of metrics that are not asked does not matter."""
    assert settling_of({"Likes": DAY, "replies": DAY}, ["favorites"]) == (DAY, ())
    assert settling_of({"replies": DAY}, ["favorites"]) == (SETTLE, ())
    same = planned([], {"Likes": DAY})
    assert same == planned([], {"favorites": DAY, "replies": 2 * DAY})


@pytest.mark.parametrize(
    ("settle", "said"),
    [
        ({"applause": DAY}, "settle: 'applause': no such metric; allowed: impressions, "),
        ({"favorites": -DAY}, "settle: 'favorites': .*not negative"),
        ({"favorites": 3}, "settle: 'favorites': 3: allowed: a timedelta"),
        ({3: DAY}, "settle: 3: no such metric"),
        (-DAY, "settle: .*allowed: a timedelta that is not negative.* or a mapping"),
        ("3d", "settle: '3d': allowed: a timedelta .* or a mapping of metric"),
        (None, "settle: None: allowed"),
    ],
)
def test_wrong_times_are_refused_in_words(settle: Any, said: str) -> None:
    """By plan and by the client alike, before anything is sent."""
    with pytest.raises(ek.errors.QueryError, match=said):
        planned([], settle)
    with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        query = ek.Query("totals", ek.sample_ids(client, 1), ["favorites"])
        for verb in (client.plan, client.run):
            with pytest.raises(ek.errors.QueryError, match=said):
                verb(query, settle=settle)
        assert client.emulator is not None
        assert client.emulator.requests_served == 0


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Two wrong metrics are two problems."""
    with pytest.raises(ek.errors.QueryError) as error:
        planned([], {"applause": DAY, "favorites": 3})
    assert len(error.value.problems) == 2


def test_a_plan_has_its_own_times() -> None:
    """To run it with others is refused: it would not heed them."""
    with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        query = ek.Query("historical", ek.sample_ids(client, 1), METRICS)
        made = client.plan(query, settle={"favorites": DAY})
        with pytest.raises(ek.errors.QueryError, match=r"client.plan\(query, settle=...\)"):
            client.run(made, settle=DAY)
        result = client.run(query, settle={"favorites": DAY}, progress=False)
        assert result.plan.freshness == made.freshness


def test_the_record_of_a_run_gives_the_times_back() -> None:
    """As they were; older records hold one number, which is read as before."""
    have = [one_answer()]
    for settle in ({"favorites": DAY}, {"favorites": DAY, "impressions": DAY / 2}, 3 * DAY):
        made = planned(have, settle)
        again = plan_of(plan_record(made), have)
        assert again == made
        assert again.freshness == made.freshness
    old = plan_record(planned(have, 3 * DAY))
    del old["settle_us_of"]
    assert plan_of(old, have).freshness.settle == 3 * DAY


def test_parts_have_one_time_each_and_lead_back_to_their_answer() -> None:
    """Metrics of one time stay together; a refusal stays whole; what is not asked falls away."""
    fresh = Freshness(NOW, by_metric=(("favorites", DAY),))
    answer, no = one_answer(), one_answer(ref="no", refused=True)
    other = one_answer(ref="other", metrics=frozenset({"replies"}))
    parts = parted([answer, no, other], fresh, METRICS)
    assert [sorted(one.metrics) for one in parts] == [
        ["impressions", "url_clicks"], ["favorites"], sorted(METRICS),
    ]  # fmt: skip
    assert whole(parts[1:2], [answer, no]) == (answer,)
    assert fresh.settle_of(METRICS) == SETTLE
    assert replace(fresh, by_metric=()).settling == SETTLE


UNITS = {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}


@given(st.one_of(st.integers(1, 100_000), st.integers(1, 2000).map(lambda hours: hours * 60)))
def test_a_length_in_words_is_that_length(minutes: int) -> None:
    """Read back it is the same, and only what is not one is many; below a day no day is named."""
    span = timedelta(minutes=minutes)
    parts = re.findall(r"([\d,]+) (day|hour|minute)(s?)\b", length(span))
    numbers = [int(number.replace(",", "")) for number, _, _ in parts]
    assert sum((n * UNITS[unit] for n, (_, unit, _) in zip(numbers, parts, strict=True)),
               timedelta()) == span  # fmt: skip
    assert [many == "s" for _, _, many in parts] == [n != 1 for n in numbers]
    assert not any(unit == "minute" and n >= 60 and n % 60 == 0
                   for n, (_, unit, _) in zip(numbers, parts, strict=True))  # fmt: skip


@pytest.mark.parametrize(
    ("hours", "words"), [(47, "47 hours"), (49, "2 days 1 hour"), (48, "2 days"), (25, "25 hours")]
)
def test_from_two_days_on_a_length_has_days(hours: int, words: str) -> None:
    """Hours up to 47 are read at a glance; more of them nobody counts."""
    assert length(timedelta(hours=hours)) == words
