"""Every notebook is its text, runs from top to bottom on the emulator, and keeps what it says."""

from __future__ import annotations

import ast
import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.emulator import Emulator, WorldClock

FOLDER = Path(__file__).parents[1] / "notebooks"
RENEW = runpy.run_path(str(FOLDER / "renew.py"))
TEXTS = RENEW["texts"]()
each = pytest.mark.parametrize("text", TEXTS, ids=lambda one: one.stem)

# Tags say what a cell is for: "live" is the one to change; "emulator" can't be had live; "wait"
# moves the clock, where a person would come back later; "warns" shows a warning on purpose.
# What only the emulator has: named in the cells that say so, and nowhere else.
EMULATED = {"emulator", "Emulator", "Fault", "Settings", "World", "WorldClock", "sample_ids"}

GUARD = """
import sys
def _guard(event, details):
    host = "localhost"
    if event == "socket.connect" and isinstance(details[1], tuple):
        host = details[1][0]
    if event == "socket.getaddrinfo":
        host = details[0] or host
    if host not in ("localhost", "127.0.0.1", "::1"):
        raise PermissionError(f"a notebook reaches out to {host}")
sys.addaudithook(_guard)
"""

TRAVEL = """
import requests
def _travel(by):
    seconds = {"travel_s": by.total_seconds()}
    requests.post(URL + "/emulator/clock", json=seconds, timeout=5).raise_for_status()
"""

# jupyter_client opens sockets of its own and leaves closing them to the garbage collector.
quiet = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def cells_of(text: Path, kind: str = "code") -> list[Any]:
    """Give the cells of one kind."""
    import jupytext

    return [cell for cell in jupytext.read(text).cells if cell.cell_type == kind]


def tags_of(cell: Any) -> list[str]:
    """Give the tags of a cell, which say what it is for."""
    return list(cell.metadata.get("tags", []))


def prose(text: Path) -> list[str]:
    """Give what stands between the cells with code."""
    return [" ".join(cell.source.split()) for cell in cells_of(text, "markdown")]


def names_in(code: str | ast.AST) -> set[str]:
    """Give every name and attribute that code uses."""
    tree = ast.parse(code) if isinstance(code, str) else code
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    named |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return named | {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}


@each
def test_a_notebook_is_made_of_its_text(text: Path) -> None:
    """Notebook and text say the same, and no outputs are kept."""
    kept = RENEW["notebook_beside"](text)
    said = f"{kept.name} is not what {text.name} says; run `make notebooks`"
    assert kept.is_file(), said
    assert kept.read_text(encoding="utf-8") == RENEW["notebook_of"](text), said


def test_every_notebook_has_a_text() -> None:
    """A notebook without a text would be lost by `make notebooks`."""
    made = {RENEW["notebook_beside"](text) for text in TEXTS}
    assert made
    assert set(FOLDER.glob("*.ipynb")) == made


def test_edited_notebooks_are_not_written_over(tmp_path: Path) -> None:
    """`make notebooks` refuses while a notebook is ahead of its text, and says what to do."""
    folder = Path(shutil.copytree(FOLDER, tmp_path / "notebooks"))
    edited = folder / "00_start_here.ipynb"
    more = edited.read_text(encoding="utf-8").replace("# Start here", "# Start there")
    edited.write_text(more, encoding="utf-8")
    os.utime(folder / "text" / "00_start_here.py", (0, 0))
    renew = [sys.executable, str(folder / "renew.py")]
    told = subprocess.run(renew, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert f"jupytext --sync {edited}" in told.stderr
    assert edited.read_text(encoding="utf-8") == more


@each
def test_a_text_is_written_as_jupytext_writes_it(text: Path) -> None:
    """A notebook that is saved in JupyterLab leaves the rest of its text as it is."""
    import jupytext

    kept = text.read_text(encoding="utf-8")
    assert jupytext.writes(jupytext.reads(kept, fmt="py:percent"), fmt="py:percent") == kept


@each
def test_one_cell_is_changed_to_go_live(text: Path) -> None:
    """One cell makes the client; what only the emulator can do is in cells that say so."""
    cells = cells_of(text)
    live = [cell for cell in cells if "live" in tags_of(cell)]
    assert len(live) == 1
    assert "# Live: " in live[0].source
    assert names_in(live[0].source) & EMULATED or '"emulator"' in live[0].source
    others = [cell for cell in cells if not {"live", "emulator", "wait"} & {*tags_of(cell)}]
    assert not any(names_in(cell.source) & EMULATED for cell in others)
    assert any("the one to change" in one or "change the next" in one for one in prose(text))


@each
def test_no_notebook_sums_values_by_pandas(text: Path) -> None:
    """`ek.total` keeps missing apart from zero; `.sum()` of a value does not."""
    for cell in cells_of(text):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Attribute) and node.attr in {"sum", "cumsum", "mean"}:
                last = node.value
                assert not (isinstance(last, ast.Attribute) and last.attr == "value"), cell.source
                assert not (isinstance(last, ast.Subscript) and "'value'" in ast.dump(last.slice))


def test_the_guard_lets_nothing_out() -> None:
    """Under it this machine is reached, and no other."""
    tried = (
        "import socket\n"
        "own = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(own.getsockname()).close()\n"
        "for where in ('192.0.2.1', 'data-api.example'):\n"
        "    try: socket.create_connection((where, 9), timeout=5)\n"
        "    except PermissionError as error: print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", GUARD + tried], capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == [
        "a notebook reaches out to 192.0.2.1",
        "a notebook reaches out to data-api.example",
    ]


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    """Give the notebook's folder and the place of its temporary files, both empty."""
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.delenv("MPLBACKEND")  # the kernel shows figures in the notebook
    for name in ("ENGAGEMENT_KIT_BASE_URL", "TWITTER_CONSUMER_KEY", "TWITTER_BEARER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return here, temporary


def run(cells: list[Any], here: Path, before: str = GUARD) -> list[Any]:
    """Run code cells in a kernel of their own; give them with what they showed."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(before), *cells])
    where = {"metadata": {"path": str(here)}}
    NotebookClient(book, timeout=120, kernel_name="python3", resources=where).execute()
    return list(book.cells[1:])


def check_shown(cells: list[Any]) -> None:
    """Hold that nothing was said on stderr, and that the last cell shows something."""
    for cell in cells:
        if "warns" not in tags_of(cell):
            loud = [one["text"] for one in cell.outputs if one.get("name") == "stderr"]
            assert not loud, f"{cell.source}\n{loud}"
    shown = [{*one.get("data", {})} | {one.get("name")} for one in cells[-1].outputs]
    assert any(one & {"image/png", "text/html", "stdout"} for one in shown), cells[-1].source


@each
@quiet[0]
@quiet[1]
def test_a_notebook_runs(text: Path, places: tuple[Path, Path]) -> None:
    """Its claims hold; nothing warns, nothing reaches out, nothing is left behind."""
    check_shown(run(cells_of(text), places[0]))
    assert [*places[0].iterdir(), *places[1].iterdir()] == []


@each
@pytest.mark.long
@quiet[0]
@quiet[1]
def test_a_notebook_goes_live_by_one_cell(
    text: Path, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With that cell changed, and keys in the environment, all others run as they are."""
    clock = WorldClock(frozen=datetime(2026, 6, 1, 12, 30, tzinfo=UTC))
    with Emulator(clock=clock) as service:
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)
        own = service.world.sample_ids("acme", 800, before=clock.now())
        cells = [*gone_live(cells_of(text), own)]
        check_shown(run(cells, places[0], f"URL = {service.url!r}{GUARD}{TRAVEL}"))
        assert service.requests_served > 0


def gone_live(cells: list[Any], own: list[str]) -> Iterator[Any]:
    """Change the one cell as a person would, and leave out what only the emulator can do."""
    for cell in cells:
        if "live" in tags_of(cell):
            cell.source = "\n".join(changed(ast.parse(cell.source), own))
        if "wait" in tags_of(cell):  # a person would come back later
            cell.source = cell.source.replace("client.emulator.clock.travel(", "_travel(")
        if "emulator" not in tags_of(cell):
            yield cell


def changed(tree: ast.Module, own: list[str]) -> Iterator[str]:
    """Connect by keys, take ids of one's own, and leave the rest of a cell as it is."""
    for statement in tree.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        name = target.id if isinstance(target, ast.Name) else ""
        if name == "client":
            assert isinstance(statement, ast.Assign)
            assert isinstance(statement.value, ast.Call)
            store = [one.value for one in statement.value.keywords if one.arg == "store"]
            yield f"client = ek.connect(store={ast.unparse(store[0])})"
        elif name == "ids":
            assert isinstance(statement, ast.Assign)
            yield f"ids = {chosen(statement.value, own)}"
        elif not (names_in(statement) & (EMULATED | {"clock", "environ"})) and not (
            isinstance(statement, ast.ImportFrom) and "emulator" in (statement.module or "")
        ):
            yield ast.unparse(statement)


def chosen(value: ast.expr, own: list[str]) -> list[str]:
    """Take as many ids as the cell asks the emulator for, cut in the same way."""
    if isinstance(value, ast.BinOp):  # tweets of other kinds come behind
        value = value.left
    cut = slice(None)
    if isinstance(value, ast.Subscript):
        assert isinstance(value.slice, ast.Slice)
        ends = (value.slice.lower, value.slice.upper, value.slice.step)
        cut = slice(*(end and ast.literal_eval(end) for end in ends))
        value = value.value
    assert isinstance(value, ast.Call)
    return own[: ast.literal_eval(value.args[1])][cut]
