"""A folder of Parquet files that grows: new periods are added, what is there is never touched."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.answers.claims import alone
from engagement_kit.errors import TableError
from engagement_kit.tables import parquet
from engagement_kit.tables.places import places
from engagement_kit.tables.schema import NULL_TIME, SCHEMA, grain_of

_PLACE: Final = ["tweet_id", "metric", "start", "end", "hour_of_day"]


@dataclass(frozen=True)
class Appended:
    """What became of the rows that were to be added.

    Attributes
    ----------
    path
        The new file; None when there was nothing to add.
    added
        Rows in it.
    already
        Numbers that the folder has already; they stay as they are there.
    revised
        How many of those have another value now: the folder keeps the first one.
        ``ek.tidy_store`` writes the newest.
    still_open
        Counts of periods that were not over when they were observed.
    missing
        Rows without a count.
    """

    path: Path | None
    added: int
    already: int
    still_open: int
    missing: int
    revised: int = 0

    def __repr__(self) -> str:
        """Say it in a few lines."""
        lines = [f"Appended({self.added:,} rows added, {self.already:,} there already)"]
        if self.revised:
            lines.append(
                f"  {self.revised:,} of those have another value by now; the folder keeps the "
                "first. ek.tidy_store gives the newest"
            )
        if self.still_open or self.missing:
            later = f"{self.still_open:,} still open, {self.missing:,} missing"
            lines.append(f"  left for later: {later}")
        return "\n".join(lines)


def append(table: pa.Table, folder: str | Path, *, about: Mapping[str, Any]) -> Appended:
    """Add the numbers of a table that a folder does not have yet, as one new file.

    Parameters
    ----------
    table
        With exactly SCHEMA, at one grain.
    folder
        Made where it is not there. All its files are of this grain.
    about
        As for `parquet.write`.

    Returns
    -------
    Appended
        Only counts of periods that were over are added: an open period would have to be written
        over later, and a missing number may still come.

    Raises
    ------
    TableError
        When the folder holds another grain, something else than tidy tables, or can't be written.
    """
    target, grain = Path(folder), grain_of(table)
    counted = table.filter(pc.is_valid(table.column("value")))
    over = counted.filter(pc.fill_null(counted.column("complete"), True))
    # What another process added meanwhile would not be known.
    with _alone(target) if over.num_rows else nullcontext():
        old = _there(target, grain, over)
        known, revised = _known(over, old)
        new = over.filter(pa.array(~known))
        path = _write(new, target, about) if new.num_rows else None
    return Appended(
        path=path,
        added=new.num_rows,
        already=over.num_rows - new.num_rows,
        still_open=counted.num_rows - over.num_rows,
        missing=table.num_rows - counted.num_rows,
        revised=revised,
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let others who add to a folder wait. The file of the lock is hidden from readers."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"{folder} can't be made: {error}; choose a folder that you may write to"
        raise TableError(msg) from error
    with alone(folder / ".adding.lock"):
        yield


def _there(folder: Path, grain: str | None, new: pa.Table) -> pa.Table:
    """Read the places of the rows that a folder has, as far as new ones could meet them."""
    import pyarrow.dataset as pads  # brings pandas, which opening a client need not wait for

    files = sorted(folder.glob("*.parquet"))
    for one in files:
        parquet.read_about(one)
    if not files or not new.num_rows:
        return SCHEMA.empty_table()
    there = pads.dataset(files, format="parquet", schema=SCHEMA)
    (found,) = there.head(1).column("grain").to_pylist() or [grain]
    if found != grain:
        msg = (
            f"{folder} holds the grain {found!r}, and the table is of {grain!r}: sums over both "
            "would count twice. Use a folder for each grain."
        )
        raise TableError(msg)
    starts = pc.min_max(new.column("start")).as_py()
    near = pc.field("start").is_null()
    if starts["min"] is not None:
        near |= (pc.field("start") >= starts["min"]) & (pc.field("start") <= starts["max"])
    return there.to_table(filter=near)


def _known(new: pa.Table, old: pa.Table) -> tuple[Any, int]:
    """Say of each new row whether its number is among the old ones; of how many it is another."""
    if not old.num_rows:
        return np.zeros(new.num_rows, dtype=bool), 0
    both = pa.concat_tables([old, new]).unify_dictionaries()
    numbers = places([_whole_numbers(both.column(name)) for name in _PLACE])
    mine, theirs = numbers[old.num_rows :], numbers[: old.num_rows]
    known = np.isin(mine, theirs)
    there, first = np.unique(theirs, return_index=True)
    at = first[np.searchsorted(there, mine[known])]
    now, was = (one.column("value").to_numpy() for one in (new, old))
    return known, int((now[known] != was[at]).sum())


def _whole_numbers(column: pa.ChunkedArray) -> Any:
    """Give a column as int64, null as the smallest."""
    if pa.types.is_dictionary(column.type):
        column = pa.chunked_array([one.indices for one in column.chunks])
    return pc.fill_null(column.cast(pa.int64()), NULL_TIME).to_numpy()


def _write(table: pa.Table, folder: Path, about: Mapping[str, Any]) -> Path:
    """Write one file, named by its rows: two who add the same at once make one file."""
    path = folder / f"part-{_digest(table)}.parquet"
    return parquet.write(table, path, about=about)


def _digest(table: pa.Table) -> str:
    """Name the content of a table."""
    sink = _Hashing()
    with pa.ipc.new_stream(pa.PythonFile(sink, "w"), table.schema) as stream:
        stream.write_table(table)
    return sink.hash.hexdigest()[:24]


class _Hashing:
    """A file that keeps nothing but the checksum of what is written."""

    closed = False

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, content: bytes) -> int:
        self.hash.update(content)
        return len(content)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""
