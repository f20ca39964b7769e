"""What is missing from a result, as lines for a person and rows for a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from engagement_kit.question.losses import CREATED_AFTER

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from engagement_kit.client.result import Result

COLUMNS: Final = ("tweet_id", "metric", "start", "end", "status", "why")
"""What tells which number is missing and why; the table has fourteen of each."""
LATER: Final = f"{CREATED_AFTER}: there is nothing to count, and nothing is missing"
"""Why a tweet has a row without a count that is no missing number."""
_SHOWN: Final = 20


def missing_of(result: Result) -> pd.DataFrame:
    """List every missing number, with what its status means for it in words.

    Tweets that were created after the period are listed too, for the table has their rows; `LATER`
    says that nothing is missing of them.
    """
    lost = result.missing
    why = _reasons(result)
    keys = zip(lost["status"], lost["metric"], lost["tweet_id"], lost["start"], strict=True)
    return lost.assign(why=[why(*one) for one in keys])[[*COLUMNS]]


def _reasons(result: Result) -> Callable[[str, str, str, Any], str]:
    """Look reasons up: what the plan knew before, else what the status says in general."""
    from engagement_kit.question.hours import floor_hour
    from engagement_kit.tables.fates import MEANINGS

    known = [
        (one, frozenset(one.tweet_ids), frozenset(one.metrics)) for one in result.plan.unobtainable
    ]

    def why(status: str, metric: str, tweet_id: str, start: Any) -> str:
        hour = floor_hour(start) if _is_moment(start) else None
        for one, ids, metrics in known:
            here = one.start is None or hour is None or one.start <= hour < (one.end or hour + 1)
            if one.status == status and here and metric in metrics and tweet_id in ids:
                return LATER if one.reason == CREATED_AFTER else one.reason
        return MEANINGS.get(status, status)

    return why


def lines(missing: pd.DataFrame) -> list[str]:
    """Say what is missing: below each reason a line for each tweet and span.

    Last, of which tweets nothing is missing though they have no counts.

    Parameters
    ----------
    missing
        As `missing_of` gives it.
    """
    if missing.empty:
        return ["Nothing is missing."]
    said: list[str] = []
    together = missing.groupby(["status", "why"], sort=False, observed=True)
    for (status, why), rows in sorted(together, key=lambda one: one[0][1] == LATER):
        words = f"Nothing is missing of these ({status}): {CREATED_AFTER}"
        said += [words if why == LATER else f"{status}: {why}", *_below(rows)]
    return said


def in_file(missing: pd.DataFrame, path: Path) -> str:
    """Say how many rows of what a file has."""
    later = int((missing["why"] == LATER).sum())
    rest = f", and {later:,} of tweets with nothing to count," if later else ""
    return f"{len(missing) - later:,} rows of what is missing{rest} in {path}"


def _below(rows: pd.DataFrame) -> list[str]:
    """Write the tweets of one reason, metrics of the same span in one line."""
    from engagement_kit.question.amounts import many
    from engagement_kit.question.metrics import in_words

    keys = ["tweet_id", "start", "end"]
    spans = rows.groupby(keys, sort=False, observed=True, dropna=False)["metric"].agg(tuple)
    first = spans.head(_SHOWN).reset_index()
    said = [
        f"  {tweet_id}{_span(start, end)}  {in_words(metrics)}"
        for tweet_id, start, end, metrics in first.itertuples(index=False)
    ]
    rest = len(spans) - len(said)
    more = f"  and {many(rest, 'line')} more; --missing-csv FILE writes all of them"
    return [*said, *([more] if rest else [])]


def _span(start: Any, end: Any) -> str:
    """Write the missed hours, the end exclusive; lifetime counts have a beginning at most."""
    if not _is_moment(start):
        return ""
    begins = f"{start:%Y-%m-%d %H:%M}"
    return f"  {begins} to {end:%Y-%m-%d %H:%M}" if _is_moment(end) else f"  since {begins}"


def _is_moment(cell: Any) -> bool:
    import pandas as pd

    return not pd.isna(cell)
