"""The command ``expiring``: what of a store, or of ids, can soon no more be had."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from engagement_kit.cli.asking import read_query
from engagement_kit.cli.places import Target
from engagement_kit.cli.reading import ids_option, moment_of, span_of, told, understood
from engagement_kit.cli.saying import give, rows_of, say
from engagement_kit.cli.typed import as_typed
from engagement_kit.question.rules import PROFILES

_HEAD: Final = 10
_COLUMNS: Final = ["tweet_id", "endpoint", "metrics", "start", "end", "deadline", "last_observed"]
_WIDE: Final = 40


@click.command(short_help="Tell what soon can no more be had.")
@click.argument(
    "subject",
    metavar="[STORE_OR_QUERY]",
    required=False,
    type=click.Path(exists=True, allow_dash=True, path_type=Path),
)
@ids_option()
@click.option(
    "--within", default="7d", show_default=True, help="How far to look ahead: 90m, 6h, 7d."
)
@click.option("--now", metavar="ISO", help="From when. A store of an emulator needs it.")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default=PROFILES[0],
    show_default=True,
    help="How far historical reaches: since 2014-09-01, or 365 days.",
)
@click.option("--per-minute", type=float, help="The contract's rate: says what can be in time.")
@click.option("--csv", type=Target(makes_folder=False), help="Write the whole table there.")
def expiring(
    subject: Path | None,
    *,
    ids: list[str] | None,
    within: str,
    now: str | None,
    csv: Path | None,
    **options: Any,
) -> None:
    """Tell what of a store, or of tweets, can soon no more be had, and what it takes to save it.

    STORE_OR_QUERY is the folder of a raw store, or a saved query, or - for one from stdin; or give
    --ids. No keys are needed, and nothing is sent.

    \b
    engagement-kit expiring raw
    engagement-kit expiring --ids ids.txt --within 30d --profile overview --csv soon.csv
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.cli.export import write_list
    from engagement_kit.client.expiring import expiring as look_ahead

    if (subject is None) == (ids is None):
        msg = "name a store or a saved query, or give --ids FILE"
        raise click.UsageError(msg)
    with understood():
        span = span_of(within, "--within")
        moment = None if now is None else moment_of(now, "--now")
    with told():
        found = look_ahead(_read(subject, ids), span, now=moment, **options)
        said = [as_typed(repr(found)), *_head(found), *_plans(found)]
    if csv is not None:  # before it is printed: who reads that may have enough, as head has
        with told():
            write_list(found.to_pandas(), csv, store=subject)
        give(file=str(csv))
        said.append(f"{len(found):,} lines in {csv}")
    give(**_plain(found))
    say("\n".join(said))


def _read(subject: Path | None, ids: list[str] | None) -> object:
    """Read what is to be looked at: ids, a store, or a query."""
    if subject is None:
        return ids
    if subject.suffix == ".txt":
        msg = f"{subject} is no store, and no query; a file of ids is given as --ids {subject}"
        raise click.UsageError(msg)
    return subject if subject.is_dir() else read_query(str(subject))


def _head(found: Any) -> list[str]:
    """Write the first lines of the table."""
    if not len(found):
        return ["nothing is lost in that time"]
    frame = found.table[_COLUMNS].head(_HEAD).astype({"metrics": str})
    frame["metrics"] = [_short(one) for one in frame["metrics"]]
    for name in _COLUMNS[3:]:
        frame[name] = frame[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    more = len(found) - len(frame)
    text = frame.to_string(index=False, na_rep="-")
    return [text, *([f"and {more:,} more; --csv FILE writes all of them"] if more else [])]


def _plain(found: Any) -> dict[str, Any]:
    """Write all lines as plain data, and the questions that save them."""
    questions = [
        {
            "query": query.to_dict(),
            "requests": len(plan),
            "in_time": dict(plan.lines()).get("in time"),
        }
        for query, plan in zip(found.queries, found.plans, strict=True)
    ]
    return {"rows": rows_of(found.to_pandas()), "queries": questions}


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else f"{text[: _WIDE - 1]}…"


def _plans(found: Any) -> list[str]:
    """Say which questions save it."""
    from engagement_kit.question.amounts import many

    lines = []
    for query, plan in zip(found.queries, found.plans, strict=True):
        period = "" if query.period is None else f" by {query.by}, {query.period}"
        in_time = dict(plan.lines()).get("in time", "nothing is to be asked")
        lines.append(
            f"to save it: {query.endpoint}{period}, {many(len(query.tweet_ids), 'tweet')}, "
            f"{many(len(plan), 'request')}; in time: {as_typed(in_time)}"
        )
    return lines
