"""Plots, by what they draw."""

from __future__ import annotations

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client


def test_a_timeline_draws_the_sums(client: Client) -> None:
    """One bar for each hour; the running hour is hatched; source, zone and unit are said."""
    ids = ek.sample_ids(client, 40)[15:]
    table = client.last_28_hours(ids, ["impressions"], progress=False)
    ax = ek.plot.timeline(table)
    sums = ek.total(table, freq="hour")
    assert [bar.get_height() for bar in ax.patches] == sums["value"].tolist()
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False] * 28 + [True]
    assert ax.get_title("right") == "EMULATOR: invented data"
    assert ax.get_xlabel() == "UTC"


def test_a_missing_count_leaves_a_gap() -> None:
    """A sum that would be too small is not drawn, and the gap is marked."""
    day = {"2026-05-01": {"00": "1", "01": None, "02": "3"}}
    ax = ek.plot.timeline(ek.tidy({"g": {"1500000000000000000": {"replies": day}}}), "replies")
    assert [bar.get_height() for bar in ax.patches] == [1, 3]
    assert len(ax.lines[0].get_xdata()) == 1


def test_top_says_who_is_left_out() -> None:
    """The highest first, ids as text, and tweets without a count are counted in the title."""
    body = {"g": {"2000": {"likes": "3"}, "2001": {"likes": "5"}}, "unavailable_tweet_ids": ["22"]}
    ax = ek.plot.top(ek.tidy(body), "likes")
    assert [one.get_text() for one in ax.get_yticklabels()] == ["2001", "2000"]
    assert "1 without a count left out" in ax.get_title("left")
    with pytest.raises(ek.errors.TableError, match="it holds: likes"):
        ek.plot.top(ek.tidy(body), "shares")
