"""What tweets have got by an age, and who got most: by what is drawn."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight import lifecycle, top

BORN = "2050491494400000000"  # 2026-05-02T08:24Z


def hourly(client: Client, ids: list[str], period: Any) -> Any:
    """Ask the emulator for impressions by hour."""
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=period)
    return client.run(query, progress=False).to_pandas()


def test_a_lifecycle_rises_to_all_there_is(client: Client) -> None:
    """Shares end at 100 %, means at all that a tweet has; both begin with nothing."""
    table = hourly(client, ek.sample_ids(client, 60)[20:], ek.first(hours=9))
    curve = lifecycle(table)
    share = ek.plot.lifecycle(table, what="share")
    assert share.lines[0].get_xdata().tolist() == list(range(10))
    assert share.lines[0].get_ydata().tolist() == pytest.approx([0, *(curve["share"] * 100)])
    assert "share" in share.get_ylabel()
    mean = ek.plot.lifecycle(table, what="cumulative")
    assert mean.lines[0].get_ydata().tolist() == pytest.approx([0, *(curve["cumulative"] / 40)])
    assert mean.get_ylabel() == "impressions per tweet since posting"
    (label,) = mean.get_legend().get_texts()
    assert label.get_text() == "mean over all 40 tweets, up to 9 h"


def test_a_rise_leaves_out_who_has_no_count(client: Client) -> None:
    """A deleted tweet does not take the curve from all others; the title says so."""
    ids = [*ek.sample_ids(client, 60)[40:], *ek.sample_ids(client, 2, kind="unavailable")]
    ax = ek.plot.lifecycle(hourly(client, ids, ek.first(hours=5)), what="share")
    assert ax.lines[0].get_ydata()[-1] == 100
    assert "20 of 22 tweets by age; 2 without any count left out" in ax.get_title("left")


def test_a_rise_without_a_beginning_is_said() -> None:
    """A table that begins after the posting can't say what came before."""
    table = ek.tidy({"g": {BORN: {"likes": {"2026-05-02": {"10": "5", "11": "3"}}}}})
    ax = ek.plot.lifecycle(table, "likes", what="cumulative")
    assert not ax.lines
    assert "not all tweets are counted since they were posted" in ax.texts[0].get_text()
    with pytest.raises(ek.errors.TableError, match="allowed: rate, cumulative, share"):
        ek.plot.lifecycle(table, "likes", what="half")  # type: ignore[arg-type]


def test_top_draws_the_frame_and_its_ties() -> None:
    """Equal bars say their rank; many that tie for the last are counted in the title."""
    body = {"g": {str(2000 + at): {"likes": str(n)} for at, n in enumerate([9, 7, 7, 2, 2, 2, 2])}}
    table = ek.tidy(body)
    ax = ek.plot.top(table, "likes", 3)
    frame = top(table, "likes", 3)
    assert [one.get_width() for one in ax.patches] == frame["value"].tolist() == [9, 7, 7]
    assert [one.get_text() for one in ax.get_yticklabels()] == frame["tweet_id"].tolist()
    assert [one.get_text() for one in ax.texts] == ["ties for rank 2"] * 2
    ax = ek.plot.top(table, "likes", 2)
    assert ax.get_title("left") == "top 3 of 7 tweets by likes"
    many = ek.plot.top(table, "likes", 4, None)
    assert len(many.patches) == 7
    few = ek.tidy({"g": {str(2000 + at): {"likes": "0"} for at in range(9)}})
    ax = ek.plot.top(few, "likes", 2)
    assert len(ax.patches) == 4
    assert ax.get_title("left") == "top 4 of 9 tweets by likes; 5 more tie for rank 1"


def test_a_metric_has_one_colour_in_all_plots_of_one_series() -> None:
    """Bars of the best tweets look like those of a timeline: another colour would say something."""
    born = {BORN: {"likes": {"2026-05-02": {"09": "3"}, "2026-05-03": {"09": "1"}}}}
    table = ek.tidy({"g": born})
    best, days = ek.plot.top(table, "likes"), ek.plot.timeline(table, "likes")
    colours = [{one.get_facecolor() for one in ax.patches} for ax in (best, days)]
    assert colours[0] == colours[1]
    assert len(colours[0]) == 1


def test_top_hatches_what_is_known_of_who_could_be_there() -> None:
    """A tweet with a missing hour that has more than the last of the ranked is drawn, hatched."""
    days = {"2026-05-02": {"08": "5", "09": "3"}}
    holed = {"2026-05-02": {"08": "7", "09": None}}
    low = {"2026-05-02": {"08": "1", "09": None}}
    ids = [str(int(BORN) + at) for at in range(3)]
    body = {"g": {one: {"likes": some} for one, some in zip(ids, [days, holed, low], strict=True)}}
    table = ek.tidy(body)
    ax = ek.plot.top(table, "likes", 1, between=("2026-05-02T08:00Z", "2026-05-02T09:00Z"))
    assert [one.get_width() for one in ax.patches] == [7]
    assert ax.get_xlabel() == "likes, 2026-05-02 08:00 to 2026-05-02 09:00 UTC"
    ax = ek.plot.top(table, "likes", 1, first_hours=2)
    assert [(one.get_width(), bool(one.get_hatch())) for one in ax.patches] == [(8, False)]
    assert ax.get_title("left") == "top 1 of 3 tweets by likes; 2 with missing counts left out"
    assert ax.get_xlabel() == "likes, first 2 hours of each tweet"
    days["2026-05-02"]["09"] = "1"
    ax = ek.plot.top(ek.tidy(body), "likes", 1)
    assert [(one.get_width(), bool(one.get_hatch())) for one in ax.patches] == [
        (6, False),
        (7, True),
    ]
    assert [one.get_text() for one in ax.get_yticklabels()] == ids[:2]
    assert ax.get_legend().get_texts()[0].get_text() == "at least: counts are missing"


def test_top_without_a_whole_count_says_so() -> None:
    """An empty picture would look like a fault."""
    table = ek.tidy({"g": {BORN: {"likes": {"2026-05-02": {"08": None}}}}})
    ax = ek.plot.top(table, "likes")
    assert ax.texts[0].get_text() == "no tweet has all its counts"
    assert "1 without any count left out" in ax.get_title("left")


@pytest.mark.parametrize("what", ["rate", "share"])
def test_a_tweet_without_a_date_takes_nothing_from_the_others(what: str) -> None:
    """It has no age; the others are all tweets that the curve is of."""
    days = {"2026-05-02": {"08": "5", "09": "3"}}
    table = ek.tidy({"g": {one: {"likes": days} for one in ("2050491494400000000", "2000")}})
    ax = ek.plot.lifecycle(table, "likes", what=what)  # type: ignore[arg-type]
    assert (
        ax.get_title("left") == "likes of 1 of 2 tweets by age; 1 without a date or a life left out"
    )
    assert "1 tweet" in ax.get_legend().get_texts()[0].get_text()
    assert "of" not in ax.get_legend().get_texts()[0].get_text()


@pytest.mark.parametrize("what", ["rate", "share", "cumulative"])
def test_a_curve_of_nothing_says_so(what: str) -> None:
    """Tweets of which no hour is counted have no curve."""
    table = ek.tidy({"g": {"2050491494400000000": {"likes": {"2026-05-02": {"08": "5"}}}}})
    none = table.assign(value=pd.array([None], "Int64"), status="failed")
    ax = ek.plot.lifecycle(none, "likes", what=what)  # type: ignore[arg-type]
    assert ax.texts
    assert ax.get_title("left").startswith(
        "likes of 0 of 1 tweet by age; 1 without any count left out"
    )
