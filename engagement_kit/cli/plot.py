"""The command ``plot``: a picture of a table as a file, offline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.export import result_of
from engagement_kit.cli.places import Target
from engagement_kit.cli.reading import STORE_OR_TABLE, told
from engagement_kit.cli.saying import give, say
from engagement_kit.errors import NoSuchTable, NotInStore

if TYPE_CHECKING:
    import pandas as pd

KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "timeline": (),
    "lifecycle": (),
    "rhythm": ("tz",),
    "heatmap": ("tz",),
    "top": ("n", "first_hours"),
    "compare": ("groups", "first_hours"),
    "missing": (),
}
"""What can be drawn, and by which options beside the metric, which all but the last have."""
_ENDINGS: Final = (".png", ".svg", ".pdf")


def _picture(_: click.Context, __: click.Parameter, out: Path) -> Path:
    if out.suffix.lower() not in _ENDINGS:
        msg = f"{str(out)!r} does not end in {', '.join(_ENDINGS)}; nothing was written"
        raise click.UsageError(msg)
    return out


def _groups(_: click.Context, __: click.Parameter, path: Path | None) -> dict[str, str] | None:
    from engagement_kit.question.owner_files import read_groups

    with told():
        return None if path is None else read_groups(path)


@click.command(short_help="Draw a picture of a table.")
@STORE_OR_TABLE
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    required=True,
    type=Target(),
    callback=_picture,
    help="Where to: .png, .svg or .pdf.",
)
@click.option("--query", metavar="FILE", help="Of a store: the newest run of this saved query.")
@click.option("--which", metavar="NAME", help="Of a store: a grain; the finest by default.")
@click.option("--metric", metavar="NAME", help="By default impressions; missing has no metric.")
@click.option("-n", type=click.IntRange(1), metavar="N", help="Of top: how many ranks; 10.")
@click.option(
    "--first-hours", type=click.IntRange(1), metavar="N",
    help="Of top and compare: count so many hours of each tweet's life alone.",
)  # fmt: skip
@click.option("--tz", metavar="ZONE", help="Of rhythm and heatmap: as in Europe/Berlin; UTC.")
@click.option(
    "--groups",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_groups,
    help="Of compare: a CSV, Parquet or JSONL file with tweet ids and their groups, two of them.",
)
def plot(
    source: Path, kind: str, *, out: Path, query: str | None, which: str | None, **options: Any
) -> None:
    """Draw a picture of the newest run of a store, or of a Parquet file.

    SOURCE is a raw store, or Parquet that export, run or tidy wrote. No keys are needed, and
    nothing is sent. Each picture says its source, and what is missing from it. KIND is one of

    \b
    timeline    a bar for each hour or day
    lifecycle   how counts rise with the age of tweets
    rhythm      at which hours of the day people engage
    heatmap     the same by day of the week and hour
    top         the tweets with the highest counts
    compare     two groups of tweets, with --groups
    missing     what is missing, by metric and reason

    \b
    engagement-kit plot raw timeline --out week.png
    engagement-kit plot counts.parquet top --metric favorites -n 5 --out top.svg
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    chosen = _chosen(kind, options)
    with told():
        _save(_table(source, query, which), kind, chosen, out)
    say(f"{kind} in {out}")
    give(file=str(out), kind=kind)


def _chosen(kind: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was given; an option that a kind does not have is refused."""
    given = {name: value for name, value in options.items() if value is not None}
    known = {*KINDS[kind], *(() if kind == "missing" else ("metric",))}
    for name in given:
        if name not in known:
            option = "-n" if name == "n" else f"--{name.replace('_', '-')}"
            msg = f"{kind} has no {option}; it takes {', '.join(sorted(known)) or 'none of these'}"
            raise click.UsageError(msg)
    if kind == "compare" and "groups" not in given:
        msg = "compare needs --groups FILE: tweet ids, and the group of each"
        raise click.UsageError(msg)
    return given


def _table(source: Path, query: str | None, which: str | None) -> pd.DataFrame:
    """Read the table: of a store the newest run, else Parquet."""
    from engagement_kit.answers.store import must_be_store
    from engagement_kit.tables.given import as_frame
    from engagement_kit.tables.lazily import scan

    try:
        must_be_store(source)
    except NotInStore:
        if not source.is_file() and not any(source.rglob("*.parquet")):
            raise
        if query is not None or which is not None:
            msg = (
                f"{source} is Parquet, which is drawn as it is: --query and --which are of a store"
            )
            raise NoSuchTable(msg) from None
        return as_frame(scan(source).to_table())
    return result_of(source, query).to_pandas(which)


def _save(table: pd.DataFrame, kind: str, options: dict[str, Any], out: Path) -> None:
    """Draw, without a screen, and write the picture whole or not at all."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    from engagement_kit.insight import plot as pictures
    from engagement_kit.tables.aside import written_aside

    draw = getattr(pictures, kind)
    axes = (
        draw(table, options.pop("groups"), **options)
        if "groups" in options
        else draw(table, **options)
    )
    with written_aside(out) as aside, aside.open("wb") as file:
        axes.figure.savefig(file, format=out.suffix[1:].lower(), dpi=150)
    plt.close(axes.figure)
