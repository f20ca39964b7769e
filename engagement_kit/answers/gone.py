"""Tweets that are to be forgotten: found in bytes, and cut out of texts and of JSON. Pure.

An id of nine digits or more is found wherever its digits stand by themselves. A shorter one, of
2006 or 2007, may be any number, and is found only where ids stand: as an item of a list, as a key,
or behind the word tweet, or status in an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any, Final

LONG: Final = 9
"""An id with so many digits is no other number."""
CUT: Final = "(purged)"
"""What stands in a text where an id was."""
_FEW: Final = 8
_BEGINNING: Final = 6
_ESCAPED: Final = re.compile(rb"\\u003([0-9])")
_DIGITS: Final = re.compile(r"(?<![0-9])[0-9]+(?![0-9])")
_NAMED: Final = re.compile(
    r"((?:status(?:es)?/|\btweets?(?:[ _]ids?)?[:=]? ?)['\"]?)([0-9]+)(?![0-9])", re.IGNORECASE
)
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

    def is_in(self, data: bytes) -> bool:
        """Say whether a long id stands in bytes as text."""
        return self._in(data, self._long)

    def _in(self, data: bytes, ids: frozenset[bytes]) -> bool:
        if not ids:
            return False
        if b"\\u003" in data:
            data = _ESCAPED.sub(rb"\1", data)
        if len(ids) <= _FEW and not any(one in data for one in ids):
            return False
        lengths = sorted({len(one) for one in ids})
        runs = re.compile(rb"(?<![0-9])[0-9]{%d,%d}(?![0-9])" % (lengths[0], lengths[-1]))
        return any(one.group() in ids for one in runs.finditer(data))

    @cached_property
    def _all(self) -> frozenset[bytes]:
        return frozenset(one.encode() for one in self.ids)

    @cached_property
    def _long(self) -> frozenset[bytes]:
        return frozenset(one.encode() for one in self.long)

    @cached_property
    def packed(self) -> frozenset[bytes]:
        """The long ids as columns of whole numbers have them: eight bytes, the lowest first."""
        return frozenset(int(one).to_bytes(8, "little") for one in self.long)

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
    def json(self, value: Any) -> Any:
        """Give a JSON value without them; `DROPPED` where nothing is left of it.

        An item of a list and a member whose key is an id go. An object that names a tweet as the
        one that it is about goes as a whole. Out of other texts ids are cut.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return DROPPED if str(value) in self.long else value
        if isinstance(value, list):
            return [one for one in map(self.json, value) if one is not DROPPED]
        return self._object(value) if isinstance(value, dict) else value

    def _text(self, text: str) -> Any:
        if text.strip() in self.ids:
            return DROPPED
        return self.cut_list(text) if len(text) > 1 else text

    def _object(self, members: dict[str, Any]) -> Any:
        kept: dict[str, Any] = {}
        for key, value in members.items():
            if key in self.ids:
                continue
            one = value if self._is_count(key, value) else self.json(value)
            if one is not DROPPED:
                kept[self.cut(key)] = one
            elif not isinstance(value, list | dict):
                return DROPPED
        return kept

    def _is_count(self, key: str, value: Any) -> bool:
        """Say whether a text of a few digits is a number rather than a short id."""
        if not isinstance(value, str) or value not in self.ids or value in self.long:
            return False
        return re.search(r"(?:id|tweets?)s?$", key, re.IGNORECASE) is None

    def json_bytes(self, data: bytes) -> bytes | None:
        """Rewrite a JSON document, or lines of JSON; None where nothing is left of it.

        Of what is neither, lines go that hold the beginning of an id: they were cut off somewhere.
        """
        text = data.decode("utf-8", "surrogateescape")
        try:
            document = json.loads(text)
        except ValueError:
            left = "".join(self._lines(text))
            return left.encode("utf-8", "surrogateescape") if left.strip() else None
        kept = self.json(document)
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


def _like(text: str, value: Any) -> str:
    """Write a JSON value in the manner of a text: its indent, blanks, and line end."""
    end = "\n" if text.endswith("\n") else ""
    inner = re.match(r"\s*[\[{]\n( *)", text)
    apart = None if ": " in text or ", " in text else (",", ":")
    ascii_ = text.isascii()
    if inner:
        return json.dumps(value, indent=len(inner[1]), ensure_ascii=ascii_) + end
    return json.dumps(value, separators=apart, ensure_ascii=ascii_) + end
