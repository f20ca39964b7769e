"""Where a command writes to: looked at before anything is sent, so that no work is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

_MAY_ENTER_AND_WRITE: Final = os.W_OK | os.X_OK


def refusal(path: Path, *, makes_folder: bool = True) -> str:
    """Say why nothing can be written to a file; an empty text where it can, as far as one sees.

    Parameters
    ----------
    path
        The file.
    makes_folder
        Whether who writes it makes its folder; then the nearest one that is there counts.

    Examples
    --------
    >>> refusal(Path(__file__) / "counts.csv").endswith("places.py is no folder")
    True
    >>> refusal(Path(__file__).parent)
    'that is a folder'
    >>> refusal(Path("nowhere/q.yaml"), makes_folder=False)
    'there is no folder nowhere'
    """
    try:
        if path.is_dir():
            return "that is a folder"
        if path.exists():
            return "" if os.access(path, os.W_OK) else "you may not change it"
        if not makes_folder and not path.parent.exists():
            return f"there is no folder {path.parent}"
        return _refusal_of(next(one for one in path.absolute().parents if one.exists()))
    except (OSError, ValueError) as error:  # a name that is too long, or is none
        return getattr(error, "strerror", None) or str(error)


def _refusal_of(folder: Path) -> str:
    if not folder.is_dir():
        return f"{folder} is no folder"
    may = os.access(folder, _MAY_ENTER_AND_WRITE)
    return "" if may else f"you may not write to the folder {folder}"


def folder_of(_: click.Context, __: click.Parameter, folder: Path) -> Path:
    """Refuse a folder that can't be made; for the callback of an option.

    Raises
    ------
    click.BadParameter
        Says why, and that nothing was done.
    """
    why = "" if folder.is_dir() else refusal(folder)
    if why:
        msg = f"{folder} can't be made: {why}. Nothing was done; name another folder."
        raise click.BadParameter(msg)
    return folder


def must_be_writable(path: Path, *, makes_folder: bool = True) -> None:
    """Refuse a file that can't be written; see `refusal`.

    Raises
    ------
    click.BadParameter
        Says why, and that nothing was done.
    """
    if why := refusal(path, makes_folder=makes_folder):
        msg = f"{path} can't be written: {why}. Nothing was done; name another file."
        raise click.BadParameter(msg)


class Target(click.Path):
    """The type of an option that names a file to write.

    Parameters
    ----------
    makes_folder
        As in `refusal`.
    """

    def __init__(self, *, makes_folder: bool = True) -> None:
        super().__init__(path_type=Path)
        self._makes_folder = makes_folder

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Give the path, if it can be written."""
        del param, ctx
        path = Path(value)
        must_be_writable(path, makes_folder=self._makes_folder)
        return path
