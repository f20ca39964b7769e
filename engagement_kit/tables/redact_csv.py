"""CSV files without some tweets; see `tables.redact`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers.files import sync_folder
from engagement_kit.answers.gone import ABOUT, SURE
from engagement_kit.tables.aside import written_aside
from engagement_kit.tables.redact import ID_NAMES, Redaction, synced

_ID: Final = "tweet_id"
_KEY: Final = "request_key"
_LONGEST: Final = 2**31 - 1
"""A field of this size is read; the library's own bound is 131,072."""
_SEPARATORS: Final = ",;\t|"
_HASH: Final = re.compile(r"\b[0-9a-f]{24}\b")


def redact_csv(path: Path, redaction: Redaction, query: str = "", *, dry_run: bool = False) -> bool:
    """Take tweets out of a CSV file; lines of other tweets stay as they are, to the byte.

    Parameters
    ----------
    path, redaction, query, dry_run
        As for `redact_parquet`.

    Returns
    -------
    bool
        Whether it changed.

    Raises
    ------
    OSError, ValueError
        When it can't be read.
    TableError
        When it can't be written.
    """
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        lines = _Lines(file, redaction, query)
        changed = any(old != new for old, new in lines)
    if not changed or dry_run:
        return changed
    with (
        path.open(encoding="utf-8", errors="surrogateescape", newline="") as file,
        written_aside(path) as aside,
    ):
        with aside.open("w", encoding="utf-8", errors="surrogateescape", newline="") as sink:
            sink.writelines(new for _, new in _Lines(file, redaction, query))
        synced(aside)
    sync_folder(path.parent)
    return True


class _Lines:
    """The records of a CSV file as they stand there, each with what is to stand there."""

    def __init__(self, file: Any, redaction: Redaction, query: str) -> None:
        self.file, self.redaction = file, redaction
        self.whole = query in redaction.queries
        self._taken: list[str] = []
        self._names: list[str] = []
        self._apart = ","

    def __iter__(self) -> Iterator[tuple[str, str]]:
        csv.field_size_limit(_LONGEST)
        first = self.file.readline()
        self.file.seek(0)
        self._apart = max(_SEPARATORS, key=re.sub(r'"[^"]*"', "", first).count)
        rule: Callable[[list[str]], bool] | None = None
        try:
            for row in csv.reader(self._recorded(), delimiter=self._apart):
                old = "".join(self._taken)
                self._taken.clear()
                if rule is None:
                    self._names = _names(row)
                    rule = self._rule(self._names)
                yield old, "" if rule(row) else self._reworded(old, row)
        except csv.Error as error:
            msg = f"it can't be read as CSV: {error}"
            raise ValueError(msg) from error

    def _recorded(self) -> Iterator[str]:
        for line in self.file:
            self._taken.append(line)
            yield line

    def _rule(self, names: list[str]) -> Callable[[list[str]], bool]:
        """Tell by the names of the columns which rows go: those about a tweet, and its sums."""
        gone, ours = self.redaction.gone, {_ID, _KEY} <= set(names)
        ids = [at for at, name in enumerate(names) if name.lower() in ABOUT or len(names) == 1]
        id_, key = (names.index(one) if ours else -1 for one in (_ID, _KEY))

        def goes(row: list[str]) -> bool:
            if any(at < len(row) and row[at].strip() in gone.ids for at in ids):
                return True
            if not ours or len(row) < len(names) or row[id_]:
                return False
            return self.whole or row[key] in self.redaction.summed

        return goes

    def _reworded(self, line: str, row: list[str]) -> str:
        """Write a line without ids; one that holds none stays as it is."""
        if self.redaction.keys:
            line = _HASH.sub(lambda it: self.redaction.keys.get(it[0], it[0]), line)
        new = [self._cell(at, cell) for at, cell in enumerate(row)]
        if new == row:
            return line
        keys = self.redaction.keys
        said = io.StringIO()
        csv.writer(said, delimiter=self._apart, lineterminator="").writerow(
            [keys.get(cell, cell) for cell in new]
        )
        return said.getvalue() + line[len(line.rstrip("\r\n")) :]

    def _cell(self, at: int, cell: str) -> str:
        gone, text = self.redaction.gone, cell.strip()
        if text in gone.ids:
            of_ids = at < len(self._names) and ID_NAMES.search(self._names[at])
            return "" if of_ids or len(text) >= SURE else cell
        return gone.cut(cell)


def _names(row: list[str]) -> list[str]:
    """Name the columns by the first line; where that is no head, its first id is the tweet's."""
    names = [one.strip("\ufeff ") for one in row]
    ids = [at for at, one in enumerate(names) if one.isdecimal() and len(one) >= SURE]
    if not ids:
        return names
    return [_ID if at == ids[0] else "" for at in range(len(names))]
