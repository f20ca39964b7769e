"""What a result is made of: its plan, its answers and failures, without what was purged since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engagement_kit.answers import tombstones
from engagement_kit.answers.forget import by_new_names
from engagement_kit.answers.store import Store
from engagement_kit.client.effort import NO_EFFORT, Effort
from engagement_kit.client.forgotten import failures_without, purged_in, without_purged
from engagement_kit.client.limits import Limits
from engagement_kit.client.result_files import Files
from engagement_kit.fetch.steps import Failure
from engagement_kit.question.plan import Plan

_READ: Final = ("_tables", "_receipt", "_head", "_base", "_lost")
"""What a result keeps of what it read."""


class Origin(Files):
    """What a result is made of; see `engagement_kit.client.result.Result`."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        refs: Sequence[str],
        failures: Sequence[Failure] = (),
        effort: Effort = NO_EFFORT,
        *,
        contract: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._plan, self.store, self.effort, self.limits = plan, store, effort, limits
        if contract is None:
            contract = str(plan.usage) if plan.usage is not None and plan.usage.exceeds else ""
        self.contract = contract
        self._refs, self._failures = tuple(dict.fromkeys(refs)), tuple(failures)
        self._mark: tuple[int, ...] = ()

    @property
    def plan(self) -> Plan:
        """What was planned; tweets that were purged since are taken out of it."""
        self._let_go()
        return self._plan

    @property
    def refs(self) -> tuple[str, ...]:
        """Names of the answers that serve, stored ones among them."""
        return by_new_names(self.store, self._refs)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Requests that got no counts."""
        self._let_go()
        return self._failures

    def _let_go(self) -> None:
        """Let go of what was read of tweets that were purged since; look where a purge may be."""
        mark = tombstones.mark(self.store.folder)
        if mark == self._mark:
            return
        gone = purged_in(self.store, self._plan.query.tweet_ids)
        if gone and self._plan.query is not self._plan.whole:
            self._failures = failures_without(self._failures, gone)
            self._plan = without_purged(self._plan, self.store, gone)
            for name in _READ:
                self.__dict__.pop(name, None)
        self._mark = mark
