"""A run in a thread of its own: what it says while it goes on, and what a person may do to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from engagement_kit.answers.store import Store
from engagement_kit.client.client import Client
from engagement_kit.client.result import Result
from engagement_kit.errors import EngagementError
from engagement_kit.fetch.control import Control
from engagement_kit.fetch.steps import Step
from engagement_kit.question.plan import Plan
from engagement_kit.question.plan_words import numbers_asked
from engagement_kit.question.query import Query

Phase = Literal["idle", "running", "paused", "stopping", "done", "stopped", "broken"]

_EVERY: Final = 0.1
"""Seconds between two looks; a screen needs no more."""
_OVER: Final = ("done", "stopped", "broken")


@dataclass(frozen=True)
class State:
    """How a run stands.

    Attributes
    ----------
    phase
        ``idle`` before the first run; ``done``, ``stopped`` or ``broken`` when it is over.
    done, total
        Requests of the plan.
    words
        What goes on, or how it ended.
    until
        When a wait ends, UTC; None where nothing is waited for.
    refused, failed
        What got no counts, in words.
    trouble
        What went wrong last; it may have been mended since.
    result
        The result; None while it runs, and where it broke.
    error
        What broke it.
    """

    phase: Phase = "idle"
    done: int = 0
    total: int = 0
    words: str = ""
    until: datetime | None = None
    refused: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    trouble: str = ""
    result: Result | None = None
    error: BaseException | None = None

    @property
    def alive(self) -> bool:
        """Whether it still goes on."""
        return self.phase in {"running", "paused", "stopping"}

    @property
    def line(self) -> str:
        """All of it in one line."""
        if self.phase == "idle":
            return "not run yet"
        counted = f"{self.done:,} of {self.total:,} requests" if self.total else ""
        wait = f" until {self.until:%H:%M:%S} UTC" if self.until else ""
        said = f"{self.words}{wait}" if wait and wait not in self.words else self.words
        return ": ".join(part for part in (self.phase, " · ".join(filter(None, (counted, said)))))


def stepped(state: State, step: Step) -> State:
    """Take one step of a run into its state."""
    phase: Phase = state.phase
    if phase != "stopping":
        phase = "paused" if step.kind == "paused" else "running"
        phase = state.phase if state.phase == "paused" and step.kind != "resumed" else phase
    said = f"{step.text}. {step.advice}" if step.advice else step.text
    refused = (*state.refused, said) if step.kind == "refused" else state.refused
    failed = (*state.failed, said) if step.kind == "failed" else state.failed
    kind = step.kind.replace("_", " ")
    ill = step.kind in {"refused", "failed", "waiting", "no_answer", "split"}
    return replace(
        state,
        phase=phase,
        done=step.done,
        total=step.total,
        words=step.text if step.text.startswith(kind) else f"{kind}: {step.text}",
        until=step.until,
        refused=refused,
        failed=failed,
        trouble=step.text if ill else state.trouble,
    )


class Running:
    """One run of a query, in a thread.

    Parameters
    ----------
    client, asked
        Who asks what: a question, or the plan of one.
    max_requests, store
        As in ``client.run``.
    total
        Requests of the plan, as far as it is known.
    on_change
        Called with each new `State`, from the run's thread or that of who pauses it: at most ten
        times a second, in order, always with waits, and with the last, after which nothing comes.
        It may not raise.
    clock
        Seconds that go on steadily.
    """

    def __init__(
        self,
        client: Client,
        asked: Query | Plan,
        *,
        max_requests: int | None = None,
        store: Store | None = None,
        total: int = 0,
        on_change: Callable[[State], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._asked = client, asked
        self._most, self._store = max_requests, store
        self._control = Control()
        self._on_change, self._clock = on_change, clock
        self._lock = threading.RLock()
        self._next_look = clock()
        self.state = State(phase="running", total=total, words="begun")
        self._thread = threading.Thread(target=self._go, name="engagement_kit-form", daemon=True)

    @property
    def query(self) -> Query:
        """The question."""
        return self._asked.query if isinstance(self._asked, Plan) else self._asked

    def start(self) -> None:
        """Begin."""
        self._on_change(self.state)
        self._thread.start()

    def pause(self) -> None:
        """Send nothing more until `resume`."""
        self._control.pause()
        words = "nothing more is sent; calls under way are kept"
        self._become("running", phase="paused", words=words, until=None)

    def resume(self) -> None:
        """Go on."""
        self._control.resume()
        self._become("paused", phase="running", words="going on")

    def stop(self) -> None:
        """End at once; what was answered is kept."""
        self._control.stop()
        for phase in ("running", "paused"):
            self._become(phase, phase="stopping", words="calls under way end", until=None)

    def wait(self, seconds: float | None = None) -> State:
        """Wait until it is over, and give the state.

        Parameters
        ----------
        seconds
            How long to wait at most; None: as long as it takes.

        Returns
        -------
        State
            How far it is; over, unless the time was too short.
        """
        self._thread.join(seconds)
        return self.state

    def _become(self, was: str, **changes: object) -> None:
        # What is told is told under the lock, so that nothing comes after the last state.
        with self._lock:
            if self.state.phase == was:
                self.state = replace(self.state, **changes)  # type: ignore[arg-type]
                self._on_change(self.state)

    def _step(self, step: Step) -> None:
        with self._lock:
            before, self.state = self.state.phase, stepped(self.state, step)
            # A wait is always shown: nothing else may come until it ends.
            worth = self.state.phase != before or step.until is not None
            if worth or self._clock() >= self._next_look:
                self._next_look = self._clock() + _EVERY
                self._on_change(self.state)

    def _go(self) -> None:
        try:
            result = self._client.run(
                self._asked,
                store=self._store,
                max_requests=self._most,
                progress=False,
                on_step=self._step,
                control=self._control,
            )
            end = _ended(self.state, result)
        except EngagementError as error:
            end = replace(self.state, phase="broken", words=str(error), until=None, error=error)
        except Exception as error:  # noqa: BLE001 -- a thread's exception would be lost
            words = (
                f"{type(error).__name__}: {error}. This is a fault of the kit; form.running.error"
            )
            end = replace(self.state, phase="broken", words=words, until=None, error=error)
        with self._lock:
            self.state = end
        self._on_change(end)  # not under the lock: to show a result takes its time


def _ended(state: State, result: Result) -> State:
    stopped = bool(result.effort.stopped)
    words = _counted(result)
    if stopped:
        words += f"; {result.effort.stopped}. Run again to go on"
        words += f". What went wrong last: {state.trouble}" if state.trouble else ""
    phase: Phase = "stopped" if stopped else "done"
    return replace(state, phase=phase, words=words, until=None, result=result)


def _counted(result: Result) -> str:
    """Say how many of the numbers came, as the receipt does, and how many no run could bring."""
    receipt = result.receipt
    counted = f"{receipt.answered:,} of {receipt.asked:,} numbers"
    missing = receipt.missing
    lost = min(missing, numbers_asked(result.plan) - result.plan.price.numbers)
    if lost:
        known = "all of them known" if lost == missing else f"{lost:,} of them known"
        counted += f"; {missing:,} missing, {known} beforehand"
    return "; ".join(filter(None, (counted, receipt.later_text())))
