"""Python written as text: quoted, in lists and calls, in lines that people can read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from textwrap import wrap
from typing import Final

_WIDTH: Final = 88
_INDENT: Final = 8
"""Of a list in a call."""


def quoted(text: str) -> str:
    r"""Write a text in double quotes.

    Examples
    --------
    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    return json.dumps(text, ensure_ascii=False) if text.isprintable() else repr(text)


def listed(texts: Iterable[str]) -> str:
    """Write a list of texts without blanks, as many in a line as fit.

    Examples
    --------
    >>> print(listed(["20", "21"]))
    ["20", "21"]
    """
    line = ", ".join(map(quoted, texts))
    if len(line) <= _WIDTH:
        return f"[{line}]"
    lines = wrap(line + ",", _WIDTH - _INDENT, break_long_words=False, break_on_hyphens=False)
    return "\n".join(["[", *(f"    {one}" for one in lines), "]"])


def braced(opening: str, parts: list[str], closing: str) -> str:
    """Write parts in one line where they fit, else each in a line of its own.

    Examples
    --------
    >>> print(braced("f(", ["a", "b=1"], ")"))
    f(a, b=1)
    """
    line = opening + ", ".join(parts) + closing
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    inner = "".join("    " + f"{part},".replace("\n", "\n    ") + "\n" for part in parts)
    return f"{opening}\n{inner}{closing}"
