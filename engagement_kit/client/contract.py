"""What the contract says to the accounts that are to sign: counted, warned of, or stopped at."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from engagement_kit.answers.store import Store
from engagement_kit.client.caller import outside
from engagement_kit.client.record import left_by_account
from engagement_kit.errors import AccountOverage, AccountsExceeded
from engagement_kit.question.amounts import few
from engagement_kit.question.contract import Usage, usage
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan
from engagement_kit.question.where import Where

OVERAGE: Final = ("warn", "stop")
"""What may be done about more accounts than the contract names."""


def counted(
    made: Plan,
    store: Store,
    known: Sequence[Known],
    *,
    now: datetime,
    contracted: int,
) -> Plan:
    """Write into a plan which accounts the month sees, those that it still signs for among them.

    Parameters
    ----------
    made
        The plan.
    store, known
        Where answers are counted, and what they cover.
    now
        The client's clock.
    contracted
        The contract's number of accounts.
    """
    left = left_by_account(made, store.tried_all(known)) if made.begun else made.by_account
    found = of_month(known, left, now=now, where=made.where, contracted=contracted)
    return replace(made, usage=found)


def of_month(
    known: Iterable[Known],
    planned: Iterable[str | None],
    *,
    now: datetime,
    where: Where,
    contracted: int,
) -> Usage:
    """Count the accounts of the month on a service, and those that are to sign."""
    return usage(
        known,
        planned,
        now=now,
        service=where.service,
        contracted=contracted,
        aliases=dict(where.aliases),
    )


def check_contract(found: Usage | None, overage: str) -> None:
    """Stop before more accounts sign than the contract names, where that is asked for.

    Raises
    ------
    AccountsExceeded
        With how many there are.
    """
    if found is not None and found.exceeds and overage == "stop":
        msg = (
            f"{_told(found)} Sign for fewer accounts, or connect with another contracted= or "
            'overage="warn".'
        )
        raise AccountsExceeded(f"{msg} Nothing was sent.")


def warn_of_overage(found: Usage | None) -> None:
    """Warn before more accounts sign than the contract names; it points at who called the kit."""
    if found is not None and found.exceeds:
        text = f'{_told(found)} ek.connect(..., overage="stop") would stop before.'
        warnings.warn(text, AccountOverage, stacklevel=outside())


def _told(found: Usage) -> str:
    return f"{found}. They sign for the first time in the month: {few(sorted(found.new))}."
