"""The commands ``plan`` and ``run``: a saved query is planned, and asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.asking import (
    MAX_AGE,
    MAX_REQUESTS,
    ORDER,
    PROGRESS,
    QUERY,
    RESUME,
    STOP_AFTER,
    AskingCommand,
    connected,
    connecting,
    ruled,
    settling,
)
from engagement_kit.cli.exits import Exit
from engagement_kit.cli.export import OUT, say_written, write
from engagement_kit.cli.saying import give, note, say, stepped
from engagement_kit.cli.typed import as_typed

if TYPE_CHECKING:
    from engagement_kit.client.client import Client
    from engagement_kit.client.result import Result
    from engagement_kit.question.plan import Plan
    from engagement_kit.question.query import Query

_FAILED: Final = {"failed", "refused"}
"""Fates of numbers whose requests went wrong."""


@click.command(cls=AskingCommand, short_help="Say what a query takes; send nothing.")
@QUERY
@connecting()
@ruled(MAX_AGE, settling(), ORDER, RESUME, MAX_REQUESTS)
def plan(query: Query, *, connection: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
    """Say what QUERY takes, given what the store holds already. Nothing is sent.

    QUERY is a file that Query.save or engagement-kit query wrote, or - for stdin. Ends with 2
    where it takes more than --max-requests.

    \b
    engagement-kit plan q.yaml --store raw --per-minute 30
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    with connected(connection) as client:
        made = client.plan(query, **rules)
        say(as_typed(repr(made)))
        give(plan=plan_data(made))


@click.command(cls=AskingCommand, short_help="Ask what a query needs, and say what became of it.")
@QUERY
@connecting()
@ruled(MAX_AGE, settling(), ORDER, RESUME, MAX_REQUESTS, STOP_AFTER)
@OUT
@PROGRESS
def run(
    query: Query,
    *,
    connection: Mapping[str, Any],
    rules: Mapping[str, Any],
    out: tuple[str, ...],
    progress: bool,
) -> None:
    """Ask what QUERY needs and the store does not hold, and print the receipt.

    QUERY is a file that Query.save or engagement-kit query wrote, or - for stdin. Ctrl-C, or any
    other end, keeps what was answered: run the same again, or engagement-kit resume. Calls under
    way are given up: they may count on a bill, and are asked again. Ends with 1 where it stopped
    early or requests failed, with 2 where query or budget forbid it, with 3 for want of keys.

    \b
    engagement-kit run q.yaml --store raw --out counts.parquet
    engagement-kit run q.yaml --store raw --max-requests 200 --json | jq .receipt.fates
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    with connected(connection) as client:
        asked(client, query, rules, out=out, progress=progress)


def asked(
    client: Client,
    query_or_plan: Query | Plan,
    rules: Mapping[str, Any],
    *,
    out: tuple[str, ...],
    progress: bool,
) -> None:
    """Run a query or a plan, say what became of it, and write its files."""
    result = client.run(query_or_plan, progress=progress, on_step=stepped, **rules)
    receipt = result.receipt
    give(receipt=receipt.to_dict(), query_key=result.plan.query.key)
    files: list[dict[str, Any]] = []
    try:  # files first: who reads the receipt may have enough before its end, as head has
        files += (write(result, one) for one in out)
    finally:
        say(as_typed(receipt.to_text()))
        for one in files:
            say_written(one)
    if out:
        give(files=files)
    if is_unfinished(result):
        if receipt.effort.stopped:
            note(f"To go on: engagement-kit resume --store {result.store.folder}")
        raise click.exceptions.Exit(Exit.UNFINISHED)


def is_unfinished(result: Result) -> bool:
    """Say whether a run stopped early, or requests of it went wrong."""
    return bool(result.receipt.effort.stopped or _FAILED & result.receipt.fates.keys())


def plan_data(made: Plan) -> dict[str, Any]:
    """Write a plan as plain data: what it takes, and what can't be had."""
    from engagement_kit.question.plan_words import numbers_asked

    price = made.price
    return {
        "query_key": made.query.key,
        "endpoint": made.query.endpoint,
        "tweets": len(made.query.tweet_ids),
        "now": made.now,
        "service": made.where.service,
        "profile": made.where.profile,
        "requests": price.requests,
        "left": price.left,
        "extra": price.extra,
        "by_account": {one: n for one, n in made.by_account.items() if one is not None},
        "app_only": made.by_account.get(None, 0),
        "asked": numbers_asked(made),
        "numbers": price.numbers,
        "stored": price.stored,
        "rows": price.rows,
        "bytes": price.bytes,
        "minutes": price.minutes,
        "order": made.order,
        "begun": made.begun,
        "damaged": made.damaged,
        "unobtainable": [
            {
                "status": one.status,
                "reason": one.reason,
                "metrics": list(one.metrics),
                "tweet_ids": list(one.tweet_ids),
            }
            for one in made.unobtainable
        ],
        "notes": [as_typed(f"{label}: {text}") for label, text in made.note_lines()],
    }
