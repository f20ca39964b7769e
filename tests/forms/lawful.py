"""All lawful queries, as a strategy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.question.checks import allowed_by
from engagement_kit.question.metrics import offered
from engagement_kit.question.rules import ENDPOINTS, MAX_FOUR_LEVEL, is_reserved, next_levels
from engagement_kit.question.tweet_ids import ID_EPOCH_MS, MAX_ID

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
_NAMES = st.one_of(
    st.sampled_from(["grand_totals", "custom", "x", "A name", "grouping_2", "total", "hour"]),
    st.text(min_size=1, max_size=12),
    st.text("'\"\\{}\n\r\t$%#;:,\u2028\u0085\x00é中🐦 ", min_size=1, max_size=8),
).filter(lambda name: name.strip() and not is_reserved(name))
_ACCOUNTS = st.one_of(
    st.sampled_from(["acme", "globex"]), st.from_regex(r"[A-Za-z0-9_]{1,15}", fullmatch=True)
)


def tweet_id(days_old: float, salt: int) -> str:
    """Make the id of a tweet of a certain age."""
    ms = int((NOW - timedelta(days=days_old)).timestamp() * 1000)
    return str(((ms - ID_EPOCH_MS) << 22) + salt)


@st.composite
def ids(draw: st.DrawFn, most: int = 6000) -> list[str]:
    """Draw tweet ids: timed ones of all ages, old untimed ones, the largest; sometimes many."""
    if draw(st.integers(0, 9)) == 0:
        many = draw(st.sampled_from([100, 101, 1999, 2000, 2001, most]))
        return [tweet_id(at * 3000 / many, at) for at in range(many)]
    ages = draw(st.lists(st.floats(0, 5000), min_size=1, max_size=40))
    found = [tweet_id(age, salt) for salt, age in enumerate(ages)]
    odd = st.one_of(st.integers(1, MAX_ID).map(str), st.just(str(MAX_ID)), st.just("1"))
    return found + draw(st.lists(odd, max_size=3))


@st.composite
def groupings(draw: st.DrawFn, endpoint: str) -> dict[str, tuple[str, ...]]:
    """Draw up to three lawful groupings with odd names, step by step."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=3, unique=True))
    made: dict[str, tuple[str, ...]] = {}
    for name in names:
        levels: tuple[str, ...] = ()
        for _ in range(draw(st.integers(1, 4))):
            lawful = next_levels(levels, ENDPOINTS[endpoint], made.values())
            if not lawful:
                break
            levels = (*levels, draw(st.sampled_from(lawful)))
        made[name] = levels
    assert sum(len(one) == 4 for one in made.values()) <= MAX_FOUR_LEVEL.value
    return made


@st.composite
def periods(draw: st.DrawFn, *, whole_days: bool) -> Any:
    """Draw a period of any kind; of whole days for daily tables."""
    kind = draw(st.sampled_from(["none", "last", "first", "between"]))
    if kind == "none":
        return None
    step = 24 if whole_days else 1
    length = draw(st.integers(1, 24 * 400 // step)) * step
    if kind == "last":
        return ek.last(hours=length)
    if kind == "first":
        return (
            ek.first(hours=draw(st.integers(1, 24 * 60)))
            if not whole_days
            else ek.first(hours=draw(st.sampled_from([1, 23, 24, 168])))
        )
    hours = draw(st.integers(-24 * 700_000 // step, 24 * 2_000_000 // step))
    near = draw(st.integers(0, 24 * 6000 // step))
    start = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(
        hours=draw(st.sampled_from([near, near, hours])) * step
    )
    return ek.between(start, start + timedelta(hours=length))


@st.composite
def queries(draw: st.DrawFn, most: int = 6000) -> ek.Query:
    """Draw any lawful query."""
    endpoint: Any = draw(st.sampled_from(["totals", "28hr", "historical"]))
    tweets = draw(ids(most))
    every = draw(st.permutations(offered(endpoint)))
    metrics = every[: draw(st.integers(1, len(every)))]
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["groupings"] = draw(groupings(endpoint))
        whole = False
    else:
        options["by"] = draw(st.sampled_from(allowed_by(ENDPOINTS[endpoint])))
        whole = options["by"] == "day"
    if endpoint == "historical":
        options["period"] = draw(periods(whole_days=whole))
    kind = draw(st.sampled_from(["none", "one", "each", "nobody"]))
    if kind == "nobody":
        options["owners"] = {}
    elif kind == "one":
        options["owners"] = draw(_ACCOUNTS)
    elif kind == "each":
        some = tweets[:: draw(st.integers(1, 3))]
        people = draw(st.lists(_ACCOUNTS, min_size=1, max_size=3))
        options["owners"] = {one: people[at % len(people)] for at, one in enumerate(some)}
    return ek.Query(endpoint, tweets, metrics, **options)
