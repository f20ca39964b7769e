"""Writing aside, then renaming: a file is there as a whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engagement_kit.errors import TableError


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Give a place to write to; at the end it takes the name of the target.

    Parameters
    ----------
    target
        The file; its folder is made. An old one is replaced as a whole, or stays as it is.

    Yields
    ------
    Path
        Beside the target, with a hidden name, so that readers of the folder pass it by.

    Raises
    ------
    TableError
        When the folder can't be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written_aside(Path(folder) / "new" / "a.txt") as place:
    ...         _ = place.write_text("whole")
    ...     (Path(folder) / "new" / "a.txt").read_text()
    'whole'
    """
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield aside
            aside.replace(target)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{target} can't be written: {error}; choose a file in a folder that you may write to"
        raise TableError(msg) from error
