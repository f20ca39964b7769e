"""To whom a plan is addressed, and whose keys there are."""

from __future__ import annotations

from dataclasses import dataclass

from engagement_kit.question.owners import Owned, owned
from engagement_kit.question.query import Query
from engagement_kit.question.rules import LIVE_BASE_URL


@dataclass(frozen=True)
class Where:
    """To whom a plan is addressed, and by which rules it is made.

    Attributes
    ----------
    service
        The live base URL, or the name of an emulator's world.
    account
        The account that signs where the query names no owner.
    credentials
        Which kinds of credential there are.
    profile
        How far historical reaches: ``reference`` (since 2014-09-01) or ``overview`` (365 days).
    accounts
        The accounts with keys. None: not known; then every owner is taken to have some.
    aliases
        Pairs of a user id and the name of its account.
    """

    service: str = LIVE_BASE_URL
    account: str = "me"
    credentials: tuple[str, ...] = ("user", "app")
    profile: str = "reference"
    accounts: tuple[str, ...] | None = None
    aliases: tuple[tuple[str, str], ...] = ()

    def owned(self, query: Query) -> Owned:
        """Say who would sign for each tweet of a query, and of whom there are no keys.

        Without any user keys nobody's keys are looked for: what is missing then is the kind.
        """
        known = self.accounts if "user" in self.credentials else None
        return owned(query, self.account, known, dict(self.aliases))
