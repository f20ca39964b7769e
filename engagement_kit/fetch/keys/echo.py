"""Replies that give our own secrets back: they are taken out before anything is kept or shown."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from engagement_kit.fetch.keys.secret import Secret, scrubbed
from engagement_kit.fetch.wire import Reply

_ENCODING: Final = "content-encoding"
_TYPE: Final = "content-type"
_GZIP: Final = b"\x1f\x8b"
_LONGEST_QUOTE: Final = 1 << 16
"""Bytes. What quotes a request is about as long as a request: 25 ids, some words, its headers."""


def without_echo(reply: Reply, secrets: Iterable[Secret]) -> Reply:
    """Take secrets out of a reply, where it gives any back.

    A refusal may quote the signature's base string, a proxy's page the headers, and what is no API
    at all may answer in JSON with all that it was sent. Large answers in JSON are left alone: they
    hold counts.

    Examples
    --------
    >>> without_echo(Reply(401, {}, b"unknown: 12345-abc"), [Secret("12345-abc")]).body
    b'unknown: ***'
    """
    secrets = tuple(secrets)
    headers = {name: scrubbed(value, secrets) for name, value in reply.headers.items()}
    body = _clean(reply, secrets)
    if body is not None:
        headers = {name: one for name, one in headers.items() if name.lower() != _ENCODING}
    if body is None and headers == reply.headers:
        return reply
    return replace(reply, headers=headers, body=reply.body if body is None else body)


def _clean(reply: Reply, secrets: tuple[Secret, ...]) -> bytes | None:
    """Take secrets out of a body; None where there are none."""
    types = {name.lower(): value for name, value in reply.headers.items()}.get(_TYPE, "")
    may_count = reply.status == 200 and "json" in types.lower()
    if may_count and len(reply.body) > _LONGEST_QUOTE:
        return None
    plain = _readable(reply.body)
    if may_count and len(plain) > _LONGEST_QUOTE:
        return None
    clean = scrubbed(plain.decode("latin-1"), secrets).encode("latin-1")
    return None if clean == plain else clean


def _readable(body: bytes) -> bytes:
    """Unpack what is packed, said so or not; of what is cut off or damaged, what can be read."""
    plain = b""
    left = body
    while left.startswith(_GZIP):
        member = zlib.decompressobj(wbits=31)
        try:
            plain += member.decompress(left)
        except zlib.error:
            break
        left = member.unused_data
    return plain or body
