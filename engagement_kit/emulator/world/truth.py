"""The truth as tables, for tests and notebooks: the only module here that knows pandas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from engagement_kit.emulator.world.chance import Ints
from engagement_kit.emulator.world.counts import Series
from engagement_kit.emulator.world.curve import NO_BURST
from engagement_kit.emulator.world.tweets import Tweets

if TYPE_CHECKING:
    import pandas as pd


def counts_table(
    counts: Ints, tweet_ids: Sequence[str], metrics: Sequence[str], start: datetime
) -> pd.DataFrame:
    """Write counts (tweets, metrics, hours) as one row each; see `World.truth`."""
    import pandas as pd  # heavy, and the service never needs it

    tweets, names, hours = counts.shape
    starts = pd.date_range(start, periods=hours, freq="h", unit="us").tz_convert("UTC")
    return pd.DataFrame(
        {
            "tweet_id": pd.array(np.repeat(tweet_ids, names * hours), dtype="str"),
            "metric": pd.array(np.tile(np.repeat(metrics, hours), tweets), dtype="str"),
            "start": starts.take(np.tile(np.arange(hours), tweets * names)),
            "value": counts.ravel(),
        }
    )


def parameters_table(
    series: Series,
    tweets: Tweets,
    metrics: Sequence[str],
    *,
    accounts: Sequence[str],
    campaigns: Ints,
) -> pd.DataFrame:
    """Write what made the counts, one row for each tweet and metric; see `World.parameters`."""
    import pandas as pd

    many, text = len(metrics), pd.Series(["text"]).dtype
    curves = series.curves
    owners = [accounts[place] if place >= 0 else None for place in tweets.owner.tolist()]
    has_burst = curves.burst_hour != NO_BURST
    ids = [str(number) for number in tweets.ids.tolist()]
    return pd.DataFrame(
        {
            "tweet_id": pd.array(np.repeat(ids, many), dtype="str"),
            "metric": pd.array(np.tile(metrics, len(ids)), dtype="str"),
            # pandas 2 would write the text "None" for who is not there, were it told "str"
            "account": pd.Series(np.repeat(np.array(owners, dtype=object), many), dtype=text),
            "created": pd.to_datetime(series.birth_ms, unit="ms", utc=True).as_unit("us"),
            "life_total": series.totals,
            "half_life_h": curves.half_life,
            "half_age_h": curves.half_age(),
            "burst_after_h": np.where(has_burst, curves.burst_hour, np.nan),
            "burst_share": curves.burst_share,
            "promoted_share": curves.promoted,
            "campaign": np.repeat(campaigns, many),
        }
    )
