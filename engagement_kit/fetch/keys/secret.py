"""A text that is never shown, and texts of others from which it is taken out."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple, NoReturn
from urllib.parse import quote, unquote

from engagement_kit.fetch.keys.apart import apart

_HIDDEN: Final = "***"
_SHORTEST: Final = 6
"""Shorter texts are no keys, and would stand in words by chance."""


class Secret:
    """A text that is never shown: not by repr, str, format, pickle, or a list of its attributes.

    Examples
    --------
    >>> Secret("abc"), f"{Secret('abc')}"
    (Secret(***), 'Secret(***)')
    """

    # Behind a function: whatever lists attributes and their values shows the function alone.
    __slots__ = ("_give",)

    def __init__(self, text: str) -> None:
        def give() -> str:
            return text

        self._give = give

    def reveal(self) -> str:
        """Give the text, for signing and keeping only."""
        return self._give()

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __repr__(self) -> str:
        return f"Secret({_HIDDEN})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not pickled; connect again in the other process"
        raise TypeError(msg)


@apart
def hide(text: object) -> Secret | None:
    """Make a secret of what a person gave; None of nothing and of blanks.

    Raises
    ------
    ValueError
        When it can be no key: no text, or with blanks, line ends or letters beyond ASCII in it. The
        value is not shown.

    Examples
    --------
    >>> hide(" abc ") == Secret("abc"), hide(" ")
    (True, None)
    """
    if text is None or isinstance(text, Secret):
        return text
    if not isinstance(text, str):
        msg = f"a key is a text; this is a {type(text).__name__}"
        raise ValueError(msg)
    plain = text.strip()
    if not all("!" <= one <= "~" for one in plain):
        msg = "a key has no blanks, line ends or letters beyond ASCII in it; was it copied whole?"
        raise ValueError(msg)
    return Secret(plain) if plain else None


def basic(user: str, password: str) -> Secret:
    """Join two texts as the header of Basic authentication holds them.

    Examples
    --------
    >>> basic("a", "b").reveal()
    'YTpi'
    """
    return Secret(base64.b64encode(f"{user}:{password}".encode()).decode())


def scrubbed(text: str, secrets: Iterable[Secret]) -> str:
    """Take secrets out of a text, in whatever way it writes them.

    As they are, as in an address or a base string, in JSON or HTML; and where a text breaks off,
    the beginning of one.

    Examples
    --------
    >>> scrubbed("no such token: 12345-abc", [Secret("12345-abc")])
    'no such token: ***'
    """
    known = _known(frozenset(secrets))
    if known.whole is not None:
        text = known.whole.sub(_HIDDEN, text)
    if text.endswith(known.begun):  # after those that are whole: one may begin in another
        for one in known.texts:
            text = _without_begun(text, one)
    return text


class _Known(NamedTuple):
    """What to look for: the texts, a pattern of each in any writing, and their beginnings."""

    texts: tuple[str, ...]
    whole: re.Pattern[str] | None
    begun: tuple[str, ...]


@lru_cache(maxsize=8)
def _known(secrets: frozenset[Secret]) -> _Known:
    """Prepare what to look for, once for each set of keys: each header of each reply is searched.

    What is kept here are the keys of clients of this process, which hold them, too.
    """
    texts = {one.reveal() for one in secrets}
    texts |= {unquote(one) for one in texts}  # some read the "%2F" of a bearer token
    ordered = sorted((one for one in texts if len(one) >= _SHORTEST), key=len, reverse=True)
    whole = re.compile("|".join(map(_in_any_writing, ordered))) if ordered else None
    begun = tuple(begin for one in ordered for begin in _beginnings(one))
    return _Known(tuple(ordered), whole, begun)


def _in_any_writing(text: str) -> str:
    """Give a pattern for a text in each of the ways in which others write it."""
    return "".join(map(_sign, text))


def _sign(sign: str) -> str:
    """Give a pattern for a sign: as it is, and as addresses, JSON and HTML have it, also twice."""
    if sign.isalnum():
        return sign
    number = f"(?i:{ord(sign):x})"
    name = escape(sign)[1:] if escape(sign) != sign else "(?!)"
    ways = [
        re.escape(sign),
        f"%(?:25)*{number}",
        rf"\\u00{number}",
        f"&(?:amp;)*(?:#0*{ord(sign)};|#[xX]0*{number};|{name})",
    ]
    return rf"\\*(?:{'|'.join(ways)})"


def _beginnings(secret: str) -> Iterator[str]:
    """Give the beginnings of a secret that break off in its second half, the longest first."""
    for form in (secret, quote(secret, safe="~")):
        for length in range(len(form) - 1, max(_SHORTEST, len(form) // 2) - 1, -1):
            yield form[:length]


def _without_begun(text: str, secret: str) -> str:
    """Take off the end of a text that breaks off in the second half of a secret."""
    for begin in _beginnings(secret):
        if text.endswith(begin):
            return text[: -len(begin)] + _HIDDEN
    return text
