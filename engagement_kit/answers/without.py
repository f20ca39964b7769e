"""A raw answer without some of its tweets. Pure: an answer in, an answer out.

What the API wrote of the other tweets stays as it was written, to the byte. Sums over tweets can't
be unmixed: they go where they count a tweet that goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Final

from engagement_kit.answers import envelope
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.gone import DROPPED, Gone
from engagement_kit.errors import UnreadableAnswer
from engagement_kit.question.rules import ID

_BLANK: Final = " \t\r\n"
_COMPACT: Final = (",", ":")


@dataclass(frozen=True)
class Kept:
    """What is left of an answer.

    Attributes
    ----------
    answer
        The answer without the tweets; None where nothing of it can be kept.
    sums
        Whether sums over tweets went: with the answer, or out of it.
    others
        How many other tweets the answer was about.
    """

    answer: Answer | None
    sums: bool = False
    others: int = 0


def without(answer: Answer, gone: Gone) -> Kept:
    """Take tweets out of an answer.

    Parameters
    ----------
    answer
        Any answer, also a failed one.
    gone
        The tweets.

    Returns
    -------
    Kept
        The same answer where it does not name them.
    """
    request = answer.request.without(gone.ids)
    others = len(request.tweet_ids)
    named = tuple(one for one in answer.named if one not in gone.ids)
    if not others or (answer.named and not named):
        return Kept(None)
    headers = {name: gone.cut(text) for name, text in answer.headers.items()}
    answer = replace(answer, named=named, headers=headers)
    if request == answer.request and not gone.may_be_in(answer.body):
        return Kept(answer)
    try:
        sums = frozenset(_sums(answer, gone))
        body = _Body(answer, gone, sums).without()
    except (UnreadableAnswer, ValueError, RecursionError):
        # What is no JSON may be kept where it is text that can be read, and does not name them.
        shown = _is_text(answer.body) and not gone.may_be_in(answer.body)
        return Kept(replace(answer, request=request) if shown else None, others=others)
    groupings = tuple(one for one in request.groupings if one[0] not in sums)
    made = replace(answer, request=replace(request, groupings=groupings), body=body)
    if not groupings or gone.is_in(made.to_bytes()):
        return Kept(None, sums=not groupings, others=others)
    return Kept(made, sums=bool(sums), others=others)


def _sums(answer: Answer, gone: Gone) -> Iterator[str]:
    """Name the sums of an answer that count a tweet that goes; unavailable tweets count nothing."""
    groupings = [name for name, levels in answer.request.groupings if ID not in levels]
    if not groupings:
        return
    parts = envelope.read(answer.body)
    counted = gone.ids.intersection(answer.request.tweet_ids).difference(parts.unavailable)
    yield from (name for name in groupings if counted and name in parts.groupings)


def _is_text(body: bytes) -> bool:
    try:
        return "\0" not in body.decode("utf-8")
    except UnicodeDecodeError:
        return False


class _Body:
    """A body of JSON on its way to one without some tweets."""

    def __init__(self, answer: Answer, gone: Gone, sums: frozenset[str]) -> None:
        self.gone, self.sums = gone, sums
        self.levels = dict(answer.request.groupings)
        self.text = answer.body.decode("utf-8")
        self._skip = json.JSONDecoder(parse_int=str, parse_float=str).raw_decode

    def without(self) -> bytes:
        """Give the body without them."""
        begin = self._blank(1 if self.text.startswith("\ufeff") else 0)
        if self.text[begin : begin + 1] != "{":
            return (self._general(self.text) or "").encode()
        pieces: list[str] = []
        end = self._members(begin, pieces, self._root)
        return (self.text[:begin] + "{" + ",".join(pieces) + "}" + self.text[end:]).encode()

    def _root(self, key: str, at: int) -> tuple[str | None, int]:
        """Give what is left of a member of the body, and where it ends."""
        levels = self.levels.get(key)
        if levels is not None and self.text[at] == "{":
            end = self._skip(self.text, at)[1]
            if key in self.sums:
                return None, end
            if ID in levels and self._may_name(at, end):
                return self._group(at, levels.index(ID))[0] or "{}", end
            return self.text[at:end], end
        end = self._skip(self.text, at)[1]
        return self._general(self.text[at:end]), end

    def _group(self, at: int, depth: int) -> tuple[str | None, int]:
        """Take tweets out of the counts of a grouping whose ids stand at a depth."""
        pieces: list[str] = []

        def inner(key: str, start: int) -> tuple[str | None, int]:
            if depth == 0 and key in self.gone.ids:
                return None, self._skip(self.text, start)[1]
            if depth == 0 or self.text[start] != "{":
                end = self._skip(self.text, start)[1]
                return self.text[start:end], end
            return self._group(start, depth - 1)

        before = self.text[at : self._blank(at + 1) + 1] == "{}"
        end = self._members(at, pieces, inner)
        if not pieces and not before:
            return None, end
        return "{" + ",".join(pieces) + "}", end

    def _general(self, part: str) -> str | None:
        """Rewrite any other part of a body; what does not name them stays as it is."""
        if not self.gone.may_be_in(part.encode()):
            return part
        value = json.loads(part.removeprefix("\ufeff"))
        kept = self.gone.json(value)
        if kept is DROPPED:
            return None
        return part if kept == value else json.dumps(kept, separators=_COMPACT)

    def _may_name(self, at: int, end: int) -> bool:
        return self.gone.may_be_in(self.text[at:end].encode())

    # --- a walk over the members of an object -------------------------------------------------
    def _members(self, at: int, pieces: list[str], keep: Any) -> int:
        """Walk over the object that begins at a place; give where it ends."""
        text = self.text
        place = self._blank(at + 1)
        if text[place : place + 1] == "}":
            return place + 1
        while True:
            if text[place : place + 1] != '"':
                raise ValueError(place)
            key, colon = scanstring(text, place + 1, True)
            colon = self._blank(colon)
            if text[colon : colon + 1] != ":":
                raise ValueError(colon)
            start = self._blank(colon + 1)
            kept, end = keep(key, start)
            if kept is not None:
                pieces.append(text[place:start] + kept)
            end = self._blank(end)
            if text[end : end + 1] == "}":
                return end + 1
            if text[end : end + 1] != ",":
                raise ValueError(end)
            place = self._blank(end + 1)

    def _blank(self, at: int) -> int:
        """Give the place behind blanks."""
        while at < len(self.text) and self.text[at] in _BLANK:
            at += 1
        return at
