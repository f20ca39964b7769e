"""Make the notebooks anew of their texts: `make notebooks`.

The texts in ``text/`` are the source. A notebook is a function of its text: the same cells, without
outputs, with ids that depend on nothing but what is in the cells. So a notebook changes only where
its text did, and a test can hold the two together.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import jupytext
import nbformat

HERE: Final = Path(__file__).parent
_KERNEL: Final = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_ID_LENGTH: Final = 8


def texts() -> list[Path]:
    """List the texts, in the order of their numbers."""
    return sorted((HERE / "text").glob("*.py"))


def notebook_beside(text: Path) -> Path:
    """Say where the notebook of a text is."""
    return HERE / f"{text.stem}.ipynb"


def notebook_of(text: Path) -> str:
    """Give the notebook that a text stands for, as the JSON of its file."""
    book = jupytext.read(text)
    book.metadata = nbformat.from_dict({"kernelspec": _KERNEL, "language_info": {"name": "python"}})
    book.nbformat, book.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in book.cells:
        said = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:_ID_LENGTH]
        seen[said] += 1
        cell.id = said if seen[said] == 1 else f"{said}-{seen[said]}"
    return f"{nbformat.writes(book)}\n"


def was_edited(text: Path) -> bool:
    """Say whether a notebook was changed by hand after its text: then its cells would be lost."""
    kept = notebook_beside(text)
    if not kept.is_file() or kept.stat().st_mtime <= text.stat().st_mtime:
        return False
    try:
        cells = nbformat.read(kept, as_version=4).cells
    except (ValueError, nbformat.ValidationError):  # as a merge leaves it
        return False
    made = nbformat.reads(notebook_of(text), as_version=4).cells
    return [one.source for one in cells] != [one.source for one in made]


def main() -> None:
    """Write every notebook anew, but none that is ahead of its text."""
    ahead = [notebook_beside(text) for text in texts() if was_edited(text)]
    if ahead:
        names = " ".join(str(path) for path in ahead)
        sys.exit(f"edited after its text; bring that along first: jupytext --sync {names}")
    for text in texts():
        notebook_beside(text).write_text(notebook_of(text), encoding="utf-8")


if __name__ == "__main__":
    main()
