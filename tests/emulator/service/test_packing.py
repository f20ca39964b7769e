from __future__ import annotations

import gzip
import json
import zlib

import pytest

from engagement_kit.emulator.service.packing import (
    MAX_BODY,
    Manner,
    json_bytes,
    offers_gzip,
    packed,
    unpacked,
)

GZIP = {"content-encoding": "gzip"}


@pytest.mark.parametrize(
    ("accept", "offered"),
    [
        *(("gzip", True), ("GZIP", True), ("deflate, gzip", True), ("gzip;q=0.001", True)),
        *(("gzip ; q=1.0", True), ("br, gzip; q=0.5, *;q=0", True)),
        *(("", False), ("*", False), ("identity", False), ("x-gzip", False), ("gzipped", False)),
        *(("gzip;q=0", False), ("gzip; q = 0.000", False), ("gzip;q=", False)),
    ],
)
def test_offers_gzip(accept: str, *, offered: bool) -> None:
    """Gzip is offered where it is named, and not with quality 0."""
    assert offers_gzip({"accept-encoding": accept}) is offered
    assert offers_gzip({}) is False


def test_unpacked() -> None:
    """A gzip body is unpacked where the header says so, and otherwise taken as it is."""
    body = gzip.compress(b"{}")
    assert unpacked(GZIP, body) == b"{}"
    assert unpacked({"content-encoding": " GZIP "}, body) == b"{}"
    assert unpacked({}, body) == body
    assert unpacked({"content-encoding": "identity"}, b"{}") == b"{}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        zlib.compress(b"{}"),
        gzip.compress(b"{}", mtime=0)[:-1],
        gzip.compress(b"", mtime=0) + b"x",
    ],
)
def test_not_gzip(body: bytes) -> None:
    """What is no whole gzip stream is refused."""
    assert unpacked(GZIP, body) is None


def test_size() -> None:
    """A body may have the limit's size once unpacked, and not a byte more."""
    assert unpacked(GZIP, gzip.compress(b" " * MAX_BODY)) == b" " * MAX_BODY
    assert unpacked(GZIP, gzip.compress(b" " * (MAX_BODY + 1))) is None


def test_json_is_ascii() -> None:
    """Any text can be written, half a surrogate pair too."""
    assert json_bytes({"a": "\ud800\u00e9", "b": 1}) == b'{"a":"\\ud800\\u00e9","b":1}'


def test_packed() -> None:
    """A packed body has its own length and coding; the given headers stay as they were."""
    given = {"X": "y"}
    plain, small = (packed(200, given, b"{}" * 99, gzipped=one) for one in (False, True))
    assert plain.headers == {"X": "y", "Content-Length": "198"}
    assert small.headers == {
        **given,
        "Content-Encoding": "gzip",
        "Content-Length": str(len(small.body)),
    }
    assert gzip.decompress(small.body) == plain.body
    assert plain.manner == small.manner == Manner(0, "whole")
    assert given == {"X": "y"}


def test_same_bytes() -> None:
    """Packing twice gives the same bytes: no time of day is in them."""
    first, second = (packed(200, {}, json.dumps("x").encode(), gzipped=True) for _ in range(2))
    assert first == second
