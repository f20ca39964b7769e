"""The Request: one legal call to the API, with its body, its key and its lawfulness."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import floor_hour, from_iso, iso
from engagement_kit.question.rules import (
    ENDPOINTS,
    MAX_FOUR_LEVEL,
    MAX_GROUPINGS,
    MAX_LEVELS,
    WINDOW_HOURS,
    CredentialKind,
    Levels,
    is_reserved,
    level_problem,
)

_KEY_LENGTH = 24


@dataclass(frozen=True)
class Request:
    """One call to one endpoint.

    Attributes
    ----------
    service
        Whom the request is for: the live base URL, or the name of an emulator's world (its port
        means nothing). The same body to another service is another request.
    endpoint
        ``totals``, ``28hr`` or ``historical``.
    credential
        ``user`` (OAuth 1.0a with the author's token) or ``app`` (bearer, or consumer key only).
    account
        The account whose keys sign; None for app-only.
    tweet_ids, metrics
        As on the wire.
    groupings
        Pairs of name and ``group_by``.
    start, end
        On historical: whole UTC hours, end exclusive. Else None.
    """

    service: str
    endpoint: str
    credential: CredentialKind
    account: str | None
    tweet_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    groupings: tuple[tuple[str, Levels], ...]
    start: datetime | None = None
    end: datetime | None = None

    def to_body(self) -> dict[str, Any]:
        """Give the JSON body with the API's own member names."""
        body: dict[str, Any] = {}
        if self.start is not None and self.end is not None:
            body.update(start=iso(self.start), end=iso(self.end))
        body["tweet_ids"] = list(self.tweet_ids)
        body["engagement_types"] = list(self.metrics)
        body["groupings"] = {name: {"group_by": list(levels)} for name, levels in self.groupings}
        return body

    @property
    def body(self) -> bytes:
        """The body as it is sent: one canonical form."""
        return json.dumps(self.to_body(), separators=(",", ":")).encode()

    @property
    def key(self) -> str:
        """A hash of service, endpoint, credential, account and body."""
        parts = (self.service, self.endpoint, self.credential, self.account or "")
        text = "\n".join(parts).encode() + b"\n" + self.body
        return hashlib.sha256(text).hexdigest()[:_KEY_LENGTH]

    def without(self, tweet_ids: frozenset[str]) -> Request:
        """Give the same request for the other tweets."""
        kept = tuple(one for one in self.tweet_ids if one not in tweet_ids)
        return replace(self, tweet_ids=kept)

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data; `from_dict` reads it."""
        return {
            "service": self.service,
            "endpoint": self.endpoint,
            "credential": self.credential,
            "account": self.account,
            "body": self.to_body(),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Request:
        """Read what `to_dict` wrote."""
        body = data["body"]
        return cls(
            service=data["service"],
            endpoint=data["endpoint"],
            credential=data["credential"],
            account=data["account"],
            tweet_ids=tuple(body["tweet_ids"]),
            metrics=tuple(body["engagement_types"]),
            groupings=tuple(
                (name, tuple(value["group_by"])) for name, value in body["groupings"].items()
            ),
            start=from_iso(body["start"]) if "start" in body else None,
            end=from_iso(body["end"]) if "end" in body else None,
        )


def unlawful(request: Request, now: datetime) -> tuple[str, ...]:
    """List every rule that a request breaks; empty for a legal one.

    Ages and ownership are no matter of form: the API answers them tweet by tweet.

    Parameters
    ----------
    request
        Any request.
    now
        The moment at which it would be sent, aware.

    Returns
    -------
    tuple of str
        One sentence each.
    """
    where = ENDPOINTS[request.endpoint]
    count, most = len(request.tweet_ids), where.tweets_per_request.value
    metrics = set(request.metrics) - set(registry.offered(where.name, request.credential))
    names = [name for name, _ in request.groupings]
    four = sum(len(levels) == MAX_LEVELS.value for _, levels in request.groupings)
    found = {
        f"{count} tweets; {where.name} takes 1 to {most}": not 1 <= count <= most,
        "a tweet stands twice": len(set(request.tweet_ids)) < count,
        f"{sorted(metrics)} not offered on {where.name} to {request.credential}": bool(metrics),
        "no metric": not request.metrics,
        f"{len(names)} groupings": not 1 <= len(names) <= MAX_GROUPINGS.value,
        f"a reserved name in {names}": any(is_reserved(name) for name in names),
        "two groupings of four values": four > MAX_FOUR_LEVEL.value,
        "only a user's own keys may ask this": request.credential == "user"
        and request.account is None,
    }
    problems = [sentence for sentence, broken in found.items() if broken]
    problems += [p for _, levels in request.groupings if (p := level_problem(levels, where))]
    return tuple(problems + _window_problems(request, now, takes=where.takes_period))


def _window_problems(request: Request, now: datetime, *, takes: bool) -> list[str]:
    start, end = request.start, request.end
    if start is None or end is None:
        return ["historical needs start and end"] if takes else []
    if not takes:
        return [f"{request.endpoint} takes no start and end"]
    hours = floor_hour(end) - floor_hour(start)
    whole = all(when.minute == when.second == when.microsecond == 0 for when in (start, end))
    found = {
        f"a window of {hours} hours; 1 to {WINDOW_HOURS} allowed": not 1 <= hours <= WINDOW_HOURS,
        "a window that is not of whole hours": not whole,
        "a window that ends in the future": end > now,
    }
    return [sentence for sentence, broken in found.items() if broken]
