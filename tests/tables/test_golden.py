"""The table's contract, pinned: the same bodies and runs give the same rows, column by column.

When a change to the table is meant, write the files anew, and read what differs::

    RENEW_GOLDEN=1 python -m pytest tests/tables/test_golden.py && git diff tests/tables/golden
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import engagement_kit as ek
from engagement_kit.emulator import World
from engagement_kit.question.query import LEVELS_BY
from engagement_kit.tables.schema import SCHEMA

GOLDEN = Path(__file__).with_name("golden")
RENEW = "RENEW_GOLDEN"
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
NULL = "-"
MOST_BYTES = 8_000

BODIES = [
    "28hr-hourly.200",
    "28hr-unavailable.200",
    "error-older-than-90-days.200",
    "error-unavailable.400",
    "groupings-grand-totals.200",
    "historical-by-tweet.200",
    "partial-with-errors.200",
    "totals-public.200",
    "video-views-unsupported.200",
]
RUNS = {
    "run-hour": ("historical", "hour", None, None),
    "run-hour-lost": ("historical", "hour", None, 0),
    "run-day": ("historical", "day", None, None),
    "run-hour-to-day-lost": ("historical", "hour", "day", 1),
    "run-hour-of-day": ("historical", "hour_of_day", "hour_of_day", None),
    "run-window": ("historical", "total", "total", None),
    "run-lifetime": ("totals", "total", None, None),
}


def text_of(table: pa.Table) -> str:
    """Write a table as text: what holds for all rows once, then the other columns, row by row."""
    columns = {name: [said(one) for one in table.column(name).to_pylist()] for name in SCHEMA.names}
    alike = {name: set(values) for name, values in columns.items()}
    out = io.StringIO()
    print(f"# {table.num_rows} rows; in all of them:", file=out)
    for name, values in alike.items():
        if len(values) == 1:
            print(f"# {name} = {next(iter(values))}", file=out)
    several = [name for name, values in alike.items() if len(values) > 1]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(several)
    writer.writerows(zip(*(columns[name] for name in several), strict=True))
    return out.getvalue()


def said(value: Any) -> str:
    """Write one value, null as a dash."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return NULL if value is None else str(value)


def compare(name: str, text: str) -> None:
    """Hold a text against its file; or write the file, when that is asked for."""
    path = GOLDEN / f"{name}.txt"
    if os.environ.get(RENEW):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.is_file(), f"{path} is not there; write it with {RENEW}=1"
    assert text == path.read_text(encoding="utf-8"), (
        f"the table of {name} changed. Users rely on it: if the change is meant, raise "
        f"SCHEMA_VERSION where columns changed, run\n  {RENEW}=1 python -m pytest {__file__}\n"
        f"and read the difference in {path}"
    )


def test_the_columns_and_their_types_are_the_contract() -> None:
    """Names, order and types."""
    compare("schema", "".join(f"{one.name}: {one.type}\n" for one in SCHEMA))


@pytest.mark.parametrize("name", BODIES)
def test_each_printed_body_gives_its_table(name: str, body: Callable[[str], bytes]) -> None:
    """The bodies of the documents, read without their query."""
    compare(name, text_of(ek.tidy_arrow(body(name), observed_at=NOW)))


@pytest.mark.parametrize("name", RUNS)
def test_each_run_gives_its_table(name: str, carry: Any) -> None:
    """Runs against the emulator at a fixed moment, with a tweet that is gone; some lose an answer.

    Days that are summed from hours are of an older tweet, in two windows.
    """
    endpoint, by, then, lost = RUNS[name]
    world = World(seed=1)
    account = world.accounts[0].name
    age = timedelta(days=40 if then == "day" else 2)
    ids = world.sample_ids(account, 1, before=NOW - age)
    ids += world.sample_ids(account, 1, before=NOW, kind="unavailable")
    more: dict[str, Any] = {}
    if endpoint == "historical":
        days = ("2026-05-29", "2026-05-31") if by == "hour" else ("2026-04-23", "2026-06-01")
        if then == "day":
            days = ("2026-04-20", "2026-05-22")
        more = {"by": by, "period": ek.between(*days)}
    query = ek.Query(endpoint, ids, ["impressions", "favorites"], **more)
    table = carry(world, query, NOW).table(LEVELS_BY[then] if then else None, without=lost)
    compare(name, text_of(table))


def test_golden_files_are_few_and_small() -> None:
    """One for each case, and all of them can be read by a person."""
    sizes = {one.stem: one.stat().st_size for one in GOLDEN.iterdir()}
    assert sizes.keys() == {"schema", *BODIES, *RUNS}
    assert max(sizes.values()) < MOST_BYTES
    assert sum(sizes.values()) < 30_000
