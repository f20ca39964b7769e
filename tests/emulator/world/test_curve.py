from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.world.curve import (
    BUSIEST_HOUR,
    LIFE_HOURS,
    NO_BURST,
    Curves,
    make_curves,
)
from engagement_kit.emulator.world.natures import NATURES, Nature
from engagement_kit.emulator.world.totals import codes


@pytest.fixture(scope="module")
def curves(world: World) -> Curves:
    """Draw the impressions' lifecycles of 200 tweets."""
    return drawn(world, NATURES["standard"])


def drawn(world: World, nature: Nature) -> Curves:
    """Draw the impressions' lifecycles of 200 tweets in a kind of world."""
    tweets = world.look(world.sample_ids("acme", 200, datetime(2024, 5, 1, tzinfo=UTC)))
    return make_curves(0, nature, tweets, codes(["impressions"]), np.zeros((200, 1)))


@pytest.mark.parametrize("nature", NATURES.values(), ids=NATURES)
def test_share_grows_to_one(world: World, nature: Nature) -> None:
    """In each world the share reached grows from above 0 to 1 at the end of the life."""
    curves = drawn(world, nature)
    hours = np.arange(1, LIFE_HOURS + 1)
    bursts = np.flatnonzero(curves.burst_hour != NO_BURST)[:5]
    for series in [*range(5), *bursts.tolist()]:
        share = curves.reached(np.full_like(hours, series), hours)
        assert share[0] > 0
        # Where a life ends within days, its last steps are below what floats can tell apart.
        assert (np.diff(share) > -1e-12).all()
        assert (np.diff(share)[:48] > 0).all()
        assert share[-1] == pytest.approx(1.0)


def test_bursts(curves: Curves) -> None:
    """Where a tweet has a burst, more comes in the hours after it than in those before."""
    has = np.flatnonzero((curves.burst_hour > 12) & (curves.burst_share > 0.2))
    assert 5 < len(has) < 60
    at = curves.burst_hour[has]
    before = curves.reached(has, at) - curves.reached(has, at - 6)
    after = curves.reached(has, at + 6) - curves.reached(has, at)
    assert (after > 1.5 * before).all()


def test_promotion_flies_for_a_week(world: World) -> None:
    """Promoted counts come evenly from the second day to the eighth."""
    tweets = world.look(world.sample_ids("acme", 1, datetime(2024, 5, 1, tzinfo=UTC)))
    nature = NATURES["standard"]
    one = codes(["favorites"])
    with_, without = (
        make_curves(0, nature, tweets, one, np.full((1, 1), share)) for share in (0.5, 0.0)
    )
    hours = np.array([24, 108, 192])
    series = np.zeros(3, dtype=np.int64)
    extra = 2 * with_.reached(series, hours) - without.reached(series, hours)
    assert extra == pytest.approx([0.0, 0.5, 1.0])


def test_half_age(curves: Curves) -> None:
    """At the half age the curve is at one half, also between two hours."""
    ages = curves.half_age()
    hour = np.floor(ages + curves.offset).astype(np.int64)
    series = np.arange(len(ages))
    inside = hour >= 1
    assert (curves.reached(series[inside], hour[inside]) <= 0.5).all()
    assert (curves.reached(series, hour + 1) >= 0.5).all()


def test_daily_rhythm(curves: Curves) -> None:
    """Weeks later a day still has its busy and its quiet hours."""
    series = np.repeat(np.arange(200), 25)
    # From the first midnight after two weeks, each tweet's own.
    midnight = 24 * 14 + 24 - curves.birth_hour % 24
    hours = np.repeat(midnight, 25) + np.tile(np.arange(25), 200)
    rates = np.diff(curves.reached(series, hours).reshape(200, 25), axis=1).mean(axis=0)
    assert abs(int(rates.argmax()) - BUSIEST_HOUR) <= 1
    assert 2.5 < rates.max() / rates.min() < 6


def test_half_lives(curves: Curves) -> None:
    """Half-lives spread around 80 minutes."""
    assert np.median(curves.half_life) == pytest.approx(80 / 60, rel=0.15)
    assert np.log(curves.half_life).std() == pytest.approx(0.5, rel=0.2)
    assert timedelta(hours=LIFE_HOURS) > timedelta(days=365)
