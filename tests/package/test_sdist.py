"""What is handed on as source: enough to build the same wheel, and to run its tests."""

from __future__ import annotations

import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
from building import ROOT, build

BESIDE = (
    "CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md",
    "SECURITY.md", "pyproject.toml", ".ci/run",
)  # fmt: skip
FOLDERS = "benchmarks", "data/samples", "docs", "engagement_kit", "notebooks", "tests"
MADE = {"__pycache__", ".ipynb_checkpoints", "screenshots", "_build", "build"}


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the archive; its one folder is the tree."""
    to = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as held:
        held.extractall(to, filter="data")
    (tree,) = to.iterdir()
    return tree


def _files(tree: Path, folder: str) -> set[str]:
    files = (one for one in (tree / folder).rglob("*") if one.is_file())
    return {str(one.relative_to(tree)) for one in files if not MADE & set(one.parts)}


@pytest.mark.parametrize("name", BESIDE)
def test_what_stands_beside_the_code_is_there(unpacked: Path, name: str) -> None:
    """The files that people and tests read go along, as they are."""
    assert (unpacked / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_folder_is_there_whole(unpacked: Path, folder: str) -> None:
    """Nothing that the tests or the docs read is left behind."""
    there = _files(ROOT, folder)
    assert there
    assert _files(unpacked, folder) == there


def test_the_sdist_builds_the_same_wheel(unpacked: Path, wheel: Path, tmp_path: Path) -> None:
    """A wheel of the archive has the files of a wheel of the tree, byte for byte."""
    (again,) = build(unpacked, tmp_path / "again", "--wheel")
    with ZipFile(again) as one, ZipFile(wheel) as other:
        assert {x.filename: x.CRC for x in one.infolist()} == {
            x.filename: x.CRC for x in other.infolist()
        }
    assert again.name == wheel.name
