"""The example notebooks that come with the kit, put into a folder of the user's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from engagement_kit.answers.files import write_whole
from engagement_kit.errors import EngagementError

Fate = Literal["new", "same", "renewed", "yours"]
"""Of a notebook: written; there already; written over an older, untouched one; left alone."""

FIRST: Final = "00_start_here.ipynb"
RECORD: Final = ".engagement_kit-notebooks.json"
"""Beside the notebooks: what was written, so that a newer kit knows which are untouched."""

_PACKAGE: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Put:
    """What became of each notebook.

    Attributes
    ----------
    folder
        Where they are.
    fates
        By name.
    """

    folder: Path
    fates: Mapping[str, Fate]

    @property
    def first(self) -> Path:
        """The notebook to begin with."""
        return self.folder / FIRST

    def of(self, fate: Fate) -> list[str]:
        """Name those with one fate."""
        return [name for name, one in self.fates.items() if one == fate]

    def __str__(self) -> str:
        written, yours = [*self.of("new"), *self.of("renewed")], self.of("yours")
        said = f"{len(self.fates)} notebooks are in {self.folder}; {len(written)} were written"
        if self.of("renewed"):
            said += f" now, {len(self.of('renewed'))} of them in place of older ones"
        if yours:
            said += (
                f"\nleft as they are, for you changed or ran them: {', '.join(yours)}"
                "\n(to have one anew, move it away and call this again)"
            )
        return said


def fates(
    shipped: Mapping[str, bytes], there: Mapping[str, bytes], written: Mapping[str, str]
) -> dict[str, Fate]:
    """Decide what becomes of each notebook; what a person changed is never written over.

    Parameters
    ----------
    shipped
        The notebooks of this kit, by name.
    there
        What stands in the folder under these names.
    written
        The checksums of what a kit wrote there.

    Examples
    --------
    >>> fates({"a": b"2", "b": b"2"}, {"b": b"mine"}, {})
    {'a': 'new', 'b': 'yours'}
    """
    return {name: _fate(name, content, there, written) for name, content in shipped.items()}


def _fate(
    name: str, content: bytes, there: Mapping[str, bytes], written: Mapping[str, str]
) -> Fate:
    if name not in there:
        return "new"
    if there[name] == content:
        return "same"
    return "renewed" if _checksum(there[name]) == written.get(name) else "yours"


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def shipped() -> dict[str, bytes]:
    """Read the notebooks that came with this kit: in a wheel inside it, in a clone beside it.

    Raises
    ------
    EngagementError
        When there are none.
    """
    for folder in (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks"):
        if (folder / FIRST).is_file():
            return {one.name: one.read_bytes() for one in sorted(folder.glob("*.ipynb"))}
    msg = "this kit came without its notebooks; install it anew: pip install engagement_kit"
    raise EngagementError(msg)


def put(folder: Path) -> Put:
    """Put the notebooks into a folder; what was changed there stays.

    Parameters
    ----------
    folder
        Made where it is not there.

    Raises
    ------
    StoreError
        When it can't be written.
    EngagementError
        When the kit came without notebooks.
    """
    ours = shipped()
    there = {name: path.read_bytes() for name in ours if (path := folder / name).is_file()}
    written = _recorded(folder / RECORD)
    decided = fates(ours, there, written)
    for name, fate in decided.items():
        if fate in {"new", "renewed"}:
            write_whole(folder / name, ours[name])
            written[name] = _checksum(ours[name])
    if {"new", "renewed"} & {*decided.values()}:
        write_whole(folder / RECORD, json.dumps(written, indent=1).encode())
    return Put(folder, decided)


def _recorded(path: Path) -> dict[str, str]:
    """Read what was written before; where that can't be read, all counts as changed."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(one) for name, one in held.items()} if isinstance(held, dict) else {}
