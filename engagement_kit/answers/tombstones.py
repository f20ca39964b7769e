"""Tombstones: which tweets were purged from a store, without naming them.

``STORE/tombstones.json`` holds a random salt, and for each purged tweet a keyed hash of its id with
the day of the purge. No id is in it. That is a means to recognise a tweet that is asked again, and
no secrecy: who has the file can try ids one by one, and sooner or later meets the right ones.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers.files import write_whole
from engagement_kit.errors import StoreError

NAME: Final = "tombstones.json"
_FORMAT: Final = 1
_SALT_BYTES: Final = 32
_NAME_BYTES: Final = 16
_WHAT: Final = (
    "Tweets that were purged, by a keyed hash of their ids: they are not asked again. To lift one, "
    "remove its line; engagement_kit.answers.tombstones.read(STORE).name_of(ID) tells which."
)


@dataclass(frozen=True)
class Tombstones:
    """The tombstones of a store.

    Attributes
    ----------
    salt
        The key of the hashes; each store has its own.
    days
        When each tweet was purged, by its hash.

    Examples
    --------
    >>> Tombstones().of(["20", "21"])
    frozenset()
    """

    salt: bytes = b""
    days: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many tweets were purged."""
        return len(self.days)

    def name_of(self, tweet_id: str) -> str:
        """Give the name under which a tweet is listed, if it is."""
        return self._hash(tweet_id).hex()

    def of(self, tweet_ids: Iterable[str]) -> frozenset[str]:
        """Tell which of some tweets were purged; where none ever was, nothing is computed."""
        if not self.days:
            return frozenset()
        begun, names = blake2b(key=self.salt, digest_size=_NAME_BYTES), self._names
        found = []
        for one in set(tweet_ids):  # those of all answers name a tweet many times
            each = begun.copy()
            each.update(one.encode())
            if each.digest() in names:
                found.append(one)
        return frozenset(found)

    @property
    def _names(self) -> frozenset[bytes]:
        return frozenset(map(bytes.fromhex, self.days))

    def _hash(self, tweet_id: str) -> bytes:
        return blake2b(tweet_id.encode(), key=self.salt, digest_size=_NAME_BYTES).digest()

    def with_more(self, tweet_ids: Iterable[str], day: date) -> Tombstones:
        """Add tweets; those that were purged before keep their day."""
        salt = self.salt or secrets.token_bytes(_SALT_BYTES)
        made = Tombstones(salt, self.days)
        more = {made.name_of(one): day.isoformat() for one in tweet_ids}
        return Tombstones(salt, dict(sorted({**more, **self.days}.items())))


def read(folder: Path) -> Tombstones:
    """Read the tombstones of a store; none where there is no such file.

    Raises
    ------
    StoreError
        When they can't be read: then it is not known what must not be asked.
    """
    path = folder / NAME
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _checked(data)
    except FileNotFoundError:
        return Tombstones()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        msg = (
            f"{path} can't be read ({error!r}): it says which tweets were purged and must not be "
            "asked again. Put back a copy of it, or purge anew in a new store."
        )
        raise StoreError(msg) from error


def mark(folder: Path) -> tuple[int, ...]:
    """Give what changes with the tombstones of a store; nothing where there are none."""
    try:
        stat = (folder / NAME).stat()
    except OSError:  # `read` says what is wrong
        return ()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _checked(data: dict[str, Any]) -> Tombstones:
    if data["format"] > _FORMAT:
        msg = f"its format is {data['format']}; this kit reads up to {_FORMAT}: update the kit"
        raise ValueError(msg)
    found = Tombstones(bytes.fromhex(data["salt"]), dict(data["purged"]))
    if not 0 < len(found.salt) <= blake2b.MAX_KEY_SIZE:
        msg = "its salt is no salt"
        raise ValueError(msg)
    for name, day in found.days.items():
        if len(bytes.fromhex(name)) != _NAME_BYTES or not isinstance(day, str):
            msg = f"{name!r} is no tombstone"
            raise ValueError(msg)
    return found


def add(folder: Path, tweet_ids: Iterable[str], day: date) -> None:
    """Leave tombstones; the caller keeps others out meanwhile.

    Raises
    ------
    StoreError
        When the old ones can't be read, or the folder can't be written.
    """
    old = read(folder)
    new = old.with_more(tweet_ids, day)
    if new == old:
        return
    data = {"format": _FORMAT, "what": _WHAT, "salt": new.salt.hex(), "purged": new.days}
    write_whole(folder / NAME, (json.dumps(data, indent=1) + "\n").encode())
