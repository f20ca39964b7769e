"""A refresh: what it will ask, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, overload

from engagement_kit.answers.store import Store
from engagement_kit.client.changes import changed_by
from engagement_kit.client.result import Result
from engagement_kit.errors import BudgetExceeded
from engagement_kit.question import markup
from engagement_kit.question.amounts import FEW, duration, few_lines, many
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan
from engagement_kit.question.price import by_account_text, in_order
from engagement_kit.question.query_shown import in_short
from engagement_kit.question.settled import numbers_in, settled_numbers
from engagement_kit.question.settling import in_words
from engagement_kit.tables.changes import Changes, changes
from engagement_kit.tables.schema import INVENTED

if TYPE_CHECKING:
    import pandas as pd

_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_Line = tuple[str, str]


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

    @overload
    def __getitem__(self, at: int) -> Plan: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Plan, ...]: ...
    def __getitem__(self, at: int | slice) -> Plan | tuple[Plan, ...]:
        """Give one plan, or some for a slice."""
        return self.plans[at]

    @property
    def requests(self) -> int:
        """How many requests all plans take."""
        return sum(len(one) for one in self.plans)

    @property
    def numbers(self) -> int:
        """How many numbers they need, again or for the first time; what rides along is not in it.

        At most: a number that questions of another shape need, too, may be counted for each.
        """
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

    def check_budget(self, max_requests: int | None) -> RefreshPlan:
        """Make sure that it keeps to a budget, and give it back; `refresh` does it first.

        Parameters
        ----------
        max_requests
            How many requests it may take at most; None: any number.

        Returns
        -------
        RefreshPlan
            This plan.

        Raises
        ------
        BudgetExceeded
            When it takes more.
        """
        if max_requests is not None and self.requests > max_requests:
            msg = (
                f"the refresh takes {many(self.requests, 'request')}, and max_requests allows "
                f"{max_requests:,}. Allow more, or let stored counts be older by max_age=...; "
                "nothing was sent."
            )
            raise BudgetExceeded(msg)
        return self

    def __repr__(self) -> str:
        """Say in a few lines what it takes."""
        return _text(f"Refresh of {self.store.folder}", self._lines())

    def _repr_html_(self) -> str:
        return _html(f"Refresh of {self.store.folder}", self._lines())

    def _lines(self) -> list[_Line]:
        asking = [one for one in self.plans if len(one)]
        lines = [
            *_source(self),
            ("questions", f"{len(self):,}, {len(asking):,} of them with something to ask"),
            ("requests", f"{self.requests:,}"),
            ("numbers", f"{self.numbers:,} to be asked"),
        ]
        dated = [one for one in self.plans if one.query.rules.takes_period]
        if dated:
            waits = dict.fromkeys(in_words(one.freshness) for one in dated)
            said = "; ".join(few_lines(list(waits)))
            lines.append(("settle", f"{said} after the end of a period"))
        if self.minutes is not None and self.requests:
            lines.append(("time", f"{duration(self.minutes)} at the known rate"))
        if self.requests:
            lines.append(("accounts", by_account_text(self.by_account)))
        if self.begun is not None:
            lines.append(("goes on with", f"a refresh of {self.begun:{_MOMENT}} UTC"))
        each = [(many(len(one), "request"), in_short(one.query)) for one in asking]
        return [*lines, *_first(each, "question"), *_not_asked(self)]


def _source(made: RefreshPlan) -> list[_Line]:
    """Say that numbers are invented, where they are."""
    plans = [*made.plans, *(one for one, _ in made.left_out)]
    invented = any(one.where.source == "emulator" for one in plans)
    return [("source", INVENTED)] if invented else []


def _where_listed(done: Refreshed) -> list[_Line]:
    """Say where each number that changed is told of."""
    if done.changes.changed:
        return [("which", "each that changed, then and now: .changed_numbers")]
    if done.requests:
        return []
    return [("which", "nothing was asked; what changed before: ek.changes(store, since=...)")]


def _not_asked(made: RefreshPlan) -> list[_Line]:
    """Say what is left out, and why."""
    questions = [("left out", f"{in_short(one.query)}: {why}") for one, why in made.left_out]
    runs = [
        ("left out", f"{many(count, 'run')} of {service}, to which this client does not speak")
        for service, count in sorted(made.elsewhere.items())
    ]
    return [*_first(questions, "question"), *_first(runs, "service")]


def _first(lines: list[_Line], noun: str) -> list[_Line]:
    """Keep the first lines, and count the others."""
    if len(lines) <= FEW:
        return lines
    return [*lines[:FEW], ("and", many(len(lines) - FEW, f"more {noun}"))]


def _text(title: str, lines: list[_Line]) -> str:
    return "\n".join([title, *(f"  {label}: {text}" for label, text in lines)])


def _html(title: str, lines: list[_Line]) -> str:
    marks = [markup.mark(text) for label, text in lines if label == "source"]
    return markup.together(
        *marks, markup.facts(title, [one for one in lines if one[0] != "source"])
    )


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

    @overload
    def __getitem__(self, at: int) -> Result: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Result, ...]: ...
    def __getitem__(self, at: int | slice) -> Result | tuple[Result, ...]:
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

    @property
    def changed_numbers(self) -> pd.DataFrame:
        """Each number that this refresh found changed: a row each, as ``ek.changes`` gives them.

        Read from the raw answers each time, without what was purged meanwhile. Empty where the
        refresh sent nothing; ``ek.changes(store, since=...)`` tells of earlier ones.

        Notes
        -----
        Rows with a difference are as many as ``changes.changed`` counts. One with a difference of
        0 is of a number that this refresh saw more than once, at last as it had been before.
        """
        plan = self.plan
        until = max((one.observed_at for one in self._known), default=plan.now)
        began = plan.begun or plan.now
        return changed_by(plan.store, self._before, began, until, self._service)

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

    @cached_property
    def seen_before(self) -> int:
        """How many numbers the refresh with which it went on had observed already; 0: none."""
        begun, now = self.plan.begun, self.plan.now
        if begun is None:
            return 0
        mine = [one for one in self._known if one.service == self._service]
        return numbers_in(one for one in mine if begun <= one.observed_at < now)

    def __repr__(self) -> str:
        """Say in a few lines what was asked, and what became of it."""
        return _text(f"Refreshed {self.plan.store.folder}", self._lines())

    def _repr_html_(self) -> str:
        return _html(f"Refreshed {self.plan.store.folder}", self._lines())

    def _lines(self) -> list[_Line]:
        asking = sum(1 for one in self.results if len(one.plan))
        told = self.changes
        counted = told.changed + told.same + told.new
        became = (
            f"{told.changed:,} changed, {told.same:,} stayed, {told.new:,} have a count for the "
            "first time"
        )
        lines = [
            *_source(self.plan),
            ("questions", f"{len(self.plan):,}, {asking:,} of them with something to ask"),
            ("requests", f"{self.requests:,}"),
            ("numbers", f"{counted:,} counted; {became}"),
            *_where_listed(self),
            ("settled", f"{many(self.settled, 'number')} can't change any more"),
        ]
        if self.plan.begun is not None:
            seen = f"{many(self.seen_before, 'number')} observed then"
            when = f"one begun at {self.plan.begun:{_MOMENT}} UTC"
            lines.append(("goes on with", f"{when}, {seen}; resume=False begins anew"))
        failed = sum(len(one.failures) for one in self.results)
        if failed:
            again = "refresh again to ask " + ("it" if failed == 1 else "them")
            lines.append(("failed", f"{many(failed, 'request')}; {again}"))
        if told.damaged:
            lines.append(("damaged, not compared", many(len(told.damaged), "answer")))
        if self.stopped:
            lines.append(("ended early", f"{self.stopped}; refresh again to go on"))
        return [*lines, *_not_asked(self.plan)]
