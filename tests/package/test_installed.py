"""The wheel in a clean environment: what it needs is fetched, and nothing else is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from building import ROOT

import engagement_kit as ek

pytestmark = pytest.mark.long

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
TOOLS = {"audit", "docs", "lint", "mutation", "test"}  # for who works on the kit
# Modules that only an extra makes useful; each says so when it is imported.
NEED_AN_EXTRA = {"engagement_kit.tables.readers.compiled", "engagement_kit.tables.readers.kernel"}
FIVE_LINES = """
import engagement_kit as ek

with ek.connect("emulator") as client:
    ids = ek.sample_ids(client, 300)
    frame = client.totals(ids, ["impressions", "favorites"])
print(ek.total(frame))
"""
ALL_MODULES = """
import importlib, json, pkgutil
import engagement_kit as ek
failed = {}
for one in pkgutil.walk_packages(ek.__path__, "engagement_kit."):
    if one.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(one.name)
    except ImportError as error:
        failed[one.name] = str(error)
print(json.dumps(failed))
"""
WITHOUT = {
    "to_polars": "client.run(ek.Query('totals', ids)).to_polars()",
    "to_duckdb": "client.run(ek.Query('totals', ids)).to_duckdb()",
    "scan by Polars": "ek.scan('t.parquet', engine='polars')",
    "scan by DuckDB": "ek.scan('t.parquet', engine='duckdb')",
    "a distant folder": "ek.tidy_store('raw', 's3://bucket/tables')",
    "the keyring": "ek.login(keep='keyring', base_url=client.emulator.url, ask_secret=str)",
}
NAMED = {
    "to_polars": "engines",
    "to_duckdb": "engines",
    "scan by Polars": "engines",
    "scan by DuckDB": "engines",
    "a distant folder": "distributed",
    "the keyring": "keyring",
}
TRY = """
import engagement_kit as ek

with ek.connect("emulator", store="raw", clock="2026-06-01T12:00Z") as client:
    ids = ek.sample_ids(client, 3)
    client.run(ek.Query("totals", ids), progress=False).to_parquet("t.parquet")
    try:
        {line}
    except Exception as error:
        print(type(error).__name__, error)
    else:
        print("nothing was said")
"""


def install(wheel: Path, to: Path, extra: str = "") -> Path:
    """Make an environment, and install the wheel and what it asks for; give its folder of tools."""
    wanted = f"engagement_kit[{extra}] @ {wheel.as_uri()}" if extra else str(wheel)
    python = to / "bin" / "python"
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    if uv.exists():
        made = [uv, "venv", "--quiet", "--python", sys.executable, to]
        filled = [uv, "pip", "install", "--quiet", "--python", python, wanted]
    else:
        made = [sys.executable, "-m", "venv", to]
        filled = [python, "-m", "pip", "install", "--quiet", wanted]
    for command in made, filled:
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return to / "bin"


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel without extras."""
    return install(wheel, tmp_path_factory.mktemp("clean") / "venv")


def run(where: Path, *command: str | Path, stop: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with an empty home and none of this clone's settings."""
    home = where / "home"
    home.mkdir(exist_ok=True)
    apart = {"HOME": str(home), "PATH": os.environ["PATH"], "MPLBACKEND": "agg"}
    return subprocess.run(
        [str(one) for one in command],
        cwd=where, env=apart, capture_output=True, text=True, check=False, timeout=stop,
    )  # fmt: skip


def test_the_five_lines_run(clean: Path, tmp_path: Path) -> None:
    """The README's example gives numbers, and nothing is said on stderr but its progress."""
    done = run(tmp_path, clean / "python", "-W", "error", "-c", FIVE_LINES)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "n_expected" in done.stdout


def test_the_kit_is_the_installed_one(clean: Path, tmp_path: Path) -> None:
    """Version and place are those of the wheel, and checkers are told that it is typed."""
    code = "import engagement_kit as ek; print(ek.__version__, ek.__file__)"
    version, place = run(tmp_path, clean / "python", "-c", code).stdout.split()
    assert version == ek.__version__
    assert Path(place).is_relative_to(clean.parent)
    assert Path(place).with_name("py.typed").exists()


@pytest.mark.parametrize("command", [["--version"], ["--help"], ["emulator", "--help"]])
def test_the_command_answers(clean: Path, tmp_path: Path, command: list[str]) -> None:
    """The command is on the path of the environment, and ends with 0."""
    done = run(tmp_path, clean / "engagement-kit", *command)
    assert (done.returncode, done.stderr) == (0, "")
    assert ek.__version__ in done.stdout or "Usage" in done.stdout


def test_the_demo_runs(clean: Path, tmp_path: Path) -> None:
    """Tables and a picture come out, from the installed kit alone."""
    done = run(tmp_path, clean / "python", "-m", "engagement_kit.demo")
    assert done.returncode == 0, done.stderr
    assert sorted(one.suffix for one in tmp_path.rglob("data/demo/*.p*"))


def test_every_module_can_be_imported(clean: Path, tmp_path: Path) -> None:
    """Without extras, but for those that say which extra they need."""
    done = run(tmp_path, clean / "python", "-c", ALL_MODULES)
    assert done.returncode == 0, done.stderr
    failed = json.loads(done.stdout.splitlines()[-1])
    assert set(failed) <= NEED_AN_EXTRA, failed


@pytest.mark.parametrize("what", WITHOUT)
def test_what_needs_an_extra_names_it(clean: Path, tmp_path: Path, what: str) -> None:
    """The error says which extra is missing, as it is written for an installer."""
    done = run(tmp_path, clean / "python", "-c", TRY.format(line=WITHOUT[what]))
    assert done.returncode == 0, done.stderr
    assert f"engagement_kit[{NAMED[what]}]" in done.stdout, done.stdout


@pytest.mark.parametrize("extra", sorted(set(EXTRAS) - TOOLS))
def test_each_extra_installs_alone(wheel: Path, tmp_path: Path, extra: str) -> None:
    """Each extra can be had without the others, and the kit still opens."""
    tools = install(wheel, tmp_path / "venv", extra)
    done = run(tmp_path, tools / "python", "-c", "import engagement_kit as ek; ek.connect")
    assert (done.returncode, done.stderr) == (0, "")
