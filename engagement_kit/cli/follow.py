"""The command ``follow``: snapshots of totals on a schedule."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.asking import AskingCommand, connected, connecting
from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import (
    DRY_RUN,
    OWNERS,
    ids_option,
    moment_of,
    names_of,
    span_of,
    understood,
)
from engagement_kit.cli.saying import for_machine, give, say, sent
from engagement_kit.cli.typed import as_typed

if TYPE_CHECKING:
    from engagement_kit.client.follower import Tick
    from engagement_kit.question.follow_plan import DayPrice

_CAN_NOT_BE_HAD: Final = frozenset({"unavailable", "too_old", "not_owned"})
"""Misses that nobody could have helped."""


@click.command(cls=AskingCommand, short_help="Take snapshots of lifetime counts on a schedule.")
@ids_option(required=True)
@connecting()
@click.option(
    "--every", default="10m", show_default=True, metavar="SPAN", help="How often, while young."
)
@click.option(
    "--until", required=True, metavar="SPAN|ISO", help="For how long, or until when: 7d, or ISO."
)
@click.option("--metrics", metavar="NAMES", help="Apart by commas; all that there are by default.")
@OWNERS
@DRY_RUN
def follow(
    *,
    ids: list[str],
    connection: Mapping[str, Any],
    every: str,
    until: str,
    metrics: str | None,
    owners: dict[str, str] | None,
    dry_run: bool,
) -> None:
    """Follow the tweets of a file: snapshots of their lifetime counts, densely while young.

    Says the price of each day first, then a line for each tick (a moment at which tweets are due),
    and the receipt. Ctrl-C ends it with the receipt so far; the same again goes on. Exits with 1
    where anything due was missed that could have been had.

    \b
    engagement-kit follow --ids ids.txt --store raw --every 10m --until 7d --dry-run
    engagement-kit follow --ids ids.txt --store raw --metrics impressions,favorites --until 7d
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    with understood():
        step, end = span_of(every, "--every"), _until(until)
    names = names_of(metrics)
    with connected(connection) as client:
        made = client.plan_follow(ids, names, every=step, until=end, owners=owners)
        say(as_typed(repr(made)))
        give(plan={"now": made.now, "begun": made.begun, "days": [*map(_day, made.days)]})
        if dry_run:
            return
        sys.stdout.flush()
        found = client.follow(
            ids, names, every=step, until=end, owners=owners, progress=False, on_tick=_said
        )
        sent()
        receipt = found.receipt
    say(as_typed(receipt.to_text()))
    give(receipt=receipt.to_dict())
    if receipt.missed.keys() - _CAN_NOT_BE_HAD:
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _day(one: DayPrice) -> dict[str, Any]:
    """Write the price of a day as plain data."""
    calls = {name: n for name, n in one.by_account.items() if name is not None}
    return {
        "day": one.day.isoformat(),
        "snapshots": one.snapshots,
        "requests": one.requests,
        "by_account": calls,
        "app_only": one.by_account.get(None, 0),
    }


def _said(one: Tick) -> None:
    sent()
    click.echo(str(one), err=for_machine())
    sys.stdout.flush()


def _until(text: str) -> datetime | timedelta:
    """Read how long, or until when."""
    try:
        return span_of(text, "--until")
    except ValueError as error:
        try:
            return moment_of(text, "--until")
        except ValueError:
            msg = f"{error} Or a moment with a zone, as in 2026-06-01T12:00Z."
            raise ValueError(msg) from None
