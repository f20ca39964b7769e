"""What the faults that strike do to an answer; pure: whether they strike is decided in `faults`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from engagement_kit.emulator.api import variants
from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.service.faults import STATUSES, Fault
from engagement_kit.emulator.service.packing import Manner, Response

_ON_DEMAND: Final = "a fault on demand"
_HTML: Final = (
    b"<html><head><title>502 Bad Gateway</title></head>\n"
    b"<body><h1>502 Bad Gateway</h1><p>emulator: a fault on demand</p></body></html>\n"
)
_GROUPING_FAULTS: Final[dict[str, Callable[[dict[str, Any], tuple[str, ...]], dict[str, Any]]]] = {
    "numbers": variants.as_numbers,
    "sparse": variants.sparse,
    "new_metric": variants.with_new_metric,
}


def to_reply(reply: Reply, faults: Sequence[Fault], seed: int) -> Reply:
    """Return the reply as the faults leave it: another status, or other groupings and keys."""
    kinds = [fault.kind for fault in faults]
    for kind in kinds:
        if kind in STATUSES:
            return _failed(reply, kind)
    payload = dict(reply.payload)
    for name, levels in reply.levels.items():
        for kind in (kind for kind in kinds if kind in _GROUPING_FAULTS):
            payload[name] = _GROUPING_FAULTS[kind](payload[name], levels)
    if "extra_keys" in kinds:
        payload = variants.with_extra_keys(payload)
    if "shuffled" in kinds:
        payload = variants.shuffled(payload, seed)
    return replace(reply, payload=payload)


def to_response(response: Response, faults: Sequence[Fault]) -> Response:
    """Return the response as the faults leave it: cut, late, or never sent."""
    kinds = {fault.kind for fault in faults}
    if "cut_gzip" in kinds:
        body = _half(response.body)
        headers = {**response.headers, "Content-Length": str(len(body))}
        response = response._replace(body=body, headers=headers)
    delay = max((one.seconds for one in faults if one.kind in {"slow", "hang"}), default=0.0)
    if "reset" in kinds:
        return response._replace(manner=Manner(delay, "reset"))
    if "hang" in kinds:
        return response._replace(manner=Manner(delay, "silent"))
    return response._replace(manner=Manner(delay, "cut" if "cut_body" in kinds else "whole"))


def leaving(response: Response) -> bytes:
    """Return the part of a body that leaves before the connection is closed."""
    if response.manner.ending == "cut":
        return _half(response.body)
    return response.body if response.manner.ending == "whole" else b""


def _half(body: bytes) -> bytes:
    """Return the first half of a body, rounded down."""
    return body[: len(body) // 2]


def _failed(reply: Reply, kind: str) -> Reply:
    """Return an answer that has nothing of the true one."""
    status = STATUSES[kind]
    if kind == "bad_gateway":
        return replace(reply, status=status, payload={}, plain=("text/html", _HTML))
    if kind == "unavailable":
        text = f"{OURS}service unavailable, {_ON_DEMAND}\n".encode()
        return replace(reply, status=status, payload={}, plain=("text/plain", text))
    texts = {
        "rate_limited": f"{OURS}rate limit exceeded, {_ON_DEMAND}; see x-per-minute-reset",
        "server_error": "internal server error",  # engagement-api-client-ruby
    }
    return replace(reply, status=status, payload={"errors": [texts[kind]]})
