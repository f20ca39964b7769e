"""Refreshes, looking ahead and trying keys leave purged tweets alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import hunted
import pandas as pd
import pytest
from lived import EVERY, GONE, METRICS, NOW, OTHERS, OWN, OWNERS, PERIOD, WORLD, Lived, alive

import engagement_kit as ek
from engagement_kit.answers import tombstones
from engagement_kit.answers.refreshes import Begun
from engagement_kit.errors import QueryError
from engagement_kit.question.tweet_ids import created_at

PURGED = [OWN[0], OWN[4], OTHERS[3], GONE[0]]
IDS = [*OWN[:8], *OTHERS[:4], *GONE]
WEEK = timedelta(days=7)
OLDEST = NOW - timedelta(days=90)
AGING = [
    one
    for one in WORLD.sample_ids("acme", 60, before=NOW - timedelta(days=84))
    if (created_at(one) or OLDEST) > OLDEST
]


@pytest.fixture
def lived(tmp_path: Path) -> Iterator[Lived]:
    """Give a store with runs whose numbers can still change."""
    with alive(tmp_path) as one:
        owners = {name: OWNERS[name] for name in IDS if name in OWNERS}
        options = {"by": "hour", "period": PERIOD, "owners": owners}
        one.run(ek.Query("historical", IDS, METRICS, **options))
        one.run(ek.Query("totals", IDS, METRICS, owners=owners))
        yield one


# --- refresh --------------------------------------------------------------------------------------
def test_a_refresh_asks_no_purged_tweet(lived: Lived) -> None:
    """The others are asked again, and what they told before and after is all there."""
    lived.client.refresh(progress=False)
    lived.clock.travel(timedelta(hours=5))
    began = Begun(lived.store)
    began.begin("another service", NOW)
    noted = (lived.store / "refresh.json").read_bytes()
    assert lived.client.purge(PURGED).complete
    assert (lived.store / "refresh.json").read_bytes() == noted
    lived.spy.asked.clear()
    done = lived.client.refresh(progress=False)
    assert done.requests
    assert lived.spy.asked
    assert lived.spy.of(PURGED) == 0
    assert hunted.hunt(PURGED, lived.folder) == {}
    left = {one for result in done for one in result.to_pandas()["tweet_id"]}
    assert left == {*IDS} - {*PURGED}
    assert (lived.store / "refresh.json").read_bytes() == noted


def test_revisions_after_a_purge_are_those_of_the_other_tweets(tmp_path: Path) -> None:
    """As in a store that never held the purged ones."""
    tables = []
    for name, ids, gone in (("a", OWN[:8], OWN[:3]), ("b", OWN[3:8], [])):
        with alive(tmp_path / name) as lived:
            query = ek.Query("historical", ids, METRICS, by="hour", period=PERIOD)
            lived.run(query)
            lived.clock.travel(timedelta(hours=40))
            lived.client.refresh(progress=False)
            if gone:
                assert lived.client.purge(gone).complete
            tables.append(ek.revisions(lived.store).table)
    assert len(tables[0])
    pd.testing.assert_frame_equal(*tables)


def test_a_killed_purge_lets_nothing_be_refreshed(lived: Lived) -> None:
    """Tombstones alone are enough, though records still name the tweets."""
    tombstones.add(lived.store, PURGED, NOW.date())
    lived.clock.travel(timedelta(hours=5))
    lived.spy.asked.clear()
    made = lived.client.plan_refresh()
    assert made.requests
    asked = {one for plan in made.plans for request in plan.requests for one in request.tweet_ids}
    assert asked == {*IDS} - {*PURGED}
    assert lived.client.refresh(progress=False).requests == len(lived.spy.asked)
    assert lived.spy.of(PURGED) == 0


# --- looking ahead --------------------------------------------------------------------------------
def test_purged_tweets_do_not_expire(tmp_path: Path) -> None:
    """Not of a store, of ids or of a query; how many of those given are left out is said."""
    gone = AGING[:3]
    with alive(tmp_path) as lived:
        query = ek.Query("totals", AGING, METRICS)
        lived.run(query)
        whole = lived.client.expiring(AGING, WEEK).table
        assert {*whole["tweet_id"]} == {*AGING}
        lived.client.purge(gone)
        for given in (None, AGING, query, lived.store):
            soon = lived.client.expiring(given, WEEK)
            table = soon.table
            assert {*table["tweet_id"]} == {*AGING} - {*gone}
            assert all({*one.tweet_ids}.isdisjoint(gone) for one in soon.queries)
            named = given is not None and given is not lived.store
            assert soon.purged == (len(gone) if named else 0)
            assert ("left out (purged): 3 tweets" in repr(soon)) == named
        alone = ek.expiring(AGING, WEEK, now=NOW, store=lived.store)
        assert {*alone.table["tweet_id"]} == {*AGING} - {*gone}
        for given in (gone, query.without(AGING[3:])):
            soon = lived.client.expiring(given, WEEK)
            assert len(soon) == 0 == len(soon.queries)
            assert soon.purged == len(gone)


def test_a_killed_purge_leaves_nothing_that_expires(tmp_path: Path) -> None:
    """Answers that still name purged tweets are read without them."""
    with alive(tmp_path) as lived:
        lived.run(ek.Query("totals", AGING, METRICS))
        lived.run(ek.Query("totals", AGING[:2], METRICS))
        tombstones.add(lived.store, AGING[:2], NOW.date())
        for soon in (lived.client.expiring(within=WEEK), ek.expiring(lived.store, WEEK, now=NOW)):
            assert {*soon.table["tweet_id"]} == {*AGING[2:]}


def test_owners_beside_ids_are_those_of_the_tweets_that_are_left(tmp_path: Path) -> None:
    """A column of them goes with the ids as they were given."""
    with alive(tmp_path) as lived:
        lived.client.purge(AGING[:2])
        ids = [*OWN, *AGING]
        owners = ["nobody"] * len(OWN) + ["acme"] * len(AGING)
        for given in (ids, iter(ids)):
            soon = lived.client.expiring(given, WEEK, owners=owners)
            (query,) = soon.queries
            assert {*query.tweet_ids} == {*AGING[2:]}
            assert query.owners == "acme"


# --- trying keys ----------------------------------------------------------------------------------
def test_keys_are_not_tried_on_a_purged_tweet(tmp_path: Path) -> None:
    """It is refused in words that do not name it; others are taken."""
    with alive(tmp_path) as lived:
        lived.client.purge(EVERY[0])
        lived.spy.asked.clear()
        with pytest.raises(QueryError, match="it was purged from the store") as caught:
            lived.client.try_keys(EVERY[0])
        assert EVERY[0] not in str(caught.value)
        assert lived.spy.asked == []
        transport = lived.spy.inner
        lived.client.connection = replace(lived.client.connection, transport=transport)
        assert lived.client.try_keys(EVERY[1], accounts=["acme"]).all_accepted
