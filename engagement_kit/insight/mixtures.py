"""Checks of what does not belong together in what was passed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engagement_kit.insight.evidence import Evidence
from engagement_kit.insight.finding import Finding, Kind
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.rules import SMALL_SET, SMALL_SET_FROM
from engagement_kit.tables.schema import NULL_TIME
from engagement_kit.tables.times import micros

_INVENTED: Final = Kind(
    "invented_and_live", "error",
    "counts of the live API and invented ones of an emulator are mixed",
    "keep them apart: choose rows by the column source",
)  # fmt: skip
_GRAINS: Final = Kind(
    "several_grains", "error",
    "one table holds rows of several grains: a sum over it counts the same twice",
    "choose the rows of one grain, or ask for one table: result.table('day')",
)  # fmt: skip
_VIDEO: Final = Kind(
    "two_video_views", "caution",
    "video_views of totals count all tweets with the same video; those of hours, days and windows "
    "count this tweet alone",
    "never add or compare the two; use one of them (counted are the totals)",
)  # fmt: skip
_REDEFINED: Final = Kind(
    "redefined", "caution",
    "there are counts from before and after a change of what is counted: ",
    "compare within one side of the change alone; ek.metrics() says what changed",
)  # fmt: skip
_ZERO: Final = Kind(
    "zero_before", "caution",
    f"historical gives 0 for this metric before {SMALL_SET_FROM:%Y-%m-%d}, whatever happened",
    "leave these rows out, or take them as missing",
)  # fmt: skip


def invented_and_live(seen: Evidence) -> Iterator[Finding]:
    """Find invented data beside live ones; emulated data alone are no finding."""
    invented = (seen.rows["source"] == "emulator").to_numpy()
    if invented.any() and (seen.rows["source"] == "live").any():
        yield _INVENTED.found(seen.rows[invented], int(invented.sum()))


def several_grains(seen: Evidence) -> Iterator[Finding]:
    """Find single tables of several grains; several tables of one grain each are none."""
    codes = seen.rows["grain"].cat.codes
    by_table = codes[codes >= 0].groupby(seen.rows["table"])
    mixed = by_table.min() != by_table.max()
    if mixed.any():
        rows = seen.rows[seen.rows["table"].isin(mixed.index[mixed])]
        yield _GRAINS.found(rows, len(rows))


def two_video_views(seen: Evidence) -> Iterator[Finding]:
    """Find both quantities that are called video_views."""
    rows = seen.counted[seen.counted["metric"] == seen.code_of("video_views")]
    lifetime = (rows["grain"] == "lifetime").to_numpy()
    if lifetime.any() and not lifetime.all():
        yield _VIDEO.found(rows[lifetime], int(lifetime.sum()), "video_views")


def redefined(seen: Evidence) -> Iterator[Finding]:
    """Find metrics with counts on both sides of a change, or across it.

    Those of before count, lifetimes only where they go across.
    """
    for name, one in METRICS.items():
        if one.changed_on is None:
            continue
        rows = seen.latest[seen.latest["metric"] == seen.code_of(name)]
        moment = micros(one.changed_on)
        lifetime = (rows["grain"] == "lifetime").to_numpy()
        # Only of lifetimes is no start an old one: that of a tweet from before November 2010.
        before = ((rows["start"] < moment) & (lifetime | (rows["start"] != NULL_TIME))).to_numpy()
        after = (rows["end"] > moment).to_numpy()
        across = lifetime & before & after
        apart = ~lifetime & before if (after & ~lifetime).any() else np.zeros(len(rows), bool)
        old = across | apart
        if old.any():
            said = f"{name} since {one.changed_on:%Y-%m-%d} {one.change}"
            yield _REDEFINED.found(rows[old], int(old.sum()), name, said)


def zero_before(seen: Evidence) -> Iterator[Finding]:
    """Find zeros of the time for which the API has none of these counts."""
    names = [seen.code_of(name) for name in sorted(SMALL_SET)]
    rows = seen.latest
    odd = (
        rows["metric"].isin(names)
        & (rows["grain"] != "lifetime")
        & (rows["value"] == 0)
        & (rows["end"] != NULL_TIME)
        & (rows["end"] <= micros(SMALL_SET_FROM))
    )
    yield from _ZERO.by_metric(seen, rows[odd])
