"""The command ``query``: writes a first query file, without a notebook."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.asking import EMULATOR, connected
from engagement_kit.cli.places import must_be_writable
from engagement_kit.cli.reading import (
    OWNERS,
    ids_option,
    names_of,
    span_of,
    told,
    understood,
)
from engagement_kit.cli.saying import for_machine, give, say

if TYPE_CHECKING:
    from engagement_kit.question.periods import Period
    from engagement_kit.question.query import Query

_STDOUT: Final = "-"


def _periods(last: str | None, first: str | None, between: tuple[str, str] | None) -> Period | None:
    """Read the period; at most one is given."""
    from engagement_kit.question import periods

    given = [one for one in (last, first, between) if one]
    if len(given) > 1:
        msg = "one period: --last, --first or --between"
        raise click.UsageError(msg)
    if between:
        return periods.between(*between)
    for kind, text in (("last", last), ("first", first)):
        if text:
            with understood():
                span = span_of(text, f"--{kind}", hours=True)
            make = periods.last if kind == "last" else periods.first
            return make(hours=span // timedelta(hours=1))
    return None


def _writable(_: click.Context, __: click.Parameter, out: str) -> str:
    if out != _STDOUT:
        must_be_writable(Path(out), makes_folder=False)
    return out


def _grouping(text: str) -> tuple[str, list[str]]:
    """Read NAME=LEVEL,LEVEL."""
    name, equals, levels = text.partition("=")
    if not equals:
        msg = f"--grouping {text!r} has no levels; as in by_day=tweet.id,engagement.day"
        raise click.UsageError(msg)
    return name.strip(), [one.strip() for one in levels.split(",")]


@click.command(short_help="Write a query file, without Python.")
@ids_option()
@click.option(
    "--sample", metavar="N", type=click.IntRange(1), help="Or so many tweets, with --emulator."
)
@EMULATOR[0]
@EMULATOR[1]
@click.option("--endpoint", required=True, type=click.Choice(["totals", "28hr", "historical"]))
@click.option("--metrics", metavar="NAMES", help="Apart by commas; all that there are by default.")
@click.option(
    "--by",
    type=click.Choice(["hour", "day", "hour_of_day", "total"]),
    help="A row per tweet, metric and what; by default that of the endpoint.",
)
@click.option(
    "--grouping", "groupings", metavar="NAME=LEVELS", multiple=True,
    help="Instead of --by: a raw grouping, as in by_tweet=tweet.id,engagement.type.",
)  # fmt: skip
@click.option("--last", metavar="SPAN", help="Of historical: up to now, as in 28d.")
@click.option("--first", metavar="SPAN", help="Of historical: of each tweet's life, as in 7d.")
@click.option("--between", metavar="START END", nargs=2, help="Of historical: UTC days or ISO.")
@click.option("--owner", metavar="NAME", help="Who wrote the tweets; else the connected account.")
@OWNERS
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    default=_STDOUT,
    callback=_writable,
    help="Where to; stdout by default.",
)
def query(
    ids: list[str] | None,
    sample: int | None,
    emulator: bool,
    clock: str | None,
    *,
    out: str,
    **options: Any,
) -> None:
    """Write a query file, which plan, run, resume, receipt and export take.

    The same as ek.Query(...).save(FILE) in Python: more than 100 ids go to a file beside it.

    \b
    engagement-kit query --ids ids.txt --endpoint historical --by day --last 28d -o q.yaml
    engagement-kit query --sample 20 --emulator --endpoint totals -o q.yaml
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    if (ids is None) == (sample is None):
        msg = "give --ids FILE, or --sample N with --emulator"
        raise click.UsageError(msg)
    if (sample is None) == emulator:
        msg = "--sample and --emulator go together: the live API has no list of tweets"
        raise click.UsageError(msg)
    with told():
        found = _sampled(sample, clock) if ids is None else ids
        made = _query(found, **options)
        _written(made, out)


def _sampled(count: int | None, clock: str | None) -> list[str]:
    from engagement_kit.client.samples import sample_ids

    with connected({"emulator": True, "clock": clock, "account": ""}) as client:
        return sample_ids(client, count or 0)


def _query(
    ids: object,
    *,
    endpoint: str,
    metrics: str | None,
    by: Any,
    groupings: tuple[str, ...],
    owner: str | None,
    owners: dict[str, str] | None,
    **period: Any,
) -> Query:
    from engagement_kit.question.query import Query

    if owner is not None and owners is not None:
        msg = "--owner names who wrote all tweets, and --owners who wrote which: give one of them"
        raise click.UsageError(msg)
    return Query(
        endpoint,
        ids,
        names_of(metrics),
        by=by,
        groupings=dict(map(_grouping, groupings)) or None,
        period=_periods(**period),
        owners=owner if owners is None else owners,
    )


def _written(made: Query, out: str) -> None:
    """Write the file, or the query with its ids to stdout."""
    for text in made.notes:
        click.echo(text, err=True)
    give(query_key=made.key, tweets=len(made.tweet_ids), notes=list(made.notes))
    if out == _STDOUT:
        if for_machine():
            give(query=made.to_dict())
        else:
            click.echo(made.to_yaml(), nl=False)
        return
    try:
        path = made.save(out)
    except OSError as error:
        msg = f"{out} can't be written: {error.strerror or error}"
        raise click.ClickException(msg) from error
    say(f"{made!r}\nin {path}")
    give(file=str(path))
