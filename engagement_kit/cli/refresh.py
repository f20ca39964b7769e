"""The commands about what changes: ``refresh`` and ``revisions``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from engagement_kit.cli.reading import BASE_URL, STORE, moment_of, span_of, told, understood

if TYPE_CHECKING:
    from engagement_kit.question.ordering import OrderName
    from engagement_kit.question.settling import Settle


@click.command(short_help="Ask again for what can still change.")
@STORE
@BASE_URL
@click.option(
    "--account", default="", metavar="NAME", help="Who signs where nobody is named, as in connect."
)
@click.option(
    "--settle",
    metavar="SPAN",
    help="How long after its end a period may be revised, as in 3d, or of single metrics as in "
    "favorites=3d,url_clicks=1d; or learnt, from past refreshes. The default: 7d.",
)
@click.option("--max-age", metavar="SPAN", help="Do not ask what was seen so recently, as in 6h.")
@click.option("--max-requests", type=click.IntRange(0), help="The budget, in calls.")
@click.option(
    "--order", type=click.Choice(["deadline"]), help="Ask first what can soon no more be had."
)
@click.option("--endpoint", type=click.Choice(["totals", "historical"]), help="Refresh that alone.")
@click.option("--plan", "only_plan", is_flag=True, help="Say what it takes; send nothing.")
@click.option("--progress/--no-progress", default=None, help="Show a bar; by default if it helps.")
def refresh(
    store: Path,
    *,
    base_url: str | None,
    account: str,
    settle: str | None,
    max_age: str | None,
    max_requests: int | None,
    order: OrderName | None,
    endpoint: Literal["totals", "historical"] | None,
    only_plan: bool,
    progress: bool | None,
) -> None:
    """Ask again for what can still change, of all that the runs of STORE asked.

    What was settled when it was last seen causes no request. Old answers are kept beside the
    new ones. Exits with 1 where it ended early, or requests failed: run it again to go on.

    \b
    engagement-kit refresh raw --plan
    engagement-kit refresh raw --settle learnt --max-requests 200
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.answers.store import must_be_store
    from engagement_kit.client import options
    from engagement_kit.client.connect import connect
    from engagement_kit.question.known import SETTLE

    with understood():
        times = _settle(settle)
        age = timedelta(0) if max_age is None else span_of(max_age, "--max-age")
    with told():
        options.check(settle=SETTLE if times == "learnt" else times)
        must_be_store(store)
    with told(), connect(base_url=base_url, account=account, store=store) as client:
        if only_plan:
            made = client.plan_refresh(
                settle=times,
                max_age=age,
                max_requests=max_requests,
                order=order,
                endpoint=endpoint,
            )
            click.echo(repr(made))
            return
        done = client.refresh(
            settle=times,
            max_age=age,
            max_requests=max_requests,
            order=order,
            endpoint=endpoint,
            progress=progress,
        )
        click.echo(repr(done))
    if done.stopped or any(one.failures for one in done):
        raise click.exceptions.Exit(1)


def _settle(text: str | None) -> Settle | Literal["learnt"]:
    """Read a span, spans of metrics, or the word."""
    from engagement_kit.question.known import SETTLE

    if text is None:
        return SETTLE
    if text.strip() == "learnt":
        return "learnt"
    try:
        if "=" not in text:
            return span_of(text, "--settle")
        pairs = [one.partition("=") for one in text.split(",")]
        return {name.strip(): span_of(span, f"--settle {name.strip()}") for name, _, span in pairs}
    except ValueError as error:
        near = "Did you mean learnt? " if text.strip().startswith("learn") else ""
        also = "Also allowed: metric=span, as in favorites=3d,url_clicks=1d, and learnt."
        msg = f"{error} {near}{also}"
        raise ValueError(msg) from None


@click.command(short_help="Say how much numbers moved after their periods were over.")
@STORE
@click.option("--as-of", metavar="ISO", help="Only what was observed up to this moment.")
@click.option(
    "--csv",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the table to a file, too; ages in hours.",
)
def revisions(store: Path, *, as_of: str | None, target: Path | None) -> None:
    """Say how much numbers of STORE moved after their hour or day was over, by their age.

    From raw answers alone, without keys or network. It also says which settle times follow:
    engagement-kit refresh STORE --settle learnt takes these.
    """
    from engagement_kit.tables.revisions import revisions as look

    with understood():
        moment = None if as_of is None else moment_of(as_of, "--as-of")
    with told():
        found = look(store, as_of=moment)
        click.echo(repr(found))
        if found.rows:
            click.echo(found.table.to_string(index=False))
        if target is not None:
            found.to_csv(target)
    if found.damaged:
        raise click.exceptions.Exit(1)
