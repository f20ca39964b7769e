"""What is imported when: heavy libraries wait until something needs them."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from building import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HEAVY = (
    "pandas", "numpy", "pyarrow", "matplotlib", "scipy", "ipywidgets", "requests", "IPython",
    "oauthlib", "numba", "polars", "duckdb", "dask", "keyring", "tqdm", "yaml", "asyncio",
    "sqlite3",
)  # fmt: skip
BRINGS = {
    "import engagement_kit": set(),
    "import engagement_kit as ek; ek.Query; ek.plan; ek.last": {"numpy"},
    "import engagement_kit as ek; ek.connect; ek.open": {
        "numpy", "pyarrow", "requests", "yaml", "sqlite3",
    },
    "import engagement_kit.cli": {"numpy"},
}  # fmt: skip
PACKAGE = ROOT / "engagement_kit"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What is a part of another that is asked for: it has no bound of its own.
WITH = {"distributed": "dask", "llvmlite": "numba", "traitlets": "ipywidgets"}


@pytest.mark.parametrize("code", BRINGS)
def test_heavy_libraries_wait(code: str) -> None:
    """A line brings no heavy library but those that it cannot do without."""
    asked = f"{code}\nimport sys; print(*[m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= BRINGS[code]


def _imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"engagement_kit"}


def test_what_is_imported_is_asked_for() -> None:
    """Every library that a line of the package imports is one that pyproject.toml names."""
    extras = ("distributed", "engines", "fast", "keyring")
    lines = [*PROJECT["dependencies"]]
    lines += [line for name in extras for line in PROJECT["optional-dependencies"][name]]
    named = {canonicalize_name(Requirement(line).name) for line in lines}
    known = packages_distributions()
    imported = {name for path in PACKAGE.rglob("*.py") for name in _imported(path)}
    asked = {
        name: {WITH.get(one, one) for one in map(canonicalize_name, known[name])}
        for name in imported
    }
    assert {name for name, homes in asked.items() if not homes & named} == set()
    assert len(imported) > 15
