"""What is installed: all of the package, nothing else, and what an installer reads about it."""

from __future__ import annotations

import tomllib
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import EntryPoint
from pathlib import Path
from zipfile import ZipFile

import pytest
from building import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import engagement_kit as ek

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """Give the names of the wheel's files."""
    with ZipFile(wheel) as held:
        return {name for name in held.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def about(wheel: Path) -> Message:
    """Give the metadata."""
    with ZipFile(wheel) as held:
        (name,) = (one for one in held.namelist() if one.endswith(".dist-info/METADATA"))
        return HeaderParser().parsestr(held.read(name).decode())


def _tree() -> set[str]:
    files = (one for one in (ROOT / "engagement_kit").rglob("*") if one.is_file())
    return {str(one.relative_to(ROOT)) for one in files if "__pycache__" not in one.parts}


def test_the_wheel_holds_every_file_of_the_package(names: set[str]) -> None:
    """Code, the mark that it is typed, and the pages of the emulator are all there."""
    tree = _tree()
    assert tree <= names
    assert "engagement_kit/py.typed" in names
    kinds = {Path(name).suffix for name in tree if "/emulator/page/" in name}
    assert {".html", ".js", ".css", ".svg", ".py"} <= kinds


def test_the_wheel_holds_nothing_else(names: set[str]) -> None:
    """One folder is installed beside the metadata: no tests, no caches, nothing at the top."""
    assert {name.split("/")[0].rpartition(".")[2] for name in names} == {
        "engagement_kit",
        "dist-info",
    }
    assert not [name for name in names if "test" in Path(name).parts or "tests" in name.split("/")]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_metadata_is_that_of_the_project(about: Message) -> None:
    """Name, version, Python, licence and addresses are those of pyproject.toml."""
    assert about["Name"] == "engagement_kit"
    assert about["Version"] == ek.__version__
    assert about["Requires-Python"] == PROJECT["requires-python"]
    assert about["License-Expression"] == "MIT"
    assert about.get_all("License-File") == ["LICENSE"]
    assert about["Description-Content-Type"] == "text/markdown"
    urls = dict(line.split(", ") for line in about.get_all("Project-URL") or [])
    assert urls == PROJECT["urls"]
    assert {"Homepage", "Documentation", "Source", "Issues", "Changelog"} <= set(urls)
    assert about.get_all("Classifier") == PROJECT["classifiers"]


def test_the_licence_is_in_the_wheel(wheel: Path) -> None:
    """The text of the licence goes along, word for word."""
    with ZipFile(wheel) as held:
        (name,) = (one for one in held.namelist() if one.endswith("licenses/LICENSE"))
        assert held.read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_command_is_there(wheel: Path) -> None:
    """The entry point names something that can be called."""
    with ZipFile(wheel) as held:
        (name,) = (one for one in held.namelist() if one.endswith("entry_points.txt"))
        assert "engagement-kit = engagement_kit.__main__:start" in held.read(name).decode()
    found = EntryPoint("engagement-kit", PROJECT["scripts"]["engagement-kit"], "console_scripts")
    assert callable(found.load())


def test_every_requirement_has_a_lower_bound_and_no_other(about: Message) -> None:
    """Each version from the lowest tested one on may be installed; none is shut out."""
    wanted = [Requirement(line) for line in about.get_all("Requires-Dist") or []]
    run = [one for one in wanted if not (one.marker and "extra" in str(one.marker))]
    named = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    assert {canonicalize_name(one.name) for one in run} == named
    for one in run:
        assert [bound.operator for bound in one.specifier] == [">="], one
    assert set(about.get_all("Provides-Extra") or []) == set(PROJECT["optional-dependencies"])
