"""What tests of the command line share: a command that is loaded once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # the tests are no package

import warm_shell


@pytest.fixture(scope="session")
def warm_command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a script ``engagement-kit`` that need not load libraries anew for each call."""
    if not hasattr(os, "fork"):
        pytest.skip("processes can't be forked here")
    with warm_shell.command(tmp_path_factory.mktemp("bin")) as script:
        yield script
