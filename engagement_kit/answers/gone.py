"""Tweets that are to be forgotten: found in bytes, and cut out of texts and of JSON. Pure.

An id of nine digits or more is found wherever its digits stand by themselves. A shorter one, of
2006 or 2007, may be any number, and is found only where ids stand: as an item of a list, as a key,
or behind the word tweet, or status in an address. A whole number is taken for an id where ids
stand, and anywhere where it has fifteen digits or more: so large is no count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, Final, Literal

LONG: Final = 9
"""An id with so many digits is no other number."""
SURE: Final = 15
"""A whole number with so many digits is no count."""
CUT: Final = "(purged)"
"""What stands in a text where an id was."""
_FEW: Final = 8
_ENDS: Final[tuple[Literal["little", "big"], ...]] = ("little", "big")
_BEGINNING: Final = 6
_ESCAPED: Final = re.compile(rb"\\u003([0-9])")
_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]+(?![0-9])")
_NAMED: Final = re.compile(
    r"((?:status(?:es)?/|\btweets?(?:[ _]ids?)?[:=]? ?)['\"]?)([0-9]+)(?![0-9])", re.IGNORECASE
)
ABOUT: Final = frozenset({"id", "id_str", "tweet_id", "tweet"})
"""What says which tweet an object, or a row of a table, is about."""
_OF_IDS: Final = re.compile(r"(?:id|tweet)s?(?:_str)?$", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(r"user|author|owner|account|media|place|campaign", re.IGNORECASE)
_ONLY_IDS: Final = re.compile(r"[\s,;]*[0-9]+(?:[\s,;]+[0-9]+)*[\s,;]*")
_PART: Final = re.compile(r"[0-9]+[\s,;]*")


class Dropped:
    """Stands for a JSON value of which nothing is left."""


DROPPED: Final = Dropped()


class Gone:
    """Some tweets that are to be forgotten.

    Parameters
    ----------
    tweet_ids
        Their ids as text.

    Examples
    --------
    >>> gone = Gone(["2061384949969226276"])
    >>> gone.cut("tweet 2061384949969226276 and 12061384949969226276")
    'tweet (purged) and 12061384949969226276'
    >>> gone.json({"tweet_ids": ["20", "2061384949969226276"], "n": 2})
    {'tweet_ids': ['20'], 'n': 2}
    """

    def __init__(self, tweet_ids: Collection[str]) -> None:
        self.ids = frozenset(tweet_ids)
        self.long = frozenset(one for one in self.ids if len(one) >= LONG)

    # --- in bytes ---------------------------------------------------------------------------------
    def may_be_in(self, data: bytes) -> bool:
        """Say whether digits of an id stand in bytes by themselves, whatever they mean there."""
        return self._in(data, self._all)

    def found_in(self, data: bytes) -> set[str]:
        """List those whose digits stand in bytes by themselves, whatever they mean there."""
        return {one.decode() for one in self._found(data, self._all)}

    def is_in(self, data: bytes) -> bool:
        """Say whether a long id stands in bytes as text."""
        return self._in(data, self._long)

    def _in(self, data: bytes, ids: frozenset[bytes]) -> bool:
        return next(self._found(data, ids), None) is not None

    def _found(self, data: bytes, ids: frozenset[bytes]) -> Iterator[bytes]:
        if not ids:
            return
        if b"\\u003" in data:
            data = _ESCAPED.sub(rb"\1", data)
        if len(ids) <= _FEW and not any(one in data for one in ids):
            return
        lengths = sorted({len(one) for one in ids})
        runs = re.compile(rb"(?<![0-9])[0-9]{%d,%d}(?![0-9])" % (lengths[0], lengths[-1]))
        yield from (one.group() for one in runs.finditer(data) if one.group() in ids)

    @cached_property
    def _all(self) -> frozenset[bytes]:
        return frozenset(one.encode() for one in self.ids)

    @cached_property
    def _long(self) -> frozenset[bytes]:
        return frozenset(one.encode() for one in self.long)

    @cached_property
    def packed(self) -> frozenset[bytes]:
        """The large ids as columns of whole numbers have them: eight bytes, either way round."""
        sure = [int(one) for one in self.long if len(one) >= SURE]
        return frozenset(one.to_bytes(8, end) for one in sure for end in _ENDS)

    def is_packed_in(self, data: bytes) -> bool:
        """Say whether a large id stands in bytes as a whole number, or as text of UTF-16."""
        if b"\0" in data and self.is_in(data.replace(b"\0", b"")):
            return True
        if len(self.packed) <= 2 * _FEW:
            return any(one in data for one in self.packed)
        import numpy as np

        wanted = np.sort(np.frombuffer(b"".join(self.packed), dtype=np.int64))
        for at in range(min(8, max(0, len(data) - 7))):
            there = np.frombuffer(data, dtype=np.int64, offset=at, count=(len(data) - at) // 8)
            if np.isin(there, wanted).any():
                return True
        return False

    # --- in texts ---------------------------------------------------------------------------------
    def cut(self, text: str) -> str:
        """Cut ids out of a text."""
        if not self.ids:
            return text
        text = _NAMED.sub(lambda it: it[1] + (CUT if it[2] in self.ids else it[2]), text)
        return _DIGITS.sub(lambda it: CUT if it[0] in self.long else it[0], text)

    def cut_list(self, text: str) -> str:
        """Cut ids out of a text that is nothing but ids, and out of any other as `cut` does."""
        if _ONLY_IDS.fullmatch(text) is None:
            return self.cut(text)
        gone = self.ids
        kept = _PART.sub(lambda it: "" if it[0].rstrip(" \t\r\n,;") in gone else it[0], text)
        return kept if kept == text else kept.rstrip(" \t,;")

    # --- in JSON ----------------------------------------------------------------------------------
    def json(self, value: Any, key: str = "") -> Any:
        """Give a JSON value without them; `DROPPED` where nothing is left of it.

        An item of a list and a member that is or whose key is an id go. An object goes as a whole
        where the id says what it is about. Out of other texts ids are cut.

        Parameters
        ----------
        value
            The value.
        key
            The key that it stands below.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return DROPPED if self.is_number(value, key) else value
        if isinstance(value, list):
            below = key or ("ids" if _are_ids(value) else "")
            return [one for one in (self.json(it, below) for it in value) if one is not DROPPED]
        return self._object(value) if isinstance(value, dict) else value

    def document(self, value: Any) -> Any:
        """Give a whole JSON document without them: of an object only members go, never all."""
        return self._members(value) if isinstance(value, dict) else self.json(value)

    def is_number(self, number: int, key: str) -> bool:
        """Say whether a whole number below a key is one of the ids."""
        text = str(number)
        if text not in self.ids:
            return False
        if len(text) >= SURE:
            return True
        if _OF_IDS.search(key) is None:
            return False
        return len(text) >= LONG or _OF_OTHERS.search(key) is None

    def _text(self, text: str) -> Any:
        if text.strip() in self.ids:
            return DROPPED
        return self.cut_list(text) if len(text) > 1 else text

    def _object(self, members: dict[str, Any]) -> Any:
        about = (value for key, value in members.items() if key.lower() in ABOUT)
        return DROPPED if any(map(self._is_one, about)) else self._members(members)

    def _is_one(self, value: Any) -> bool:
        """Say whether a value names a tweet that goes, or is an object about it."""
        if isinstance(value, dict):
            return self._object(value) is DROPPED
        return isinstance(value, str | int) and str(value).strip() in self.ids

    def _members(self, members: dict[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in members.items():
            if key not in self.ids:
                one = value if self._is_count(key, value) else self.json(value, key)
                if one is not DROPPED:
                    kept[self.cut(key)] = one
        return kept

    def _is_count(self, key: str, value: Any) -> bool:
        """Say whether a text of a few digits is a number rather than a short id."""
        if not isinstance(value, str) or value not in self.ids or value in self.long:
            return False
        return _OF_IDS.search(key) is None

    def json_bytes(self, data: bytes, *, lines: bool = True) -> bytes | None:
        """Rewrite a JSON document, or lines of JSON; None where nothing is left of it.

        Parameters
        ----------
        data
            The document.
        lines
            Whether one object alone is a line of several, and goes when it is about such a tweet;
            else it is the document, and stays.

        Of what is neither, lines go that hold the beginning of an id: they were cut off somewhere.
        """
        text = data.decode("utf-8", "surrogateescape")
        try:
            document = json.loads(text)
        except ValueError:
            left = "".join(self._lines(text))
            return left.encode("utf-8", "surrogateescape") if left.strip() else None
        kept = self.json(document) if lines else self.document(document)
        if kept is DROPPED:
            return None
        return data if kept == document else _like(text, kept).encode()

    def _lines(self, text: str) -> Iterator[str]:
        for line in text.splitlines(keepends=True):
            if not line.strip():
                yield line
                continue
            try:
                value = json.loads(line)
            except ValueError:
                if not any(one[:_BEGINNING] in line for one in self.ids):
                    yield line
                continue
            kept = self.json(value)
            if kept is not DROPPED:
                yield line if kept == value else _like(line, kept)


def _are_ids(values: list[Any]) -> bool:
    """Say whether a list can be one of ids: nothing but large whole numbers."""
    return all(type(one) is int and len(str(one)) >= LONG for one in values)


def _like(text: str, value: Any) -> str:
    """Write a JSON value in the manner of a text: its indent, blanks, and line end."""
    end = "\n" if text.endswith("\n") else ""
    inner = re.match(r"\s*[\[{]\n( *)", text)
    apart = None if ": " in text or ", " in text else (",", ":")
    ascii_ = text.isascii()
    if inner:
        return json.dumps(value, indent=len(inner[1]), ensure_ascii=ascii_) + end
    return json.dumps(value, separators=apart, ensure_ascii=ascii_) + end
