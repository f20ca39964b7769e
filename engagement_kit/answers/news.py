"""What came to a store since one last looked: for those who look again and again."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import SUFFIX
from engagement_kit.answers.index import look_into
from engagement_kit.answers.store import Store
from engagement_kit.errors import StoreError
from engagement_kit.question.known import Known

_ONE_MOMENT_NS: Final = 2_000_000_000
"""Within this much file systems may give two changes of a folder the same time."""


class News:
    """Tells of the answers of a store, each once, whoever put them there.

    A full look at a store takes longer the more it holds. This one lists names, and opens those
    files alone that are new.

    Parameters
    ----------
    store
        The store.

    Examples
    --------
    >>> News(Store("/tmp/a-store-that-is-not-there")).come()
    []
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen: set[str] = set()
        self._settled: dict[str, int] = {}
        self._begun = False

    def come(self) -> list[Known]:
        """List what the answers cover that came since the last look; at first, all of them.

        What can't be read is left out: it is told of as if it were not there.
        """
        if not self._begun:
            self._begun = True
            known = list(self._store.known())
            self._seen.update(f"{one.ref}{SUFFIX}" for one in known)
            return known
        return [one for folder in self._folders() for one in self._of(folder)]

    def _folders(self) -> list[str]:
        """List the folders in which anything may be new."""
        now, found = time.time_ns(), []
        try:
            with os.scandir(self._store.folder / "answers") as entries:
                for entry in entries:
                    changed = entry.stat().st_mtime_ns
                    if self._settled.get(entry.path) != changed and entry.is_dir():
                        found.append(entry.path)
                    # Another file may still come within what the file system takes for one moment.
                    if changed < now - _ONE_MOMENT_NS:
                        self._settled[entry.path] = changed
        except OSError:
            return []
        return sorted(found)

    def _of(self, folder: str) -> list[Known]:
        found = []
        try:
            names = os.listdir(folder)  # noqa: PTH208 -- a Path for each name takes a while
        except OSError:
            self._settled.pop(folder, None)
            return []
        for name in names:
            if name in self._seen or not name.endswith(SUFFIX) or name.startswith("."):
                continue
            try:
                known = look_into(Path(folder) / name)
            except OSError:  # it may be opened the next time
                self._settled.pop(folder, None)
                continue
            except StoreError:
                known = None
            self._seen.add(name)
            if known is not None:
                found.append(known)
        return found
