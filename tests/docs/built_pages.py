"""What building the pages gives, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Built(NamedTuple):
    """The folder of the pages, and what building them said."""

    folder: Path
    code: int
    said: str
