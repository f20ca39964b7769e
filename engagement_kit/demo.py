"""The demo: three questions to the emulator, from nothing to tables, files and a picture.

Run it with ``engagement-kit demo``, ``python -m engagement_kit.demo`` or, in a clone,
``make demo``. Its clock stands still, so that a second run finds everything stored and asks
nothing.
"""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import engagement_kit as ek
from engagement_kit.errors import EngagementError
from engagement_kit.question.amounts import many

if TYPE_CHECKING:
    from engagement_kit.client.client import Client
    from engagement_kit.client.result import Result

CLOCK: Final = "2026-06-01T12:30:00Z"
_SPREAD: Final = 490  # tweets of about 60 days
_OLDER: Final = 10  # tweets from before the last midnight: a daily history ends there
_GONE: Final = 3


@dataclass(frozen=True)
class Demo:
    """What the demo made.

    Attributes
    ----------
    folder
        Where all of it is.
    results
        What came of each question.
    files
        The Parquet file of each.
    picture
        One of all.
    """

    folder: Path
    results: Mapping[str, Result]
    files: Mapping[str, Path]
    picture: Path

    @property
    def store(self) -> Path:
        """The raw answers."""
        return self.folder / "raw"

    @property
    def requests(self) -> int:
        """How many were sent."""
        return sum(one.effort.sent for one in self.results.values())


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


def run(
    folder: Path, say: Callable[[str], object] = print, *, progress: bool | None = None
) -> Demo:
    """Ask the three questions, and write what came of them.

    Parameters
    ----------
    folder
        For all files; made where it is not there.
    say
        Takes what is said of it, some lines at a time.
    progress
        As in ``client.run``.

    Raises
    ------
    StoreError, TableError, OSError
        When it can't be written.
    """
    began = time.perf_counter()
    folder.mkdir(parents=True, exist_ok=True)
    with ek.connect("emulator", clock=CLOCK, store=folder / "raw") as client:
        say(
            f"The emulator answers on this machine, its clock stands at {CLOCK}.\n"
            "All numbers below are INVENTED by it; no key and no network is used.\n"
        )
        results, files = {}, {}
        for name, query in questions(client).items():
            plan = client.plan(query)
            price = plan.price
            say(
                f"{name}: {many(len(query.tweet_ids), 'tweet')}, {price.numbers:,} numbers, "
                f"{price.stored:,} of them stored; requests to send: {price.left}"
            )
            sys.stdout.flush()  # before the bar, which is on stderr
            results[name] = client.run(plan, progress=progress)
            files[name] = results[name].to_parquet(folder / f"{name}.parquet")
        made = Demo(folder, results, files, draw(results, folder / "demo.png"))
    say(_summary(made))
    end = (
        "Run it again: all is stored, and the clock stands still."
        if made.requests
        else "All was stored already."
    )
    say(f"\n{many(made.requests, 'request')} in {time.perf_counter() - began:.1f} s. {end}")
    return made


def _summary(made: Demo) -> str:
    return "\n".join([*_best(made), *_fates(made), *_next(made)])


def _best(made: Demo) -> Iterator[str]:
    """Name the tweets that were seen most."""
    totals = made.results["totals"].to_pandas()
    yield "\nTop tweets by impressions (invented):"
    best = ek.total(totals[totals["metric"] == "impressions"], "tweet_id")
    for row in best.nlargest(5, "value").itertuples():
        yield f"  {row.tweet_id}  {row.value:>9,}"


def _fates(made: Demo) -> Iterator[str]:
    """Say what became of all numbers."""
    yield "\nEvery wanted number has a fate:"
    for name, result in made.results.items():
        receipt = result.receipt
        lost = ", ".join(f"{count:,} {fate}" for fate, count in receipt.fates.items()) or "none"
        yield f"  {name}: {receipt.answered:,} of {receipt.asked:,} answered; missing: {lost}"


def _next(made: Demo) -> Iterator[str]:
    """Say where all is, and what one may do with it."""
    folder, store = made.folder, made.store
    yield f"\nTables: {folder}/*.parquet   picture: {made.picture}   raw answers: {store}"
    yield "Next: `make lab` in a clone, `engagement-kit lab` elsewhere: the notebooks. In Python:"
    yield f'  import pandas as pd; pd.read_parquet("{made.files["history_60_days"]}")'
    yield f'  import engagement_kit as ek; ek.open("{store}").latest'


def _main() -> None:
    """Run it where no command is on the PATH; ``engagement-kit demo`` can do more."""
    parser = ArgumentParser(prog="python -m engagement_kit.demo", description=__doc__)
    parser.add_argument("--out", metavar="FOLDER", type=Path, default="data/demo")
    try:
        run(parser.parse_args().out)
    except (EngagementError, OSError) as error:
        parser.exit(1, f"Error: {error}\n")


if __name__ == "__main__":
    _main()
