"""A refresh: what it will ask, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from engagement_kit.answers.store import Store
from engagement_kit.client.result import Result
from engagement_kit.errors import BudgetExceeded
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan
from engagement_kit.question.price import by_account_text, duration, in_order, many
from engagement_kit.question.settled import settled_numbers
from engagement_kit.question.settling import in_words
from engagement_kit.question.shown import in_short
from engagement_kit.tables.changes import Changes, changes


@dataclass(frozen=True)
class RefreshPlan(Sequence[Plan]):
    """What a refresh would ask: a plan for each question, each beside what those before bring.

    Attributes
    ----------
    plans : tuple of Plan
        In order.
    now
        The moment for which it was planned.
    store
        Which one.
    left_out : tuple of (Plan, str)
        Questions that can't be asked, and why.
    elsewhere : mapping of str to int
        How many runs asked other services; those are not asked.
    begun
        When the refresh began that was cut off, and with which it goes on; None for a new one.
    """

    plans: tuple[Plan, ...]
    now: datetime
    store: Store
    left_out: tuple[tuple[Plan, str], ...] = ()
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    begun: datetime | None = None

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self.plans)

    def __getitem__(self, at: Any) -> Any:
        """Give one plan, or some for a slice."""
        return self.plans[at]

    @property
    def requests(self) -> int:
        """How many requests all plans take."""
        return sum(len(one) for one in self.plans)

    @property
    def numbers(self) -> int:
        """How many numbers they ask for again, or for the first time; each once."""
        return sum(one.price.numbers - one.price.stored for one in self.plans)

    @property
    def minutes(self) -> float | None:
        """How long it takes at the known rate; None where that is not known."""
        times = [one.price.minutes for one in self.plans if len(one)]
        known = [one for one in times if one is not None]
        return sum(known) if len(known) == len(times) else None

    @property
    def by_account(self) -> dict[str | None, int]:
        """How many requests each account signs, the most first; None: app-only, which is last."""
        total: Counter[str | None] = Counter()
        for one in self.plans:
            total.update(one.by_account)
        return in_order(total)

    def within(self, max_requests: int | None) -> RefreshPlan:
        """Hold it against a budget.

        Raises
        ------
        BudgetExceeded
            When it takes more.
        """
        if max_requests is not None and self.requests > max_requests:
            msg = (
                f"the refresh takes {self.requests:,} requests, and max_requests allows "
                f"{max_requests:,}. Allow more, or let stored counts be older by max_age=...; "
                "nothing was sent."
            )
            raise BudgetExceeded(msg)
        return self

    def __repr__(self) -> str:
        """Say in a few lines what it takes."""
        asking = [one for one in self.plans if len(one)]
        lines = [
            f"Refresh of {self.store.folder}",
            f"  questions: {len(self):,}, {len(asking):,} of them with something to ask",
            f"  requests: {self.requests:,}",
            f"  numbers: {self.numbers:,} to be asked",
        ]
        dated = [one for one in self.plans if one.query.rules.takes_period]
        if dated:
            waits = dict.fromkeys(in_words(one.freshness) for one in dated)
            lines.append(f"  settle: {'; '.join(waits)} after the end of a period")
        if self.minutes is not None and self.requests:
            lines.append(f"  time: {duration(self.minutes)} at the known rate")
        if self.requests:
            lines.append(f"  accounts: {by_account_text(self.by_account)}")
        if self.begun is not None:
            lines.append(f"  goes on with: a refresh of {self.begun:%Y-%m-%d %H:%M:%S} UTC")
        lines += [f"  {many(len(one), 'request')}: {in_short(one.query)}" for one in asking]
        return "\n".join([*lines, *_not_asked(self)])


def _not_asked(made: RefreshPlan) -> list[str]:
    """Say what is left out, and why."""
    lines = [f"  left out: {in_short(one.query)}: {why}" for one, why in made.left_out]
    return lines + [
        f"  left out: {many(runs, 'run')} of {service}, to which this client does not speak"
        for service, runs in sorted(made.elsewhere.items())
    ]


@dataclass(frozen=True)
class Refreshed(Sequence[Result]):
    """What became of a refresh: a Result for each question. Made by ``client.refresh``.

    Its figures are counted from the raw answers, those of the refresh and the older ones, when they
    are first looked at.

    Attributes
    ----------
    results : tuple of Result
        One for each question that was come to, in order; those that asked nothing among them.
    plan : RefreshPlan
        What was to be asked.
    requests
        Calls made, tries again among them.
    stopped
        Why it ended early, in words; empty when it did not. Refresh again to go on.
    """

    results: tuple[Result, ...]
    plan: RefreshPlan
    requests: int
    stopped: str
    _known: tuple[Known, ...] = field(repr=False)
    _before: frozenset[str] = field(repr=False)

    def __len__(self) -> int:
        """How many results there are."""
        return len(self.results)

    def __getitem__(self, at: Any) -> Any:
        """Give one result, or some for a slice."""
        return self.results[at]

    @cached_property
    def changes(self) -> Changes:
        """What became of the numbers that were asked again, by metric and grain.

        Counts of single tweets by hour, by day or lifetime: raw groupings that were answered as
        they were written are not among them.
        """
        mine = [one for one in self._known if one.service == self._service]
        new = [one for one in mine if one.ref not in self._before]
        old = [one for one in mine if one.ref in self._before]
        return changes(self.plan.store, old, new)

    @cached_property
    def settled(self) -> int:
        """How many numbers of these questions can't change any more: seen after they settled.

        Each number once, however many questions ask for it; lifetime counts never settle.
        """
        mine = [one for one in self._known if one.service == self._service]
        plans = [
            (one.plan.wanted, one.plan.freshness) for one in self.results if not one.plan.as_written
        ]
        return settled_numbers(plans, mine)

    @property
    def _service(self) -> str | None:
        return self.results[0].plan.where.service if self.results else None

    def __repr__(self) -> str:
        """Say in a few lines what was asked, and what became of it."""
        asking = sum(1 for one in self.results if len(one.plan))
        told = self.changes
        counted = told.changed + told.same + told.new
        became = (
            f"{told.changed:,} changed, {told.same:,} stayed, {told.new:,} have a count for the "
            "first time"
        )
        lines = [
            f"Refreshed {self.plan.store.folder}",
            f"  questions: {len(self.plan):,}, {asking:,} of them with something to ask",
            f"  requests: {self.requests:,}",
            f"  numbers: {counted:,} counted; {became}",
            f"  settled: {self.settled:,} numbers can't change any more",
        ]
        failed = sum(len(one.failures) for one in self.results)
        if failed:
            lines.append(f"  failed: {many(failed, 'request')}; refresh again to ask them")
        if told.damaged:
            lines.append(f"  damaged, not compared: {many(len(told.damaged), 'answer')}")
        if self.stopped:
            lines.append(f"  ended early: {self.stopped}; refresh again to go on")
        return "\n".join([*lines, *_not_asked(self.plan)])
