"""How many accounts a month sees, against the number that the contract names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from engagement_kit.question.amounts import few, many
from engagement_kit.question.known import Known
from engagement_kit.question.owned import Aliases, one_name


@dataclass(frozen=True)
class Usage:
    """The accounts of a calendar month (UTC), against the contracted number.

    Attributes
    ----------
    month
        As in ``2026-11``.
    contracted
        How many different accounts may sign in a month.
    before
        Those whose signed answers the store holds of this month.
    planned
        Those that are still to sign.

    Notes
    -----
    Contracts may cap the number of distinct authenticated handles a month. What is over is not
    blocked but billed, and no endpoint tells what was used: so it is counted here, from one store.
    What other stores and other machines sent, and tries of keys, is not seen; nor are accounts
    whose calls all failed, for only answers and refusals are kept. An account that is called
    otherwise since counts twice, for answers are kept under the name of their day. App-only
    requests name no account.

    Examples
    --------
    >>> usage = Usage("2026-11", 2, frozenset({"acme", "birch"}), frozenset({"birch", "cedar"}))
    >>> usage.new, usage.over
    (frozenset({'cedar'}), 1)
    >>> print(usage)
    3 of 2 accounts in 2026-11, counted from this store: 1 too many, which is billed
    """

    month: str
    contracted: int
    before: frozenset[str]
    planned: frozenset[str]

    @property
    def new(self) -> frozenset[str]:
        """Accounts that sign for the first time in the month."""
        return self.planned - self.before

    @property
    def all(self) -> frozenset[str]:
        """Accounts of the month, with those that are still to sign."""
        return self.planned | self.before

    @property
    def over(self) -> int:
        """How many accounts there are too many."""
        return max(0, len(self.all) - self.contracted)

    @property
    def exceeds(self) -> bool:
        """Whether what is still to be signed brings accounts that are too many.

        Accounts that signed before cost no more when they sign again.
        """
        return bool(self.over and self.new)

    def lines(self) -> list[tuple[str, str]]:
        """Say it as pairs of a label and a text; the names of those that are too many, too."""
        rows = [("contract", str(self))]
        if self.exceeds:
            rows.append(("first time this month", few(sorted(self.new))))
        return rows

    def __str__(self) -> str:
        """Say it in a line."""
        count = f"{len(self.all):,} of {many(self.contracted, 'account')}"
        text = f"{count} in {self.month}, counted from this store"
        if not self.over:
            return text
        return f"{text}: {self.over:,} too many, which {'is' if self.over == 1 else 'are'} billed"


def usage(
    known: Iterable[Known],
    planned: Iterable[str | None],
    *,
    now: datetime,
    service: str,
    contracted: int,
    aliases: Aliases | None = None,
) -> Usage:
    """Count the accounts of the month.

    Parameters
    ----------
    known
        What the answers of the store cover.
    planned
        Who is still to sign; None, for app-only, is no account.
    now
        The moment, aware; its month in UTC counts.
    service
        Whose contract: answers of others don't count.
    contracted
        How many accounts the contract names.
    aliases
        User ids, each with the name of its account: an account under both is one.
    """
    month = _month(now)
    before = (
        one.account for one in known if one.service == service and _month(one.observed_at) == month
    )
    return Usage(month, contracted, _names(before, aliases), _names(planned, aliases))


def _month(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m}"


def _names(accounts: Iterable[str | None], aliases: Aliases | None) -> frozenset[str]:
    """Name accounts so that each is one, however it is written."""
    different = {one for one in accounts if one is not None}
    return frozenset(one_name(one, aliases) for one in different)
