"""The command line: ``engagement-kit``. Each command calls what notebooks call."""

from __future__ import annotations

from typing import Final

import click

from engagement_kit.cli.door import Door
from engagement_kit.version import VERSION

TRIP: Final = {
    "Ask": {
        "query": "engagement_kit.cli.query",
        "plan": "engagement_kit.cli.run",
        "run": "engagement_kit.cli.run",
        "resume": "engagement_kit.cli.resume",
    },
    "Read, offline": {
        "receipt": "engagement_kit.cli.receipt",
        "export": "engagement_kit.cli.export",
        "plot": "engagement_kit.cli.plot",
        "tidy": "engagement_kit.cli.tidy",
    },
    "Keep up": {
        "refresh": "engagement_kit.cli.refresh",
        "changes": "engagement_kit.cli.changes",
        "revisions": "engagement_kit.cli.refresh",
        "expiring": "engagement_kit.cli.expiring",
        "follow": "engagement_kit.cli.follow",
        "purge": "engagement_kit.cli.purge",
    },
    "Keys": {
        "login": "engagement_kit.cli.keys",
        "keys": "engagement_kit.cli.keys",
        "logout": "engagement_kit.cli.keys",
    },
    "Help": {
        "doctor": "engagement_kit.cli.doctor",
    },
    "Try, without keys": {
        "demo": "engagement_kit.cli.demo",
        "lab": "engagement_kit.cli.lab",
        "emulator": "engagement_kit.cli.emulator",
    },
}
"""Which module has which command, in the order of the trip."""

_EXITS: Final = """\
Exit codes: 0 done; 1 unfinished, or something failed: the same again goes on; 2 wrong usage, query,
limits or address: nothing was asked of the API; 3 keys are missing or refused; 130 Ctrl-C: what was
done is kept."""


@click.group(
    cls=Door, trip=TRIP, epilog=_EXITS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(VERSION, prog_name="engagement-kit")
def main() -> None:
    """Tidy tables from the Twitter/X enterprise Engagement API.

    \b
    engagement-kit query --ids ids.txt --endpoint historical --last 28d -o q.yaml
    engagement-kit plan q.yaml --store raw
    engagement-kit run q.yaml --store raw --out counts.parquet
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
