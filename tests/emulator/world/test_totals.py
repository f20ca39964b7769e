from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from engagement_kit.emulator import World
from engagement_kit.emulator.world.natures import NATURES
from engagement_kit.emulator.world.totals import METRICS, TRAITS, codes, life_totals, reach_of_video
from engagement_kit.emulator.world.tweets import Tweets

STANDARD = NATURES["standard"]


@pytest.fixture(scope="module")
def tweets(world: World) -> Tweets:
    """Look at 2000 tweets of one account."""
    return world.look(world.sample_ids("cedar", 2000, datetime(2024, 5, 1, tzinfo=UTC)))


def test_shares(tweets: Tweets) -> None:
    """Metrics are, on the whole, their share of impressions, where the tweet has what they need."""
    names = list(TRAITS)
    drawn = life_totals(0, STANDARD, tweets, codes(names))
    totals = drawn.counts * (1 - drawn.promoted)  # shares are of organic counts
    for column, (name, trait) in enumerate(TRAITS.items()):
        has = getattr(tweets, trait.needs) if trait.needs else tweets.exists
        share = totals[has, column].sum() / totals[has, 0].sum()
        assert share == pytest.approx(trait.share, rel=0.35), name


def test_heavy_tail_and_correlation(tweets: Tweets) -> None:
    """A few tweets get many times the median, and reactions go together beyond impressions."""
    totals = life_totals(
        0, STANDARD, tweets, codes(["impressions", "favorites", "retweets"])
    ).counts.astype(float)
    impressions = totals[:, 0]
    assert np.quantile(impressions, 0.99) > 10 * np.median(impressions)
    rates = np.log((totals[:, 1:] + 1) / impressions[:, None])[impressions > 5000]
    assert np.corrcoef(rates.T)[0, 1] > 0.2


def test_reach(tweets: Tweets) -> None:
    """Other tweets with the same video multiply its views by 1 to 3."""
    reach = reach_of_video(0, tweets)
    assert ((reach >= 1) & (reach < 3)).all()
    assert (reach == 1).mean() == pytest.approx(0.5, abs=0.05)


def test_one_metric_alone(tweets: Tweets) -> None:
    """A metric's totals don't depend on what else is asked; media_clicks is its successor."""
    together = life_totals(0, STANDARD, tweets, codes(list(METRICS))).counts
    for column, name in enumerate(METRICS):
        assert (
            life_totals(0, STANDARD, tweets, codes([name])).counts[:, 0] == together[:, column]
        ).all()
    old, new = METRICS.index("media_clicks"), METRICS.index("media_engagements")
    assert (together[:, old] == together[:, new]).all()
