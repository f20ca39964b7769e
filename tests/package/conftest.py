"""A wheel and an sdist of this tree, built once for all tests that look into them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The tests are no package; what several of them share is imported by its name.
sys.path.append(str(Path(__file__).parent))

from building import ROOT, build


@pytest.fixture(scope="session")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the sdist and the wheel, both of the tree itself."""
    wheel, sdist = build(ROOT, tmp_path_factory.mktemp("dist"), "--sdist", "--wheel")
    return sdist, wheel


@pytest.fixture(scope="session")
def sdist(distributions: tuple[Path, Path]) -> Path:
    """Give the archive of sources."""
    assert distributions[0].name.endswith(".tar.gz")
    return distributions[0]


@pytest.fixture(scope="session")
def wheel(distributions: tuple[Path, Path]) -> Path:
    """Give what is installed."""
    assert distributions[1].suffix == ".whl"
    return distributions[1]
