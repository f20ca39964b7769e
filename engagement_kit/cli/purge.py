"""The command ``purge``: forgetting tweets in a raw store, and in what was exported from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import (
    DRY_RUN,
    STORAGE_OPTIONS,
    STORE,
    ids_option,
    told,
)
from engagement_kit.cli.saying import for_machine, give, say

if TYPE_CHECKING:
    from engagement_kit.client.purged import Purged


@click.command(short_help="Forget tweets in a store and its exports.")
@STORE
@click.argument("tweet_ids", metavar="[ID]...", nargs=-1)
@ids_option()
@click.option(
    "--also",
    metavar="PATH",
    multiple=True,
    type=click.Path(),  # as text: an empty one must not become the working folder
    help="Another file or folder of yours to look into; may be given several times.",
)
@STORAGE_OPTIONS
@DRY_RUN
@click.option("--yes", is_flag=True, help="Do not ask before anything is removed.")
def purge(
    store: Path,
    tweet_ids: tuple[str, ...],
    ids: list[str] | None,
    also: tuple[str, ...],
    *,
    storage_options: Mapping[str, Any],
    dry_run: bool,
    yes: bool,
) -> None:
    """Take tweets out of STORE and of what was exported from it, and never ask for them again.

    What goes can't be had back. Stop runs on this store first. Ends with 1 where something could
    not be reached, or still holds an id.

    \b
    engagement-kit purge raw 2061384949969226276
    engagement-kit purge raw --ids deleted.txt --also my_tables --dry-run
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client import purging

    for one in also:
        if not one.strip() or not Path(one).exists():
            msg = f"--also {one!r}: there is no such file or folder; nothing was changed"
            raise click.UsageError(msg)
    given = [*tweet_ids, *(ids or ())]
    options: dict[str, Any] = {"also": also, "storage_options": storage_options}
    with told():
        if dry_run or not yes:
            would = purging.purge(store, given, dry_run=True, **options)
            say(repr(would))
        if dry_run:
            give(purged=_plain(would))
            return
        if not yes:
            question = "What goes can't be had back. Purge?"
            try:
                click.confirm(question, abort=True, err=for_machine())
            except click.Abort as error:
                for stop in filter(None, (error, error.__context__)):  # a No, or Ctrl-C
                    stop.add_note("Nothing was changed.")
                raise
        done = purging.purge(store, given, **options)
    say(repr(done))
    give(purged=_plain(done))
    if not done.complete:
        raise click.exceptions.Exit(Exit.UNFINISHED)


def _plain(done: Purged) -> dict[str, Any]:
    """Write what a purge did as plain data; no id is in it."""
    members = {one.name: getattr(done, one.name) for one in fields(done) if one.name != "cut"}
    files = ("rewritten_files", "removed_files", "not_found")
    told_of = ("not_reached", "left")
    return {
        **members,
        **{name: [done.cut(one) for one in members[name]] for name in files},
        **{
            name: {done.cut(one): done.cut(why) for one, why in members[name].items()}
            for name in told_of
        },
        "complete": done.complete,
    }
