"""The commands about what changes: ``refresh`` and ``revisions``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click

from engagement_kit.cli.asking import (
    MAX_AGE,
    MAX_REQUESTS,
    ORDER,
    PROGRESS,
    AskingCommand,
    connected,
    connecting,
    resuming,
    ruled,
    settling,
)
from engagement_kit.cli.exits import Exit
from engagement_kit.cli.places import Target
from engagement_kit.cli.reading import DRY_RUN, STORE, moment_of, told, understood
from engagement_kit.cli.saying import for_machine, give, rows_of, say, stepped
from engagement_kit.cli.typed import as_typed

if TYPE_CHECKING:
    from engagement_kit.client.refreshed import Refreshed, RefreshPlan
    from engagement_kit.tables.revisions import Revisions

_RESUME: Final = resuming("Go on with a refresh of the last day that was cut off, or begin anew.")


@click.command(cls=AskingCommand, short_help="Ask again for what can still change.")
@STORE
@connecting(store=False)
@ruled(MAX_AGE, settling(learnt=True), ORDER, _RESUME, MAX_REQUESTS)
@click.option("--endpoint", type=click.Choice(["totals", "historical"]), help="Refresh that alone.")
@DRY_RUN
@PROGRESS
def refresh(
    store: Path,
    *,
    connection: Mapping[str, Any],
    rules: Mapping[str, Any],
    endpoint: Literal["totals", "historical"] | None,
    dry_run: bool,
    progress: bool,
) -> None:
    """Ask again for what can still change, of all that the runs of STORE asked.

    What was settled when it was last seen causes no request. Old answers are kept beside the
    new ones. Exits with 1 where it ended early, or requests failed: run it again to go on.

    \b
    engagement-kit refresh raw --dry-run
    engagement-kit refresh raw --settle learnt --max-requests 200

    Each number that changed: engagement-kit changes STORE, or "numbers" with --json.
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.answers.store import must_be_store
    from engagement_kit.client import options
    from engagement_kit.question.known import SETTLE

    times = rules.get("settle", SETTLE)
    with told():
        options.check(settle=SETTLE if times == "learnt" else times)
        must_be_store(store)
    with connected({**connection, "store": store}) as client:
        if dry_run:
            made = client.plan_refresh(endpoint=endpoint, **rules)
            say(as_typed(repr(made)))
            give(plan=_plan_data(made))
            return
        done = client.refresh(endpoint=endpoint, progress=progress, on_step=stepped, **rules)
        say(as_typed(repr(done)))
        give(refreshed=_data(done))
    if done.stopped or any(one.failures for one in done):
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _plan_data(made: RefreshPlan) -> dict[str, Any]:
    """Write as plain data what a refresh takes."""
    return {
        "now": made.now,
        "questions": len(made),
        "requests": made.requests,
        "numbers": made.numbers,
        "minutes": made.minutes,
        "by_account": {one: n for one, n in made.by_account.items() if one is not None},
        "app_only": made.by_account.get(None, 0),
        "left_out": [{"query_key": one.query.key, "why": why} for one, why in made.left_out],
        "begun": made.begun,
    }


def _data(done: Refreshed) -> dict[str, Any]:
    """Write as plain data what became of a refresh."""
    told_of = done.changes
    return {
        "questions": len(done.plan),
        "requests": done.requests,
        "changed": told_of.changed,
        "same": told_of.same,
        "new": told_of.new,
        "settled": done.settled,
        "failures": [str(one) for result in done for one in result.failures],
        "damaged": list(told_of.damaged),
        "stopped": done.stopped,
        "changes": [one._asdict() for one in told_of.rows],
        "numbers": rows_of(done.changed_numbers) if for_machine() else [],
    }


@click.command(short_help="Say how much numbers moved after their periods were over.")
@STORE
@click.option("--as-of", metavar="ISO", help="Only what was observed up to this moment.")
@click.option("--service", metavar="NAME", help="Of a store that several services answered.")
@click.option(
    "--csv",
    "target",
    type=Target(),
    help="Write the table to a file, too; ages in hours.",
)
def revisions(store: Path, *, as_of: str | None, service: str | None, target: Path | None) -> None:
    """Say how much numbers of STORE moved after their hour or day was over, by their age.

    From raw answers alone, without keys or network. It also says which settle times follow:
    engagement-kit refresh STORE --settle learnt takes these.

    \b
    engagement-kit revisions raw
    engagement-kit revisions raw --csv moves.csv
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.tables.revisions import revisions as look

    with understood():
        moment = None if as_of is None else moment_of(as_of, "--as-of")
    with told():
        found = look(store, as_of=moment, service=service)
        if target is not None:  # before it is printed: who reads that may have enough
            found.to_csv(target)
            give(file=str(target))
        say(repr(found))
        if found.rows:
            say(found.table.to_string(index=False))
        give(rows=_ages(found), settle=found.settle(), damaged=found.damaged)
    if found.damaged:
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _ages(found: Revisions) -> list[dict[str, Any]]:
    """Write the table as plain data, ages in seconds."""
    frame = found.to_pandas()
    for name in ("age_from", "age_to"):
        frame[name] = frame[name].dt.total_seconds()
    return rows_of(frame)
