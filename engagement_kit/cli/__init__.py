"""The command line: ``engagement-kit``. Each command is a thin door to what notebooks call."""

from __future__ import annotations

import click

from engagement_kit.cli.emulator import emulator
from engagement_kit.cli.keys import keys, login, logout
from engagement_kit.cli.purge import purge
from engagement_kit.cli.tidy import tidy
from engagement_kit.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="engagement-kit")
def main() -> None:
    """Tidy tables from the Twitter/X enterprise Engagement API."""


for _command in (emulator, keys, login, logout, purge, tidy):
    main.add_command(_command)
