"""The command ``receipt``: what became of a run, offline."""

from __future__ import annotations

from pathlib import Path

import click

from engagement_kit.cli.export import result_of
from engagement_kit.cli.reading import STORE, told
from engagement_kit.cli.saying import give, say


@click.command(short_help="Say what became of a run.")
@STORE
@click.argument("query", metavar="[QUERY]", required=False)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write it as a page.",
)
@click.option("--methods", is_flag=True, help="Print the methods paragraph of a paper instead.")
def receipt(store: Path, query: str | None, *, html: Path | None, methods: bool) -> None:
    """Say what became of the newest run of STORE, or of the newest one of QUERY.

    QUERY is a saved query, or - for stdin. No keys are needed, and nothing is sent.

    \b
    engagement-kit receipt raw
    engagement-kit receipt raw q.yaml --methods
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    with told():
        found = result_of(store, query)
        made = found.receipt
        paragraph = made.methods() if methods else None
        say(made.to_text() if paragraph is None else paragraph)
        give(receipt=made.to_dict(), query_key=found.plan.query.key)
        if paragraph is not None:
            give(methods=paragraph)
        if html is not None:
            _write(html, made.to_html())
            say(f"written to {html}")
            give(html=str(html))


def _write(path: Path, tables: str) -> None:
    """Write a page that a browser shows by itself."""
    from engagement_kit.tables.aside import written_aside

    head = '<!doctype html>\n<meta charset="utf-8">\n<title>Receipt</title>\n'
    with written_aside(path) as aside:
        aside.write_text(head + tables, encoding="utf-8")
