"""A dataset may go to any place that fsspec knows, and be made by a cluster: the rows are equal."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.dataset as pads
import pytest

import engagement_kit as ek
from engagement_kit.tables import partitions
from engagement_kit.tables.schema import SCHEMA
from engagement_kit.tables.target import Target

# Their own: boto3 and distributed warn of what is theirs to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a store with three answers to /totals and one by hour."""
    folder = tmp_path_factory.mktemp("store") / "raw"
    clock = datetime(2026, 6, 1, 12, tzinfo=UTC).isoformat()
    with ek.connect("emulator", store=folder, clock=clock) as client:
        ids = ek.sample_ids(client, 700)
        client.run(ek.Query("totals", ids, ["impressions"]), progress=False)
        client.run(ek.Query("28hr", ids[:9], ["impressions"], by="hour"), progress=False)
    return folder


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer to a file."""
    monkeypatch.setattr(partitions, "ANSWERS", 1)


def local(store: Path, out: Path) -> dict[str, list[str]]:
    """Tidy on this machine, and read."""
    ek.tidy_store(store, out, progress=False)
    return rows({one.name: one.glob("*.parquet") for one in out.iterdir()})


def rows(files: dict[str, Any], **options: Any) -> dict[str, list[str]]:
    """Read files by grain: all rows, sorted."""
    found = {}
    for grain, paths in files.items():
        table = pads.dataset(sorted(map(str, paths)), schema=SCHEMA, **options).to_table()
        found[grain] = sorted(map(repr, zip(*table.to_pydict().values(), strict=True)))
    return found


def test_a_dataset_in_s3_has_the_same_rows(
    store: Path, tmp_path: Path, bucket: dict[str, Any]
) -> None:
    """And the next call keeps the files that are there."""
    import fsspec

    def tidied() -> Any:
        return ek.tidy_store(store, "s3://counts/a/b", storage_options=bucket, progress=False)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, again = tidied(), tidied()
    assert (first.written, again.written, again.kept) == (4, 0, 4)
    files = fsspec.filesystem("s3", **bucket)
    names = {grain: files.glob(f"counts/a/b/{grain}/*") for grain in ("lifetime", "hour")}
    assert rows(names, filesystem=files) == local(store, tmp_path / "out")


def _stop_halfway(target: Target) -> None:
    with target.writing("hour", "a.parquet") as path:
        path.write_bytes(b"half")
        raise RuntimeError


def test_what_goes_wrong_far_away_is_said(store: Path) -> None:
    """No server, no such protocol: one line, and nothing half."""
    options = {"key": "a", "secret": "b", "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(ek.errors.TableError, match="can't be"):
        ek.tidy_store(store, "s3://counts/a", storage_options=options, progress=False)
    with pytest.raises(ek.errors.TableError, match="nonsense"):
        ek.tidy_store(store, "nonsense://a", progress=False)
    target = Target("memory://ek-tests")
    with pytest.raises(RuntimeError):
        _stop_halfway(target)
    assert target.names("hour") == frozenset()
    with target.writing("hour", "a.parquet") as path:
        path.write_bytes(b"whole")
    assert target.names("hour") == {"a.parquet"}
    target.remove("hour", "a.parquet")
    target.remove("hour", "a.parquet")
    assert target.names("hour") == frozenset()


def test_an_address_of_this_machine_is_written_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a plain path is: fsspec would copy to the final name, and a kill leave half of it."""
    from fsspec.implementations.local import LocalFileSystem

    monkeypatch.delattr(LocalFileSystem, "put_file")
    target = Target(f"file://{tmp_path}/out")
    with target.writing("hour", "a.parquet") as path:
        path.write_bytes(b"whole")
        assert target.names("hour") <= {path.name}
    assert target.names("hour") == {"a.parquet"}
    assert (tmp_path / "out" / "hour" / "a.parquet").read_bytes() == b"whole"


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Run two Dask workers, each a process of its own."""
    distributed = pytest.importorskip("distributed")
    options = {"dashboard_address": "127.0.0.1:0", "threads_per_worker": 1, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(n_workers=2, **options) as made,
        distributed.Client(made) as client,
    ):
        yield client


def test_a_cluster_makes_the_same_rows_also_when_a_worker_is_lost(
    store: Path, tmp_path: Path, cluster: Any
) -> None:
    """Its partition is made again by another; nothing is doubled, nothing is missing."""

    def kill_soon() -> None:
        import os
        import signal
        import threading

        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGKILL)).start()

    victim = next(iter(cluster.scheduler_info()["workers"]))
    cluster.submit(kill_soon, workers=[victim], pure=False).result()
    done = ek.tidy_store(store, tmp_path / "dask", dask_client=cluster, progress=False)
    assert done.written == 4
    out = tmp_path / "dask"
    found = rows({one.name: one.glob("*.parquet") for one in out.iterdir()})
    assert found == local(store, tmp_path / "out")
