"""Every wanted number ends in exactly one fate."""

from __future__ import annotations

import copy
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.fates import MEANINGS, losses
from engagement_kit.tables.schema import STATUS, STATUSES

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
METRICS = ["impressions", "favorites", "video_views"]
KINDS = ("hour", "day", "first", "total", "28hr", "totals")


def question(kind: str, ids: list[str], past: int) -> ek.Query:
    """Ask about tweets in one of the ways there are."""
    if kind in {"totals", "28hr"}:
        return ek.Query(kind, ids, METRICS)
    if kind == "first":
        return ek.Query("historical", ids, METRICS, by="hour", period=ek.first(hours=30))
    end = NOW.replace(hour=0, minute=0) - timedelta(days=past)
    start = end - timedelta(days=3 if kind != "total" else 33)
    return ek.Query("historical", ids, METRICS, by=kind, period=ek.between(start, end))  # type: ignore[arg-type]


def wanted_pieces(wanted: Wanted) -> Counter[tuple[int, int, int]]:
    """List the wanted (tweet, metric, hour or day) one by one, from query and births alone."""
    births = creation_hours(wanted.query.tweet_ids).tolist()
    step = 24 if wanted.level == "day" else 1
    pieces: Counter[tuple[int, int, int]] = Counter()
    for row, birth in enumerate(births):
        start, end = (int(one) for one in wanted.asked[row])
        if wanted.level != "lifetime":
            begin = birth - birth % step
            start = max(start, begin) if begin < end else start
        for col in range(len(wanted.query.metrics)):
            pieces.update((row, col, hour) for hour in range(start, end, step))
    return pieces


def damage(payload: dict[str, Any], dice: random.Random, share: float) -> dict[str, Any]:
    """Take leaves and branches out, and make others unreadable or negative."""

    def walk(node: dict[str, Any]) -> None:
        for key in list(node):
            if dice.random() < share:
                node[key] = dice.choice([None, "x", "-3", "7", 2.5, {}, {"odd": "1"}])
                if dice.random() < 0.7:
                    del node[key]
            elif isinstance(node[key], dict):
                walk(node[key])

    out = copy.deepcopy(payload)
    for value in out.values():
        if isinstance(value, dict):
            walk(value)
    return out


@settings(max_examples=80)
@given(
    st.integers(0, 2**31), st.sampled_from(KINDS), st.integers(1, 40), st.integers(0, 40),
    st.sampled_from([0.0, 0.05, 0.4]),
)  # fmt: skip
def test_asked_is_cells_and_losses_always(  # noqa: PLR0917 -- two fixtures, five draws
    carry: Any, answered: Any, seed: int, kind: str, count: int, past: int, share: float
) -> None:
    """With holes, failures, refusals and odd leaves: each piece once, none twice, none lost."""
    dice, world = random.Random(seed), World(seed=seed % 50)  # noqa: S311
    name = world.accounts[0].name
    ids = world.sample_ids(name, count + past, before=NOW)[past:]
    ids += world.sample_ids(name, 2, before=NOW, kind="unavailable")
    run = carry(world, question(kind, ids, past))
    answers, failures = [], []
    for at, (request, payload) in enumerate(run.payloads):
        fate = dice.random()
        seen = NOW + timedelta(seconds=at)
        if fate < share / 2:
            failures.append((request, dice.choice(["refused", "failed"])))
            continue
        if fate < share:
            named = tuple(dice.sample(request.tweet_ids, 1))
            words = {"errors": ["Forbidden to access tweets"]}
            answers.append(answered(request, words, seen, outcome="refused", named=named))
            # As a run does, the others are asked again, and public metrics of these app-only.
            parts = run.plan.riding.rest(request, frozenset(named), refused=True)
            answers += [answered(one, damage(payload, dice, share), seen) for one in parts]
            continue
        answers.append(answered(request, damage(payload, dice, share), seen))
    dice.shuffle(answers)
    base = gather(run.plan.wanted, answers)
    lost = losses(base, failures)
    wanted, step = wanted_pieces(base.wanted), base.wanted.step
    found: Counter[tuple[int, int, int]] = Counter()
    for one in lost:
        assert one.start < one.end
        found.update((one.row, one.col, hour) for hour in range(one.start, one.end, step))
    cells = zip(base.row.tolist(), base.col.tolist(), base.hour.tolist(), strict=True)
    spans = base.wanted.spans
    found.update(
        (row, col, hour)
        for row, col, hour in cells
        if spans[row, col, 0] <= hour < spans[row, col, 1]
    )
    assert found == wanted
    assert STATUS["not_asked"] not in {one.status for one in lost}


def reasons(base: Any, failures: Any = ()) -> dict[tuple[str, str], int]:
    """Count lost pieces by tweet and status."""
    found: Counter[tuple[str, str]] = Counter()
    for one in losses(base, failures):
        found[base.wanted.query.tweet_ids[one.row], STATUSES[one.status]] += one.end - one.start
    return dict(found)


A, B = "2060000000000000000", "2060000000000000001"


@pytest.fixture
def made() -> Any:
    """Plan two tweets, ten hours, one request."""
    period = ek.between("2026-05-29T00:00Z", "2026-05-29T10:00Z")
    return ek.plan(ek.Query("historical", [A, B], ["replies"], by="hour", period=period), now=NOW)


def test_the_most_telling_reason_wins(made: Any, answered: Any) -> None:
    """A tweet that is said to be unavailable is that, though it is not in the answer either."""
    (request,) = made.requests
    body = {"unavailable_tweet_ids": [B], "by hour": {A: {"replies": {"2026-05-29": {"03": "1"}}}}}
    base = gather(made.wanted, [answered(request, body, NOW)])
    assert reasons(base) == {(A, "not_in_answer"): 9, (B, "unavailable"): 10}


def test_a_failed_request_explains_its_own_numbers(made: Any) -> None:
    """Refused and failed are told apart; what nobody asked is not_asked."""
    (request,) = made.requests
    base = gather(made.wanted, [])
    assert reasons(base, [(request, "failed")]) == {(A, "failed"): 10, (B, "failed"): 10}
    assert reasons(base, [(request, "refused")]) == {(A, "refused"): 10, (B, "refused"): 10}
    assert reasons(base) == {(A, "not_asked"): 10, (B, "not_asked"): 10}


def test_what_the_plan_foresaw_needs_no_answer() -> None:
    """Hours that are not over yet are out of range before anything is asked."""
    query = ek.Query(
        "historical", A, ["replies"], by="hour",
        period=ek.between("2026-06-01T10:00Z", "2026-06-01T20:00Z"),
    )  # fmt: skip
    base = gather(ek.plan(query, now=NOW).wanted, [])
    foreseen = [one for one in losses(base) if one.foreseen]
    assert [(one.end - one.start, STATUSES[one.status]) for one in foreseen] == [
        (8, "out_of_range")
    ]


def test_a_loss_leads_back_to_the_answer_that_says_so(made: Any, answered: Any) -> None:
    """The newest of those that say the same."""
    (request,) = made.requests
    several = [answered(request, {"by hour": {}}, NOW + timedelta(hours=n)) for n in range(3)]
    base = gather(made.wanted, several)
    assert {one.answer for one in losses(base)} == {2}


def test_each_status_of_a_missing_number_has_a_meaning() -> None:
    """What each says in plain words; ``observed`` is no reason."""
    assert set(MEANINGS) == set(STATUSES) - {"observed"}
