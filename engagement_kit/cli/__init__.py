"""The command line: ``engagement-kit``. Each command is a thin door to what notebooks call."""

from __future__ import annotations

import click

from engagement_kit.cli.demo import demo
from engagement_kit.cli.doctor import doctor
from engagement_kit.cli.emulator import emulator
from engagement_kit.cli.expiring import expiring
from engagement_kit.cli.follow import follow
from engagement_kit.cli.keys import keys, login, logout
from engagement_kit.cli.lab import lab
from engagement_kit.cli.purge import purge
from engagement_kit.cli.refresh import refresh, revisions
from engagement_kit.cli.tidy import tidy
from engagement_kit.version import VERSION


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="engagement-kit")
def main() -> None:
    """Tidy tables from the Twitter/X enterprise Engagement API."""


for _command in (
    demo, doctor, emulator, expiring, follow, keys, lab, login, logout, purge, refresh, revisions,
    tidy,
):  # fmt: skip
    main.add_command(_command)
