"""The command ``doctor``: looks whether everything is fit for work."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import BASE_URL
from engagement_kit.cli.saying import give, say
from engagement_kit.cli.typed import as_typed


@click.command(short_help="Look whether everything is fit for work.")
@click.option(
    "--store",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also look whether this store is whole: its answers, index and runs.",
)
@click.option("--quick", is_flag=True, help="Read some answers of the store, not all.")
@BASE_URL
@click.option(
    "--reach/--offline",
    default=None,
    help="Whether to ask the service for the time. By default where there are keys for it, or its "
    "address was given.",
)
@click.option(
    "--try", "trying", is_flag=True, help="Send one request by each credential: it may be billed."
)
def doctor(
    *,
    store: Path | None,
    quick: bool,
    base_url: str | None,
    reach: bool | None,
    trying: bool,
) -> None:
    """Look whether everything is fit for work, and say what to do where it is not.

    Python and packages, widgets, keys (never a value), proxies, the clock, room on the disk, the
    emulator; with --store also a store's answers. Nothing is changed. Nothing that is billed is
    sent, but with --try. Exits with 1 where there is a problem, with 0 where there are none or
    only warnings.

    \b
    engagement-kit doctor
    engagement-kit doctor --store raw --quick
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client.doctor import doctor as looked

    if trying and reach is False:
        msg = "--try sends requests, and --offline forbids it"
        raise click.UsageError(msg)
    if quick and store is None:
        msg = "--quick goes with --store"
        raise click.UsageError(msg)
    checkup = looked(store, base_url=base_url, reach=reach, try_keys=trying, quick=quick)
    give(**checkup.to_dict())
    say(as_typed(checkup.to_text(min(100, shutil.get_terminal_size((96, 24)).columns))))
    if not checkup.is_fit:
        raise click.exceptions.Exit(Exit.UNFINISHED)
