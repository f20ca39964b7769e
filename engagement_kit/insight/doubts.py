"""Checks of counts: against the tweets' births, against zero, and against each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.insight.evidence import Evidence, Sums, hours_of, sums
from engagement_kit.insight.finding import Finding, Kind
from engagement_kit.insight.lives import UNIT_HOURS
from engagement_kit.question.micros import HOUR_US
from engagement_kit.tables.schema import NULL_TIME

if TYPE_CHECKING:
    import pandas as pd

_UNBORN: Final = Kind(
    "before_creation", "error",
    "there are counts of hours that were over before the tweet was created",
    "leave them out, and look at the answers behind request_key",
)  # fmt: skip
_NEGATIVE: Final = Kind(
    "negative", "caution",
    "more was taken back in the period than came: undone likes and retweets count down",
    "keep them: sums are right with them; no logarithms, and no shares of such rows",
)  # fmt: skip
_BELOW_ZERO: Final = Kind(
    "negative_lifetime", "error",
    "a count over a whole life is below zero",
    "look at the answers behind request_key",
)  # fmt: skip
_SAME_MOMENT: Final = "; both were observed at the same moment"
_OTHER_MOMENT: Final = "; they were observed at different moments, between which it may be revised"
_OR_UNDONE: Final = "; it may be revised, or something was taken back after the last of them"
_LIFETIME: Final = (
    "the {} of a tweet do not fit its lifetime: they add up to more, or to something else where "
    "both end at the same moment"
)
_COMPARE: Final = "compare what was observed at one moment: result.table(as_of=...)"
_UNCOVERED: Final = Kind(
    "lifetimes_not_covered", "note",
    "hours or days beside a lifetime do not reach from the tweet's creation to the moment when "
    "the lifetime was observed",
    "don't expect them to add up to it, and take no shares of it",
)  # fmt: skip
_PROMOTED: Final = Kind(
    "engagements_above_impressions", "note",
    "a tweet has more engagements than impressions: engagements count promoted ones, impressions "
    "do not (counted are tweets)",
    "read rates of these tweets as rates to organic impressions; they can pass 100 %",
)  # fmt: skip


def before_creation(seen: Evidence) -> Iterator[Finding]:
    """Find counts other than zero of periods that end before the tweet's creation."""
    rows = seen.latest
    born = (rows["birth"] != NULL_TIME) & (rows["end"] != NULL_TIME)
    odd = born & (rows["value"] != 0) & (rows["end"] <= rows["birth"])
    yield from _UNBORN.by_metric(seen, rows[odd])


def negative(seen: Evidence) -> Iterator[Finding]:
    """Find counts below zero."""
    rows = seen.latest[seen.latest["value"] < 0]
    lifetime = rows["grain"] == "lifetime"
    yield from _BELOW_ZERO.by_metric(seen, rows[lifetime])
    yield from _NEGATIVE.by_metric(seen, rows[~lifetime])


def parts_against_wholes(seen: Evidence) -> Iterator[Finding]:
    """Find days and windows that their hours or days do not add up to."""
    for fine, coarse in (("hour", "day"), ("hour", "window"), ("day", "window")):
        pieces, wholes = seen.of(fine), seen.of(coarse)
        wholes = wholes[(wholes["over"] == 1) & (wholes["start"] != NULL_TIME)]
        wholes = wholes[wholes["end"] != NULL_TIME]
        if not len(pieces) or not len(wholes):
            continue
        step = UNIT_HOURS[fine]
        series = wholes["series"].to_numpy()
        held = sums(_born(pieces), step, series, *hours_of(wholes, step))
        wrong = held.whole & held.over & (held.value != wholes["value"].to_numpy())
        at_once = _at_once(held, wholes)
        for same in (True, False):
            odd = wholes[wrong & (at_once == same)]
            yield from _unequal(fine, coarse, same=same).by_metric(seen, odd)


def _unequal(fine: str, coarse: str, *, same: bool) -> Kind:
    return Kind(
        f"{fine}s_against_{coarse}s",
        "error" if same else "caution",
        f"the {fine}s of a {coarse} add up to something else than the {coarse} says"
        + (_SAME_MOMENT if same else _OTHER_MOMENT),
        "look at the answers behind request_key" if same else _COMPARE,
    )


def _born(pieces: pd.DataFrame) -> pd.DataFrame:
    """Leave out zeros of hours before a tweet's creation: they are no pieces of its life."""
    unborn = (pieces["end"] <= pieces["birth"]) & (pieces["value"] == 0)
    return pieces[~unborn] if unborn.any() else pieces


def _at_once(held: Sums, rows: pd.DataFrame) -> Any:
    """Say whether pieces and whole were observed at the same moment."""
    seen = rows["seen"].to_numpy()
    return (held.first == seen) & (held.last == seen)


def parts_against_lifetimes(seen: Evidence) -> Iterator[Finding]:
    """Find lifetimes that are less than their parts, or not equal to all of them."""
    for grain in UNIT_HOURS:
        lives, pieces, step = _lives(seen, grain)
        if not len(lives):
            continue
        series, total = lives["series"].to_numpy(), lives["value"].to_numpy()
        moment = lives["seen"].to_numpy()
        begin, end = hours_of(lives.assign(end=moment), step)
        past = sums(pieces, step, series, begin, moment // HOUR_US)
        sharp = past.whole & past.over & (moment % (step * HOUR_US) == 0)
        value = past.value
        if grain == "hour":  # a day that still ran may be summed of the hours that were over
            now = sums(pieces, step, series, begin, end)
            to_the_moment = now.whole & _at_once(now, lives)
            value, sharp = np.where(to_the_moment, now.value, value), sharp | to_the_moment
        wrong = ((past.pieces > 0) & (past.value > total)) | (sharp & (value != total))
        # Where more time went by since the last piece, something may have been taken back in it.
        at_once = sharp & _at_once(past, lives)
        for same in (True, False):
            kind = Kind(
                f"{grain}s_against_lifetimes",
                "error" if same else "caution",
                _LIFETIME.format(f"{grain}s") + (_SAME_MOMENT if same else _OR_UNDONE),
                "look at the answers behind request_key" if same else _COMPARE,
            )
            yield from kind.by_metric(seen, lives[wrong & (at_once == same)])


def _lives(seen: Evidence, grain: str) -> tuple[pd.DataFrame, pd.DataFrame, int]:
    """Give lifetimes that have pieces of a grain, those pieces, and their hours."""
    pieces = seen.of(grain)
    lives = seen.of("lifetime")
    # On totals video_views are another quantity.
    lives = lives[(lives["metric"] != seen.code_of("video_views")) & (lives["seen"] != NULL_TIME)]
    lives = lives[lives["birth"] != NULL_TIME]
    held = np.isin(lives["series"].to_numpy(), np.unique(pieces["series"].to_numpy()))
    return lives[held], _born(pieces), UNIT_HOURS[grain]


def lifetimes_not_covered(seen: Evidence) -> Iterator[Finding]:
    """Find lifetimes with hours or days beside them that are not all of their life."""
    short: dict[int, bool] = {}
    rows = []
    for grain in UNIT_HOURS:
        lives, pieces, step = _lives(seen, grain)
        if not len(lives):
            continue
        begin, _ = hours_of(lives, step)
        end = lives["seen"].to_numpy() // HOUR_US
        end -= end % step
        held = sums(pieces, step, lives["series"].to_numpy(), begin, end)
        whole = held.whole | (end <= begin)
        for series, one in zip(lives["series"].tolist(), whole.tolist(), strict=True):
            short[series] = short.get(series, True) and not one
        rows.append(lives)
    if rows:
        first = rows[0] if len(rows) == 1 else _together(rows)
        bad = np.array([short[one] for one in first["series"].tolist()], dtype=bool)
        if bad.any():
            yield _UNCOVERED.together(seen, first[bad], int(bad.sum()))


def _together(rows: list[pd.DataFrame]) -> pd.DataFrame:
    import pandas as pd

    return pd.concat(rows).drop_duplicates("series")


def engagements_above_impressions(seen: Evidence) -> Iterator[Finding]:
    """Find tweets with more engagements than impressions, over what is counted of both."""
    of_tweets = seen.latest[seen.latest["tweet"] >= 0]
    one, other = (
        of_tweets[of_tweets["metric"] == seen.code_of(name)]
        for name in ("engagements", "impressions")
    )
    if not len(one) or not len(other):
        return
    keys = ["tweet", "grain", "start", "end", "hour"]
    both = one.merge(other[[*keys, "value"]], on=keys, suffixes=("", "_shown"))
    by_tweet = both.groupby(["tweet", "grain"], observed=True, sort=False).agg(
        value=("value", "sum"), shown=("value_shown", "sum"), start=("start", "min"),
        end=("end", "max"),
    )  # fmt: skip
    odd = by_tweet[by_tweet["value"] > by_tweet["shown"]].reset_index()
    odd = odd.drop_duplicates("tweet")
    if len(odd):
        yield _PROMOTED.found(odd, len(odd), "engagements")
