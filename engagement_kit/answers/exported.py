"""Which files were made of a store's numbers, so that a purge finds them.

``STORE/exports.jsonl`` has a line for each place: its kind, the place, and the key of the question.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from engagement_kit.answers.files import write_whole
from engagement_kit.question.query import Query

NAME: Final = "exports.jsonl"
Kind = Literal["parquet", "csv", "dataset", "tidy"]
_USER: Final = re.compile(r"(?<=://)[^/@:]*:[^/@]*@")
_SIGNED: Final = re.compile(r"(://[^?#]*)[?#].*", re.DOTALL)


@dataclass(frozen=True)
class Export:
    """A place that numbers of a store were written to.

    Attributes
    ----------
    kind
        ``parquet`` or ``csv``: a file; ``dataset``: a folder that grows; ``tidy``: the whole store.
    place
        An absolute path, or an address without what would sign for it.
    query
        The key of the question; empty where it is of the whole store.
    """

    kind: str
    place: str
    query: str = ""

    @property
    def is_local(self) -> bool:
        """Whether it is a plain path."""
        return "://" not in self.place


def note(folder: Path, kind: Kind, place: str | Path, query: Query | None = None) -> None:
    """Note a place; each stands there once. A store that may not be written is left alone.

    Several processes may do so at once: a line is added in one step.
    """
    one = Export(kind, _plain(os.fspath(place)), "" if query is None else query.key)
    if not folder.is_dir() or one in noted(folder):
        return
    with suppress(OSError), (folder / NAME).open("ab") as file:
        file.write(_line(one))


def _plain(place: str) -> str:
    """Make a path absolute, and take user, password and signature out of an address."""
    if "://" not in place:
        return str(Path(place).absolute())
    return _SIGNED.sub(r"\1", _USER.sub("", place))


def _line(one: Export) -> bytes:
    return json.dumps(asdict(one)).encode() + b"\n"


def noted(folder: Path) -> list[Export]:
    """List the places, each once; lines that can't be read are passed by."""
    try:
        lines = (folder / NAME).read_bytes().splitlines()
    except OSError:
        return []
    found: dict[Export, None] = {}
    for line in lines:
        with suppress(ValueError, TypeError):
            found[Export(**json.loads(line))] = None
    return list(found)


def keep(folder: Path, exports: Iterable[Export]) -> None:
    """Write the list anew.

    Raises
    ------
    StoreError
        When the folder can't be written.
    """
    write_whole(folder / NAME, b"".join(map(_line, dict.fromkeys(exports))))
