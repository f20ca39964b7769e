"""What a run took, all its sessions together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from engagement_kit.fetch.steps import Fetched

_KINDS: Final[dict[type, tuple[type, ...]]] = {
    int: (int,),
    float: (int, float),
    str: (str,),
    tuple: (list, tuple),
}


@dataclass(frozen=True)
class Effort:
    """What a run took, all its sessions together.

    Attributes
    ----------
    sent
        Calls that were made, tries again among them.
    retries
        Those that were tries again.
    limited
        Those that were answered with 429, the rate limit.
    shortened
        Those that ask the rest of a batch of which some tweets were refused.
    split
        Those that were made to find single tweets that made a batch fail.
    found
        Requests of the plan that were in the store already: an earlier run, or another process.
    aside
        Damaged answers of the store that were set aside.
    waited
        Seconds in which somebody waited for the rate limit or after a fault.
    stopped
        Why the run ended early, in words; empty when it did not.
    by_account
        Pairs of an account and its calls; the name of app-only calls is empty.
    sessions
        How often the run was begun or gone on with.
    """

    sent: int = 0
    retries: int = 0
    limited: int = 0
    shortened: int = 0
    split: int = 0
    found: int = 0
    aside: int = 0
    waited: float = 0.0
    stopped: str = ""
    by_account: tuple[tuple[str, int], ...] = ()
    sessions: int = 1

    @classmethod
    def of(cls, fetched: Fetched) -> Effort:
        """Take it from one session."""
        taken = {one.name: getattr(fetched, one.name) for one in fields(cls)[:-1]}
        calls = {name or "": n for name, n in fetched.by_account.items()}
        return cls(**{**taken, "by_account": tuple(sorted(calls.items()))})

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Effort:
        """Read what a session wrote down; what a newer kit counts besides is left out."""
        kinds = {one.name: _KINDS[type(one.default)] for one in fields(cls)}
        right: dict[str, Any] = {
            name: value for name, value in record.items() if isinstance(value, kinds.get(name, ()))
        }
        calls = right.pop("by_account", ())
        if all(map(_is_count, calls)):
            right["by_account"] = tuple((name, count) for name, count in calls)
        return cls(**right)

    def plus(self, later: Effort) -> Effort:
        """Add a later session; what it found and why it stopped are its own."""
        return Effort(
            sent=self.sent + later.sent,
            retries=self.retries + later.retries,
            limited=self.limited + later.limited,
            shortened=self.shortened + later.shortened,
            split=self.split + later.split,
            found=later.found,
            aside=self.aside + later.aside,
            waited=self.waited + later.waited,
            stopped=later.stopped,
            by_account=tuple(
                sorted((Counter(dict(self.by_account)) + Counter(dict(later.by_account))).items())
            ),
            sessions=self.sessions + later.sessions,
        )


def _is_count(pair: object) -> bool:
    """Say whether something is an account's name and a number of calls."""
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return False
    return isinstance(pair[0], str) and type(pair[1]) is int


NO_EFFORT: Final = Effort()
