"""The command ``lab``: the example notebooks, in JupyterLab."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.places import folder_of
from engagement_kit.cli.reading import told
from engagement_kit.cli.saying import give_now, note, say

FOLDER: Final = Path("engagement_kit_notebooks")
_MISSING: Final = (
    "JupyterLab is not installed in this environment. Install it, and call this again: "
    "pip install 'engagement_kit[lab]'. Or open the notebooks in whatever you use."
)


@click.command(short_help="Open the example notebooks in JupyterLab.")
@click.argument(
    "folder",
    default=FOLDER,
    required=False,
    callback=folder_of,
    type=click.Path(file_okay=False, path_type=Path),
)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@click.option("--open/--no-open", "opening", default=True, show_default=True, help="Start it.")
def lab(folder: Path, options: tuple[str, ...], *, opening: bool) -> None:
    """Put the example notebooks into FOLDER, and open JupyterLab there.

    FOLDER is engagement_kit_notebooks by default. Notebooks that you changed or ran are left as
    they are; untouched ones are renewed where the kit is newer. All of them ask the emulator and
    need no keys. What stands behind -- goes to JupyterLab.

    \b
    engagement-kit lab
    engagement-kit lab learning --no-open
    engagement-kit lab learning -- --no-browser --port 8899
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client.notebooks import put

    if str(folder).startswith("-"):
        msg = f"name a folder before --, as in: engagement-kit lab {FOLDER} -- {folder}"
        raise click.UsageError(msg)
    with told():
        done = put(folder)
    say(str(done))
    give_now(folder=done.folder, fates=done.fates)
    if not opening:
        return
    if find_spec("jupyterlab") is None:
        note(_MISSING)
        raise click.exceptions.Exit(Exit.UNFINISHED)
    status = _run([sys.executable, "-m", "jupyterlab", *options, str(done.first)])
    if status != 0:
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _run(command: list[str]) -> int:
    """Run until it ends by itself: Ctrl-C is for it, and it asks whether it is meant."""
    with subprocess.Popen(command) as running:  # noqa: S603 -- our interpreter and our file
        while True:
            try:
                return running.wait()
            except KeyboardInterrupt:
                continue
