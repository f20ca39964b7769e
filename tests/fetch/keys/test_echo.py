"""Replies that give our own secrets back."""

from __future__ import annotations

import gzip

from engagement_kit.fetch.keys.echo import without_echo
from engagement_kit.fetch.keys.secret import Secret
from engagement_kit.fetch.wire import Reply

TOKEN = Secret("12345-very+secret")


def test_a_refusal_that_quotes_a_secret_is_kept_without_it() -> None:
    """Packed or not; unpacked then, and said so by its headers."""
    body = b'{"errors":["unknown token 12345-very+secret, base 12345-very%252Bsecret"]}'
    packed = Reply(401, {"Content-Encoding": "gzip", "Date": "x"}, gzip.compress(body))
    clean = b'{"errors":["unknown token ***, base ***"]}'
    assert without_echo(packed, [TOKEN]) == Reply(401, {"Date": "x"}, clean)
    assert without_echo(Reply(502, {}, b"cut 12345-very+secret"), [TOKEN]).body == b"cut ***"


def test_what_holds_no_secret_stays_byte_for_byte() -> None:
    """Also packed, and damaged: the evidence is the evidence."""
    for body in (gzip.compress(b'{"errors":["no"]}'), gzip.compress(b"x" * 99)[:20], b"\xff\x00"):
        reply = Reply(500, {"Content-Encoding": "gzip"}, body)
        assert without_echo(reply, [TOKEN]) is reply


def test_a_page_instead_of_counts_is_looked_through() -> None:
    """A proxy's page may come with 200; an answer in JSON is left as it is."""
    page = Reply(200, {"content-type": "text/html"}, b"<p>Bearer 12345-very+secret</p>")
    assert b"12345" not in without_echo(page, [TOKEN]).body
    counts = Reply(200, {"Content-Type": "application/json;charset=utf-8"}, page.body)
    assert without_echo(counts, [TOKEN]) is counts
