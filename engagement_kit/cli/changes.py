"""The command ``changes``: which numbers changed, offline."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.places import Target
from engagement_kit.cli.reading import STORE, moment_of, told, understood
from engagement_kit.cli.saying import give, note, rows_of, say
from engagement_kit.cli.typed import as_typed

if TYPE_CHECKING:
    import pandas as pd

_HEAD: Final = 10
_COLUMNS: Final = ["tweet_id", "metric", "grain", "start", "before", "after", "difference",
                   "after_at"]  # fmt: skip


@click.command(short_help="List the numbers that changed: what they were, and are.")
@STORE
@click.argument("query", metavar="[QUERY]", required=False)
@click.option("--since", metavar="ISO", help="Only what was seen to change after this moment.")
@click.option("--as-of", metavar="ISO", help="Only what was observed up to this moment.")
@click.option("--service", metavar="NAME", help="Of a store that several services answered.")
@click.option("--history", is_flag=True, help="A row for each change, not for each number.")
@click.option(
    "--csv",
    "target",
    type=Target(),
    help="Write the whole list to a file.",
)
def changes(
    store: Path,
    query: str | None,
    *,
    since: str | None,
    as_of: str | None,
    service: str | None,
    history: bool,
    target: Path | None,
) -> None:
    """List the numbers of STORE that were observed with more than one count.

    From raw answers alone, without keys or network. The largest differences are shown, --csv
    writes all of them. With QUERY, a saved query or - for stdin, only the numbers of its newest
    run. Ends with 1 where answers are damaged.

    \b
    engagement-kit changes raw --csv changes.csv
    engagement-kit changes raw --since 2026-06-01T12:00Z
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    import warnings

    from engagement_kit.cli.export import result_of, write_list
    from engagement_kit.client.changes import changes as look
    from engagement_kit.errors import DamagedAnswer

    with understood():
        begin = None if since is None else moment_of(since, "--since")
        end = None if as_of is None else moment_of(as_of, "--as-of")
    with told(), warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        subject = store if query is None else result_of(store, query)
        found = look(subject, since=begin, as_of=end, service=service, history=history)
    for one in heard:
        warnings.warn_explicit(as_typed(str(one.message)), one.category, one.filename, one.lineno)
    if target is not None:  # before it is printed: who reads that may have enough, as head has
        with told():
            write_list(found, target, store)
        give(file=str(target))
    _say(found, whole=target is not None)
    give(changes=rows_of(found))
    if target is not None:
        say(f"{len(found):,} rows in {target}")
    if any(issubclass(one.category, DamagedAnswer) for one in heard):
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _say(found: pd.DataFrame, *, whole: bool) -> None:
    """Say how many numbers changed, and show those that changed most."""
    from engagement_kit.question.amounts import many
    from engagement_kit.tables.schema import INVENTED

    if "emulator" in set(found["source"].dropna()):
        say(f"source: {INVENTED}")
    if found.empty:
        say("no number was observed with another count than before")
        return
    numbers = found.drop_duplicates(["tweet_id", "metric", "grain", "start", "end"])
    counts = Counter(zip(numbers["metric"], numbers["grain"], strict=True))
    say(f"{many(len(found), 'change')}")
    for (metric, grain), n in sorted(counts.items()):
        say(f"  {metric}, {grain}: {n:,}")
    order = found["difference"].abs().sort_values(ascending=False, kind="stable").index[:_HEAD]
    frame = found.loc[order, _COLUMNS].copy()
    for name in ("start", "after_at"):
        frame[name] = frame[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    say(frame.to_string(index=False, na_rep="-"))
    more = len(found) - len(frame)
    if more and not whole:
        note(f"the largest differences; and {more:,} more: --csv FILE writes all of them")
