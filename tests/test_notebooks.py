"""Every notebook is its text, runs from top to bottom on the emulator, and keeps what it says."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.emulator import Emulator, World, WorldClock

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

SUMMING = {"sum", "cumsum", "nansum", "mean", "nanmean", "average"}
SUMS = re.compile(r"\b(sum|cumsum|nansum|mean|nanmean|average|avg)\b", re.IGNORECASE)
# Lines that sum all the same, by notebook, each with the reason.
ALLOWED_SUMS: dict[str, dict[str, str]] = {
    "07_parquet_onwards": {
        '.agg(value=pl.when(whole).then(pl.col("value").sum()))': "null unless all are there",
        "SELECT start, CASE WHEN count(value) = count(*) THEN sum(value)::BIGINT END AS value": (
            "null unless all are there"
        ),
        'counted = pieces.agg(["sum", "count", "size"])'
        '.compute(scheduler="threads").sort_index()': "kept where the count is the size",
    },
    "10_what_each_metric_means": {
        'beside["its parts, added up"] = wide[parts].sum(axis="columns", min_count=len(parts))': (
            "adds up different metrics, to show that one should not; null where one is missing"
        ),
        "assert promoted.mean() > 0.5": "a share of yes and no",
    },
}

# Printed by a last cell: what the kernel computed, whatever else the machine does meanwhile.
SPENT = "import time; print(time.process_time())"
AT_MOST_S = 60

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


def test_the_first_notebook_leads_to_all_others() -> None:
    """Its last table has a line for each."""
    first, *others = TEXTS
    linked = re.findall(r"\]\((\d\d_\w+)\.ipynb\)", prose(first)[-1])
    assert linked == [one.stem for one in others]


def brought_by(extra: str) -> set[str]:
    """Give what an installation with an extra brings, by the names of distributions."""
    settings = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    found, left = set(settings["project"]["dependencies"]), [extra]
    while left:
        for line in extras[left.pop()]:
            if own := re.match(r"engagement_kit\[(.*)\]", line):
                left += own[1].split(",")
            else:
                found.add(line)
    return {re.split(r"[\[><=]", one)[0].lower() for one in found}


@each
def test_the_extra_lab_brings_what_a_notebook_imports(text: Path) -> None:
    """Who installs the kit with JupyterLab can run each of them."""
    trees = [ast.parse(cell.source) for cell in cells_of(text)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    rooms = {one.partition(".")[0] for one in named}
    others = rooms - {"engagement_kit", "IPython"} - sys.stdlib_module_names  # IPython: ipywidgets
    missing = others - brought_by("lab")
    assert not missing, f"{text.name} imports {missing}: no dependency, and not in the extra lab"


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


def sums_in(source: str) -> list[str]:
    """Give the lines of a cell that sum or average by other means than `ek.total`.

    Methods and functions of those names, on anything; their names as texts, as in `.agg("sum")`;
    and SQL.
    """
    found = set()
    for node in ast.walk(ast.parse(source)):
        named = isinstance(node, ast.Attribute) and node.attr in SUMMING
        built_in = isinstance(node, ast.Name) and node.id in SUMMING
        sql = (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\b(sum|avg|mean)\s*\(", node.value, re.IGNORECASE)
        )
        if named or built_in or sql:
            found |= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
        if isinstance(node, ast.Call):
            given = [*node.args, *(one.value for one in node.keywords)]
            inside = [each for one in given for each in ast.walk(one)]
            texts = [one for one in inside if isinstance(one, ast.Constant)]
            found |= {one.lineno for one in texts if one.value in SUMMING}
    lines = source.splitlines()
    return [lines[at - 1].strip() for at in sorted(found) if SUMS.search(lines[at - 1])]


@pytest.mark.parametrize(
    "line",
    [
        "table.value.sum()",
        "wide['likes'].cumsum()",
        "wide.sum(axis='columns')",
        "table.groupby('tweet_id')['value'].agg('sum')",
        "table.groupby('tweet_id').agg(value=('value', 'sum'))",
        "table.groupby('tweet_id')['value'].agg(['min', 'mean'])",
        "np.sum(table['value'])",
        "np.nansum(values)",
        "table['value'].agg(np.sum)",
        "sum(table['value'])",
        "db.sql('SELECT SUM(value) FROM long')",
    ],
)
def test_sums_are_seen(line: str) -> None:
    """Whatever way pandas, NumPy, Python or SQL have of summing."""
    assert sums_in(line) == [line], f"not seen as a sum: {line}"


@pytest.mark.parametrize("line", ["ek.total(table)", "counted['sum'].where(whole)", "'a sum'"])
def test_what_sums_nothing_is_let_be(line: str) -> None:
    """`ek.total`, a column that is called so, and words."""
    assert sums_in(line) == [], f"taken for a sum: {line}"


@each
def test_no_notebook_sums_values_by_pandas(text: Path) -> None:
    """`ek.total` keeps missing apart from zero; `.sum()` does not."""
    found = [line for cell in cells_of(text) for line in sums_in(cell.source)]
    allowed = ALLOWED_SUMS.get(text.stem, {})
    told = "sum with ek.total, or allow the line here and say why"
    assert not {*found} - {*allowed}, f"{text.name}: {[*{*found} - {*allowed}]}; {told}"
    gone = {*allowed} - {*found}
    assert not gone, f"{text.name} has no such lines any more: {[*gone]}; allow them no longer"
    assert all(allowed.values()), f"{text.name}: say why a line is allowed"


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
    """Its claims hold; nothing warns, nothing reaches out, nothing is left behind.

    Nobody waits long for it: the kernel takes less than a minute of processor time.
    """
    import nbformat

    *cells, spent = run([*cells_of(text), nbformat.v4.new_code_cell(SPENT)], places[0])
    check_shown(cells)
    left = [*places[0].iterdir(), *places[1].iterdir()]
    assert not left, f"{text.name} leaves {left} behind"
    seconds = float(spent.outputs[0]["text"])
    assert seconds < AT_MOST_S, f"{text.name} takes {seconds:.0f} s of processor time"


@each
@pytest.mark.long
@quiet[0]
@quiet[1]
def test_a_notebook_goes_live_by_one_cell(
    text: Path, places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With that cell changed, and keys in the environment, all others run as they are."""
    world, clock = place_of(text)
    with Emulator(world, clock) as service:
        for name, value in service.environment().items():
            monkeypatch.setenv(name, value)
        own = service.world.sample_ids("acme", 1005, before=clock.now())
        cells = [*gone_live(cells_of(text), own)]
        check_shown(run(cells, places[0], f"URL = {service.url!r}{GUARD}{TRAVEL}"))
        assert service.requests_served > 0


def place_of(text: Path) -> tuple[World, WorldClock]:
    """Give the world and the moment that the live cell names: what its page is about is there."""
    (live,) = [cell for cell in cells_of(text) if "live" in tags_of(cell)]
    named = {
        one.arg: one.value.value
        for node in ast.walk(ast.parse(live.source))
        if isinstance(node, ast.Call) and "connect" in names_in(node.func)
        for one in node.keywords
        if isinstance(one.value, ast.Constant)
    }
    moment = datetime.fromisoformat(named.get("clock", "2026-06-01T12:30Z"))
    return World(nature=named.get("world", "standard")), WorldClock(frozen=moment)


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
