"""Which tweets a sum over tweets is made of where counts are missing, and the words that say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from engagement_kit.errors import TableError
from engagement_kit.insight.wholes import counted, whole
from engagement_kit.question.amounts import many
from engagement_kit.question.spelling import no_such_word

if TYPE_CHECKING:
    import pandas as pd

Which = Literal["counted", "whole", "all"]

UNCOUNTED: Final = "without any count"
GAPPY: Final = "with missing counts"
"""What is said of tweets that are left out, everywhere by the same words."""

_ENOUGH: Final = 0.5


@dataclass(frozen=True)
class Included:
    """What sums are made of.

    Attributes
    ----------
    rows
        Of the tweets that are in.
    sums
        The sums of them; null where a count is missing.
    which
        Which tweets are in: those with any count, those that miss none, or all.
    tweets, left_out
        How many are in, and how many are not; no tweets where counts are summed over them.
    """

    rows: pd.DataFrame
    sums: pd.DataFrame
    which: Which
    tweets: int
    left_out: int

    @property
    def of(self) -> str:
        """Say over how many tweets the sums are, for a title."""
        if not self.tweets + self.left_out:
            return ", summed over tweets,"
        if not self.left_out:
            return f" of {many(self.tweets, 'tweet')}"
        return f" of {self.tweets:,} of {many(self.tweets + self.left_out, 'tweet')}"

    @property
    def but(self) -> str:
        """Say how many are left out, and why, for the end of a title; empty where none is."""
        return left_out({UNCOUNTED if self.which == "counted" else GAPPY: self.left_out})


def left_out(reasons: dict[str, int]) -> str:
    """Say how many tweets are left out for which reason, for the end of a title.

    Examples
    --------
    >>> left_out({UNCOUNTED: 14, GAPPY: 0}), left_out({GAPPY: 0})
    ('; 14 without any count left out', '')
    """
    said = " and ".join(f"{lost:,} {why}" for why, lost in reasons.items() if lost)
    return f"; {said} left out" if said else ""


def included(
    rows: pd.DataFrame,
    summed: Callable[[pd.DataFrame], pd.DataFrame],
    which: Which | None = None,
) -> Included:
    """Choose the tweets of a sum over tweets, and sum.

    Parameters
    ----------
    rows
        Of one metric and grain.
    summed
        Gives a sum for each period, in a column ``value``: null where a count is missing.
    which : {'counted', 'whole', 'all'}, optional
        Tweets with any count, those that miss none, or all. None: those with any count; where not
        half of the periods up to the last count have a sum so, those that miss none, if there are
        any.

    Returns
    -------
    Included
        Where no tweet has any count, all of them: there is nothing to leave out for.

    Raises
    ------
    TableError
        For another word, where no tweet is left, and where counts are summed over tweets, so that
        none can be left out.

    Notes
    -----
    One deleted tweet makes each sum over all tweets null: a picture of them would be empty. To
    leave out tweets of which nothing is known changes no sum that could be had. Those of which
    something is known stay in, with gaps where it is not, as long as enough is left to see: to
    leave out the young ones, of which the last days are yet to come, would look like a decline.
    """
    if which is not None and which not in get_args(Which):
        raise TableError(no_such_word("include", which, get_args(Which)))
    if which is None and (rows["tweet_id"].isna().any() or not rows["value"].isna().any()):
        which = "all"
    some = rows if which == "all" else counted(rows)
    if which == "all" or (which is None and not len(some)):
        return _of("all", rows, rows, summed)
    if which != "whole":
        most = _of("counted", some, rows, summed)
        if which == "counted" or _known(most) >= _ENOUGH:
            return most
    kept = whole(some)
    if which is None and not len(kept):
        return most
    return _of("whole", kept, rows, summed)


def _known(of: Included) -> float:
    """Say which share of the periods has a sum; those after all counts are yet to come."""
    sums = of.sums
    if "start" in sums.columns:
        last = of.rows.loc[of.rows["value"].notna(), "start"].max()
        sums = sums[sums["start"] <= last]
    return float(sums["value"].notna().mean())


def _of(
    which: Which,
    kept: pd.DataFrame,
    rows: pd.DataFrame,
    summed: Callable[[pd.DataFrame], pd.DataFrame],
) -> Included:
    if not len(kept):
        had = "any count" if which == "counted" else "all its counts"
        msg = f"no tweet has {had}, so that with include={which!r} none is left"
        raise TableError(msg)
    tweets = int(kept["tweet_id"].nunique())
    return Included(kept, summed(kept), which, tweets, int(rows["tweet_id"].nunique()) - tweets)
