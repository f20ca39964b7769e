"""Who called the kit: that is where warnings point."""

from __future__ import annotations

import inspect
from typing import Final

_KIT: Final = __name__.partition(".")[0]


def outside() -> int:
    """Count the frames up to the first one that is not the kit's own, for ``stacklevel=``.

    The kit asks by several ways: `run`, the questions in one line, the forms.
    """
    depth, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == _KIT:
        depth, frame = depth + 1, frame.f_back
    return depth
