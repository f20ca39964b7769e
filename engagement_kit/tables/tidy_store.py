"""A whole raw store to a Parquet dataset: on this machine's cores, or on a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers import exported
from engagement_kit.answers.files import is_store
from engagement_kit.answers.store import Store, must_be_store
from engagement_kit.errors import TableError
from engagement_kit.question.known import up_to
from engagement_kit.tables.partitions import Partition, partitions
from engagement_kit.tables.stored import Written, grain_in, write_partition
from engagement_kit.tables.target import Target
from engagement_kit.tables.times import AsOf, as_of_moment

_OURS: Final = ("part-", ".parquet")


@dataclass(frozen=True)
class Tidied:
    """What became of a store.

    Attributes
    ----------
    folder
        Where the dataset is: a folder for each grain.
    rows
        How many rows were written, by grain; those of files that were there already not among
        them.
    written, kept, removed
        How many files are new, were there already, and were replaced by new ones.
    damaged
        Answers that can't be read, each with the reason. All others are in the dataset.
    """

    folder: str
    rows: Mapping[str, int]
    written: int
    kept: int
    removed: int
    damaged: Mapping[str, str]

    def __repr__(self) -> str:
        """Say it in a few lines."""
        lines = [f"Tidied({self.folder!r}): {self.written} files written, {self.kept} kept"]
        lines += [f"  {grain}/: {rows:,} new rows" for grain, rows in self.rows.items()]
        if self.removed:
            lines.append(f"  {self.removed} older files replaced")
        lines += [f"  damaged, left out: {ref}: {why}" for ref, why in self.damaged.items()]
        return "\n".join(lines)


def tidy_store(
    store: Store | str | Path,
    folder: str | Path,
    *,
    dask_client: Any = None,
    as_of: AsOf = None,
    history: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    progress: bool = True,
) -> Tidied:
    """Turn a whole raw store into a Parquet dataset, a folder for each grain.

    Parameters
    ----------
    store
        The folder that was given as ``store=``.
    folder
        A folder, or any address that fsspec knows, such as ``s3://bucket/counts``. Run it again
        to add what is new in the store: files that are there are kept.
    dask_client
        A ``dask.distributed.Client``: its workers do the work, and must see the store under the
        same path. None for the cores of this machine.
    as_of
        Only what was observed up to this moment (aware, inclusive): the dataset as it would have
        been then. None for all.
    history
        Keep every observation of a number, not only the latest.
    storage_options
        For fsspec: keys, endpoint and the like.
    progress
        Whether to show a bar.

    Returns
    -------
    Tidied
        What was written, and what could not be read.

    Raises
    ------
    StoreError
        When there is no such store.
    TableError
        When *folder* can't be written, needs a package that is not installed, or `as_of` has no
        time zone.

    Notes
    -----
    ``FOLDER/hour/*.parquet`` and so on have the columns of the tidy table, in the order of
    observation. Of several observations of a number the latest one is there, a count before none;
    lifetime counts are there for each moment. The dataset is what the last call says: another
    `as_of` or `history` replaces its files. While it runs after a store has grown, files that are
    about to be replaced are still there: read the folder when it has ended.

    Each core holds one answer and a row group, and up to a million rows of answers that count the
    same numbers, however many answers there are. Their list takes some 12 kB for each.

    Examples
    --------
    >>> import tempfile
    >>> import engagement_kit as ek
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ek.connect("emulator", store=folder + "/raw", clock="2026-06-01T12:00Z") as api:
    ...         _ = api.totals(ek.sample_ids(api, 3), ["impressions"])
    ...     tidy_store(folder + "/raw", folder + "/out", progress=False).rows
    {'lifetime': 3}
    """
    place = store if isinstance(store, Store) else Store(store)
    must_be_store(place.folder)
    as_of = as_of_moment(as_of)
    target = Target(os.fspath(folder), dict(storage_options or {}))
    if is_store(place.folder):
        exported.note(place.folder, "tidy", target.url)
    planned, damaged = _planned(place, as_of, history=history)
    there = {grain: target.names(grain) for grain in sorted({one.grain for one in planned})}
    missing = [one for one in planned if one.name not in there[one.grain]]
    written = [*_shown(_work(place, target, missing, dask_client), len(missing), progress=progress)]
    for one in written:
        damaged |= one.damaged
    # Only now: until a file is replaced, the old one is what there is.
    removed = _remove_old(target, planned, there)
    rows: dict[str, int] = {}
    for one in sorted(written, key=lambda one: one.partition.grain):
        rows[one.partition.grain] = rows.get(one.partition.grain, 0) + one.rows
    return Tidied(target.url, rows, len(missing), len(planned) - len(missing), removed, damaged)


def _planned(
    store: Store, as_of: datetime | None, *, history: bool
) -> tuple[list[Partition], dict[str, str]]:
    """Cut a store into files; say also which answers can't be read.

    What is known of the answers is let go at the end: of a large store that is much.
    """
    scan = store.scan()
    damaged = {path.name: "it can't be read" for path in scan.damaged}
    cut = partitions(up_to(scan.known, as_of), partial(grain_in, store), history=history)
    damaged |= {ref: "it can't be read" for one in cut if not one.grain for ref in one.refs}
    return [one for one in cut if one.grain], damaged


def _one(store: Path, target: Target, partition: Partition) -> Written:
    """Write one partition. Runs on whichever machine."""
    with target.writing(partition.grain, partition.name) as path:
        return write_partition(Store(store), partition, path)


def _work(store: Store, target: Target, missing: list[Partition], client: Any) -> Iterator[Written]:
    """Write partitions side by side, and give each when it is done."""
    work = partial(_one, store.folder.absolute(), _absolute(target))
    if client is not None:
        yield from _on_dask(client, work, missing)
        return
    # Threads: the compiled readers, decompression and the writer of Parquet let others run.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = [pool.submit(work, one) for one in missing]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            for future in futures:
                future.cancel()


def _on_dask(client: Any, work: Any, missing: list[Partition]) -> Iterator[Written]:
    """Let Dask's scheduler place the work; a worker that is lost costs only what it had in hand."""
    try:
        from distributed import as_completed as done
    except ImportError as error:
        msg = "dask_client=... needs Dask: pip install 'engagement_kit[distributed]'"
        raise TableError(msg) from error
    # A partition is written as a whole or not at all, so that doing it twice does no harm.
    futures = client.map(work, missing, key=[f"tidy-{one.name}" for one in missing], pure=False)
    try:
        for future in done(futures):
            yield future.result()
    finally:
        client.cancel(futures)


def _absolute(target: Target) -> Target:
    """Workers have working folders of their own."""
    return replace(target, url=str(Path(target.url).absolute())) if target.is_local else target


def _shown(written: Iterator[Written], many: int, *, progress: bool) -> Iterable[Written]:
    if not progress or not many:
        return written
    from tqdm.auto import tqdm

    return tqdm(written, total=many, unit="file")


def _remove_old(
    target: Target, planned: list[Partition], there: Mapping[str, frozenset[str]]
) -> int:
    """Remove files whose answers are in new files now."""
    wanted = {(one.grain, one.name) for one in planned}
    old = [
        (grain, name)
        for grain, names in there.items()
        for name in names
        if (grain, name) not in wanted and name.startswith(_OURS[0]) and name.endswith(_OURS[1])
    ]
    for grain, name in old:
        target.remove(grain, name)
    return len(old)
