"""The Receipt: every wanted number has one fate, and the code checks that the sum is right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from engagement_kit.question.tweet_ids import creation_hours
from engagement_kit.question.wanted import Wanted
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import Lost
from engagement_kit.tables.schema import STATUSES


@dataclass(frozen=True)
class Receipt:
    """What was asked, and what became of it.

    Attributes
    ----------
    asked
        Single numbers wanted: tweets x metrics x hours (or days; one for a lifetime).
    answered
        Those with a count.
    fates
        The others, by status.
    findings
        Counts beyond what was wanted that were kept: positive before the tweet's creation.
    requests, sent, retries, waited, reused
        Requests of the plan; calls made, those that were tries again, seconds waited; stored
        answers used.
    failures
        Requests without counts, in words.
    source
        ``live``, ``emulator``, or None when there is no answer.
    accounts
        Accounts whose keys signed.
    """

    asked: int
    answered: int
    fates: Mapping[str, int]
    findings: int = 0
    requests: int = 0
    sent: int = 0
    retries: int = 0
    waited: float = 0.0
    reused: int = 0
    failures: tuple[str, ...] = ()
    source: str | None = None
    accounts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.asked != self.answered + self.missing:
            # Not an error of the user's: the promise of this kit would be broken.
            msg = (
                f"the receipt does not add up: {self.asked} asked, {self.answered} answered, "
                f"{dict(self.fates)}. Please report this with your query."
            )
            raise AssertionError(msg)

    @property
    def missing(self) -> int:
        """How many wanted numbers have no count."""
        return sum(self.fates.values())

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, for JSON."""
        return {
            "asked": self.asked,
            "answered": self.answered,
            "fates": dict(self.fates),
            "findings": self.findings,
            "requests": self.requests,
            "sent": self.sent,
            "retries": self.retries,
            "waited_seconds": round(self.waited, 3),
            "reused_answers": self.reused,
            "failures": list(self.failures),
            "source": self.source,
            "accounts": list(self.accounts),
        }

    def lines(self) -> list[tuple[str, str]]:
        """Say the receipt in words, as pairs of a label and a text."""
        rows = [("asked", f"{self.asked:,} numbers"), ("answered", f"{self.answered:,}")]
        rows += [(name, f"{count:,}") for name, count in self.fates.items()]
        if self.findings:
            rows.append(("before creation", f"{self.findings:,} positive counts, kept"))
        work = f"{self.requests} planned, {self.sent} sent, {self.retries} of them again"
        rows.append(("requests", work + (f", {self.waited:.0f} s waited" if self.waited else "")))
        rows.append(("stored answers used", str(self.reused)))
        if self.source == "emulator":
            rows.append(("source", "EMULATOR: invented data"))
        elif self.source:
            rows.append(("source", self.source))
        rows += [("failed request", text) for text in self.failures]
        return rows

    def __repr__(self) -> str:
        """Say the receipt in a few lines of text."""
        return "Receipt\n" + "\n".join(f"  {label}: {text}" for label, text in self.lines())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(label)}</th>"
            f"<td style='text-align:left'>{escape(text)}</td></tr>"
            for label, text in self.lines()
        )
        return f"<table><caption>Receipt</caption>{rows}</table>"


def numbers_asked(wanted: Wanted) -> int:
    """Count the wanted numbers anew from query, moment and births, past all bookkeeping.

    Hours before a tweet's creation are not wanted, unless the tweet was created after the whole
    period: then the period is wanted, and can't be had.
    """
    metrics = len(wanted.query.metrics)
    if wanted.level == "lifetime":
        return len(wanted.query.tweet_ids) * metrics
    births = creation_hours(wanted.query.tweet_ids)
    births = births - births % wanted.step
    starts, ends = wanted.asked[:, 0], wanted.asked[:, 1]
    alive = np.where(births < ends, np.maximum(starts, births), starts)
    return int((ends - alive).sum()) // wanted.step * metrics


def count_fates(base: Base, lost: list[Lost]) -> tuple[int, dict[str, int], int]:
    """Count what was answered, what was not by status, and what came beyond the wanted."""
    wanted = base.wanted
    span = wanted.spans[base.row, base.col]
    inside = (base.hour >= span[:, 0]) & (base.hour < span[:, 1])
    fates: dict[int, int] = {}
    for one in lost:
        pieces = (one.end - one.start) // wanted.step
        fates[one.status] = fates.get(one.status, 0) + pieces
    unreadable = int((inside & ~base.good).sum())
    if unreadable:
        code = STATUSES.index("unreadable")
        fates[code] = fates.get(code, 0) + unreadable
    named = {STATUSES[code]: fates[code] for code in sorted(fates)}
    return int((inside & base.good).sum()), named, int((~inside).sum())
