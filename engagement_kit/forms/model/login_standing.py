"""How a walk to an account's keys stands, as a form shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engagement_kit.fetch.keys.callback import PORT
from engagement_kit.forms.model.kept_keys import Keeping
from engagement_kit.forms.model.login_goal import Goal

Phase = Literal["idle", "asking", "agreeing", "finishing", "done"]
Step = Literal["app", "page", "agree", "accounts"]


@dataclass(frozen=True)
class Standing:
    """How the walk stands.

    Attributes
    ----------
    phase
        ``asking`` for a page, ``agreeing`` while the owner has it, ``finishing``, ``done``.
    goal, keeping
        Where it leads, and what is kept there.
    typed
        Which of the app's keys were typed; never a value.
    refused
        Whether the app's keys were not accepted; those that were typed are gone then.
    page
        The address to agree on. Whoever knows it can agree as anybody: it is gone when the walk
        ends.
    waits_at
        Where the browser is waited for; empty for a PIN.
    account, said
        Who logged in, and how it ended.
    wrong
        What went wrong, by the step where it is to be mended.
    """

    phase: Phase = "idle"
    goal: Goal = field(default_factory=Goal)
    keeping: Keeping = field(default_factory=Keeping)
    typed: tuple[str, ...] = ()
    refused: bool = False
    page: str = field(default="", repr=False)
    waits_at: str = ""
    account: str = ""
    said: tuple[str, ...] = ()
    wrong: Mapping[Step, str] = field(default_factory=dict)

    @property
    def has_app(self) -> bool:
        """Whether the app's keys are at hand: typed, or found."""
        return len(self.typed) == 2 or (bool(self.goal.app) and not self.typed)

    @property
    def busy(self) -> bool:
        """Whether a request to the service is under way."""
        return self.phase in {"asking", "finishing"}


def callback_address(port: int = PORT) -> str:
    """Give the address that an app must have registered, so that a browser may come back to it.

    Examples
    --------
    >>> callback_address()
    'http://127.0.0.1:8766/callback'
    """
    return f"http://127.0.0.1:{port}/callback"
