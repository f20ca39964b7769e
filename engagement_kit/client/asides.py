"""Damaged answers: moved out of the way, or left out, and never without a word."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable
from pathlib import Path

from engagement_kit.answers.store import Store
from engagement_kit.client.caller import outside
from engagement_kit.errors import DamagedAnswer
from engagement_kit.question.amounts import few, many


def set_aside(store: Store, refs: Iterable[str]) -> list[Path]:
    """Move damaged answers to ``STORE/damaged/``; give where those are now that were moved.

    Raises
    ------
    StoreError
        When one can't be moved, or was written by a newer kit.
    """
    moved = [store.set_aside(ref) for ref in refs]
    return [one for one in moved if one is not None]


def warn_of_asides(store: Store, n: int) -> None:
    """Say that answers were set aside, where some were; it points at who called the kit."""
    if n:
        text = (
            f"{_damaged(n)} set aside in {store.folder / 'damaged'}; what is needed of "
            f"{'it' if n == 1 else 'them'} is asked anew"
        )
        warnings.warn(text, DamagedAnswer, stacklevel=outside())


def warn_of_unread(refs: Collection[str]) -> None:
    """Say that answers were left out, where some were."""
    if refs:
        names = few(sorted(refs))
        text = (
            f"{_damaged(len(refs))} left out: {names}. Run the query again: damaged answers are "
            "set aside, and what is needed of them is asked anew"
        )
        warnings.warn(text, DamagedAnswer, stacklevel=outside())


def _damaged(n: int) -> str:
    """Say how many, and that something is done with them.

    Examples
    --------
    >>> _damaged(1), _damaged(2)
    ('1 stored answer is damaged, and is', '2 stored answers are damaged, and are')
    """
    verb = "is" if n == 1 else "are"
    return f"{many(n, 'stored answer')} {verb} damaged, and {verb}"
