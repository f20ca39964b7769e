"""Tidy tables straight from a world: what a perfect answer holds, made without a request."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from engagement_kit.emulator import World
from engagement_kit.tables.schema import Cells, build, same, to_pandas

Table = Callable[..., pd.DataFrame]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_US = 3_600_000_000


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    """Close what a test drew: matplotlib warns of many open figures."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def first_hours() -> Table:
    """Give a function: the first hours of tweets in a world, counted from the hour of creation."""

    def make(
        world: World, ids: Sequence[str], metrics: Sequence[str], hours: int, now: datetime
    ) -> pd.DataFrame:
        births = world.look(ids).birth_ms // 3_600_000
        start, end = int(births.min()), int(births.max()) + hours
        moments = [_EPOCH + timedelta(hours=one) for one in (start, end)]
        counts = world.counts(ids, metrics, *moments, now)
        ages = (births - start)[:, None, None] + np.arange(hours)
        values = np.take_along_axis(counts, np.broadcast_to(ages, (*counts.shape[:2], hours)), 2)
        tweet, metric, age = (one.ravel() for one in np.indices(values.shape))
        begun = (births[tweet] + age) * _HOUR_US
        seen = _micros(now)
        over = begun + _HOUR_US <= seen
        cells = Cells(
            tweets=tuple(ids), metrics=tuple(metrics), accounts=("acme",), keys=("0",),
            tweet=tweet, metric=metric, account=same(0, len(tweet)), key=same(0, len(tweet)),
            start=begun, end=begun + _HOUR_US, hour=same(-1, len(tweet)), value=values.ravel(),
            status=same(0, len(tweet)), complete=same(1, len(tweet)),
            observed=same(seen, len(tweet)),
        ).take(over)  # fmt: skip
        return to_pandas(build(cells, "hour", endpoint="historical", source="emulator"))

    return make


@pytest.fixture(scope="session")
def lifetimes() -> Table:
    """Give a function: the counts of tweets over their whole life up to a moment."""

    def make(
        world: World, ids: Sequence[str], metrics: Sequence[str], now: datetime
    ) -> pd.DataFrame:
        values = world.lifetime(ids, metrics, now)
        tweet, metric = (one.ravel() for one in np.indices(values.shape))
        many, seen = len(tweet), _micros(now)
        cells = Cells(
            tweets=tuple(ids), metrics=tuple(metrics), accounts=("acme",), keys=("0",),
            tweet=tweet, metric=metric, account=same(0, many), key=same(0, many),
            start=world.look(ids).birth_ms[tweet] * 1000, end=same(seen, many),
            hour=same(-1, many), value=values.ravel(), status=same(0, many),
            complete=same(1, many), observed=same(seen, many),
        )  # fmt: skip
        return to_pandas(build(cells, "lifetime", endpoint="totals", source="emulator"))

    return make
