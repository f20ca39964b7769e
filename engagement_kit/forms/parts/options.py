"""The part for options: who wrote the tweets, how old stored answers may be, and the budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import ipywidgets as w

from engagement_kit.forms import look
from engagement_kit.forms.controls import offer, seen_if
from engagement_kit.forms.model.draft import MOST_REQUESTS
from engagement_kit.forms.model.seen import Seen
from engagement_kit.forms.parts.part import Edit, Part, problems

_AGES: Final = {
    0: "ask again",
    1: "may be 1 hour old",
    6: "may be 6 hours old",
    24: "may be 1 day old",
    168: "may be 7 days old",
}


class OptionsPart(Part):
    """Options that a newcomer can leave as they are.

    Parameters
    ----------
    edit
        Takes a change to the draft.
    accounts
        Gives the accounts with keys.
    """

    def __init__(self, edit: Edit, accounts: Callable[[], tuple[str, ...]]) -> None:
        super().__init__(edit)
        self._accounts = accounts
        self.account = look.labelled(
            w.Combobox,
            "Account that wrote the tweets",
            placeholder="empty: the connected account",
            layout=w.Layout(width="440px"),
        )
        self.owners = look.words("ek-owners")
        self.forget_owners = look.button("Forget who wrote which tweet")
        self.max_age = look.labelled(w.Dropdown, "Stored counts of open periods", options=[("", 0)])
        self.max_age.layout.width = "400px"
        self.max_requests = look.labelled(
            w.BoundedIntText,
            "At most so many requests (0: no limit)",
            min=0,
            max=MOST_REQUESTS,
            layout=w.Layout(width="400px"),
        )
        self.problems = look.words("ek-option-problems")
        self._hear(self.account, lambda draft, value: replace(draft, account=value))
        self._hear(self.max_age, lambda draft, value: replace(draft, max_age_hours=value))
        self._hear(self.max_requests, lambda draft, value: replace(draft, max_requests=value))
        self._click(self.forget_owners, lambda draft: replace(draft, owners=()))
        self.widget = look.column(
            look.heading("Options"),
            self.account,
            self.owners,
            look.row(self.forget_owners),
            self.max_age,
            self.max_requests,
            self.problems,
        )

    def show(self, seen: Seen) -> None:
        """See `Part`."""
        draft = seen.draft
        seen_if(self.account, not draft.owners)
        seen_if(self.forget_owners, bool(draft.owners))
        self.account.options = self._accounts()
        self.account.value = draft.account
        people = len({who for _, who in draft.owners})
        known = f"who wrote which tweet: {len(draft.owners):,} tweets of {people:,} accounts"
        self.owners.value = look.said([known] if draft.owners else []) + problems(seen, "owners")
        ages = dict(_AGES)
        ages.setdefault(draft.max_age_hours, f"may be {draft.max_age_hours} hours old")
        offer(self.max_age, [(text, hours) for hours, text in ages.items()], draft.max_age_hours)
        self.max_requests.value = draft.max_requests
        self.problems.value = problems(seen, "options")
