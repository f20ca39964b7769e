"""What a run took, all its sessions together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from engagement_kit import errors
from engagement_kit.answers.calls import Noted
from engagement_kit.fetch.steps import Fetched, brief

CUT_OFF: Final = "a session was killed, or is still at work"
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
        Calls that were made, tries again among them. Of a session that was killed, those that it
        let out.
    retries
        Those that were tries again.
    limited
        Those that were answered with 429, the rate limit.
    shortened
        Those that ask the rest of a batch of which some tweets were refused.
    split
        Those that were made to find single tweets that made a batch fail.
    found
        Requests of the plan to which another run brought the answer meanwhile; no session of this
        one sent them.
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
    not_ended
        Those of the sessions that did not come to their end: killed, or still at work.
    under_way
        Calls among `sent` that such sessions let out, and that did not end: they may not have left.
    given_up
        Calls among `sent` that were under way when a session was stopped or interrupted: they may
        not have left, and an answer that came later may be in the store.
    not_counted
        Sessions among `not_ended` that noted no calls, as those of older kits; `sent` lacks theirs.
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
    not_ended: int = 0
    under_way: int = 0
    not_counted: int = 0
    given_up: int = 0

    @classmethod
    def of(cls, fetched: Fetched) -> Effort:
        """Take it from one session."""
        names = [one.name for one in fields(cls) if hasattr(fetched, one.name)]
        taken = {name: getattr(fetched, name) for name in names}
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

    @classmethod
    def of_cut_off(cls, noted: Noted | None) -> Effort:
        """Take it from what a session noted that did not come to its end; None: nothing."""
        open_ = cls(not_ended=1, not_counted=int(noted is None), stopped=CUT_OFF)
        if noted is None:
            return open_
        return replace(
            open_,
            sent=noted.sent,
            retries=noted.retries,
            limited=noted.limited,
            by_account=noted.by_account,
            under_way=noted.under_way,
        )

    def sent_text(self) -> str:
        """Say how many calls were made: at least, where it can't be known."""
        known = self.sent - self.under_way
        if self.not_counted:
            return f"at least {known:,}"
        if self.under_way:
            return f"at least {known:,} and at most {self.sent:,}"
        return f"{self.sent:,}"

    @property
    def bound(self) -> str:
        """What to say before the calls by account: ``at most``, where some may not have left.

        Of sessions that are not counted no number is known: what is known is the least, and where
        both are so, nothing is.
        """
        if self.not_counted:
            return "not all known: " if self.under_way else "at least "
        return "at most " if self.under_way else ""

    def sessions_text(self) -> str:
        """Say how many sessions there were, and how many of them did not come to their end."""
        text = f"{self.sessions:,}"
        if self.not_ended:
            some = f"{self.not_ended:,} of them" if self.sessions > 1 else "it"
            text += f"; {some} did not end: killed, or still at work"
        if self.not_counted:
            text += f" (of {self.not_counted:,} the calls are not known)"
        return text

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
            not_ended=self.not_ended + later.not_ended,
            under_way=self.under_way + later.under_way,
            not_counted=self.not_counted + later.not_counted,
            given_up=self.given_up + later.given_up,
        )


def why_ended(error: BaseException) -> str:
    r"""Say in a few words why a run ended with an error.

    Notes
    -----
    The words of other errors are left out: they may name tweets, and records outlive these.

    Examples
    --------
    >>> why_ended(errors.AuthenticationFailed(401))
    'the keys were refused'
    >>> why_ended(errors.ConnectionBroken("no answer from here: it was silent.\nLook at it."))
    'no answer came: it was silent'
    >>> why_ended(errors.WrongAddress(404)), why_ended(errors.StoreError("the disk is full"))
    ('the service said HTTP 404 (WrongAddress)', 'an error (StoreError)')
    """
    kind = type(error).__name__
    match error:
        case KeyboardInterrupt():
            return "interrupted"
        case errors.AuthenticationFailed():
            return "the keys were refused"
        case errors.ConnectionBroken():
            said = brief(error)
            return f"no answer came: {(said.partition(': ')[2] or said).rstrip('.')}"
        case errors.ApiError(status=status) if status:
            return f"the service said HTTP {status} ({kind})"
        case _:
            return f"an error ({kind})"


def _is_count(pair: object) -> bool:
    """Say whether something is an account's name and a number of calls."""
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        return False
    return isinstance(pair[0], str) and type(pair[1]) is int


NO_EFFORT: Final = Effort()
