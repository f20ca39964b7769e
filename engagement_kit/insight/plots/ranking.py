"""Tweets in the order of a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from engagement_kit.insight.included import GAPPY, UNCOUNTED, left_out
from engagement_kit.insight.plots.colours import colours_of
from engagement_kit.insight.plots.marks import SMALL, finish, hollow, in_words, make_axes, names
from engagement_kit.insight.ranks import ranking
from engagement_kit.insight.rows import rows_of
from engagement_kit.insight.windows import Window, period_of
from engagement_kit.question.amounts import many
from engagement_kit.question.periods import First

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from engagement_kit.tables.given import Tidy

_BESIDE: Final[dict[str, Any]] = {
    "xytext": (4, 0), "textcoords": "offset points", "va": "center", "fontsize": SMALL,
    "annotation_clip": False,
}  # fmt: skip


def top(
    table: Tidy,
    metric: str = "impressions",
    n: int = 10,
    ax: Axes | None = None,
    *,
    between: Window | None = None,
    first_hours: int | None = None,
) -> Axes:
    """Draw the tweets with the highest counts of a metric.

    Parameters
    ----------
    table
        A tidy table of one grain.
    metric
        Which metric.
    n
        How many ranks; tweets that tie at the last are drawn, too, up to as many again.
    ax
        Where to draw; new axes by default.
    between, first_hours
        Count only in a window, as in ``insight.top``.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each ranked tweet of ``insight.top``, the highest first, labelled with its id;
        ties say their rank. Below them, hatched, tweets of which counts are missing, but what is
        known of them would do for a place. All others with missing counts, or without any, are left
        out, and the title says how many.

    Raises
    ------
    TableError
        As ``insight.top``.

    Examples
    --------
    >>> import engagement_kit as ek
    >>> body = {"g": {"2000": {"likes": "3"}, "2001": {"likes": "5"}}}
    >>> [text.get_text() for text in top(ek.tidy(body), "likes").get_yticklabels()]
    ['2001', '2000']
    """
    rows, _ = rows_of(table, metric)
    every = ranking(rows, metric, n, between=between, first_hours=first_hours)
    ranked, unknown = every[every["rank"].notna()], every[every["rank"].isna()]
    best = ranked[ranked["rank"] <= n]
    drawn, close = best.head(2 * n), _close(unknown, best, n)
    ax = make_axes(ax, len(drawn) + len(close))
    _draw(ax, drawn, close)
    ax.set_xlabel(metric + _window_words(between, first_hours))
    uncounted = _uncounted(rows)
    tweets = len({*every["tweet_id"], *uncounted})
    title = f"top {len(drawn)} of {many(tweets, 'tweet')} by {metric}"
    more = len(best) - len(drawn)
    tying = f"; {more:,} more tie for rank {best['rank'].iloc[-1]}" if more else ""
    gappy = unknown.drop(close.index)["tweet_id"]
    lost = {GAPPY: len({*gappy} - {*uncounted}), UNCOUNTED: len(uncounted)}
    return finish(ax, rows, title + tying + left_out(lost))


def _close(unknown: pd.DataFrame, best: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose those whose known counts are enough for a place among the best."""
    least = best["value"].iloc[-1] if len(best) >= n else 0
    known = unknown["at_least"]
    return unknown[(known > 0) & (known >= least)].head(n)


def _draw(ax: Axes, drawn: pd.DataFrame, close: pd.DataFrame) -> None:
    """Draw bars from the top down."""
    colours = colours_of(ax)
    ids = [*drawn["tweet_id"], *close["tweet_id"]]
    ax.barh(range(len(drawn)), drawn["value"].to_numpy(float), color=colours.first)
    if len(close):
        known = close["at_least"].to_numpy(float)
        style = hollow(colours.first)
        ax.barh(range(len(drawn), len(ids)), known, label="at least: counts are missing", **style)
    for place, (rank, value, tied) in enumerate(drawn[["rank", "value", "tied"]].to_numpy()):
        if tied:
            words, end = f"ties for rank {rank}", (float(value), place)
            ax.annotate(words, end, color=colours.muted, **_BESIDE)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    if ids:
        names(ax, ids)
    else:
        in_words(ax, "no tweet has all its counts")


def _uncounted(rows: pd.DataFrame) -> list[str]:
    """Name the tweets that have no count at all, also those that were posted after the period."""
    known = {*rows.loc[rows["value"].notna(), "tweet_id"]}
    return [str(one) for one in rows["tweet_id"].dropna().unique() if one not in known]


def _window_words(between: Window | None, first_hours: int | None) -> str:
    if between is not None:
        return f", {period_of(between)}"
    return f", {First(first_hours)} of each tweet" if first_hours is not None else ""
