"""Every notebook runs from top to bottom on the emulator, and is stored without outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
IMAGES = {"00_start_here": 2, "01_build_a_request_with_the_form": 2}
"""Plots that each shows as images, which are seen without widgets, too."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda one: one.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    """Outputs are made when the notebook runs; they are not kept."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda one: one.stem)
# jupyter_client opens sockets of its own and leaves closing them to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_notebook_runs_without_a_warning(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each cell runs, its assertions hold, plots are shown, nothing warns or is left behind."""
    monkeypatch.delenv("MPLBACKEND")  # the kernel shows figures in the notebook
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    errors = [one["text"] for one in outputs if one.get("name") == "stderr"]
    assert not [text for text in errors if "Warning" in text]
    assert sum("image/png" in one.get("data", {}) for one in outputs) == IMAGES[path.stem]
    assert not list(tmp_path.iterdir())
