from __future__ import annotations

import numpy as np

from engagement_kit.emulator.api.shapes import nest
from engagement_kit.emulator.api.windows import Window

IDS, METRICS = ("11", "22"), ("a", "b", "c")
WINDOW = Window(22, 22 + 29)  # from 22:00 on 1970-01-01 to 03:00 on the 3rd
COUNTS = np.arange(2 * 3 * 29).reshape(2, 3, 29)


def test_four_levels() -> None:
    """Four levels hold every hour, as strings, partial days only the hours inside."""
    nested = nest(
        COUNTS, ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"],
        IDS, METRICS, WINDOW,
    )  # fmt: skip
    days = nested["22"]["b"]
    assert list(days) == ["1970-01-01", "1970-01-02", "1970-01-03"]
    assert days["1970-01-01"] == {"22": "116", "23": "117"}
    assert len(days["1970-01-02"]) == 24
    assert list(days["1970-01-03"]) == ["00", "01", "02"]


def test_hour_of_day() -> None:
    """Hour without day sums over days, under the hours that occur."""
    nested = nest(COUNTS, ["engagement.hour"], IDS, METRICS, WINDOW)
    assert list(nested) == [f"{hour:02d}" for hour in range(24)]
    assert nested["22"] == str(COUNTS[:, :, 0].sum() + COUNTS[:, :, 24].sum())
    short = nest(COUNTS[:, :, :3], ["engagement.hour"], IDS, METRICS, Window(22, 25))
    assert list(short) == ["00", "22", "23"]


def test_one_bucket() -> None:
    """Without time levels, hours or one bucket give the same sums."""
    sums = COUNTS.sum(axis=2, keepdims=True)
    for levels in (["tweet.id"], ["engagement.type"], ["engagement.type", "tweet.id"]):
        assert nest(COUNTS, levels, IDS, METRICS, WINDOW) == nest(sums, levels, IDS, METRICS, None)
    assert nest(sums, ["tweet.id"], IDS, METRICS, None)["11"] == str(COUNTS[0].sum())
