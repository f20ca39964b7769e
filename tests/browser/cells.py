"""Notebooks made of code cells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path


def write_notebook(cells: Sequence[str] | Path, path: Path) -> None:
    """Write code cells as a notebook, or copy one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(cells, Path):
        path.write_bytes(cells.read_bytes())
        return
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {
        "cells": [_cell(number, code) for number, code in enumerate(cells)],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _cell(number: int, code: str) -> dict[str, object]:
    """Return one code cell that has not run."""
    empty = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", "id": f"cell-{number}", "source": code, **empty}
