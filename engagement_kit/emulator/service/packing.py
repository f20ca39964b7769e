"""Between values and bytes: gzip, JSON and the headers about them; knows no path and no rule."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

MAX_BODY: Final = 5_000_000  # bytes, before and after decompression
GZIP_LEVEL: Final = 1  # the fastest; higher levels save little on counts
JSON_TYPE: Final = "application/json;charset=utf-8"


class Manner(NamedTuple):
    """How an answer leaves.

    Attributes
    ----------
    delay_s : float
        Seconds before anything happens.
    ending : {"whole", "cut", "reset", "silent"}
        All is sent; half of the body is sent and the connection closed; the connection is reset
        before the first byte; or closed before the first byte.
    """

    delay_s: float = 0.0
    ending: Literal["whole", "cut", "reset", "silent"] = "whole"


class Response(NamedTuple):
    """What goes back over the wire.

    Attributes
    ----------
    status
        The HTTP status.
    headers, body
        As they are sent.
    manner
        How they leave: late, cut off, or not at all.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    manner: Manner = Manner()


def offers_gzip(headers: Mapping[str, str]) -> bool:
    """Tell whether Accept-Encoding names gzip, and not with quality 0."""
    for offer in headers.get("accept-encoding", "").lower().split(","):
        coding, _, quality = (part.strip() for part in offer.partition(";"))
        if coding == "gzip":
            return quality.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0")
    return False


def unpacked(headers: Mapping[str, str], body: bytes) -> bytes | None:
    """Undo a gzip Content-Encoding; None where that fails or would be too large."""
    if headers.get("content-encoding", "").strip().lower() != "gzip":
        return body
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, MAX_BODY + 1)
    except zlib.error:
        return None
    whole = stream.eof and not stream.unused_data
    return plain if whole and len(plain) <= MAX_BODY else None


def json_bytes(payload: dict[str, Any]) -> bytes:
    """Write JSON in ASCII, so that any text that was read can be written."""
    return json.dumps(payload, separators=(",", ":")).encode("ascii")


def packed(status: int, headers: dict[str, str], body: bytes, *, gzipped: bool) -> Response:
    """Put a body and its headers together."""
    headers = dict(headers)
    if gzipped:
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return Response(status, headers, body)
