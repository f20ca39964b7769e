"""How far a run is: a bar where a person looks, plain lines where none does, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from engagement_kit.fetch.steps import Step

_LINE_SECONDS: Final = 30.0
"""Between two plain lines; a run that is shorter writes none."""
_BESIDE: Final = 50
_LASTING: Final = ("refused", "failed", "no_answer", "split", "stopped")
"""Steps whose words stay on the screen above the bar; other words stand beside it."""
_AT_ONCE: Final = ("no_answer", "stopped")
"""Steps that have a line of their own where nobody looks."""


class Progress:
    """Shows the steps of a run on stderr: ``tqdm.auto`` in notebooks and terminals, else lines.

    Parameters
    ----------
    total
        Requests of the plan; nothing is shown for none.
    shown
        False: nothing. True or None: a bar in a notebook or a terminal, plain lines elsewhere:
        one in half a minute, and with True also what went wrong and the end.
    clock
        Seconds that go on steadily.
    unit
        What is counted.
    """

    def __init__(
        self,
        total: int,
        *,
        shown: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
        unit: str = "request",
    ) -> None:
        from tqdm.auto import tqdm

        wanted = shown is not False and total > 0
        looks = _somebody_looks()
        # tqdm writes the unit right after the number
        said = f" {unit}"
        self._bar = tqdm(total=total, unit=said, disable=not (wanted and looks), dynamic_ncols=True)
        self._lines, self._unit = wanted and not looks, unit
        self._wordy = shown is True
        self._last: Step | None = None
        self._said = False
        self._words = ""
        self._clock = clock
        self._next_line = clock() + _LINE_SECONDS

    def step(self, step: Step) -> None:
        """Take one step of the run."""
        self._last = step
        if self._lines:
            self._line(step)
        if self._bar.disable:
            return
        if step.kind in _LASTING:  # the receipt says it to all others
            self._bar.write(_said(step), file=sys.stderr)
        self._beside("" if step.is_end else step.text)
        self._bar.update(step.done - self._bar.n)

    def _beside(self, words: str) -> None:
        """Put words beside the bar, few enough to leave it room; old ones go."""
        short = words if len(words) <= _BESIDE else words[: _BESIDE - 1] + "…"
        if short != self._words:
            self._words = short
            self._bar.set_postfix_str(short)

    def _line(self, step: Step) -> None:
        lasting = self._wordy and step.kind in _LASTING
        self._said = lasting or step.kind in _AT_ONCE or self._clock() >= self._next_line
        if not self._said:
            return
        self._next_line = self._clock() + _LINE_SECONDS
        _write(step, self._unit)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()
        if self._lines and self._wordy and self._last is not None and not self._said:
            _write(self._last, self._unit)


def _write(step: Step, unit: str) -> None:
    words = "" if step.kind == "answered" else f"; {' '.join(_said(step).split())}"
    sys.stderr.write(f"engagement_kit: {step.done:,} of {step.total:,} {unit}s{words}\n")
    sys.stderr.flush()


def _said(step: Step) -> str:
    """Say what happened; what begins with its own kind in words does not say it twice."""
    kind = step.kind.replace("_", " ")
    return step.text if step.text.startswith(kind) else f"{kind}: {step.text}"


def _somebody_looks() -> bool:
    """Say whether we run in a notebook's kernel or in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None or sys.stderr.isatty()
