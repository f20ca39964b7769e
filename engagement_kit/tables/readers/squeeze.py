"""Printed JSON without the space between its texts: then it is as the API writes it."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

_QUOTE: Final = ord('"')
_WHITE: Final = np.zeros(256, np.bool_)
_WHITE[[*b" \t\n\r"]] = True
_BEFORE_WHITE: Final = _WHITE.copy()
_BEFORE_WHITE[[*b'{}[]:,"']] = True
_BEFORE_SIGN: Final = re.compile(rb"[ \t\n\r]+[}\],]")


def squeeze(body: bytes) -> bytes | None:
    r"""Take white space out of a body, but never out of a text.

    Parameters
    ----------
    body
        Bytes of JSON, or what may be JSON.

    Returns
    -------
    bytes or None
        The same JSON; no JSON, if it was none. None when there is no space to take out, or it
        can't be told for sure where texts are.

    Examples
    --------
    >>> squeeze(b'{"by tweet": {"20": {"likes": "1"}}}\n')
    b'{"by tweet":{"20":{"likes":"1"}}}'
    >>> squeeze(b'{"a": 1 2}') is None
    True
    """
    if b'\\"' in body:
        return None
    codes = np.frombuffer(body, np.uint8)
    white = _WHITE.take(codes)
    if not white.any():
        return None
    # A closing quote counts as outside, an opening one as within.
    white &= ~np.logical_xor.accumulate(codes == _QUOTE)
    # Space behind a letter or a digit may be what keeps it apart from the next one.
    behind = np.flatnonzero(white[1:] & ~_BEFORE_WHITE.take(codes[:-1])) + 1
    if not white.any() or not all(_BEFORE_SIGN.match(body, at) for at in behind.tolist()):
        return None
    return codes[~white].tobytes()
