"""What is kept of the newest requests beyond the log: headers and bodies, bounded, without secrets.

A secret can stand in an Authorization header, in a query, and in the bodies of OAuth calls. So
only the values of headers that are known to be harmless are kept, of a query only the names, and
bodies only of requests to the three endpoints. There too only if they begin as JSON objects do, for
what a form holds is signed, whatever its headers say; and no answer to a failed authentication, for
it repeats what was signed. Of a request that `guard` refused nothing at all is kept here: a page
elsewhere may have sent it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self
from urllib.parse import parse_qsl, quote, urlsplit

from engagement_kit.emulator.service import damage
from engagement_kit.emulator.service.knock import split
from engagement_kit.emulator.service.packing import Response, offers_gzip

if TYPE_CHECKING:
    from engagement_kit.emulator.service.record import Record

DETAILS_KEPT: Final = 100
BODY_KEPT: Final = 100_000  # bytes of each body, before and after it is unpacked
_HEADERS_KEPT: Final = 60
_LONGEST_VALUE: Final = 200
_LONGEST_PATH: Final = 200
_QUERY: Final = re.compile(r"\?|%3f", re.IGNORECASE)  # what begins a query, or was meant to
_HIDDEN: Final = "\N{HORIZONTAL ELLIPSIS}"
_SCHEMES: Final = ("oauth", "bearer", "basic")
# Headers whose values hold no secret, of callers and of ours.
_HARMLESS: Final = frozenset(
    {
        *("host", "user-agent", "accept", "accept-encoding", "accept-language", "connection"),
        *("content-type", "content-length", "content-encoding", "transfer-encoding", "expect"),
        *("origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "date", "cache-control"),
        *("x-engagement-emulator", "x-per-minute-limit", "x-per-minute-remaining"),
        *("x-per-minute-reset", "x-per-second-limit", "x-per-second-remaining"),
        *("x-per-second-reset", "retry-after", "pragma"),
    }
)
_NOT_OURS: Final = "not kept: this path is none of the three endpoints"
_FORM: Final = "not kept: what a form holds is part of a signature"
_OTHER: Final = "not kept: it does not begin with {, so it may hold what a form does"
_SIGNED: Final = "not kept: it repeats what was signed; the reason says the rest"


class Body(NamedTuple):
    """The beginning of a body, or why nothing of it is kept.

    Attributes
    ----------
    start : bytes
        As it went over the wire, at most `BODY_KEPT` bytes.
    size : int
        Bytes of the whole body, as sent.
    packed : bool
        Whether it is gzip.
    why_not : str
        Empty where it is kept.
    """

    start: bytes = b""
    size: int = 0
    packed: bool = False
    why_not: str = ""

    @classmethod
    def of(cls, body: bytes, coding: str, why_not: str) -> Self:
        """Keep what may be kept of a body."""
        packed = coding.strip().lower() == "gzip"
        return cls(b"" if why_not else body[:BODY_KEPT], len(body), packed, why_not)

    def plain(self) -> tuple[bytes, bool]:
        """Return its beginning, unpacked, and whether that is all of it."""
        whole = len(self.start) == self.size and not self.why_not
        if not self.packed or not self.start:
            return self.start, whole
        stream = zlib.decompressobj(wbits=31)
        try:
            found = stream.decompress(self.start, BODY_KEPT)
        except zlib.error:
            return b"", False
        return found, whole and stream.eof and not stream.unused_data

    def told(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        found, whole = self.plain()
        shown = {"text": found.decode("utf-8", "replace"), "whole": whole, "bytes": self.size}
        return {**shown, **({"why_not": self.why_not} if self.why_not else {})}


@dataclass(frozen=True)
class Detail:
    """One request and its answer, as they can be looked at later.

    Attributes
    ----------
    record : Record
        What the log says of it.
    target : str
        Path and query; of the query only names.
    whole_target : bool
        Whether that is all of it: no query was left out, and nothing of the path.
    headers, answer_headers : dict
        The values of those that may hold a secret are hidden.
    body, answer : Body
    ending : str
        How the answer left; see `Manner`.
    """

    record: Record
    target: str
    whole_target: bool
    headers: dict[str, str]
    body: Body
    answer_headers: dict[str, str]
    answer: Body
    ending: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            **self.record.to_dict(),
            "request": {"target": self.target, "headers": self.headers, "body": self.body.told()},
            "answer": {
                "headers": self.answer_headers,
                "body": self.answer.told(),
                "ending": self.ending,
            },
        }

    @property
    def offered_gzip(self) -> bool:
        """Whether the caller could unpack."""
        return offers_gzip(self.headers)


def keep(
    record: Record, url: str, headers: Mapping[str, str], body: bytes, response: Response
) -> Detail:
    """Choose what is kept of a request and its answer.

    Parameters
    ----------
    record : Record
        Its path is cut as `logged` cuts it, and names the endpoint.
    url : str
        As the caller signed it.
    headers : mapping
        Names in lower case.
    body : bytes
        As sent.
    response : Response
        As it leaves.

    Examples
    --------
    >>> harmless({"authorization": "Bearer abc", "host": "127.0.0.1", "x-key": "abc"})
    {'authorization': 'Bearer …', 'host': '127.0.0.1', 'x-key': '…'}
    """
    is_form = "form" in headers.get("content-type", "").lower()
    not_ours = "" if record.endpoint else _NOT_OURS
    coding = headers.get("content-encoding", "")
    is_question = Body.of(body, coding, "").plain()[0].lstrip().startswith(b"{")
    not_body = not_ours or (_FORM if is_form else "") or ("" if is_question else _OTHER)
    not_answer = not_ours or (_SIGNED if record.status == 401 else "")
    answered = {name.lower(): value for name, value in response.headers.items()}
    leaving = damage.leaving(response)
    return Detail(
        record=record,
        target=_target(record.path, url),
        whole_target="?" not in url and split(url)[1] == record.path,
        headers=harmless(headers),
        body=Body.of(body, coding, not_body if body else ""),
        answer_headers=harmless(answered),
        answer=Body.of(leaving, answered.get("content-encoding", ""), not_answer),
        ending=response.manner.ending,
    )


def logged(path: str) -> str:
    """Return as much of a path as a log may hold: no query, also where its mark was escaped.

    Examples
    --------
    >>> logged("/oauth/authorize%3Foauth_token=abc")
    '/oauth/authorize'
    """
    return _QUERY.split(path, maxsplit=1)[0][:_LONGEST_PATH]


def harmless(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with the values of all hidden that may hold a secret."""
    chosen = list(headers.items())[:_HEADERS_KEPT]
    return {name[:_LONGEST_VALUE]: _value(name, value) for name, value in chosen}


def _value(name: str, value: str) -> str:
    """Return a header's value, or as much of it as is no secret."""
    if name in _HARMLESS:
        return value[:_LONGEST_VALUE]
    scheme = value.strip().partition(" ")[0] if name == "authorization" else ""
    return f"{scheme} {_HIDDEN}" if scheme.lower() in _SCHEMES else _HIDDEN


def _target(path: str, url: str) -> str:
    """Return the path, and the names of the query: in OAuth values there may be secrets."""
    try:
        query = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return f"{path}?{_HIDDEN}"
    names = [f"{quote(name[:40])}={_HIDDEN}" for name, _ in query[:10]]
    return f"{path}?{'&'.join(names)}" if names else path
