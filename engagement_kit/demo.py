"""The demo: three questions to the emulator, from nothing to tables, files and a picture.

Run it with ``engagement-kit demo``, ``python -m engagement_kit.demo`` or, in a clone,
``make demo``. Its clock stands still, so that a second run finds everything stored and asks
nothing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

import engagement_kit as ek
from engagement_kit.errors import EngagementError

if TYPE_CHECKING:
    from engagement_kit.client.client import Client
    from engagement_kit.client.result import Result

CLOCK: Final = "2026-06-01T12:30:00Z"
_SPREAD: Final = 490  # tweets of about 60 days
_OLDER: Final = 10  # tweets from before the last midnight: a daily history ends there
_GONE: Final = 3


def questions(client: Client) -> dict[str, ek.Query]:
    """Choose three questions that make batches and windows happen."""
    ids = ek.sample_ids(client, _SPREAD)
    gone = ek.sample_ids(client, _GONE, kind="unavailable")
    return {
        "totals": ek.Query("totals", ids[: 300 - _GONE] + gone),
        "last_28_hours": ek.Query("28hr", ids[:25], by="hour"),
        "history_60_days": ek.Query(
            "historical", ids[_OLDER::8], by="day", period=ek.last(days=60)
        ),
    }


def draw(results: dict[str, Result], path: Path) -> Path:
    """Draw one picture of the three answers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    left, right = figure.subplots(2, 1, height_ratios=(1, 1)).tolist()
    history = results["history_60_days"].to_pandas()
    ek.plot.timeline(history, "impressions", left)
    ek.plot.top(results["totals"].to_pandas(), "impressions", 8, right)
    figure.savefig(path, dpi=110)
    return path


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="data/demo",
    show_default=True,
    help="The folder for all files.",
)
def demo(*, out: Path) -> None:
    """Ask the emulator three questions: tables, files and a picture, without any key.

    All numbers are invented, and marked so. Run it again: all is stored by then, and nothing is
    asked.

    \b
    engagement-kit demo
    engagement-kit demo --out somewhere
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    try:
        run(out)
    except (EngagementError, OSError) as error:
        raise click.ClickException(str(error)) from error


def run(out: Path) -> None:
    """Ask the three questions, and write what came of them.

    Parameters
    ----------
    out
        The folder for all files; made where it is not there.

    Raises
    ------
    StoreError, OSError
        When it can't be written.
    """
    began = time.perf_counter()
    out.mkdir(parents=True, exist_ok=True)
    with ek.connect("emulator", clock=CLOCK, store=out / "raw") as client:
        print(f"The emulator answers on this machine, its clock stands at {CLOCK}.")
        print("All numbers below are INVENTED by it; no key and no network is used.\n")
        results = {}
        for name, query in questions(client).items():
            plan = client.plan(query)
            price = plan.price
            print(
                f"{name}: {len(query.tweet_ids)} tweets, {price.numbers:,} numbers, "
                f"{price.stored:,} of them stored; requests to send: {price.left}"
            )
            sys.stdout.flush()
            results[name] = client.run(plan, progress=True)
            results[name].to_parquet(out / f"{name}.parquet")
        asked = sum(result.effort.sent for result in results.values())
        picture = draw(results, out / "demo.png")
    _summary(results, out, picture)
    print(f"\n{asked} requests in {time.perf_counter() - began:.1f} s.", end=" ")
    print("Run it again: it will ask for nothing." if asked else "All was stored already.")


def _summary(results: dict[str, Result], out: Path, picture: Path) -> None:
    totals = results["totals"].to_pandas()
    print("\nTop tweets by impressions (invented):")
    best = ek.total(totals[totals["metric"] == "impressions"], "tweet_id")
    for row in best.nlargest(5, "value").itertuples():
        print(f"  {row.tweet_id}  {row.value:>9,}")
    print("\nEvery wanted number has a fate:")
    for name, result in results.items():
        receipt = result.receipt
        lost = ", ".join(f"{count:,} {fate}" for fate, count in receipt.fates.items()) or "none"
        print(f"  {name}: {receipt.answered:,} of {receipt.asked:,} answered; missing: {lost}")
    print(f"\nTables: {out}/*.parquet   picture: {picture}   raw answers: {out / 'raw'}")
    print("Next: `engagement-kit lab` opens the example notebooks. In Python:")
    print(f'  import pandas as pd; pd.read_parquet("{out}/history_60_days.parquet")')
    print(f'  import engagement_kit as ek; ek.open("{out / "raw"}").latest')


if __name__ == "__main__":
    demo(prog_name="python -m engagement_kit.demo")
