"""Replies that give our own secrets back: they are taken out before anything is kept or shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engagement_kit.errors import UnreadableAnswer
from engagement_kit.fetch.keys.secret import Secret, scrubbed
from engagement_kit.fetch.wire import Reply, unpacked

_ENCODING = "content-encoding"
_TYPE = "content-type"


def without_echo(reply: Reply, secrets: Iterable[Secret]) -> Reply:
    """Take secrets out of a reply, where it gives any back.

    A refusal may quote the signature's base string, and a proxy's page the headers. Counts are left
    alone: they are large, and quote nothing but names of groupings.

    Examples
    --------
    >>> without_echo(Reply(401, {}, b"unknown: 12345-abc"), [Secret("12345-abc")]).body
    b'unknown: ***'
    """
    headers = {name.lower(): value for name, value in reply.headers.items()}
    if reply.status == 200 and "json" in headers.get(_TYPE, "").lower():
        return reply
    try:
        plain = unpacked(reply)
    except UnreadableAnswer:
        plain = reply.body
    clean = scrubbed(plain.decode("latin-1"), secrets).encode("latin-1")
    if clean == plain:
        return reply
    kept = {name: value for name, value in reply.headers.items() if name.lower() != _ENCODING}
    return replace(reply, headers=kept, body=clean)
