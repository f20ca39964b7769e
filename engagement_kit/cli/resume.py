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
from engagement_kit.errors import Problem, QueryError

if TYPE_CHECKING:
    from engagement_kit.client.client import Client
    from engagement_kit.client.result import Result
    from engagement_kit.question.plan import Plan


@click.command(cls=AskingCommand, short_help="Go on with a run that was cut off.")
@click.argument("query", metavar="[QUERY]", required=False)
@connecting(of_run=True)
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

    It keeps its own moment, and its own --max-age and --settle; also its own --account, --profile,
    --threads, --per-minute, --contracted and --overage, unless you give others. A run that nobody
    was at for seven days (totals: one day, 28hr: one hour) is planned anew, as of now. Where
    nothing is unfinished, nothing is sent, and it ends with 0. Other codes are those of run.

    \b
    engagement-kit resume --store raw
    engagement-kit resume q.yaml --store raw --stop-after 20
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    left = _unfinished(connection["store"], query)
    if left is None:
        say("Nothing is unfinished, and nothing was sent.")
        give(receipt=None)
        return
    with connected(_as_before(left, connection)) as client:
        made = _planned(client, left.plan, rules)
        when = f"{left.plan.now:%Y-%m-%d %H:%M:%S} UTC"
        note(
            f"Goes on with the run of {when}."
            if made.begun
            else f"The run of {when} is planned anew, beside what came of it."
        )
        budget = {name: one for name, one in rules.items() if name != "order"}
        asked(client, made, budget, out=out, progress=progress)


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


def _as_before(left: Result, connection: Mapping[str, Any]) -> dict[str, Any]:
    """Connect as it was done for a run, but for what is said anew.

    Its address is no part of that: keys go where the user says, not where a store does.
    """
    from engagement_kit.client.limits import Limits
    from engagement_kit.fetch.keys.credentials import UNNAMED

    where, limits = left.plan.where, left.limits or Limits()
    account = "" if where.account == UNNAMED else where.account
    own = {"account": account, "profile": where.profile, **limits.to_dict()}
    unsaid = {name: one for name, one in own.items() if connection[name] in {None, ""}}
    return {**connection, **unsaid}


def _planned(client: Client, made: Plan, rules: Mapping[str, Any]) -> Plan:
    """Plan what is left of a run, by its own rules; one that asked elsewhere is refused."""
    from engagement_kit.client.job import may_rest

    asked_of, asks = made.where.service, client.connection.where.service
    if asked_of != asks:
        why = f"it asked {asked_of}, and this would ask {asks}"
        hint = "Say where it asked: --emulator, --base-url, or neither of them for the live API."
        when = f"of {made.now:%Y-%m-%d %H:%M:%S} UTC"
        raise QueryError((Problem("service", when, why, hint),), "run")
    return client.plan(
        made.query,
        max_age=made.freshness.max_age,
        settle=made.freshness.settling,
        order=rules.get("order"),
        resume=may_rest(made.query.endpoint, in_parts="stop_after" in rules),
    )
