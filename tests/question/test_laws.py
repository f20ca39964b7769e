"""Laws of planning, over random questions."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.hours import ceil_hour, floor_hour
from engagement_kit.question.known import Known
from engagement_kit.question.metrics import offered
from engagement_kit.question.plan import plan
from engagement_kit.question.request import unlawful
from engagement_kit.question.rules import ENDPOINTS
from engagement_kit.question.tweet_ids import ID_EPOCH_MS

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
laws = settings(max_examples=120)


def tweet_id(days_old: float, salt: int) -> str:
    """Make the id of a tweet of a certain age."""
    ms = int((NOW - timedelta(days=days_old)).timestamp() * 1000)
    return str(((ms - ID_EPOCH_MS) << 22) + salt)


@st.composite
def queries(draw: st.DrawFn) -> ek.Query:
    """Draw a lawful query."""
    endpoint = draw(st.sampled_from(["totals", "28hr", "historical"]))
    ages = draw(st.lists(st.floats(0, 2500), min_size=1, max_size=60))
    ids = [tweet_id(age, salt) for salt, age in enumerate(ages)]
    ids += draw(st.lists(st.sampled_from(["20", "123456789", "29999999999"]), max_size=2))
    metrics = draw(st.lists(st.sampled_from(offered(endpoint)), min_size=1, unique=True))
    if endpoint == "totals":
        return ek.Query(endpoint, ids, metrics)
    by = draw(st.sampled_from(["hour", "day", "hour_of_day", "total"]))
    if endpoint == "28hr":
        return ek.Query(endpoint, ids, metrics, by=by)
    days = draw(st.integers(1, 200))
    start = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(-4500, 600)))
    period = draw(
        st.sampled_from(
            [ek.last(days=days), ek.first(days=days), ek.between(start, start + timedelta(days))]
        )
    )
    return ek.Query(endpoint, ids, metrics, by=by, period=period)


def spans(request: object) -> tuple[int, int]:
    """Give the hours that a request asks for."""
    start, end = request.start, request.end  # type: ignore[attr-defined]
    return (0, 1) if start is None else (floor_hour(start), ceil_hour(end))


def cover(requests: object) -> Counter[tuple[str, str, int]]:
    """Count how often each (tweet, metric, hour) is asked for."""
    found: Counter[tuple[str, str, int]] = Counter()
    for one in requests:  # type: ignore[attr-defined]
        for hour in range(*spans(one)):
            found.update((tweet, name, hour) for tweet in one.tweet_ids for name in one.metrics)
    return found


@laws
@given(queries())
def test_every_request_is_lawful(query: ek.Query) -> None:
    """No request breaks a rule of the API, whatever is asked."""
    for one in plan(query, now=NOW).requests:
        assert unlawful(one, NOW) == ()


@laws
@given(queries())
def test_planning_twice_gives_the_same(query: ek.Query) -> None:
    """The same question at the same moment makes the same requests."""
    keys = [one.key for one in plan(query, now=NOW).requests]
    assert [one.key for one in plan(query, now=NOW).requests] == keys
    assert len(set(keys)) == len(keys)


@settings(max_examples=60)
@given(queries())
def test_every_wanted_number_is_asked_exactly_once(query: ek.Query) -> None:
    """Each obtainable (tweet, metric, hour) stands in one request and in no second one."""
    made = plan(query, now=NOW)
    if query.endpoint == "28hr":
        asked = Counter(tweet for one in made.requests for tweet in one.tweet_ids)
        rows = (made.wanted.spans[..., 0] < made.wanted.spans[..., 1]).any(axis=1)
        wanted = [one for one, some in zip(query.tweet_ids, rows, strict=True) if some]
        assert asked == Counter(wanted)
        return
    one_metric = query.metrics[0]
    found = cover(made.requests)
    assert not found or max(found.values()) == 1
    column = 0
    for row, tweet in enumerate(query.tweet_ids):
        start, end = made.wanted.spans[row, column].tolist()
        assert all((tweet, one_metric, hour) in found for hour in range(start, end))


@settings(max_examples=60)
@given(queries(), st.data())
def test_what_is_stored_is_not_asked_again(query: ek.Query, data: st.DataObject) -> None:
    """With some answers stored and closed, only the numbers of the other requests are asked."""
    if query.endpoint == "28hr":
        return  # asked again always: its period is never closed
    first = plan(query, now=NOW)
    picked = data.draw(st.sets(st.sampled_from(first.requests or [None])))
    have = [
        Known(
            ref=one.key,
            key=one.key,
            service=one.service,
            account=one.account,
            level=first.wanted.level,
            tweet_ids=one.tweet_ids,
            metrics=frozenset(one.metrics),
            start=spans(one)[0] if one.start else 0,
            end=spans(one)[1] if one.start else 0,
            observed_at=NOW,
        )
        for one in picked
        if one is not None
    ]
    again = plan(query, now=NOW, have=have)
    rest = cover([one for one in first.requests if one not in picked])
    assert set(cover(again.requests)) == set(rest)
    assert {one.ref for one in again.reused} == {one.ref for one in have}


@laws
@given(st.lists(st.floats(1, 800), min_size=1, max_size=120), st.integers(1, 700))
def test_history_up_to_now_takes_the_fewest_requests(ages: list[float], days: int) -> None:
    """Requests = sum over j of ceil(N_j / 25), N_j tweets that reach back more than j windows."""
    ids = [tweet_id(age, salt) for salt, age in enumerate(ages)]
    made = plan(ek.Query("historical", ids, period=ek.last(days=days), by="hour"), now=NOW)
    end = floor_hour(NOW)
    births = [floor_hour(NOW - timedelta(days=age)) for age in ages]
    lengths = [min(days * 24, end - birth) for birth in births]
    bound = sum(
        -(-sum(length > j * 672 for length in lengths) // 25) for j in range(-(-days // 28) + 1)
    )
    assert len(made) == bound


def test_the_worked_example_saves_half() -> None:
    """10,000 tweets spread over a year need about 2,820 requests; windows for all need 5,600."""
    ids = [tweet_id(365 * n / 10_000, n) for n in range(10_000)]
    made = plan(ek.Query("historical", ids, ["impressions"], period=ek.last(days=365)), now=NOW)
    assert 2_700 < len(made) < 2_900


def test_one_more_tweet_asks_only_for_itself() -> None:
    """Reuse goes by coverage: a new id does not shift the batches of the others."""
    ids = [tweet_id(200 + n, n) for n in range(60)]
    period = ek.between("2025-08-01", "2025-09-01")
    first = plan(ek.Query("historical", ids, ["replies"], period=period), now=NOW)
    have = [
        Known(
            one.key, one.key, one.service, one.account, "day",
            one.tweet_ids, frozenset(one.metrics), *spans(one), NOW,
        )
        for one in first.requests
    ]  # fmt: skip
    new = tweet_id(290, 999)
    again = plan(
        ek.Query("historical", [new, *ids], ["replies"], period=period), now=NOW, have=have
    )
    assert {one for request in again.requests for one in request.tweet_ids} == {new}


def test_limits_of_the_emulator_are_those_of_the_rules() -> None:
    """Double entry: the emulator read the limits from the facts on its own, and found the same."""
    from engagement_kit.emulator.api import limits
    from engagement_kit.emulator.api.settings import PROFILES
    from engagement_kit.question import rules

    for name, where in ENDPOINTS.items():
        assert limits.MAX_TWEETS[name] == where.tweets_per_request.value
        # media_clicks is a legacy name that the service still answers; we ask for its successor.
        assert set(limits.OFFERED[name]) - {"media_clicks"} == set(offered(name))
        assert set(limits.APP_ONLY[name]) == set(offered(name, "app"))
        of_time = set(limits.TIME_LEVELS) if name == "totals" else set()
        assert set(limits.GROUP_BY) - of_time == set(where.levels)
    assert set(limits.ENDPOINTS) == set(ENDPOINTS)
    assert rules.LIVE_BASE_URL.endswith(limits.BASE_PATH)
    assert rules.MAX_GROUPINGS.value == limits.MAX_GROUPINGS
    assert rules.MAX_LEVELS.value == len(limits.GROUP_BY)
    assert rules.MAX_FOUR_LEVEL.value == limits.MAX_FOUR_LEVEL_GROUPINGS
    assert set(limits.RESERVED_NAMES) == rules.RESERVED_NAMES
    assert rules.RESERVED_PREFIX == limits.RESERVED_PREFIX
    assert timedelta(days=rules.TOTALS_PRIVATE_DAYS.value) == limits.MAX_AGE_IMPRESSIONS
    assert timedelta(days=rules.VIDEO_DAYS.value) == limits.MAX_AGE_VIDEO
    assert set(limits.LATE_METRICS) == rules.SMALL_SET
    assert rules.SMALL_SET_FROM == limits.LATE_METRICS_BEGIN
    assert set(rules.PROFILES) == set(PROFILES)
    assert {tuple(one) for one in limits.FOUR_LEVEL_ORDERS} == set(rules.FOUR_LEVEL_ORDERS)
    assert timedelta(hours=rules.WINDOW_HOURS) == limits.MAX_SPAN
    assert timedelta(hours=rules.LAST_HOURS.value) == limits.RECENT_SPAN
    assert rules.HISTORY_FROM == limits.HISTORY_BEGINS
    assert timedelta(days=rules.HISTORY_DAYS.value) == limits.LOOKBACK
