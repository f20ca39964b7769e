"""The command ``resume``: goes on with a run that was cut off."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engagement_kit.cli.asking import (
    MAX_REQUESTS,
    ORDER,
    PROGRESS,
    STOP_AFTER,
    AskingCommand,
    connected,
    connecting,
    read_query,
    ruled,
)
from engagement_kit.cli.export import OUT
from engagement_kit.cli.reading import told
from engagement_kit.cli.run import asked
from engagement_kit.cli.saying import give, note, say

if TYPE_CHECKING:
    from engagement_kit.client.result import Result


@click.command(cls=AskingCommand, short_help="Go on with a run that was cut off.")
@click.argument("query", metavar="[QUERY]", required=False)
@connecting()
@ruled(ORDER, MAX_REQUESTS, STOP_AFTER)
@OUT
@PROGRESS
def resume(
    query: str | None,
    *,
    connection: Mapping[str, Any],
    rules: Mapping[str, Any],
    out: tuple[str, ...],
    progress: bool,
) -> None:
    """Go on with the run of QUERY that was cut off, or with the newest such run of the store.

    It keeps its own moment, and its own --max-age and --settle. A run that nobody was at for seven
    days (totals: one day, 28hr: one hour) is planned anew, as of now. Where nothing is unfinished,
    nothing is sent, and it ends with 0. Other codes are those of run.

    \b
    engagement-kit resume --store raw
    engagement-kit resume q.yaml --store raw --stop-after 20
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    left = _unfinished(connection["store"], query)
    if left is None:
        say("Nothing is unfinished, and nothing was sent.")
        give(receipt=None)
        return
    made = left.plan
    own: dict[str, Any] = {"max_age": made.freshness.max_age, "settle": made.freshness.settling}
    with connected(connection) as client:
        when = f"{made.now:%Y-%m-%d %H:%M:%S} UTC"
        question = made.whole or made.query
        again = client.plan(question, order=rules.get("order"), **own)
        note(
            f"Goes on with the run of {when}."
            if again.begun
            else f"The run of {when} is planned anew, beside what came of it."
        )
        asked(client, question, {**own, **rules}, out=out, progress=progress)


def _unfinished(store: Path, query: str | None) -> Result | None:
    """Find what was cut off; None where nothing was."""
    from engagement_kit.client.archive import open_store

    with told():
        runs = open_store(store)
        wanted = None if query is None else runs.of(read_query(query)).plan.query.key
        return next(
            (
                one
                for one in reversed(runs.unfinished)
                if wanted is None or one.plan.query.key == wanted
            ),
            None,
        )
