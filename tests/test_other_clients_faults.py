"""Faults that other clients of this API have, each as a test that ours does not have it.

The others stand beside what they concern: a date level in between and series aligned by position
(tables/test_truth), ids with a newline (question/test_query), tweets lost by batching
(client/test_client), errors taken for success (fetch/test_wire), UTC read as local time
(tables/test_truth).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
START, END = datetime(2026, 4, 10, tzinfo=UTC), datetime(2026, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "levels", [[TYPE], [DAY, TYPE], [TYPE, ID, HOUR], [ID, TYPE, DAY, HOUR], [TYPE, ID, DAY, HOUR]]
)
def test_groupings_of_any_depth_survive_batches_and_windows(
    client: Client, levels: list[Any]
) -> None:
    """Another client dropped one and four levels when it merged: hours by tweet came back empty."""
    ids = ek.sample_ids(client, 460)[20::14]
    query = ek.Query(
        "historical", ids, ["impressions"],
        groupings={"g": levels}, period=ek.between(START, END),
    )  # fmt: skip
    result = client.run(query, progress=False)
    assert len(ids) > 25
    assert len(result.plan.requests) > 2  # two batches, and two windows of the older one
    table = result.to_pandas()
    truth = client.emulator.world.counts(ids, ["impressions"], START, END, NOW)  # type: ignore[union-attr]
    assert table["value"].sum() == truth.sum()
    assert table["status"].unique().tolist() == ["observed"]
    if HOUR in levels:
        assert table["tweet_id"].nunique() == len(ids)


def test_every_optional_member_may_be_absent() -> None:
    """Another client lost the batch of an answer without `unavailable_tweet_ids`."""
    bare = {"g": {"2000": {"favorites": "1"}}}
    assert ek.tidy(bare)["value"].tolist() == [1]
    query = ek.Query("totals", ["2000", "2001"], ["favorites"])
    assert ek.tidy(bare, query)["status"].tolist() == ["observed", "not_in_answer"]
    assert ek.tidy({**bare, "errors": [], "new_list": ["2002"], "note": 1})["value"].tolist() == [1]
