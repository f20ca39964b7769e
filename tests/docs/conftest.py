"""The pages as a reader gets them: built once, for all tests of this folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # the tests are no package

from built_pages import Built
from public import DOCS


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the pages as `make docs` does, with nothing kept from another time."""
    at = tmp_path_factory.mktemp("docs")
    options = ["-n", "-W", "--keep-going", "-q", "-b", "html", "-d", str(at / "read")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(DOCS), str(at / "pages")],
        capture_output=True,
        text=True,
        check=False,
    )
    return Built(at / "pages", done.returncode, done.stdout + done.stderr)
