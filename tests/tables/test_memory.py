"""Stores go through a machine that has no room for them, and large ones take no more than small."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads
import pytest

from engagement_kit.tables.schema import SCHEMA

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]
BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MAKE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tables import make_store
make_store(Path(sys.argv[2]), 40)
"""
EXPORT = """
import resource, sys
import engagement_kit as ek
import engagement_kit.tables.tidy_store as whole
from engagement_kit.tables.readers.body import fastest
fastest()
whole.os.cpu_count = lambda: 1
(line,) = (one for one in open("/proc/self/status") if one.startswith("VmSize"))
limit = int(line.split()[1]) * 1024 + 400 * 1024 * 1024
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
print(ek.tidy_store(sys.argv[1], sys.argv[2], progress=False).rows)
"""


def test_ten_million_rows_are_exported_with_400_mb_of_address_space(tmp_path: Path) -> None:
    """The rows alone would take 475 MB as Arrow; the limit is the system's own, and hard."""
    # An allocator that takes what it needs, where others set gigabytes of addresses aside.
    plain = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1"}
    for code, given in ((MAKE, (BENCHMARKS, tmp_path / "raw")), (EXPORT, (tmp_path / "raw",))):
        command = [sys.executable, "-c", code, *map(str, given), str(tmp_path / "out")]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | plain
        )
        assert done.returncode == 0, done.stderr
    assert done.stdout == "{'hour': 10080000}\n"
    found = pads.dataset(tmp_path / "out" / "hour", schema=SCHEMA)
    assert found.count_rows() == 10_080_000


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give the benchmark that makes stores, and measures the most memory of a child process."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    import tables

    yield tables
    sys.modules.pop("tables")


@pytest.mark.parametrize(("reader", "most"), [("scan", 65), ("fastest", 125)])
def test_a_store_ten_times_as_large_takes_no_more_memory(
    bench: Any, tmp_path: Path, reader: str, most: int
) -> None:
    """2.5 million rows and 25 million; in MB over the imports, with one core."""
    found = {}
    for many in (1, 10, 100):
        bench.make_store(tmp_path / f"{many}", many)
        found[many], _ = bench.peak(tmp_path / f"{many}", tmp_path / f"out{many}", reader)
    assert found[100] < found[10] + 20
    assert found[100] < found[1] + 30
    assert found[100] < most  # what numba 0.68 loads to run compiled code is 60 of these


def test_counts_that_were_asked_again_and_again_take_no_more_memory(
    bench: Any, tmp_path: Path
) -> None:
    """Three answers that count the same numbers, and twelve: one is held against one."""
    found = {}
    for many in (3, 12):
        bench.ask_again(tmp_path / f"{many}", many)
        found[many], _ = bench.peak(tmp_path / f"{many}", tmp_path / f"out{many}", "scan")
    assert found[12] < found[3] + 40  # up to a million rows are kept, to be read once
    assert found[12] < 160
