"""What these tests share: printed bodies, runs without a network, and how engines read Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

import engagement_kit as ek
from engagement_kit.answers import envelope
from engagement_kit.answers.answer import Answer
from engagement_kit.emulator import Settings, World
from engagement_kit.emulator.api.answer import answer
from engagement_kit.emulator.api.oauth import Caller
from engagement_kit.question.plan import CARRIERS, Plan, Where, plan
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request
from engagement_kit.question.rules import Levels
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.derive import derive, grain_for
from engagement_kit.tables.fates import losses
from engagement_kit.tables.schema import SCHEMA, build, to_pandas

BODIES = Path(__file__).parents[1] / "samples"
NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)


@pytest.fixture(scope="session")
def body() -> Callable[[str], bytes]:
    """Read a printed body by its case and status."""
    return lambda name: (BODIES / f"{name}.json").read_bytes()


def reply_to(world: World, request: Request, now: datetime) -> dict[str, Any]:
    """Ask the emulator's pure answer function."""
    caller = Caller("app") if request.account is None else Caller("user", request.account)
    reply = answer(world, Settings(), now, caller, request.endpoint, request.body)
    # 400 where all tweets are gone: the list of them is an answer, too
    assert reply.status == 200 or "unavailable_tweet_ids" in reply.payload, reply.payload
    return dict(reply.payload)


def make_answer(request: Request, payload: Any, seen: datetime, **more: Any) -> Answer:
    """Make an answer as a run would store it."""
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    parts = envelope.read(content)
    window = (parts.start, parts.end) if parts.start and parts.end else None
    values = {"outcome": "answered", "source": "emulator", "window": window} | more
    return Answer(request, 200, {}, content, observed_at=seen, **values)


@pytest.fixture(scope="session")
def answered() -> Callable[..., Answer]:
    """Make an answer from a request and a payload."""
    return make_answer


class Carried:
    """A query, its plan, and the emulator's answers to each request."""

    def __init__(self, world: World, query: Query, now: datetime = NOW) -> None:
        self.world = world
        self.plan: Plan = plan(query, now=now, where=Where(account=world.accounts[0].name))
        self.payloads = [(one, reply_to(world, one, now)) for one in self.plan.requests]

    def answers(self) -> Iterator[Answer]:
        """Give the answers as they came, a second apart."""
        for at, (request, payload) in enumerate(self.payloads):
            yield make_answer(request, payload, self.plan.now + timedelta(seconds=at))

    def table(self, by: Levels | None = None, *, without: int | None = None) -> pa.Table:
        """Give the tidy table, as if one answer had never come."""
        came = [one for at, one in enumerate(self.answers()) if at != without]
        base = gather(self.plan.wanted, came)
        levels = by or CARRIERS[base.wanted.level][1]
        cells = derive(base, losses(base, []), levels)
        grain = grain_for(base.wanted, levels)
        return build(cells, grain, endpoint=self.plan.query.endpoint, source="emulator")


@pytest.fixture(scope="session")
def carry() -> type[Carried]:
    """Run a query against the emulator, in process."""
    return Carried


# --- how engines read Parquet ---------------------------------------------------------------------
Rows = list[str]


def equal_values(rows: Iterable[Sequence[Any]]) -> Rows:
    """Make rows of any engine comparable: plain values, moments in UTC, in a fixed order.

    They are written out, so that 1, 1.0 and True are three values.
    """
    return sorted(
        repr([one.astimezone(UTC) if isinstance(one, datetime) else one for one in row])
        for row in rows
    )


def of_arrow(table: pa.Table) -> Rows:
    """Give the values of an Arrow table with the columns of the tidy one."""
    assert table.schema.names == SCHEMA.names
    return equal_values(zip(*table.to_pydict().values(), strict=True))


def of_pandas(frame: pd.DataFrame) -> Rows:
    """Give the values of a DataFrame with the columns of the tidy one."""
    assert [*frame.columns] == SCHEMA.names
    columns = [frame[name].astype(object) for name in frame]
    plain = [[None if pd.isna(one) else one for one in column] for column in columns]
    times = [[getattr(one, "to_pydatetime", lambda one=one: one)() for one in c] for c in plain]
    return equal_values(zip(*times, strict=True))


def of_polars(frame: pl.DataFrame) -> Rows:
    """Give the values of a Polars frame with the columns of the tidy one."""
    assert frame.columns == SCHEMA.names
    return equal_values(frame.rows())


def _in_duckdb(place: Path) -> Rows:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        files = place / "*.parquet" if place.is_dir() else place
        return of_arrow(connection.read_parquet(str(files)).to_arrow_table())


READERS: dict[str, Callable[[Path], Rows]] = {
    "Arrow": lambda place: of_arrow(ds.dataset(place, format="parquet").to_table()),
    "pandas": lambda place: of_pandas(pd.read_parquet(place)),
    "Polars": lambda place: of_polars(pl.scan_parquet(place).collect()),
    "DuckDB": _in_duckdb,
    "scan, Arrow": lambda place: of_arrow(ek.scan(place).to_table()),
    "scan, pandas": lambda place: of_pandas(to_pandas(ek.scan(place).to_table())),
    "scan, Polars": lambda place: of_polars(ek.scan(place, engine="polars").collect()),
    "scan, DuckDB": lambda place: of_arrow(ek.scan(place, engine="duckdb").to_arrow_table()),
}


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest) -> Callable[[Path], Rows]:
    """Read a file or folder with one engine after the other; see `equal_values`."""
    return READERS[request.param]


@pytest.fixture(params=[one for one in READERS if one.startswith("scan")])
def scanner(request: pytest.FixtureRequest) -> Callable[[Path], Rows]:
    """Read by ``ek.scan`` alone."""
    return READERS[request.param]


@pytest.fixture(scope="session")
def readers() -> dict[str, Callable[[Path], Rows]]:
    """Give all ways to read at once."""
    return READERS


@pytest.fixture(scope="session")
def values_of() -> Callable[[pa.Table], Rows]:
    """Give the values of a table as readers give them."""
    return of_arrow
