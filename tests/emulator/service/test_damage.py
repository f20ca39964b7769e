from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from engagement_kit.emulator import Fault
from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.variants import NEW_METRIC
from engagement_kit.emulator.service.damage import leaving, to_reply, to_response
from engagement_kit.emulator.service.packing import Manner, Response, json_bytes, packed

LEVELS = ("tweet.id", "engagement.type")
GOOD = Reply(
    200,
    {"start": "x", "g": {"20": {"retweets": "3", "replies": "0"}}, "h": {"replies": "0"}},
    ("20",),
    {"g": LEVELS, "h": ("engagement.type",)},
)
REFUSED = Reply(400, {"errors": ["no"]}, ("20",))


def damaged(reply: Reply, *kinds: Any) -> Reply:
    """Return the reply as faults of these kinds leave it."""
    return to_reply(reply, [Fault(kind) for kind in kinds], seed=1)


def sent(*faults: Fault, gzipped: bool = True) -> Response:
    """Return a response as these faults leave it."""
    return to_response(packed(200, {}, json_bytes(GOOD.payload), gzipped=gzipped), faults)


@pytest.mark.parametrize(
    ("kind", "status", "text"),
    [
        ("rate_limited", 429, "rate limit"),
        ("server_error", 500, "internal server error"),
    ],
)
def test_errors_in_json(kind: str, status: int, text: str) -> None:
    """Some failures have a JSON body with one error, and nothing of the true answer."""
    reply = damaged(GOOD, kind)
    assert reply.status == status
    assert text in reply.payload["errors"][0]
    assert len(reply.payload) == 1
    assert reply.plain is None
    assert reply.tweet_ids == ("20",)


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [("bad_gateway", 502, "text/html"), ("unavailable", 503, "text/plain")],
)
def test_errors_not_in_json(kind: str, status: int, content: str) -> None:
    """What a proxy says is no JSON."""
    reply = damaged(GOOD, kind)
    assert reply.status == status
    assert reply.plain is not None
    assert reply.plain[0] == content
    assert b"a fault on demand" in reply.plain[1]


def test_first_failure_counts() -> None:
    """Of several failures the one that was added first is answered; other damage is lost in it."""
    assert damaged(GOOD, "numbers", "unavailable", "server_error").status == 503


def test_values() -> None:
    """Numbers, sparse and a new metric change each grouping, and nothing beside them."""
    assert damaged(GOOD, "numbers").payload == {
        "start": "x",
        "g": {"20": {"retweets": 3, "replies": 0}},
        "h": {"replies": 0},
    }
    assert damaged(GOOD, "sparse").payload == {
        "start": "x",
        "g": {"20": {"retweets": "3"}},
        "h": {},
    }
    added = damaged(GOOD, "new_metric").payload
    assert added["g"]["20"][NEW_METRIC] == "3"
    assert added["h"][NEW_METRIC] == "0"
    both = damaged(GOOD, "numbers", "sparse").payload
    assert both["g"] == {"20": {"retweets": 3}}


def test_keys() -> None:
    """Extra keys come at the root; shuffled ones are the same in another order."""
    more = damaged(GOOD, "extra_keys").payload
    assert len(more) == len(GOOD.payload) + 2
    assert more.items() >= GOOD.payload.items()
    many = Reply(200, {str(number): "x" for number in range(20)})
    other = damaged(many, "shuffled").payload
    assert other == many.payload
    assert list(other) != list(many.payload)


def test_refusals_keep_their_status() -> None:
    """A fault of values has nothing to change in a refusal."""
    for kind in ("numbers", "sparse", "new_metric"):
        assert damaged(REFUSED, kind) == REFUSED


def test_original_stays() -> None:
    """The true reply is not changed in place."""
    before = json.dumps(GOOD.payload)
    damaged(GOOD, "numbers", "extra_keys", "shuffled", "new_metric")
    assert json.dumps(GOOD.payload) == before


def test_cut_gzip() -> None:
    """The bytes end in the middle, with a length that hides it, gzip or not."""
    response = sent(Fault("cut_gzip"))
    assert response.headers["Content-Length"] == str(len(response.body))
    assert response.manner == Manner()
    with pytest.raises(EOFError):
        gzip.decompress(response.body)
    plain = sent(Fault("cut_gzip"), gzipped=False)
    assert json.dumps(GOOD.payload, separators=(",", ":")).encode().startswith(plain.body)
    assert plain.headers["Content-Length"] == str(len(plain.body)) != "0"


@pytest.mark.parametrize(
    ("faults", "manner"),
    [
        ([Fault("numbers")], Manner(0, "whole")),
        ([Fault("slow", seconds=3)], Manner(3, "whole")),
        ([Fault("hang", seconds=3)], Manner(3, "silent")),
        ([Fault("reset", seconds=3)], Manner(0, "reset")),
        ([Fault("cut_body", seconds=3)], Manner(0, "cut")),
        ([Fault("slow", seconds=3), Fault("cut_body")], Manner(3, "cut")),
        ([Fault("slow", seconds=3), Fault("slow", seconds=2)], Manner(3, "whole")),
        ([Fault("hang", seconds=3), Fault("reset")], Manner(3, "reset")),
    ],
)
def test_manners(faults: list[Fault], manner: Manner) -> None:
    """Faults of the wire say how the answer leaves, and leave its bytes alone."""
    response = sent(*faults)
    assert response.manner == manner
    assert response.body == sent().body


@pytest.mark.parametrize(
    ("ending", "left"), [("whole", b"abcde"), ("cut", b"ab"), ("reset", b""), ("silent", b"")]
)
def test_what_leaves(ending: Any, left: bytes) -> None:
    """All of the body leaves, half of it, or nothing."""
    assert leaving(Response(200, {}, b"abcde", Manner(0, ending))) == left
