"""One request of a plan on its way: what came of it so far, and the parts still to be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from engagement_kit.errors import EngagementError
from engagement_kit.fetch.steps import End, Failure
from engagement_kit.question.request import Request


class Part(NamedTuple):
    """A request of the plan, or a part of it, that is still to be asked.

    Attributes
    ----------
    request
        What to send.
    half
        Whether it came of a cut in halves: then it is asked only to find the culprit.
    sent
        Whether it was sent before.
    faults
        Tries that count so far; it was left for later after them.
    """

    request: Request
    half: bool = False
    sent: bool = False
    faults: int = 0


@dataclass
class Trip:
    """One request of the plan.

    Attributes
    ----------
    number
        Its place in the plan.
    request
        As planned.
    end
        How it ended; None while it is under way, or when the run was stopped.
    error
        What the last refusal or failure said.
    refs, failures
        As in Fetched.
    unheard
        Parts to which no answer came. They are asked again when others are done: it may have been
        the network.
    spent
        Whether all tries were spent on one of them.
    last_time
        Whether that was so when the trip was taken up again.
    """

    number: int
    request: Request
    end: End | None = None
    error: EngagementError | None = None
    refs: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unheard: list[Part] = field(default_factory=list)
    spent: bool = False
    last_time: bool = False
