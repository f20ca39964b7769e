"""The command ``receipt``: what became of a run, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engagement_kit.cli.export import result_of, write_list
from engagement_kit.cli.places import Target
from engagement_kit.cli.reading import STORE, told
from engagement_kit.cli.saying import give, rows_of, say
from engagement_kit.cli.typed import as_typed

if TYPE_CHECKING:
    from engagement_kit.client.result import Result


@click.command(short_help="Say what became of a run.")
@STORE
@click.argument("query", metavar="[QUERY]", required=False)
@click.option(
    "--html",
    metavar="FILE",
    type=Target(),
    help="Also write it as a page.",
)
@click.option("--methods", is_flag=True, help="Print the methods paragraph of a paper instead.")
@click.option("--missing", is_flag=True, help="List the missing numbers instead, and why.")
@click.option(
    "--missing-csv", metavar="FILE", type=Target(), help="Write all missing numbers to a file."
)
def receipt(
    store: Path,
    query: str | None,
    *,
    html: Path | None,
    methods: bool,
    missing: bool,
    missing_csv: Path | None,
) -> None:
    """Say what became of the newest run of STORE, or of the newest one of QUERY.

    QUERY is a saved query, or - for stdin. No keys are needed, and nothing is sent.

    \b
    engagement-kit receipt raw
    engagement-kit receipt raw q.yaml --missing
    engagement-kit receipt raw q.yaml --methods
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    if methods and missing:
        msg = "--methods prints a paragraph, and --missing a list: give one of them"
        raise click.UsageError(msg)
    with told():
        found = result_of(store, query)
        made = found.receipt
        paragraph = made.methods() if methods else None
        give(receipt=made.to_dict(), query_key=found.plan.query.key)
        if paragraph is not None:
            give(methods=paragraph)
        # Files first: who reads what is printed may have enough before its end, as head has.
        listed, written = _missing(found, missing_csv, listed=missing)
        if html is not None:
            _write(html, made.to_html())
            written.append(f"written to {html}")
            give(html=str(html))
        if not missing:
            listed = [as_typed(made.to_text()) if paragraph is None else paragraph]
    for one in (*listed, *written):
        say(one)


def _missing(found: Result, path: Path | None, *, listed: bool) -> tuple[Sequence[str], list[str]]:
    """Write what is missing to a file where one is named; give the list, and what was written.

    The store notes where the file is, for purges.
    """
    if path is None and not listed:
        return (), []
    from engagement_kit.cli.missing import in_file, lines, missing_of

    lost, written = missing_of(found), []
    if path is not None:
        write_list(lost, path, found.store.folder, found.plan.query)
        written.append(in_file(lost, path))
        give(missing_csv=str(path))
    if not listed:
        return (), written
    give(missing=rows_of(lost))
    return lines(lost), written


def _write(path: Path, tables: str) -> None:
    """Write a page that a browser shows by itself."""
    from engagement_kit.tables.aside import written_aside

    head = '<!doctype html>\n<meta charset="utf-8">\n<title>Receipt</title>\n'
    with written_aside(path) as aside:
        aside.write_text(head + tables, encoding="utf-8")
