"""A new store in a folder that holds other files: said, so that nobody is surprised by it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import is_store
from engagement_kit.client.caller import outside
from engagement_kit.errors import FolderHoldsMore
from engagement_kit.question.amounts import few

_OWN: Final = {"locks", "refresh.json"}
"""What a store may hold before its first answer."""
_NAMED: Final = 3


def warn_of_others(folder: Path) -> None:
    """Say it when a store is about to be made among other files; hidden ones do not count.

    It goes on all the same: nothing of theirs is touched, and a mixed folder may be meant.
    """
    try:
        names = sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))
    except OSError:  # not there yet; what can't be read is told when it is written
        return
    others = [one for one in names if one not in _OWN]
    if not others or is_store(folder):
        return
    text = (
        f"{folder} is no store yet, and holds other files: {few(others, _NAMED)}. Raw answers are "
        "kept beside them, in answers, runs and other folders; nothing of yours is changed. To "
        f"keep them apart, give a folder of its own, as in store={str(folder / 'raw')!r}"
    )
    warnings.warn(text, FolderHoldsMore, stacklevel=outside())
