"""The Answer: a Request, what came back, and when. One self-contained file each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from engagement_kit.errors import StoreError
from engagement_kit.question.hours import from_iso, iso
from engagement_kit.question.request import Request

Outcome = Literal["answered", "refused", "failed"]
Source = Literal["live", "emulator"]

FORMAT: Final = 1


@dataclass(frozen=True)
class Answer:
    """One answer of the API, good or bad.

    Attributes
    ----------
    request
        What was asked.
    status
        The HTTP status.
    headers
        Lower-case names; nothing secret is among them.
    body
        The body, unpacked where it could be.
    observed_at
        When it came, aware, UTC, by the client's clock.
    source
        ``live`` or ``emulator``.
    outcome
        ``answered`` (each tweet has counts or stands in a side list), ``refused`` (the API named
        tweets that this account may not see) or ``failed``.
    named
        Where the answer speaks of some tweets only, and the rest was asked anew: those tweets.
    window
        The echoed start and end; None where there was none.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    observed_at: datetime
    source: Source
    outcome: Outcome
    named: tuple[str, ...] = ()
    window: tuple[datetime, datetime] | None = None

    @property
    def ref(self) -> str:
        """The name of the answer: the request's key and the moment of observation."""
        return ref_of(self.request.key, self.observed_at)

    def head(self) -> dict[str, Any]:
        """Give everything but the body as plain data."""
        return {
            "format": FORMAT,
            "observed_at": iso(self.observed_at),
            "source": self.source,
            "outcome": self.outcome,
            "named": list(self.named),
            "window": None if self.window is None else [iso(one) for one in self.window],
            "status": self.status,
            "headers": dict(self.headers),
            "request": self.request.to_dict(),
            "body_sha256": hashlib.sha256(self.body).hexdigest(),
        }

    def to_bytes(self) -> bytes:
        """Write the content of an answer's file: one line of JSON, then the body as it came."""
        return json.dumps(self.head(), separators=(",", ":")).encode() + b"\n" + self.body

    @classmethod
    def from_bytes(cls, content: bytes) -> Answer:
        """Read what `to_bytes` wrote, and hold the body against its checksum.

        Parameters
        ----------
        content
            All bytes of a stored answer, unpacked.

        Returns
        -------
        Answer
            Equal to the one that was written.

        Raises
        ------
        StoreError
            When the content was damaged.
        """
        line, _, body = content.partition(b"\n")
        head = read_head(line)
        if hashlib.sha256(body).hexdigest() != head.get("body_sha256"):
            msg = "a stored answer does not match its checksum; it was damaged on disk"
            raise StoreError(msg)
        try:
            return cls._from_parts(head, body)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            msg = f"a stored answer can't be read: its first line is damaged ({error!r})"
            raise StoreError(msg) from error

    @classmethod
    def _from_parts(cls, head: Mapping[str, Any], body: bytes) -> Answer:
        window = head["window"]
        return cls(
            request=Request.from_dict(head["request"]),
            status=head["status"],
            headers=head["headers"],
            body=body,
            observed_at=from_iso(head["observed_at"]),
            source=head["source"],
            outcome=head["outcome"],
            named=tuple(head["named"]),
            window=None if window is None else (from_iso(window[0]), from_iso(window[1])),
        )


def ref_of(key: str, observed_at: datetime) -> str:
    """Name an answer by its request's key and the moment of its observation."""
    return f"{key}-{observed_at.astimezone(UTC):%Y%m%dT%H%M%S%fZ}"


def read_head(line: bytes) -> dict[str, Any]:
    """Read the first line of an answer's file.

    Raises
    ------
    StoreError
        When it is no such line, or of a newer format than this kit knows.
    """
    try:
        head: dict[str, Any] = json.loads(line)
        newer = head["format"] > FORMAT
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = "a stored answer can't be read: its first line is damaged"
        raise StoreError(msg) from error
    if newer:
        written = head["format"]
        msg = f"a stored answer has format {written}; this kit reads up to {FORMAT}: update the kit"
        raise StoreError(msg)
    return head
