"""The command ``demo``; what it does is in `engagement_kit.demo`."""

from __future__ import annotations

from pathlib import Path

import click

from engagement_kit.cli.asking import PROGRESS
from engagement_kit.cli.places import folder_of
from engagement_kit.cli.reading import told
from engagement_kit.cli.saying import give, say


@click.command(short_help="Ask the emulator: tables, files and a picture.")
@click.option(
    "--out",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    callback=folder_of,
    default=Path("data/demo"),
    show_default=True,
    help="For all files.",
)
@PROGRESS
def demo(*, out: Path, progress: bool) -> None:
    """Ask the emulator three questions: tables, files and a picture, without any key.

    All numbers are invented, and marked so. Run it again: all is stored by then, and nothing is
    asked.

    \b
    engagement-kit demo
    engagement-kit demo --out somewhere
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.demo import run

    with told():
        try:
            made = run(out, say, progress=progress)
        except OSError as error:
            raise click.ClickException(str(error)) from error
    give(
        folder=made.folder,
        files=made.files,
        picture=made.picture,
        store=made.store,
        requests=made.requests,
        receipts={name: one.receipt.to_dict() for name, one in made.results.items()},
    )
