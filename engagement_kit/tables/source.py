"""Where numbers are from, and how it is shown that they are invented."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from engagement_kit.question.markup import Markup, mark
from engagement_kit.tables.schema import INVENTED


def source_of(sources: Collection[str]) -> Literal["live", "emulator"] | None:
    """Name the source of a table: one invented answer makes an invented table.

    Examples
    --------
    >>> source_of({"live", "emulator"}), source_of({"live"}), source_of(())
    ('emulator', 'live', None)
    """
    if "emulator" in sources:
        return "emulator"
    return "live" if sources else None


def marks(source: str | None) -> list[Markup]:
    """Give what stands above numbers of a source in a notebook; nothing above live ones.

    Examples
    --------
    >>> len(marks("emulator")), marks("live")
    (1, [])
    """
    return [mark(INVENTED)] if source == "emulator" else []
