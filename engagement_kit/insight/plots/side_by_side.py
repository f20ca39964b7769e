"""Two groups of tweets beside each other: each tweet a point."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.contrasts import compared, pair_of
from engagement_kit.insight.plots.colours import colours_of
from engagement_kit.insight.plots.marks import finish, legend_below, make_axes
from engagement_kit.insight.rows import rows_of
from engagement_kit.question.amounts import many
from engagement_kit.tables.given import as_frame

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from engagement_kit.insight.belonging import Names
    from engagement_kit.tables.given import Tidy

_DECADES: Final = 30
"""So many times the lowest count the highest is: on an even axis most points would be one."""
_SPREAD: Final = 0.26
_BELOW: Final = 0.38
_LETTERS: Final = 20
_LONGEST: Final = 60
_LARGEST_POINT: Final = 24.0
_SMALLEST_POINT: Final = 4.0


def compare(
    table: Tidy,
    groups: Names,
    metric: str = "impressions",
    ax: Axes | None = None,
    *,
    first_hours: int | None = None,
    cluster: Names | None = None,
    level: float = 0.9,
    seed: int = 0,
) -> Axes:
    """Draw what tweets of two groups got, each tweet a point, and how many times as much.

    Parameters
    ----------
    table
        A tidy table of one grain, with the counts of each tweet.
    groups
        Which tweet is in which group, as in ``insight.compare``: a mapping of tweet ids to names,
        a Series of names with ids as its index, or the name of a column. Exactly two names.
    metric
        Which metric.
    ax
        Where to draw; new axes by default.
    first_hours
        Compare what each tweet got in so many hours from its creation on; else what the table
        counts.
    cluster
        What tweets have their luck in common by, as in ``insight.compare``.
    level
        How often the intervals hold the truth; the default is that of ``insight.compare``.
    seed
        Of the bootstrap, and of where points lie beside each other.

    Returns
    -------
    matplotlib.axes.Axes
        A row for each group, with a ring for each tweet and, below, its median with an interval.
        The title has the ratio of the medians with its interval, from ``insight.compare``, and
        says where ages are not equal. Tweets without a whole count are left out, and counted.

    Raises
    ------
    TableError
        As ``insight.compare``.

    Notes
    -----
    Counts that span decades have a logarithmic axis; where some are zero, it is even up to 1. The
    interval of one median goes by the ranks of the counts (`scipy.stats.quantile_test`), which
    takes tweets as independent: with `cluster`, and where there are too few tweets for one, none is
    drawn. That two such intervals meet does not say that the groups are alike; that of the ratio
    is made for this.

    Examples
    --------
    >>> from engagement_kit.tables.tidy import tidy
    >>> likes = {str(2000 + one): {"likes": str(10 + one)} for one in range(8)}
    >>> teams = {2000 + one: "red" if one < 4 else "blue" for one in range(8)}
    >>> axes = compare(tidy({"g": likes}), teams, "likes")
    >>> [one.get_text().splitlines() for one in axes.get_yticklabels()]
    [['red', '4 tweets'], ['blue', '4 tweets']]
    """
    frame = as_frame(table)
    pair = pair_of(frame, groups, metric, first_hours)
    options: dict[str, Any] = {"first_hours": first_hours, "cluster": cluster}
    found = compared(frame, pair, metric, level=level, seed=seed, **options).iloc[0]
    counts = [one.rows["value"].to_numpy(float) for one in (pair.a, pair.b)]
    ax = make_axes(ax)
    _axis(ax, np.concatenate(counts))
    _points(ax, counts, seed)
    _medians(ax, counts, found, level, ranked=cluster is None)
    ax.set_ylim(1 + 2 * _BELOW - 0.1, -0.5)
    ax.set_yticks([0, 1], labels=[_label(found, one) for one in "ab"])
    ax.tick_params(axis="y", length=0)
    hours = "" if first_hours is None else f" in its first {many(first_hours, 'hour')}"
    scale = "" if ax.get_xscale() == "linear" else " (logarithmic)"
    ax.set_xlabel(f"{metric} of a tweet{hours}{scale}")
    _legend(ax)
    rows, _ = rows_of(frame, metric)
    return finish(ax, rows[rows["tweet_id"].isin(list(pair.named))], _title(found, metric, level))


def _axis(ax: Axes, counts: Any) -> None:
    """Lay out the counts: by decades where they span some, and from zero on where one is zero."""
    low, high = counts.min(), counts.max()
    if low < 0 or high < _DECADES * max(low, 1):
        ax.set_xlim(min(low, 0) * 1.05, max(high * 1.05, 1))
    elif low > 0:
        ax.set_xscale("log")
        ax.set_xlim(low / 1.3, high * 1.3)
    else:
        ax.set_xscale("symlog", linthresh=1, linscale=0.4)
        ax.set_xlim(-0.15, high * 1.3)
    ax.xaxis.set_major_formatter("{x:,.0f}")


def _points(ax: Axes, counts: list[Any], seed: int) -> None:
    """Draw a ring for each tweet; where it lies within its row says nothing."""
    colours = colours_of(ax)
    chance = np.random.default_rng(seed)
    most = max(len(one) for one in counts)
    size = float(np.clip(4_000 / most, _SMALLEST_POINT, _LARGEST_POINT))
    for at, (mine, colour) in enumerate(zip(counts, colours.several, strict=False)):
        place = at + chance.uniform(-_SPREAD, _SPREAD, len(mine))
        ring: dict[str, Any] = {"facecolors": "none", "edgecolors": colour, "linewidths": 1.0}
        ax.scatter(mine, place, s=size, label="a tweet" if not at else "_", **ring)


def _medians(
    ax: Axes, counts: list[Any], found: pd.Series[Any], level: float, *, ranked: bool
) -> None:
    """Draw the median of each group below its tweets, with an interval where there is one."""
    from scipy.stats import quantile_test

    style: dict[str, Any] = {"color": colours_of(ax).ink, "linewidth": 2, "markersize": 7}
    for at, (mine, one) in enumerate(zip(counts, "ab", strict=True)):
        edges = quantile_test(mine, p=0.5).confidence_interval(level) if ranked else (np.nan,) * 2
        middle, whole = float(found[f"value_{one}"]), bool(np.isfinite(edges).all())
        line = [edges[0], middle, edges[1]] if whole else [middle]
        label = f"median, with its {level * 100:g} % interval" if whole else "median"
        place = np.full(len(line), at + _BELOW)
        style["linestyle"] = "-" if whole else "none"  # of one point; the legend would draw a line
        ax.plot(line, place, marker="D", markevery=[len(line) // 2], label=label, **style)


def _legend(ax: Axes) -> None:
    """Explain ring, diamond and line, each once; and the median alone where one has no interval."""
    handles, labels = ax.get_legend_handles_labels()
    first = dict(zip(reversed(labels), reversed(handles), strict=True))
    legend_below(ax, 3, [first[one] for one in dict.fromkeys(labels)])


def _label(found: pd.Series[Any], one: str) -> str:
    """Name a group, and say how many tweets it is."""
    import pandas as pd

    lines = [*textwrap.wrap(_short(found[one]), _LETTERS), many(found[f"n_{one}"], "tweet")]
    if pd.notna(found[f"clusters_{one}"]):
        lines.append(f"in {many(found[f'clusters_{one}'], 'cluster')}")
    if found[f"left_out_{one}"]:
        lines.append(f"{found[f'left_out_{one}']:,} left out")
    return "\n".join(lines)


def _short(name: str) -> str:
    """Shorten a person's own words; a dollar in them begins no formula."""
    return textwrap.shorten(name, _LONGEST, placeholder=" ...").replace("$", r"\$")


def _title(found: pd.Series[Any], metric: str, level: float) -> str:
    """Say how many times as much, how surely, and what can't be compared."""
    import pandas as pd

    a, b = _short(found["a"]), _short(found["b"])
    if pd.isna(found["ratio"]):
        said = f"{metric}: no ratio, for the median of {b} is 0"
    else:
        ends = ["?" if pd.isna(found[one]) else f"{found[one]:.2f}" for one in ("low", "high")]
        said = (
            f"{metric}: median of {a} {found['ratio']:.2f} times that of {b} "
            f"({level * 100:g} % interval {ends[0]} to {ends[1]})"
        )
    if not found["equal_age"]:
        unknown = bool(found[["age_a_h", "age_b_h"]].isna().any())
        said += "; ages not known" if unknown else "; not at equal age"
    if found["in_neither"]:
        said += f"; {many(int(found['in_neither']), 'tweet')} in neither group"
    return said
