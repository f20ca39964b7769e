"""Before anything is sent: whether all of it can be signed, and whose keys are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.credentials import Credentials
from engagement_kit.fetch.keys.signing import signer
from engagement_kit.question.amounts import few
from engagement_kit.question.owned import nearest
from engagement_kit.question.plan import Plan

_APP_ONLY: Final = (
    "there are app-only keys alone, and they may ask for public metrics on totals, nothing else. "
    "Log in as the author of the tweets (`engagement-kit login`). Nothing was sent."
)


def check_keys(made: Plan, keys: Credentials) -> None:
    """Make sure that every request of a plan can be signed, and that keys can ask something of it.

    Raises
    ------
    CredentialsMissing
        With whose keys are missing.
    """
    if made.nobody_signs and not made.where.signs:
        raise CredentialsMissing(_APP_ONLY)
    if made.nobody_signs:
        raise CredentialsMissing(_no_keys(made.keys_missing, tuple(keys.users)))
    for kind, account in made.signers:
        signer(keys, kind, account)


def _no_keys(missing: Sequence[str], there: Sequence[str]) -> str:
    """Say whose keys are missing, whose there are, and what to do."""
    hint = nearest(missing[0], there) if len(missing) == 1 else ""
    named, others = few(missing, written=repr), few(sorted(there)) or "none"
    return (
        f"there are no keys of account{'s' * (len(missing) > 1)} {named}; accounts with keys: "
        f"{others}. {hint}{' ' * bool(hint)}Log in as the owner (`engagement-kit "
        "login`), or correct owners=. Public metrics of anybody's tweets can be asked on totals, "
        "by themselves. Nothing was sent."
    )
