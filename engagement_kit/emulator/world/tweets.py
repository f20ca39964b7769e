"""Which tweets exist: ids computed from accounts and time, and read back; no counts here.

Nothing is stored. An account posts once in each slot of about three hours, at a moment drawn by
hash; the id carries that moment, so the slot can be found again from the id alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.emulator.world.chance import Ints, Words, key_of, uniform, word

Flags = npt.NDArray[np.bool_]

SNOWFLAKE_EPOCH_MS: Final = 1288834974657  # ids carry time since November 2010
TIME_SHIFT: Final = 22
HASH_BITS: Final = 17  # below the account's number
FIRST_SLOT_MS: Final = 1325376000000  # 2012-01-01T00:00:00Z
HOUR_MS: Final = 3_600_000
SLOT_MS: Final = 3 * HOUR_MS
JITTER_MS: Final = SLOT_MS - 60_000  # two tweets of an account are a minute apart at least
MAX_ID: Final = (1 << 63) - 1
# The 41 bits of time end in 2080, and so do the tweets.
LAST_SLOT: Final = ((1 << 41) - 1 + SNOWFLAKE_EPOCH_MS - FIRST_SLOT_MS) // SLOT_MS - 1

VERY_OLD: Final = 8  # tweets of the first account with ids from before the ids carried time
VERY_OLD_FIRST_MS: Final = 1199145600000  # 2008-01-01, only to place their counts in time
VERY_OLD_STEP_MS: Final = 86_400_000

DELETED_SHARE: Final = 0.01
PROTECTED_SHARE: Final = 0.005
VIDEO_SHARE: Final = 0.2
MEDIA_SHARE: Final = 0.6  # videos among them
LINK_SHARE: Final = 0.4
APP_CARD_SHARE: Final = 0.05

# What a hash is for: the second number of each.
_TIME, _LOW, _FATE, _MEDIA, _LINK, _CARD = range(1, 7)


@dataclass(frozen=True)
class Tweets:
    """What the ids tell, one entry per asked id; unknown ids have `exists` False.

    Attributes
    ----------
    ids : array of uint64
    exists : array of bool
        Whether the world has, or will have by its birth, such a tweet.
    owner : array of int64
        The account's place in the world, -1 for unknown ids.
    birth_ms : array of int64
        Creation in Unix milliseconds, UTC.
    deleted, protected, very_old, video, media, link, app_card : array of bool
    """

    ids: Words
    exists: Flags
    owner: Ints
    birth_ms: Ints
    deleted: Flags
    protected: Flags
    very_old: Flags
    video: Flags
    media: Flags
    link: Flags
    app_card: Flags

    def served(self, now_ms: int) -> Flags:
        """Tell which tweets the service shows: posted by now, not deleted, not protected."""
        return self.exists & ~self.deleted & ~self.protected & (self.birth_ms <= now_ms)

    def older_than(self, age: timedelta, now_ms: int) -> Flags:
        """Tell which tweets are older than `age`; ids without a time always are."""
        limit_ms = age // timedelta(milliseconds=1)
        return self.exists & (self.very_old | (now_ms - self.birth_ms > limit_ms))


class Rhythm:
    """The posting of all accounts of a world: from slot to id and back."""

    def __init__(self, seed: int, accounts: int) -> None:
        self._key = key_of(seed, "tweets")
        self._accounts = accounts
        old = word(key_of(seed, "very old"), np.arange(VERY_OLD))
        # Nine digits; the last one is the place, so that the eight differ.
        stems = (old % np.uint64(90_000_000)).astype(np.int64) + 10_000_000
        self.very_old = np.sort((stems * 10 + np.arange(VERY_OLD)).astype(np.uint64))

    def births(self, owner: Ints, slot: Ints) -> Ints:
        """Return the posting moments (Unix ms) of slots."""
        return _births(slot, word(self._key, owner, slot))

    def ids(self, owner: Ints, slot: Ints) -> Words:
        """Return the ids of slots."""
        words = word(self._key, owner, slot)
        noise = word(words, _LOW) >> np.uint64(64 - HASH_BITS)
        time = (_births(slot, words) - SNOWFLAKE_EPOCH_MS).astype(np.uint64)
        low = (owner.astype(np.uint64) << np.uint64(HASH_BITS)) | noise
        return (time << np.uint64(TIME_SHIFT)) | low

    def read(self, texts: Sequence[str]) -> Tweets:
        """Read ids given as decimal text.

        Raises
        ------
        ValueError
            If a text is not a whole number from 0 to 2**63 - 1.
        """
        numbers = [int(text) for text in texts]
        if any(not 0 <= number <= MAX_ID for number in numbers):
            raise ValueError(f"a tweet id is a whole number from 0 to {MAX_ID}, as text.")
        ids = np.array(numbers, dtype=np.uint64)
        birth = (ids >> np.uint64(TIME_SHIFT)).astype(np.int64) + SNOWFLAKE_EPOCH_MS
        slot = (birth - FIRST_SLOT_MS) // SLOT_MS
        owner = ((ids >> np.uint64(HASH_BITS)) & np.uint64(31)).astype(np.int64)
        posted = (slot >= 0) & (owner < self._accounts) & (self.ids(owner, slot) == ids)
        return self._with_very_old(ids, posted, owner, slot, birth)

    def _with_very_old(
        self, ids: Words, posted: Flags, owner: Ints, slot: Ints, birth: Ints
    ) -> Tweets:
        """Add the ids without a time, and each tweet's kind."""
        very_old = np.isin(ids, self.very_old)
        place = np.searchsorted(self.very_old, ids)
        owner = np.where(very_old, 0, np.where(posted, owner, -1))
        slot = np.where(very_old, -1 - place, slot)
        birth = np.where(very_old, VERY_OLD_FIRST_MS + place * VERY_OLD_STEP_MS, birth)
        words = word(self._key, owner, slot)
        fate, media, link, card = (
            uniform(word(words, what)) for what in (_FATE, _MEDIA, _LINK, _CARD)
        )
        young = ~very_old  # the eight are always there, and have neither media nor cards
        return Tweets(
            ids=ids,
            exists=posted | very_old,
            owner=owner,
            birth_ms=birth,
            deleted=young & (fate < DELETED_SHARE),
            protected=young & (fate >= 1 - PROTECTED_SHARE),
            very_old=very_old,
            video=young & (media < VIDEO_SHARE),
            media=young & (media < MEDIA_SHARE),
            link=link < LINK_SHARE,
            app_card=young & (card < APP_CARD_SHARE),
        )


def _births(slot: Ints, words: Words) -> Ints:
    """Return the posting moments (Unix ms) of slots, from each one's word."""
    jitter = word(words, _TIME) % np.uint64(JITTER_MS)
    return FIRST_SLOT_MS + slot * SLOT_MS + jitter.astype(np.int64)
