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
    """A proxy's page may come with 200, and what is no API may answer in JSON with all it got."""
    page = Reply(200, {"content-type": "text/html"}, b"<p>Bearer 12345-very+secret</p>")
    assert b"12345" not in without_echo(page, [TOKEN]).body
    echo = Reply(200, {"Content-Type": "application/json;charset=utf-8"}, page.body)
    assert b"12345" not in without_echo(echo, [TOKEN]).body
    assert without_echo(echo, [Secret("of somebody else")]) is echo


def test_large_counts_are_not_looked_through() -> None:
    """They take time, and quote nothing: packed or not they stay as they came."""
    counts = b'{"g": "12345-very+secret' + b"0" * 70_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    for body in (counts, gzip.compress(counts)):
        reply = Reply(200, headers, body)
        assert without_echo(reply, [TOKEN]) is reply
        assert without_echo(Reply(502, headers, body), [TOKEN]).body != body


def test_a_packed_refusal_that_breaks_off_is_kept_as_far_as_it_can_be_read() -> None:
    """A secret stands in the part that came; without one it stays byte for byte."""
    words = b"unknown token 12345-very+secret " + bytes(range(256)) * 20
    cut = gzip.compress(words, 1)[:-40]
    kept = without_echo(Reply(401, {"Content-Encoding": "gzip"}, cut), [TOKEN])
    assert kept.body.startswith(b"unknown token *** ")
    assert kept.headers == {}


def test_headers_are_looked_through_too() -> None:
    """They stand in the frames of whatever fails next."""
    quoting = Reply(401, {"X-Echo": "12345-very+secret"}, b"{}")
    assert without_echo(quoting, [TOKEN]) == Reply(401, {"X-Echo": "***"}, b"{}")
