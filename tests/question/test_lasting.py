"""The numbers of some tweets of a query, by the rules of the whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

import engagement_kit as ek
from engagement_kit.question.lasting import narrowed
from engagement_kit.question.plan import Where, plan

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDS = [str(2_050_000_000_000_000_000 + n) for n in range(4)]
OWNERS = {IDS[0]: "@ACME", IDS[1]: "birch", IDS[2]: "birch"}


@pytest.mark.parametrize("endpoint", ["totals", "28hr", "historical"])
@pytest.mark.parametrize("credentials", [("user", "app"), ("user",), ("app",)])
def test_of_some_tweets_owners_are_those_of_the_whole(endpoint: Any, credentials: Any) -> None:
    """What can't be had for want of keys is the same, tweet by tweet, and for the same reason."""
    query = ek.Query(endpoint, IDS, ["impressions", "favorites"], owners=OWNERS)
    accounts = ("acme",) if "user" in credentials else ()
    where = Where(account="acme", accounts=accounts, credentials=credentials)
    wanted = plan(query, now=NOW, where=where).wanted
    some = [IDS[3], IDS[1], IDS[0]]
    part = narrowed(wanted, some, where)
    assert part.query.tweet_ids == tuple(some)
    rows = [IDS.index(one) for one in some]
    assert np.array_equal(part.spans, wanted.spans[rows])

    def lost(whole: Any, one: str) -> set[tuple[str, str, tuple[str, ...]]]:
        return {
            (each.status, each.reason, each.metrics)
            for each in whole.unobtainable
            if one in each.tweet_ids
        }

    assert all(lost(part, one) == lost(wanted, one) for one in some)
    assert any(lost(wanted, one) for one in some)
