"""The compiled reader takes a second to load; small work does without it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engagement_kit.tables.readers import body
from engagement_kit.tables.readers.scan import scan
from engagement_kit.tables.readers.worth import ENOUGH, Worth

KERNEL = "engagement_kit.tables.readers.kernel"
SMALL = """
import sys
from engagement_kit.tables.readers.body import read_body
assert read_body(b'{"g":{"2000":{"likes":"3"}}}', {}).read
print("numba" in sys.modules)
"""


def test_a_first_table_loads_no_compiler() -> None:
    """A process that reads a small answer has not imported numba."""
    done = subprocess.run([sys.executable, "-c", SMALL], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_much_is_read_by_the_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the byte on at which loading it is worth it, and then for every body."""
    monkeypatch.setattr(body, "_WORTH", Worth(enough=10))
    monkeypatch.delitem(sys.modules, KERNEL, raising=False)
    assert body._chosen(9) is scan
    assert body._chosen(1) is body.fastest()
    assert body._chosen(0) is body.fastest()


def test_what_is_loaded_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something else has loaded it, there is nothing to wait for."""
    monkeypatch.setattr(body, "_WORTH", Worth())
    monkeypatch.setitem(sys.modules, KERNEL, object())  # type: ignore[arg-type]
    assert body._chosen(1) is body.fastest()


def test_a_usual_notebook_reads_less_than_it_takes() -> None:
    """It takes forty full hourly answers, of a quarter of a million counts each."""
    worth = Worth()
    full = 2_500_000
    assert not any(worth.it(full) for _ in range(ENOUGH // full - 1))
    assert worth.it(full)
