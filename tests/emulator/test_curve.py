from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.curve import BUSIEST_HOUR, LIFE_HOURS, Curves, make_curves
from engagement_kit.emulator.totals import codes


@pytest.fixture(scope="module")
def curves(world: World) -> Curves:
    """Draw the impressions' lifecycles of 200 tweets."""
    tweets = world.look(world.sample_ids("acme", 200, datetime(2024, 5, 1, tzinfo=UTC)))
    return make_curves(0, tweets, codes(["impressions"]))


def test_share_grows_to_one(curves: Curves) -> None:
    """The share reached grows with every hour, from above 0 to 1 at the end of the life."""
    hours = np.arange(1, LIFE_HOURS + 1)
    for series in range(5):
        share = curves.reached(np.full_like(hours, series), hours)
        assert share[0] > 0
        assert (np.diff(share) > 0).all()
        assert share[-1] == pytest.approx(1.0)


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
