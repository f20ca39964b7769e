"""Plots, by what they draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import StepPatch

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight.curves import lifecycle


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
    assert "1 without any count left out" in ax.get_title("left")
    with pytest.raises(ek.errors.TableError, match="it holds: likes"):
        ek.plot.top(ek.tidy(body), "shares")


def drawn(ax: Any) -> dict[str, list[float]]:
    """Give the heights of the steps by their label, gaps left out."""
    steps = [one for one in ax.patches if isinstance(one, StepPatch)]
    heights = [one.get_data().values for one in steps]
    return {
        one.get_label(): np.asarray(some)[~np.isnan(some)].tolist()
        for one, some in zip(steps, heights, strict=True)
    }


def test_many_bars_are_one_thing() -> None:
    """Hundreds of hours are drawn as one; their heights are the sums, and gaps stay gaps."""
    days: dict[str, dict[str, str | None]] = {
        f"2026-05-{day:02d}": {f"{n:02d}": str(day + n) for n in range(24)} for day in range(1, 11)
    }
    days["2026-05-02"]["03"] = None
    table = ek.tidy({"g": {"1500000000000000000": {"replies": days}}})
    ax = ek.plot.timeline(table, "replies")
    (bars,) = ax.collections
    tops = [float(path.vertices[:, 1].max()) for path in bars.get_paths()]
    assert tops == ek.total(table, freq="hour")["value"].dropna().tolist()
    assert len(ax.lines[0].get_xdata()) == 1
    assert not ax.patches


def test_a_lifecycle_says_where_it_is_over_all_tweets(client: Client) -> None:
    """Strong where all tweets have the age, broken where some do; sources and zone are said."""
    ids = ek.sample_ids(client, 60)
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=4))
    table = client.run(query, progress=False).to_pandas()
    ax = ek.plot.lifecycle(table)
    ((label, heights),) = drawn(ax).items()
    assert label.endswith("of 60 tweets, not the same at each age")
    assert heights == lifecycle(table)["mean"].dropna().tolist()
    assert ax.get_title("right") == "EMULATOR: invented data"
    assert ax.get_title("left") == "impressions of 60 tweets by age"
    first = ek.Query("historical", ids[20:], ["impressions"], by="hour", period=ek.first(hours=9))
    ax = ek.plot.lifecycle(client.run(first, progress=False).to_pandas())
    assert [len(one) for one in drawn(ax).values()] == [9]
    assert next(iter(drawn(ax))) == "mean over all 40 tweets"
    assert ax.get_ylabel() == "impressions per tweet and hour"


def test_a_lifecycle_leaves_out_who_has_no_count(client: Client) -> None:
    """A deleted tweet does not make all ages incomparable; the title says that it is left out."""
    ids = [*ek.sample_ids(client, 60)[40:], *ek.sample_ids(client, 2, kind="unavailable")]
    query = ek.Query("historical", ids, ["impressions"], by="day", period=ek.first(days=1))
    ax = ek.plot.lifecycle(client.run(query, progress=False).to_pandas())
    assert "impressions of 20 of 22 tweets by age; 2 without any count left out" in ax.get_title(
        "left"
    )
    assert "UTC day" in ax.get_xlabel()


def test_a_rhythm_draws_the_means(client: Client) -> None:
    """One bar for each hour of the day, UTC; the running hour is hatched."""
    table = client.last_28_hours(ek.sample_ids(client, 40)[15:], ["impressions"], progress=False)
    ax = ek.plot.rhythm(table)
    assert len(ax.patches) == 24
    assert [at for at, bar in enumerate(ax.patches) if bar.get_hatch()] == [12]
    assert ax.get_xlabel() == "hour of the day, UTC"
    assert "25 tweets" in ax.get_title("left")


def test_ages_have_ticks_that_fit_them() -> None:
    """Far ages are drawn closer together; a few, or late ones alone, on an even axis."""
    born = "2050491494400000000"  # 2026-05-02T08:21Z
    days = {f"2026-05-{day:02d}": {f"{n:02d}": "1" for n in range(24)} for day in range(3, 6)}
    early = {"2026-05-02": {f"{n:02d}": "1" for n in range(8, 24)}} | days
    far = ek.plot.lifecycle(ek.tidy({"g": {born: {"likes": early}}}), "likes")
    late = ek.plot.lifecycle(ek.tidy({"g": {born: {"likes": days}}}), "likes")
    assert (far.get_xscale(), late.get_xscale()) == ("symlog", "linear")
    assert [one.get_text() for one in far.get_xticklabels()][:3] == ["0", "1 h", "2 h"]
    assert [one.get_text() for one in late.get_xticklabels()][:2] == ["24 h", "36 h"]
    assert late.get_xlim() == (16, 88)


def test_a_table_summed_over_tweets_does_not_say_how_many() -> None:
    """It would be a lie to say that there are none."""
    body = {"g": {"likes": {"2026-05-02": {"08": "5"}}}}
    ax = ek.plot.timeline(ek.tidy(body), "likes")
    assert ax.get_title("left") == "likes, summed over tweets, by hour"
