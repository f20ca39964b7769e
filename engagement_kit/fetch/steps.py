"""What happens during a run, as data: for progress bars, forms and receipts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from engagement_kit.errors import EngagementError
from engagement_kit.question.amounts import few
from engagement_kit.question.request import Request

End = Literal["answered", "refused", "failed", "found"]
Kind = Literal[
    "answered", "refused", "failed", "found",
    "waiting", "no_answer", "split", "paused", "resumed", "stopped",
]  # fmt: skip


_NAMED: Final = 3
WORDS: Final[dict[Kind, str]] = {
    "answered": "answered",
    "found": "in the store already",
    "paused": "paused: nothing is sent",
    "resumed": "going on",
}
"""What is said of a step where there is no more to say."""


def brief(error: object) -> str:
    r"""Give what happened without the advice: that is for when all is over.

    Examples
    --------
    >>> brief(EngagementError("HTTP 500: no\nRun again later."))
    'HTTP 500: no'
    """
    return str(error).partition("\n")[0]


def advice_of(error: object) -> str:
    r"""Give what to do about it: the rest of the error's words.

    Examples
    --------
    >>> advice_of(EngagementError("HTTP 500: no\nRun again later."))
    'Run again later.'
    """
    return str(error).partition("\n")[2]


@dataclass(frozen=True)
class Step:
    """One thing that happened.

    Attributes
    ----------
    kind
        How one request of the plan ended: ``answered``, ``refused`` (some or all of its tweets),
        ``failed`` or ``found`` (it was in the store already). Or what goes on meanwhile:
        ``waiting`` (for the limit, or after a fault), ``no_answer`` (nobody gets through: said
        once, as it begins), ``split``, ``paused``, ``resumed``, ``stopped``.
    done, total
        Requests of the plan.
    text
        The same in words; never empty.
    until
        When a wait ends, UTC, real time; None where nothing is waited for.
    advice
        What to do about a refusal or failure; empty where there is nothing to do.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> steps = []
    >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
    ...     query = ek.Query("totals", ek.sample_ids(client, 3), ["impressions"])
    ...     result = client.run(query, progress=False, on_step=steps.append)
    >>> [(one.kind, one.done, one.total) for one in steps]
    [('answered', 1, 1)]
    """

    kind: Kind
    done: int
    total: int
    text: str
    until: datetime | None = None
    advice: str = ""

    @property
    def is_end(self) -> bool:
        """Whether a request of the plan ended with it."""
        return self.kind in {"answered", "refused", "failed", "found"}


@dataclass(frozen=True)
class Failure:
    """A request that got no counts, and why.

    Attributes
    ----------
    request
        What was asked.
    status
        ``refused`` (the API said no) or ``failed`` (broken, or no answer).
    error
        The last error.
    ref
        The stored answer, where there was one.
    """

    request: Request
    status: Literal["refused", "failed"]
    error: EngagementError
    ref: str | None

    def __str__(self) -> str:
        """Name the tweets, and say why."""
        ids = self.request.tweet_ids
        many = "tweet" if len(ids) == 1 else f"{len(ids):,} tweets:"
        return f"{many} {few(ids, _NAMED)}: {self.error}"


@dataclass
class Fetched:
    """What a run brought.

    Attributes
    ----------
    refs
        Names of the stored answers that count, in the order of the requests.
    failures
        Requests without counts, in the same order.
    ended
        Requests of the plan that came to an end, good or bad.
    sent
        Calls made.
    by_account
        The same by whose keys signed, tries again among them; None: app-only.
    retries
        Those that were tries again of the same request.
    limited
        Those that were refused because of the rate limit.
    shortened
        Those that ask the rest of a batch of which some tweets were refused.
    split
        Those that were made to find single tweets that made a batch fail.
    found
        Requests of the plan that were in the store already: an earlier run, or another process.
    found_at
        The places of those, as they were taken.
    aside
        Damaged answers that were met and set aside.
    waited
        Seconds in which somebody waited for the rate limit or after a fault.
    stopped
        Why the run ended early, in words; empty when it did not.
    given_up
        Calls that were under way when it was stopped or interrupted: nobody waited for them.
    """

    refs: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    ended: int = 0
    sent: int = 0
    by_account: Counter[str | None] = field(default_factory=Counter)
    retries: int = 0
    limited: int = 0
    shortened: int = 0
    split: int = 0
    found: int = 0
    found_at: list[int] = field(default_factory=list)
    aside: int = 0
    waited: float = 0.0
    stopped: str = ""
    given_up: int = 0
