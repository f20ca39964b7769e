"""Shows how far a following is, tick by tick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from engagement_kit.client.follower import Tick
from engagement_kit.client.pending import Pending
from engagement_kit.client.progress import Progress
from engagement_kit.fetch.steps import Kind, Step


class Bar:
    """Shows how far a following is, tick by tick.

    Parameters
    ----------
    pending
        What is still to be taken.
    now
        In microseconds since 1970; ticks before are not counted.
    shown
        As in `Progress`.
    on_tick
        Called with each tick, too.
    """

    def __init__(
        self,
        pending: Pending,
        now: int,
        shown: bool | None,
        on_tick: Callable[[Tick], None] | None,
    ) -> None:
        ticks = set(pending.schedule.dues(now).at.tolist())
        self._total, self._done = len(ticks), 0
        self._progress = Progress(self._total, shown=shown, unit="tick")
        self._on_tick = on_tick

    def tick(self, one: Tick) -> None:
        """Take one step."""
        self._done = min(self._done + 1, self._total)
        kind: Kind = "failed" if one.lost else "answered"
        self._progress.step(Step(kind, self._done, self._total, str(one)))
        if one.next is not None:
            self._progress.step(self._waiting(one.next))
        if self._on_tick is not None:
            self._on_tick(one)

    def _waiting(self, until: datetime) -> Step:
        return Step("waiting", self._done, self._total, f"next {until:%Y-%m-%d %H:%M:%S} UTC")

    def step(self, one: Step) -> None:
        """Say what a tick waits for."""
        if not one.is_end:
            self._progress.step(replace(one, done=self._done, total=self._total))

    def __enter__(self) -> Bar:
        self._progress.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.__exit__(*error)
