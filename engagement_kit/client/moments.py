"""A result's numbers in the light of its whole store: as of a moment, or each time anew."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from engagement_kit.answers.answer import Answer
from engagement_kit.answers.store import Store
from engagement_kit.question.known import Coverage, up_to
from engagement_kit.question.lasting import narrowed
from engagement_kit.question.request import Request
from engagement_kit.question.rules import Levels
from engagement_kit.question.wanted import Wanted
from engagement_kit.question.where import Where
from engagement_kit.question.work import telling
from engagement_kit.tables import observed
from engagement_kit.tables.derive import derive
from engagement_kit.tables.fates import losses
from engagement_kit.tables.schema import Cells


@dataclass(frozen=True)
class Moments:
    """The numbers of one result, and all answers of its store that tell of them.

    Attributes
    ----------
    wanted
        The numbers; on 28hr with the window that the API chose.
    where
        The rules that they were planned by.
    store
        Where the answers are. It is looked at anew each time: it may grow.
    """

    wanted: Wanted
    where: Where
    store: Store

    def latest(
        self, levels: Levels, as_of: datetime | None, failures: Iterable[tuple[Request, str]]
    ) -> tuple[Cells, frozenset[str]]:
        """Give the rows as they were known at a moment, and the sources of their answers."""
        base = observed.latest(self.wanted, self._answers(as_of))
        return derive(base, losses(base, failures), levels), base.sources

    def history(self, levels: Levels, as_of: datetime | None) -> tuple[Cells, frozenset[str]]:
        """Give the rows that each answer tells, and the sources of the answers."""
        narrow = partial(narrowed, self.wanted, where=self.where)
        return observed.history(self.wanted, self._answers(as_of), levels, narrow)

    def _answers(self, as_of: datetime | None) -> Iterable[Answer]:
        """Load answers one at a time: all of them at once may be gigabytes."""
        found = telling(self.wanted, self.where, Coverage(up_to(self.store.known(), as_of)))
        return (self.store.load(one.ref) for one in found)
