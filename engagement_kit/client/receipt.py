"""The Receipt: every wanted number has one fate, and the code checks that the sum is right."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from engagement_kit.client import shown
from engagement_kit.client.counting import fates_frame
from engagement_kit.client.effort import NO_EFFORT, Effort
from engagement_kit.client.methods import paragraph
from engagement_kit.client.scope import Scope
from engagement_kit.question.amounts import few_lines, many
from engagement_kit.question.hours import iso
from engagement_kit.question.price import by_account_text, in_order
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.free_checks import NOTHING, Outcome
from engagement_kit.tables.schema import INVENTED
from engagement_kit.version import VERSION

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Receipt:
    """What was asked, and what became of it.

    Attributes
    ----------
    asked
        Single numbers wanted: one for each tweet, metric and hour of the period (or day; one for a
        lifetime), from the tweet's creation on. Before that there is nothing that anybody could
        give: it is neither asked nor missing.
    answered
        Those with a count.
    fates
        The others, by status.
    created_after
        Tweets that were created after the whole period: no number of theirs is asked or missing.
        The table has a row for each of their metrics, with status ``out_of_range``.
    findings
        Counts where none was expected, kept: before the tweet's creation, or beyond what could be
        asked at the moment of the plan, in a stored answer from before.
    requests, reused
        Requests of the plan; stored answers that it used from the start.
    effort
        Calls made, tries again, waits; all sessions of the run together.
    checks
        Free checks: sums that the answers gave themselves, how many agreed with the counts, and
        those that did not, in words.
    failures
        Requests without counts, in words.
    planned_at
        The moment as of which the question was planned.
    source
        ``live``, ``emulator``, or None when there is no answer.
    accounts
        Accounts whose keys sign the requests of the plan.
    not_owned
        Why numbers are not owned, in words, with how many tweets: whose keys were missing, and to
        whom tweets were refused.
    contract
        What the run did to the contract, where it signed for more accounts than that names.
    scope
        What the numbers are about: endpoint, metrics, period, when they were observed, and who
        signed for them; None where that is not known.
    kit_version
        Of the kit that made this receipt.

    Examples
    --------
    >>> receipt = Receipt(asked=10, answered=9, fates={"not_owned": 1}, requests=1)
    >>> print(receipt.to_text())
    Receipt
      asked: 10 numbers
      answered: 9
      not_owned: 1 (the tweet is of another account, whose own keys would have to sign)
      requests: 1 planned, 0 sent
      stored answers used: 0
    >>> receipt.to_pandas()["numbers"].tolist()
    [9, 1]
    """

    asked: int
    answered: int
    fates: Mapping[str, int]
    created_after: int = 0
    findings: int = 0
    requests: int = 0
    reused: int = 0
    effort: Effort = NO_EFFORT
    checks: Outcome = NOTHING
    failures: tuple[str, ...] = ()
    planned_at: datetime | None = None
    source: str | None = None
    accounts: tuple[str, ...] = ()
    scope: Scope | None = None
    not_owned: tuple[str, ...] = ()
    contract: str = ""
    kit_version: str = VERSION

    def __post_init__(self) -> None:
        if self.asked != self.answered + self.missing:
            # Not an error of the user's: the promise of this kit would be broken.
            msg = (
                f"the receipt does not add up: {self.asked} asked, {self.answered} answered, "
                f"{dict(self.fates)}. This is a fault of the kit: report it with your query."
            )
            raise AssertionError(msg)

    @property
    def by_account(self) -> dict[str | None, int]:
        """Calls made by whose keys signed, tries again among them; None: app-only.

        Of sessions that an older kit recorded nothing is known; else they add up to the calls sent.
        """
        return in_order({name or None: n for name, n in self.effort.by_account})

    @property
    def missing(self) -> int:
        """How many wanted numbers have no count."""
        return sum(self.fates.values())

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, for JSON; what the numbers are about is in ``scope``."""
        effort = self.effort
        return {
            "asked": self.asked,
            "answered": self.answered,
            "fates": dict(self.fates),
            "created_after": self.created_after,
            "findings": self.findings,
            "requests": self.requests,
            "reused_answers": self.reused,
            "sent": effort.sent,
            "sent_at_least": effort.sent - effort.under_way,
            "given_up": effort.given_up,
            "sessions_not_ended": effort.not_ended,
            "sessions_not_counted": effort.not_counted,
            "by_account": {one: n for one, n in self.by_account.items() if one is not None},
            "app_only": self.by_account.get(None, 0),
            "retries": effort.retries,
            "rate_limited": effort.limited,
            "shortened": effort.shortened,
            "split": effort.split,
            "found": effort.found,
            "set_aside": effort.aside,
            "waited_seconds": round(effort.waited, 3),
            "sessions": effort.sessions,
            "stopped": effort.stopped,
            "free_checks_passed": self.checks.passed,
            "free_checks_failed": list(self.checks.failed),
            "failures": list(self.failures),
            "planned_at": None if self.planned_at is None else iso(self.planned_at),
            "source": self.source,
            "accounts": list(self.accounts),
            "not_owned": list(self.not_owned),
            "contract": self.contract,
            "scope": None if self.scope is None else self.scope.to_dict(),
            "kit_version": self.kit_version,
        }

    def to_json(self) -> str:
        """Write as JSON text."""
        return json.dumps(self.to_dict(), indent=1)

    def to_pandas(self) -> pd.DataFrame:
        """Give the fates as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each fate, ``answered`` first: `fate` (text) and `numbers` (int64), which
            add up to `asked`.
        """
        return fates_frame({"answered": self.answered, **self.fates}, "numbers")

    def methods(self) -> str:
        """Write the methods paragraph of a paper: plain text, ready to be cited.

        Returns
        -------
        str
            Which API and endpoint, how many tweets, which metrics, which period (UTC, end
            exclusive), when it was observed, whose keys signed, how many numbers were asked for
            and answered, what is missing and why, and what became of the free checks. What is not
            known is left out. Invented data say so first.

        Notes
        -----
        The same of a result of today and of one that ``ek.open`` rebuilds from its store, as long
        as the same version of the kit makes it.

        Examples
        --------
        >>> Receipt(asked=2, answered=2, fates={}, source="live", kit_version="1.0").methods()[:88]
        'Counts were taken from the enterprise Engagement API of X (formerly Twitter) with engage'
        """
        return paragraph(self)

    def lines(self) -> list[tuple[str, str]]:
        """Say the receipt in words, as pairs of a label and a text."""
        rows = [("asked", self.asked_text()), ("answered", f"{self.answered:,}")]
        rows += [
            (name, f"{count:,} ({MEANINGS.get(name, name)})") for name, count in self.fates.items()
        ]
        rows += self.owner_lines()
        if self.created_after:
            rows.append(("nothing to count", f"{self.later_text()}, status out_of_range"))
        if self.findings:
            why = "before creation, or beyond what could be asked"
            rows.append(("not expected", f"{self.findings:,} counts, kept: {why}"))
        return rows + self.effort_lines()

    def asked_text(self) -> str:
        """Say how many numbers were asked for, and what one of them is."""
        level = "" if self.scope is None else self.scope.level
        each = f" (one for each tweet, metric and {level}, from the tweet's creation on)"
        return many(self.asked, "number") + each * (level in {"hour", "day"})

    def later_text(self) -> str:
        """Say how many tweets were created after the period; empty where none was."""
        if not self.created_after:
            return ""
        was = "was" if self.created_after == 1 else "were"
        return f"{many(self.created_after, 'tweet')} {was} created after the period"

    def owner_lines(self) -> list[tuple[str, str]]:
        """Say whose keys were missing, as pairs of a label and a text."""
        return [("not_owned because", text) for text in few_lines(self.not_owned)]

    def effort_lines(self) -> list[tuple[str, str]]:
        """Say what it took, as pairs of a label and a text."""
        rows, checks = self._work_lines(), self.checks
        if checks.passed or checks.failed:
            made = checks.passed + len(checks.failed)
            rows.append(
                ("free checks", f"{checks.passed:,} of {made:,} sums that came along agree")
            )
        rows += [("free check failed", text) for text in few_lines(checks.failed)]
        if self.planned_at is not None:
            rows.append(("as of", iso(self.planned_at)))
        if self.source == "emulator":
            rows.append(("source", INVENTED))
        elif self.source:
            rows.append(("source", self.source))
        rows += [("failed request", text) for text in few_lines(self.failures)]
        return rows

    def _work_lines(self) -> list[tuple[str, str]]:
        effort = self.effort
        why = {
            "tries again": effort.retries,
            "without refused tweets": effort.shortened,
            "to find single bad tweets": effort.split,
        }
        more = ", ".join(f"{n:,} {name}" for name, n in why.items() if n)
        sent = f"{self.requests:,} planned, {effort.sent_text()} sent"
        sent += f" ({more})" if more else ""
        rows = [("requests", sent), ("stored answers used", f"{self.reused:,}")]
        if self.by_account:
            text = f"{effort.bound}{by_account_text(self.by_account)}"
            rows.insert(1, ("sent by account", text))
        if self.contract:
            rows.append(("contract", self.contract))
        rows += self._open_lines()
        if effort.found:
            text = f"{many(effort.found, 'planned request')}, by another run: not sent by this"
            rows.append(("answered meanwhile", text))
        if effort.aside:
            it = "it" if effort.aside == 1 else "them"
            what = f"{many(effort.aside, 'stored answer')}; what was needed of {it} was asked anew"
            rows.append(("damaged, set aside", what))
        if effort.limited:
            rows.append(("refused by the rate limit", f"{effort.limited:,}"))
        if round(effort.waited):
            rows.append(("waited", f"{effort.waited:,.0f} s"))
        if effort.sessions > 1 or effort.not_ended:
            rows.append(("sessions", effort.sessions_text()))
        if effort.stopped:
            rows.append(("stopped early", f"{effort.stopped}; run the same again to go on"))
        return rows

    def _open_lines(self) -> list[tuple[str, str]]:
        """Say of which calls nobody heard what became of them."""
        effort, rows = self.effort, []
        if effort.under_way:
            which = "of a session that did not end, under way when it was last heard of"
            rows.append(("not known to be sent", f"{many(effort.under_way, 'call')} {which}"))
        if effort.given_up:
            which = "under way when it was stopped; a bill may count"
            them = "it" if effort.given_up == 1 else "them"
            rows.append(("given up", f"{many(effort.given_up, 'call')} {which} {them}"))
        return rows

    def to_text(self) -> str:
        """Say the receipt in a few lines of text."""
        return "Receipt\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def to_html(self) -> str:
        """Write small tables in HTML: the fates with their meanings, and what it took."""
        return shown.receipt(self)

    __repr__ = to_text
    _repr_html_ = to_html
