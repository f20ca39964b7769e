"""What was in memory before a purge gives no count of a purged tweet after it, and adds up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lived import OTHERS, OWN, Lived, alive, queries

import engagement_kit as ek

FIRST, THEN = [OWN[0], OWN[1], OTHERS[3]], [OWN[4]]
PURGED = {*FIRST, *THEN}
SUMS = {"sums alone", "raw", "raw, days", "raw, one"}


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Connect to a world with an empty store."""
    with alive(tmp_path) as one:
        yield one


def seen(result: Any) -> tuple[pd.DataFrame, str, str]:
    """Look at a result as people do."""
    return result.to_pandas(), result.receipt.to_text(), result._repr_html_()


@pytest.mark.parametrize("name", queries())
def test_no_count_comes_out_of_what_was_read_before(name: str, lived: Lived) -> None:
    """A table that was built, one that was not, and an archive that was open: all say the same."""
    query = queries()[name]
    read = lived.run(query)
    before, receipt = read.to_pandas(), read.receipt
    assert read._repr_html_()
    unread, archive = ek.open(lived.store).latest, ek.open(lived.store)
    for gone in (FIRST, THEN):  # what was written anew is written anew once more
        lived.client.purge(gone)
        frame = seen(read)[0]
        mine = frame["tweet_id"].isin(gone)
        assert frame.loc[mine, "value"].isna().all()
        assert {*frame.loc[mine, "status"]} <= {"purged"}
    after, text, html = seen(read)
    for other in (unread, archive.latest):
        pd.testing.assert_frame_equal(other.to_pandas(), after)
        assert (other.receipt.to_text(), other._repr_html_()) == (text, html)
    asked_for = {*query.tweet_ids} & PURGED
    if name not in SUMS:
        assert read.receipt.asked == receipt.asked
        assert {*after.loc[after["status"] == "purged", "tweet_id"]} == asked_for
        kept = ~before["tweet_id"].isin(PURGED)
        columns = ["tweet_id", "metric", "start", "value", "status"]
        assert before.loc[kept, columns].to_dict("list") == after.loc[
            ~after["tweet_id"].isin(PURGED), columns
        ].to_dict("list")
    assert all(one not in {*read.to_pandas()["tweet_id"][read.to_pandas()["value"].notna()]}
               for one in PURGED)  # fmt: skip


@pytest.mark.parametrize("name", ["totals", "days", "hours"])
def test_every_way_out_says_the_same(name: str, lived: Lived) -> None:
    """Wide tables, histories, what was known then, missing numbers, other programs, raw answers."""
    result = lived.run(queries()[name])
    then = result.plan.now
    result.wide(), result.to_pandas()
    lived.client.purge(FIRST)
    gone = {*FIRST} & {*queries()[name].tweet_ids}
    assert gone
    wide = result.wide()
    assert wide[wide.index.get_level_values("tweet_id").isin(gone)].isna().all().all()
    assert gone <= {*result.missing["tweet_id"]}
    for frame in (result.to_pandas(history=True), result.to_pandas(as_of=then)):
        assert frame.loc[frame["tweet_id"].isin(gone), "value"].isna().all()
    polars = result.to_polars()
    assert polars["value"].to_list() == result.to_arrow().column("value").to_pylist()
    bodies = b"".join(one.body for one in result.answers())
    assert not any(one.encode() in bodies for one in gone)
    assert gone.isdisjoint(ek.changes(result)["tweet_id"])


def test_a_store_that_is_opened_again_knows_no_purged_tweet(lived: Lived) -> None:
    """Its records may not name them: no row at all, and the receipt counts the others."""
    result = lived.run(queries()["days"])
    lived.client.purge(FIRST)
    after, opened = result.to_pandas(), ek.open(lived.store).latest
    left = after[after["status"] != "purged"]
    columns = ["tweet_id", "metric", "start", "value", "status"]
    assert opened.to_pandas()[columns].astype(str).to_dict("list") == (
        left[columns].astype(str).to_dict("list")
    )
    assert opened.receipt.asked == result.receipt.asked - result.receipt.fates["purged"]
    assert opened.receipt.answered == result.receipt.answered


def test_a_result_of_purged_tweets_alone_is_all_purged(lived: Lived) -> None:
    """It adds up, and so does one that was planned for them before."""
    result = lived.run(ek.Query("totals", FIRST[:2], ["favorites"]))
    result.to_pandas()
    lived.client.purge(FIRST)
    assert [*result.to_pandas()["status"]] == ["purged", "purged"]
    assert (result.receipt.asked, result.receipt.fates) == (2, {"purged": 2})


def test_a_purge_of_others_leaves_a_result_as_it_is(lived: Lived) -> None:
    """Though answers that it shares with them have other names now."""
    lived.run(queries()["hours"])
    part = ek.Query(
        "historical", OWN[2:4], ["favorites"], by="hour", period=queries()["hours"].period
    )
    result = lived.run(part)
    before, unread = result.to_pandas(), ek.open(lived.store).latest
    lived.client.purge(FIRST)
    for one in (result, unread):
        values = one.to_pandas()[["tweet_id", "start", "value"]]
        assert values.to_dict("list") == before[["tweet_id", "start", "value"]].to_dict("list")
        assert one.receipt.fates == {}
