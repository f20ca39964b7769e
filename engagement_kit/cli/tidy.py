"""The command ``tidy``: a raw store to Parquet files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from engagement_kit.cli.asking import PROGRESS
from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import STORAGE_OPTIONS, STORE, Wrong, moment_of, told, understood
from engagement_kit.cli.saying import give, say


@click.command(short_help="Turn a raw store into Parquet files.")
@STORE
@click.argument("folder")
@click.option("--dask", metavar="ADDRESS", help="A Dask scheduler, as in tcp://host:8786.")
@STORAGE_OPTIONS
@click.option("--as-of", metavar="ISO", help="Only what was observed up to this moment.")
@click.option("--history", is_flag=True, help="Keep every observation, not only the latest.")
@PROGRESS
def tidy(store: Path, folder: str, dask: str | None, **options: Any) -> None:
    """Turn all answers of STORE into Parquet files in FOLDER, one below it for each grain.

    FOLDER may be any address that fsspec knows. Run it again to add what is new: files that
    are there are kept. Ends with 1 where answers are damaged.

    \b
    engagement-kit tidy raw counts
    engagement-kit tidy raw s3://bucket/counts --dask tcp://host:8786
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.tables.tidy_store import tidy_store

    with told(), understood():
        if options["as_of"]:
            options["as_of"] = moment_of(options["as_of"], "--as-of")
        with _cluster(dask) as client:
            done = tidy_store(store, folder, dask_client=client, **options)
    say(repr(done))
    give(**{one.name: getattr(done, one.name) for one in fields(done)})
    if done.damaged:
        raise click.exceptions.Exit(Exit.UNFINISHED)


@contextmanager
def _cluster(address: str | None) -> Iterator[Any]:
    """Connect to a Dask scheduler; None where none is wanted."""
    if address is None:
        yield None
        return
    try:
        from distributed import Client
    except ImportError as error:
        msg = "--dask needs Dask: pip install 'engagement_kit[distributed]'"
        raise Wrong(msg) from error
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError) as error:
        msg = f"no Dask scheduler answers at {address}: {error}"
        raise Wrong(msg) from error
    with client:
        yield client
