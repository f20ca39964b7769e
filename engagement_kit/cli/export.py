"""The command ``export``: the table of a run as a file, offline."""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from engagement_kit.cli.asking import read_query
from engagement_kit.cli.places import must_be_writable
from engagement_kit.cli.reading import STORE, moment_of, told, understood
from engagement_kit.cli.saying import for_machine, give, say
from engagement_kit.version import VERSION

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from engagement_kit.client.result import Result
    from engagement_kit.question.query import Query

Kind = Literal["parquet", "csv"]
_KINDS: Final[dict[str, Kind]] = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv"}
_STDOUT: Final = "-"
_PART: Final = 1 << 20


def kind_of(out: str) -> Kind:
    """Tell what a file is to be, by its ending; stdout gets CSV.

    Raises
    ------
    click.UsageError
        For any other, and for one that can't be written.

    Examples
    --------
    >>> kind_of("counts.parquet"), kind_of("-")
    ('parquet', 'csv')
    """
    if out == _STDOUT:
        if for_machine():
            msg = "--json writes its object to stdout: name a file for the table"
            raise click.UsageError(msg)
        return "csv"
    kind = _KINDS.get(Path(out).suffix.lower())
    if kind is None:
        msg = f"{out!r} does not end in .parquet or .csv; nothing was written"
        raise click.UsageError(msg)
    must_be_writable(Path(out))
    return kind


def _known_kinds(_: click.Context, __: click.Parameter, files: tuple[str, ...]) -> tuple[str, ...]:
    for one in files:
        kind_of(one)
    return files


OUT: Final = click.option(
    "-o",
    "--out",
    metavar="FILE",
    multiple=True,
    callback=_known_kinds,
    help="Also write the table: .parquet or .csv.",
)
"""Files to write beside the receipt; one of no known kind is refused before anything is sent."""


@click.command(short_help="Write the table of a run as Parquet or CSV.")
@STORE
@click.argument("query", metavar="[QUERY]", nargs=-1)
@click.argument("out", metavar="FILE")
@click.option(
    "--which", metavar="NAME", help="A grain, or a grouping of the query; the finest by default."
)
@click.option("--wide", is_flag=True, help="One column per metric.")
@click.option("--as-of", metavar="ISO", help="As the numbers were known at this moment.")
@click.option("--history", is_flag=True, help="Every observation of each number.")
def export(
    store: Path,
    query: tuple[str, ...],
    out: str,
    *,
    which: str | None,
    wide: bool,
    as_of: str | None,
    history: bool,
) -> None:
    """Write the table of the newest run of STORE, or of the newest one of QUERY, to FILE.

    FILE ends in .parquet or .csv, or is - for CSV on stdout. No keys are needed, and nothing is
    sent. The file is the one that result.to_parquet and result.to_csv write in Python.

    \b
    engagement-kit export raw counts.parquet
    engagement-kit export raw q.yaml wide.csv --wide
    engagement-kit export raw q.yaml then.parquet --as-of 2026-06-01T12:00Z
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    if len(query) > 1:
        msg = f"one query, and one file to write: {' '.join(query)} are too many"
        raise click.UsageError(msg)
    if wide and history:
        msg = "--history has a row for each observation, and --wide one for all: leave one away"
        raise click.UsageError(msg)
    kind_of(out)
    with understood():
        moment = None if as_of is None else moment_of(as_of, "--as-of")
    with told():
        result = result_of(store, *query)
        done = write(result, out, which, as_of=moment, history=history, wide=wide)
    say_written(done)
    give(files=[done])


def result_of(store: Path, query: str | None = None) -> Result:
    """Open the newest run of a store, or the newest one of a saved query."""
    from engagement_kit.client.archive import open_store

    runs = open_store(store)
    return runs.latest if query is None else runs.of(read_query(query))


def write(
    result: Result,
    out: str,
    which: str | None = None,
    *,
    as_of: datetime | None = None,
    history: bool = False,
    wide: bool = False,
) -> dict[str, Any]:
    """Write a table of a result to a file, or to stdout as CSV.

    Returns
    -------
    dict
        The file, and how many rows it has, as a machine is told.
    """
    from engagement_kit.client.forgotten import for_file

    kind = kind_of(out)
    table = partial(result.to_arrow, which, as_of=as_of, history=history)
    if out == _STDOUT:
        made = table()
        _to_stdout(kept_rows(result, made), wide=wide)
        rows = made.num_rows
    elif wide:
        kept = for_file(result.plan, result.store, kind, out, table())
        rows = _write_wide(kept, Path(out), kind, _about(result))
    elif kind == "parquet":
        rows = _rows_in(result.to_parquet(out, which, as_of=as_of, history=history))
    else:
        result.to_csv(out, which, as_of=as_of, history=history)
        rows = kept_rows(result, table()).num_rows
    return {"file": out, "rows": rows}


def say_written(done: dict[str, Any]) -> None:
    """Say what `write` wrote; of stdout nothing, for that has the table."""
    if done["file"] != _STDOUT:
        say(f"{done['rows']:,} rows in {done['file']}")


def write_list(
    frame: pd.DataFrame, path: Path, store: Path | None, query: Query | None = None
) -> None:
    """Write a list of tweets as CSV, whole or not at all; the store notes where, for purges.

    A list of no store, and of what is no folder, is noted nowhere.
    """
    from engagement_kit.answers import exported
    from engagement_kit.tables.aside import written_aside
    from engagement_kit.tables.handoff import CSV_MOMENT

    if store is not None:
        exported.note(store, "csv", path, query)
    with written_aside(path) as aside:
        frame.to_csv(aside, index=False, date_format=CSV_MOMENT)


def kept_rows(result: Result, table: pa.Table) -> pa.Table:
    """Leave out the rows of purged tweets, as every file does."""
    from engagement_kit.client.forgotten import kept_of

    return kept_of(result.plan, result.store).rows(table)


def _rows_in(path: Path) -> int:
    """Count the rows of a Parquet file by its footer: a large table is not built twice."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _to_stdout(table: pa.Table, *, wide: bool) -> None:
    """Write CSV to stdout, by way of a file: what fails half way is seen before it is read."""
    from engagement_kit.tables.handoff import to_csv

    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        if wide:
            _write_wide(table, path, "csv", {})
        else:
            to_csv(table, path)
        with path.open("rb") as file:
            for part in iter(partial(file.read, _PART), b""):
                click.echo(part, nl=False)


def _write_wide(table: pa.Table, path: Path, kind: Kind, about: dict[str, Any]) -> int:
    """Write one column per metric, whole or not at all; Parquet says where it is from."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engagement_kit.tables.aside import written_aside
    from engagement_kit.tables.handoff import CSV_MOMENT
    from engagement_kit.tables.parquet import METADATA_KEY
    from engagement_kit.tables.wide import wide

    frame = wide(table)
    with written_aside(path) as aside:
        if kind == "csv":
            frame.to_csv(aside, date_format=CSV_MOMENT)
        else:
            made = pa.Table.from_pandas(frame)
            said = {METADATA_KEY: json.dumps(about, sort_keys=True).encode()}
            pq.write_table(made.replace_schema_metadata({**made.schema.metadata, **said}), aside)
    return len(frame)


def _about(result: Result) -> dict[str, Any]:
    """Say what a wide file is made of; what is invented must not pass for real."""
    return {
        "kit_version": VERSION,
        "query_key": result.plan.query.key,
        "source": result.source,
        "wide": True,
    }
