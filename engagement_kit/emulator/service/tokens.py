"""Which paths give tokens, and what each does with a request; the rules stand in `api.grants`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from engagement_kit.emulator.api.answer import Reply
from engagement_kit.emulator.api.checks import OURS
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.emulator.service.state import State

PATHS: Final[tuple[str, ...]] = (
    *("/oauth/request_token", "/oauth/authorize", "/oauth/access_token"),
    *("/oauth2/token", "/oauth2/invalidate_token"),
)


class Knock(Protocol):
    """What this module needs to know of a request."""

    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def url(self) -> str: ...  # noqa: D102
    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102
    @property
    def at(self) -> float: ...  # noqa: D102


class Told(NamedTuple):
    """What is answered, the reason for the log, and who asked."""

    reply: Reply
    reason: str
    caller: Caller | None = None


def is_meant(path: str) -> bool:
    """Tell whether a path is one that gives tokens."""
    return path in PATHS


def respond(state: State, knock: Knock) -> Told:
    """Do what a request for tokens asks."""
    del state, knock
    text = OURS + "not yet"
    return Told(Reply(404, {"errors": [text]}), text)
