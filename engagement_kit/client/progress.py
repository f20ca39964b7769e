"""A progress bar where a person looks, nothing where nobody does."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from engagement_kit.fetch.run import Step


class Progress:
    """Counts requests on one bar, in notebooks and terminals.

    Parameters
    ----------
    total
        Requests to come; no bar for none.
    shown
        True, False, or None: in a notebook or a terminal.
    """

    def __init__(self, total: int, *, shown: bool | None = None) -> None:
        from tqdm.auto import tqdm

        visible = _somebody_looks() if shown is None else shown
        self._bar = tqdm(total=total, unit="request", disable=not visible or not total)

    def step(self, step: Step) -> None:
        """Take one finished request."""
        if step.kind != "answered" and not self._bar.disable:  # the receipt says it to all others
            self._bar.write(f"{step.kind}: {step.text}", file=sys.stderr)
        self._bar.update(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.close()


def _somebody_looks() -> bool:
    return "ipykernel" in sys.modules or sys.stderr.isatty()
