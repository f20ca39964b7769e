"""A text that is never shown, and texts of others from which it is taken out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn
from urllib.parse import quote

_HIDDEN: Final = "***"
_SHORTEST: Final = 6
"""Shorter texts are no keys, and would stand in words by chance."""


class Secret:
    """A text that is never shown: not by repr, str, format or pickle.

    Examples
    --------
    >>> Secret("abc"), f"{Secret('abc')}"
    (Secret(***), 'Secret(***)')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text, for signing and keeping only."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({_HIDDEN})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not pickled; connect again in the other process"
        raise TypeError(msg)


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


def scrubbed(text: str, secrets: Iterable[Secret]) -> str:
    """Take secrets out of a text: as they are, and as they stand in an address or a signature.

    Examples
    --------
    >>> scrubbed("no such token: 12345-abc", [Secret("12345-abc")])
    'no such token: ***'
    """
    for form in sorted(_forms(secrets), key=len, reverse=True):
        text = text.replace(form, _HIDDEN)
    return text


def _forms(secrets: Iterable[Secret]) -> set[str]:
    """Give secrets in each of the ways in which others write them."""
    forms: set[str] = set()
    for one in secrets:
        plain = one.reveal()
        if len(plain) >= _SHORTEST:
            once = quote(plain, safe="~")
            forms |= {plain, once, quote(once, safe="~")}  # a base string is quoted twice
    return forms
