"""What HTTP means here: headers to send, and what a reply says. Pure: no socket, no clock."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from engagement_kit import errors
from engagement_kit.answers import envelope
from engagement_kit.answers.answer import Outcome, Source
from engagement_kit.answers.envelope import Envelope
from engagement_kit.question.request import Request

HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    # Set by hand: requests' own default changes with the packages that are installed, and the API
    # answers 406 to whoever does not offer gzip.
    "Accept-Encoding": "gzip",
}
EMULATOR_HEADER: Final = "x-engagement-emulator"
"""The emulator says in every answer that its data are invented."""

_KEPT: Final = ("content-type", "content-encoding", "date", "retry-after", EMULATOR_HEADER)
_KEPT_PREFIX: Final = "x-per-"
_LISTING: Final = (200, 400)
"""The statuses with which the API may list tweets instead of counting them."""

_GZIP_MAGIC: Final = b"\x1f\x8b"
_DIGITS: Final = re.compile(r"[0-9]+")
_FORBIDDEN_TWEETS: Final = re.compile(r"forbidden to access tweets", re.IGNORECASE)
_FORBIDDEN_METRICS: Final = re.compile(r"forbidden to access metrics", re.IGNORECASE)
_NOT_ENABLED: Final = re.compile(r"application id is not authorized", re.IGNORECASE)

Again = Literal["", "limit", "fault"]


@dataclass(frozen=True)
class Reply:
    """What came back from the network: the three parts of HTTP, the body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Verdict:
    """What a reply says.

    Attributes
    ----------
    outcome
        As in `Answer`.
    body
        The body, unpacked where it could be.
    envelope
        Its parts; empty when it can't be read.
    named
        Tweets that the API named while it gave no counts: as somebody else's, or in a side list.
        The others of the batch are to be asked again without them.
    error
        What to tell a person, unless all is well.
    again
        Whether asking again may help: ``limit`` (wait for the rate limit), ``fault`` (back off),
        or empty: it would not.
    fatal
        True when every other request would fail in the same way.
    """

    outcome: Outcome
    body: bytes
    envelope: Envelope = field(default_factory=Envelope)
    named: tuple[str, ...] = ()
    error: errors.EngagementError | None = None
    again: Again = ""
    fatal: bool = False

    @property
    def no_answer(self) -> bool:
        """Whether nothing came back."""
        return isinstance(self.error, errors.ConnectionBroken)

    @property
    def reached(self) -> bool:
        """Whether the request may have got there: a connection could be made."""
        return not isinstance(self.error, errors.ConnectionBroken) or self.error.reached


def kept_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Choose the headers worth keeping; whatever could be secret is not among them."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {
        name: value
        for name, value in lower.items()
        if name in _KEPT or name.startswith(_KEPT_PREFIX)
    }


def source_of(headers: Mapping[str, str]) -> Source:
    """Say whether an answer's data are real."""
    return "emulator" if EMULATOR_HEADER in kept_headers(headers) else "live"


def decipher(reply: Reply, request: Request) -> Verdict:
    """Say what a reply to a request means.

    Parameters
    ----------
    reply
        Status, headers and body as they came.
    request
        What was asked.

    Returns
    -------
    Verdict
        Never raises: a reply that can't be read is a verdict too.
    """
    body = reply.body
    try:
        body = unpacked(reply)
        parts = envelope.read(body)
    except errors.UnreadableAnswer as error:
        if reply.status < 300:
            return Verdict("failed", body, error=error, again="fault")
        # An error status speaks for itself, whatever became of its body.
        return _refusal(reply.status, body, Envelope(), request)
    if reply.status == 200 and any(name in parts.groupings for name, _ in request.groupings):
        return Verdict("answered", body, parts)
    listed = tuple(one for one in request.tweet_ids if one in parts.listed)
    if listed and reply.status in _LISTING:
        # The other tweets, if there are any, are to be asked again; and other metrics of those that
        # are too old for some, where that was not all that there was to say.
        gone = len(set(parts.unavailable).intersection(listed))
        whole = len(listed) == len(request.tweet_ids) and gone in {0, len(listed)}
        named = () if whole else listed
        return Verdict("answered", body, parts, named=named)
    if reply.status < 300:
        problem = errors.UnreadableAnswer("the answer holds no grouping: " + _said(parts))
        return Verdict("failed", body, parts, error=problem)
    return _refusal(reply.status, body, parts, request)


def unpacked(reply: Reply) -> bytes:
    """Undo gzip, where the body is gzip: proxies unpack a body and leave the header as it was.

    Raises
    ------
    UnreadableAnswer
        When the gzip is cut off or damaged.
    """
    encoding = kept_headers(reply.headers).get("content-encoding", "").strip().lower()
    if encoding != "gzip" or not reply.body.startswith(_GZIP_MAGIC):
        return reply.body
    try:
        return gzip.decompress(reply.body)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"the body's gzip is cut off or damaged: {error}"
        raise errors.UnreadableAnswer(msg) from error


def _said(parts: Envelope) -> str:
    return "; ".join(parts.errors) or "no text"


def _refusal(status: int, body: bytes, parts: Envelope, request: Request) -> Verdict:
    words, key = parts.errors, request.key
    text = " ".join(words)
    named = forbidden_tweets(words, request)
    if _FORBIDDEN_TWEETS.search(text):
        problem = errors.ForbiddenTweets(status, words, key)
        outcome: Outcome = "refused" if named else "failed"
        return Verdict(outcome, body, parts, named=named, error=problem)
    if status == 429:
        return Verdict(
            "failed", body, parts, error=errors.RateLimited(status, words, key), again="limit"
        )
    if status >= 500:
        return Verdict(
            "failed", body, parts, error=errors.ServerFault(status, words, key), again="fault"
        )
    if status == 401 and not _NOT_ENABLED.search(text):
        whose = f"account {request.account}" if request.account else "app-only"
        refused = errors.AuthenticationFailed(status, words, key, signer=whose)
        return Verdict("failed", body, parts, error=refused, fatal=True)
    kind, fatal = _kind(status, text)
    return Verdict("failed", body, parts, error=kind(status, words, key), fatal=fatal)


def _kind(status: int, text: str) -> tuple[type[errors.ApiError], bool]:
    """Choose the error type, and say whether every other request would meet it too."""
    if _NOT_ENABLED.search(text):
        return errors.AppNotEnabled, True
    if _FORBIDDEN_METRICS.search(text):
        return errors.ForbiddenMetrics, False
    everywhere: dict[int, type[errors.ApiError]] = {
        404: errors.WrongAddress,
        406: errors.GzipRequired,
    }
    if status in everywhere:
        return everywhere[status], True
    if status < 400:
        # Redirects are not followed: a signature names the host for which it was made.
        return errors.WrongAddress, True
    return errors.RequestRefused, False


def forbidden_tweets(words: tuple[str, ...], request: Request) -> tuple[str, ...]:
    """Find the tweets that an error names as somebody else's.

    Both known forms are understood: ``Forbidden to access tweets: ID, ID`` and the one of 2016
    with an author id before the colon. Only ids that were asked for count.

    Examples
    --------
    >>> from engagement_kit.question.request import Request
    >>> request = Request("s", "totals", "user", "me", ("20", "21"), ("replies",), ())
    >>> forbidden_tweets(("Forbidden to access tweets for author id 9: 21, 22",), request)
    ('21',)
    """
    named = {
        digits
        for sentence in words
        if _FORBIDDEN_TWEETS.search(sentence)
        for digits in _DIGITS.findall(sentence.rpartition(":")[2])
    }
    return tuple(one for one in request.tweet_ids if one in named)
