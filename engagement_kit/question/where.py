"""To whom a plan is addressed, and whose keys there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from engagement_kit.question.hours import Hours
from engagement_kit.question.losses import Keyless
from engagement_kit.question.owned import Owned, lacking, owned
from engagement_kit.question.query import Query
from engagement_kit.question.rules import LIVE_BASE_URL

APP_ONLY: Final = (
    "app-only keys may ask for public metrics on totals alone; log in as the tweet's author"
)


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

    @property
    def source(self) -> Literal["live", "emulator"]:
        """Whose numbers come from there."""
        return "emulator" if self.service.startswith("emulator") else "live"

    @property
    def signs(self) -> bool:
        """Whether there are keys of any account."""
        return "user" in self.credentials

    def owned(self, query: Query) -> Owned:
        """Say who would sign for each tweet of a query, and of whom there are no keys.

        On totals, without any user keys, nobody's are looked for: what is missing then is the kind,
        and app-only keys ask the rest.
        """
        nobody = None if query.endpoint == "totals" else ()
        known = self.accounts if self.signs else nobody
        return owned(query, self.account, known, dict(self.aliases))

    def lacking(self, query: Query, but: Hours | None = None) -> Keyless:
        """Put the tweets together that nobody's keys can sign for, with the reason in words.

        Parameters
        ----------
        query
            The question.
        but
            Tweets that are left out, as positions in the query.
        """
        people = self.owned(query)
        if self.signs:
            return lacking(people, self.accounts or (), but)
        rows = np.flatnonzero(people.rows)
        rows = rows if but is None else np.setdiff1d(rows, but)
        return [(APP_ONLY, rows)] if len(rows) else []

    def met(self, there: Where) -> Where:
        """Say whose keys sign for a plan that was made without knowing: those that there are.

        Parameters
        ----------
        there
            Of the client that is to run it. The account that signs by default stays where it has
            keys, and so do a choice of credentials and the reach of historical.
        """
        kinds = tuple(one for one in there.credentials if one in self.credentials)
        own = self.account in (there.accounts or ())
        return replace(
            there,
            account=self.account if own else there.account,
            credentials=kinds,
            profile=self.profile,
        )
