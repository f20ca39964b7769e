"""The heatmap: a metric by day of the week and hour, and what has no colour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.insight.rhythms import WEEKDAYS, rhythm

BORN = "2050491494400000000"  # 2026-05-02, 08:21 UTC


def hatched(ax: Axes) -> dict[tuple[int, int], str]:
    """Give the hatch of each cell that has one, by day and hour."""
    return {
        (int(one.get_y()), int(one.get_x())): str(one.get_hatch())
        for one in ax.patches
        if one.get_hatch()
    }


def crossed(ax: Axes) -> set[tuple[int, int]]:
    """Give the cells that have a cross, by day and hour."""
    return {(int(y), int(x)) for line in ax.lines for x, y in line.get_xydata()}


def holed() -> pd.DataFrame:
    """Give a week from Monday on, of which one hour is missing and one was not over."""
    days: dict[str, dict[str, str | None]] = {
        f"2026-05-{day:02d}": {f"{hour:02d}": "0" for hour in range(24)} for day in range(4, 10)
    }
    days["2026-05-05"]["03"] = None
    table = ek.tidy({"g": {BORN: {"likes": days}}})
    still = table["start"] == pd.Timestamp("2026-05-09T23:00Z")
    return table.assign(complete=table["complete"].fillna(value=True) & ~still)


@pytest.mark.parametrize("tz", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_cell_is_a_mean(client: Client, tz: str) -> None:
    """Each cell has the mean of its hour of the week on that clock; colours begin at zero."""
    ids = ek.sample_ids(client, 60)[20:]
    query = ek.Query("historical", ids, ["impressions"], by="hour", period=ek.last(days=7))
    table = client.run(query, progress=False).to_pandas()
    ax = ek.plot.heatmap(table, tz=tz)
    (mesh,) = ax.collections
    means = np.ma.filled(mesh.get_array().astype(float), np.nan)
    cells = rhythm(table, tz=tz, weekday=True)
    drawn = means[cells["weekday"], cells["hour_of_day"]]
    np.testing.assert_array_equal(drawn, cells["mean"].to_numpy(dtype=float))
    assert np.isfinite(means).sum() == len(cells)
    assert mesh.get_clim() == (0, np.nanmax(means))
    assert mesh.get_cmap().name == "cividis"
    assert ax.get_xlabel() == f"hour of the day, {tz}"
    assert tuple(one.get_text() for one in ax.get_yticklabels()) == WEEKDAYS
    assert ax.get_ylim() == (7, 0)
    assert ax.get_title("left") == "impressions of 40 tweets by weekday and hour"
    assert ax.get_title("right") == "EMULATOR: invented data"
    bar = mesh.colorbar.ax
    assert bar.get_ylabel() == "impressions per tweet and hour"


def test_what_is_not_there_is_not_coloured_as_zero() -> None:
    """Not in the table, missing, still running: three marks, each explained; zero is a colour."""
    ax = ek.plot.heatmap(holed(), "likes")
    (mesh,) = ax.collections
    means = np.ma.filled(mesh.get_array().astype(float), np.nan)
    assert np.nansum(means) == 0
    assert np.isnan(means).sum() == 24 + 1
    marks = hatched(ax)
    assert crossed(ax) == {(1, 3)}
    assert marks.pop((5, 23)) == "///"
    assert marks == {(6, hour): ".." for hour in range(24)}
    assert [one.get_text() for one in ax.get_legend().get_texts()] == [
        "not in the table",
        "a count is missing: nothing drawn",
        "not over yet when observed",
    ]


def test_marks_that_are_not_there_are_not_explained() -> None:
    """A full table needs no legend; one that lacks everything has no colours to explain."""
    days = {f"2026-05-{n:02d}": {f"{hour:02d}": "1" for hour in range(24)} for n in range(4, 11)}
    assert ek.plot.heatmap(ek.tidy({"g": {BORN: {"likes": days}}}), "likes").get_legend() is None
    lost = ek.tidy({"g": {BORN: {"likes": {"2026-05-04": {"08": None}}}}})
    ax = ek.plot.heatmap(lost, "likes")
    assert not ax.collections
    assert crossed(ax) == {(0, 8)}
    assert len(hatched(ax)) == 7 * 24 - 1


def test_other_grains_and_half_hours_are_refused() -> None:
    """Nothing is drawn that would be wrong by half an hour, or has no hours."""
    with pytest.raises(ek.errors.TableError, match="not a whole number of hours off UTC"):
        ek.plot.heatmap(holed(), "likes", tz="Asia/Kolkata")
    day = ek.tidy({"g": {BORN: {"likes": {"2026-05-04": "5"}}}})
    with pytest.raises(ek.errors.TableError, match="hour or hour_of_day, not 'day'"):
        ek.plot.heatmap(day, "likes")
