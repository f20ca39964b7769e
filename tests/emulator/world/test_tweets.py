from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.emulator import World
from engagement_kit.emulator.world.chance import Ints
from engagement_kit.emulator.world.moments import unix_ms
from engagement_kit.emulator.world.tweets import (
    FIRST_SLOT_MS,
    LAST_SLOT,
    MAX_ID,
    SLOT_MS,
    SNOWFLAKE_EPOCH_MS,
    Rhythm,
    Tweets,
)

RHYTHM = Rhythm(seed=0, accounts=3)


@given(owner=st.integers(0, 2), slot=st.integers(0, LAST_SLOT))
def test_round_trip(owner: int, slot: int) -> None:
    """From an id alone the world finds its account and its time."""
    where = np.array([owner]), np.array([slot])
    tweet_id = int(RHYTHM.ids(*where)[0])
    tweets = RHYTHM.read([str(tweet_id)])
    assert tweets.exists.all()
    assert tweets.owner.tolist() == [owner]
    assert tweets.birth_ms.tolist() == RHYTHM.births(*where).tolist()
    assert (tweet_id >> 22) + SNOWFLAKE_EPOCH_MS == tweets.birth_ms[0]


@given(number=st.integers(0, MAX_ID))
def test_other_ids_unknown(number: int) -> None:
    """An id that no account posted does not exist."""
    tweets = RHYTHM.read([str(number)])
    if number not in RHYTHM.very_old.tolist():
        assert (
            tweets.exists.tolist() == (RHYTHM.ids(tweets.owner, _slot(tweets)) == number).tolist()
        )


def _slot(tweets: Tweets) -> Ints:
    """Return the slots in which the ids' times lie."""
    return (tweets.birth_ms - FIRST_SLOT_MS) // SLOT_MS


def test_neighbours_unknown(world: World, now: datetime) -> None:
    """The numbers next to an id are no tweets."""
    (tweet_id,) = world.sample_ids("acme", 1, now)
    near = [str(int(tweet_id) + step) for step in (-1, 0, 1, 1 << 17, 1 << 22)]
    assert world.look(near).exists.tolist() == [False, True, False, False, False]


def test_very_old() -> None:
    """Eight ids of nine digits carry no time and are older than any limit."""
    tweets = RHYTHM.read([str(number) for number in RHYTHM.very_old])
    assert len({*tweets.ids.tolist()}) == 8
    assert {len(str(number)) for number in tweets.ids.tolist()} == {9}
    assert tweets.exists.all()
    assert tweets.older_than(timedelta(days=10**6), unix_ms(datetime(2012, 1, 1, tzinfo=UTC))).all()
    assert not (tweets.deleted | tweets.protected).any()


def test_shares_of_kinds() -> None:
    """About 1 % of tweets are deleted, 0.5 % protected, 20 % have a video."""
    slots = np.arange(20_000)
    tweets = RHYTHM.read([str(i) for i in RHYTHM.ids(np.zeros_like(slots), slots).tolist()])
    assert tweets.deleted.mean() == pytest.approx(0.01, abs=0.003)
    assert tweets.protected.mean() == pytest.approx(0.005, abs=0.002)
    assert tweets.video.mean() == pytest.approx(0.2, abs=0.02)
    assert (tweets.media | ~tweets.video).all()


def test_texts_that_are_no_ids() -> None:
    """Numbers beyond 63 bits and other texts raise."""
    for text in ("-1", str(MAX_ID + 1), "x"):
        with pytest.raises(ValueError, match=r"tweet id|invalid literal"):
            RHYTHM.read([text])
