"""Before anything is sent: whether all of it can be signed, and what the contract says to that."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from engagement_kit.answers.store import Store
from engagement_kit.client.record import left_by_account
from engagement_kit.errors import AccountOverage, AccountsExceeded, CredentialsMissing
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.question.accounts import Usage, usage
from engagement_kit.question.known import Known
from engagement_kit.question.owners import nearest
from engagement_kit.question.plan import Plan

OVERAGE: Final = ("warn", "stop")
"""What may be done about more accounts than the contract names."""
_NAMED: Final = 5
_ABOVE: Final = 3
"""Where a warning points: to whoever called `run`."""


def check_keys(made: Plan, keys: Credentials) -> None:
    """Make sure that every request of a plan can be signed, and that keys can ask something of it.

    Raises
    ------
    CredentialsMissing
        With whose keys are missing.
    """
    if made.keys_missing:
        raise CredentialsMissing(_no_keys(made.keys_missing, tuple(keys.users)))
    for kind, account in made.signers:
        signer(keys, kind, account)


def _no_keys(missing: Sequence[str], there: Sequence[str]) -> str:
    """Say whose keys are missing, whose there are, and what to do."""
    named = ", ".join(map(repr, missing[:_NAMED]))
    more = len(missing) - _NAMED
    named += f" and {more:,} more" if more > 0 else ""
    hint = nearest(missing[0], there) if len(missing) == 1 else ""
    return (
        f"there are no keys of account{'s' * (len(missing) > 1)} {named}; accounts with keys: "
        f"{_some(there) or 'none'}. {hint}{' ' * bool(hint)}Log in as the owner (`engagement-kit "
        "login`), or correct owners=. Public metrics of anybody's tweets can be asked on totals, "
        "by themselves. Nothing was sent."
    )


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
    where = made.where
    found = usage(
        known,
        left,
        now=now,
        service=where.service,
        contracted=contracted,
        aliases=dict(where.aliases),
    )
    return replace(made, usage=found)


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
    """Warn before more accounts sign than the contract names."""
    if found is not None and found.exceeds:
        text = f'{_told(found)} ek.connect(..., overage="stop") would stop before.'
        warnings.warn(text, AccountOverage, stacklevel=_ABOVE)


def _told(found: Usage) -> str:
    return f"{found}. They sign for the first time in the month: {_some(found.new)}."


def _some(names: Iterable[str]) -> str:
    """Name the first few."""
    every = sorted(names)
    more = len(every) - _NAMED
    return ", ".join(every[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
