"""Where a metric began to mean something else, plots say so."""

from __future__ import annotations

import pytest
from matplotlib.dates import num2date

import engagement_kit as ek
from engagement_kit.question.metrics import METRICS, REDEFINED_ON

TWEET = "915900000000000000"  # 2017-10-05


def days(metric: str, first: int, last: int, *, by: str = "day") -> object:
    """Give days of October 2017, or hours of them."""
    hours = {f"{hour:02d}": "7" for hour in range(24)}
    counts = {f"2017-10-{n:02d}": "7" if by == "day" else hours for n in range(first, last + 1)}
    return ek.tidy({"g": {TWEET: {metric: counts}}})


CHANGED = [name for name, one in METRICS.items() if one.changed_on]


@pytest.mark.parametrize("metric", CHANGED)
def test_a_line_marks_the_day_on_an_axis_of_time(metric: str) -> None:
    """At the day, explained, and thin; the title need not say it again."""
    ax = ek.plot.timeline(days(metric, 6, 12), metric)
    (line,) = ax.lines
    assert num2date(line.get_xdata()[0]) == REDEFINED_ON
    assert line.get_linewidth() < 1
    said = f"since 2017-10-09 {METRICS[metric].change}"
    assert [one.get_text() for one in ax.get_legend().get_texts()] == [said]
    assert said not in ax.get_title("left")


@pytest.mark.parametrize(
    ("metric", "first", "last"),
    [("engagements", 6, 8), ("engagements", 9, 12), ("favorites", 6, 12)],
)
def test_no_line_where_nothing_changed(metric: str, first: int, last: int) -> None:
    """Not before, not after, not for metrics that kept their meaning."""
    ax = ek.plot.timeline(days(metric, first, last), metric)
    assert not ax.lines
    assert ax.get_legend() is None


@pytest.mark.parametrize("draw", [ek.plot.rhythm, ek.plot.heatmap, ek.plot.lifecycle, ek.plot.top])
def test_other_axes_say_it_in_the_title(draw: object) -> None:
    """Where time is not an axis, means and sums mix both meanings."""
    table = days("engagements", 6, 12, by="hour")
    title = draw(table, "engagements").get_title("left")  # type: ignore[operator]
    assert "since 2017-10-09 without media views" in title.replace("\n", " ")
    late = days("engagements", 9, 12, by="hour")
    assert "2017" not in draw(late, "engagements").get_title("left")  # type: ignore[operator]
