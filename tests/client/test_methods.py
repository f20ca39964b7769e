"""The methods paragraph: what a paper may say of where its numbers are from, and nothing more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.client.receipt import Receipt
from engagement_kit.client.scope import Scope
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.free_checks import Outcome
from engagement_kit.version import VERSION

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
API = "the enterprise Engagement API of X (formerly Twitter)"
INVENTED = f"INVENTED DATA: this is of an emulator of {API}, not of real tweets."
NOT_ZERO = "A missing number is not a zero: sums of the kit are null where a piece is missing."
SEEN = "All counts were observed at 2026-06-01 12:34:00 UTC."
SIGNED = "Requests were signed with OAuth 1.0a user context (1 account: acme)."
BOTH = f"{SIGNED[:-1]} and app-only keys."
BORN = ", from the tweet's creation on"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Connect to a world that stands still, with a store."""
    with ek.connect("emulator", clock=NOW, store=tmp_path / "raw") as one:
        yield one


def run(client: Client, *question: Any, **options: Any) -> Receipt:
    """Ask, and give the receipt; the same of the store, opened again, must say the same."""
    result = client.run(ek.Query(*question, **options), progress=False)
    again = ek.open(result.store).latest.receipt
    assert again.methods() == result.receipt.methods()
    assert again.to_dict() == result.receipt.to_dict()
    return result.receipt


def settled_tweets(client: Client, n: int) -> list[str]:
    """Give tweets that are some weeks old."""
    world = client.emulator.world  # type: ignore[union-attr]
    ids: list[str] = world.sample_ids("acme", n, before=NOW - timedelta(days=20))
    return ids


def test_lifetimes_of_some_that_are_missing(client: Client) -> None:
    """Endpoint, metrics, moment, keys, and each reason with its number and meaning."""
    gone = ek.sample_ids(client, 1, kind="unavailable")
    ids = [*ek.sample_ids(client, 3), *gone, *ek.sample_ids(client, 2, kind="foreign")]
    receipt = run(client, "totals", ids, ["impressions", "video_views"])
    assert receipt.methods() == (
        f"{INVENTED} Counts of impressions and video_views of 6 tweets were taken from that "
        f"emulator, endpoint POST insights/engagement/totals, with engagement_kit {VERSION}. Each "
        "count is of the whole life of a tweet, up to the moment it was observed. On this endpoint "
        f"video_views are those of all tweets with the same video. {SEEN} {BOTH} Of 12 numbers "
        "asked for (one for each tweet and metric), 8 were answered and 4 are missing: "
        f"2 unavailable ({MEANINGS['unavailable']}); and 2 not_owned ({MEANINGS['not_owned']}). "
        f"{NOT_ZERO} Held against 3 sums that came along in the answers, the counts agree."
    )


def test_the_last_28_hours_say_which_hour_still_ran(client: Client) -> None:
    """The window is the one that the API chose, and the hour that was not over is counted."""
    ids = settled_tweets(client, 2)
    assert run(client, "28hr", ids, ["impressions"]).methods() == (
        f"{INVENTED} Counts of impressions of 2 tweets were taken from that emulator, endpoint "
        f"POST insights/engagement/28hr, with engagement_kit {VERSION}. There is a count for each "
        "hour of the UTC clock. The period is from 2026-05-31 08:00 to 2026-06-01 13:00 UTC, end "
        f"exclusive. {SEEN} {SIGNED} Of 58 numbers asked for (one for each tweet, metric and "
        f"hour{BORN}), all were answered. 2 counts are of an hour that was not over when observed. "
        f"{NOT_ZERO} Held against 2 sums that came along in the answers, the counts agree."
    )


def test_history_by_the_hour(client: Client) -> None:
    """The period is said in UTC, its end exclusive; 40 days of two tweets from their birth on."""
    ids = settled_tweets(client, 2)
    receipt = run(client, "historical", ids, ["replies"], by="hour", period=ek.last(days=10))
    assert receipt.methods() == (
        f"{INVENTED} Counts of replies of 2 tweets were taken from that emulator, endpoint POST "
        f"insights/engagement/historical, with engagement_kit {VERSION}. There is a count for each "
        "hour of the UTC clock. The period is from 2026-05-22 12:00 to 2026-06-01 12:00 UTC, end "
        f"exclusive. {SEEN} {SIGNED} Of 480 numbers asked for (one for each tweet, metric and "
        f"hour{BORN}), all were answered. {NOT_ZERO} Held against 2 sums that came along in the "
        "answers, the counts agree."
    )


def test_the_first_days_of_each_tweet_are_said_as_such(client: Client) -> None:
    """Where each tweet has a period of its own, its length is said, and where all of that lies."""
    ids = settled_tweets(client, 2)
    text = run(client, "historical", ids, ["replies"], period=ek.first(days=3)).methods()
    assert (
        "There is a count for each UTC day. Counted are the first 3 days of each tweet, in whole "
        "UTC days that they touch. All of that lies from 2026-05-1"
    ) in text


def test_raw_groupings_are_named_as_they_were_asked(client: Client) -> None:
    """Groupings by name and levels; sums over tweets leave out what the API leaves out."""
    groupings = {"all": ["engagement.type", "engagement.day"], "each": ["tweet.id"]}
    ids = settled_tweets(client, 2)
    assert run(client, "28hr", ids, ["impressions"], groupings=groupings).methods() == (
        f"{INVENTED} Counts of impressions of 2 tweets were taken from that emulator, endpoint "
        f"POST insights/engagement/28hr, with engagement_kit {VERSION}. The groupings were "
        '"all" (engagement.type, engagement.day) and "each" (tweet.id). The period is from '
        f"2026-05-31 08:00 to 2026-06-01 13:00 UTC, end exclusive. {SEEN} {SIGNED} Of 2 numbers "
        "asked for, all were answered. 1 count is of a period that was not over when observed. "
        f"{NOT_ZERO} Sums over tweets leave out those that are unavailable or too old, as the API "
        "does. No sums came along to hold the counts against."
    )


def test_where_nothing_was_answered_nothing_is_claimed(client: Client) -> None:
    """Neither a moment of observation nor whose keys signed, and no check of counts."""
    world = client.emulator.world  # type: ignore[union-attr]
    (one,) = world.sample_ids(world.accounts[1].name, 1, before=NOW)
    assert run(client, "totals", [one], ["impressions"]).methods() == (
        f"{INVENTED} Counts of impressions of 1 tweet were asked of that emulator, endpoint POST "
        f"insights/engagement/totals, with engagement_kit {VERSION}. Each count is of the whole "
        "life of a tweet, up to the moment it was observed. It was asked as of 2026-06-01 12:34:00 "
        "UTC. Of 1 number asked for (one for each tweet and metric), none was answered: "
        f"1 not_owned ({MEANINGS['not_owned']}). {NOT_ZERO}"
    )


def test_public_metrics_are_signed_by_the_app(client: Client) -> None:
    """Two kinds of keys are said to be two, and only accounts that signed are named."""
    ids = [*ek.sample_ids(client, 1), *ek.sample_ids(client, 1, kind="foreign")]
    query = ek.Query("totals", ids, ["favorites"], owners={ids[0]: "acme", ids[1]: "someone"})
    receipt = client.run(query, progress=False).receipt
    assert receipt.scope is not None
    assert receipt.scope.credentials == ("app",)
    assert "Requests were signed with app-only keys." in receipt.methods()


def test_counts_of_the_live_api_do_not_say_that_they_are_invented() -> None:
    """A range of moments, accounts without a name, several metrics, a check that failed."""
    scope = Scope(
        "totals", 2000, ("favorites", "replies"), by="total", level="lifetime",
        observed=(NOW, NOW + timedelta(hours=1)), credentials=("user", "app"), accounts=("me",),
    )  # fmt: skip
    receipt = Receipt(
        asked=4000, answered=3999, fates={"failed": 1}, findings=1, source="live", scope=scope,
        checks=Outcome(7, ("tweet 20: no",)), kit_version="9.9",
    )  # fmt: skip
    assert receipt.methods() == (
        f"Counts of favorites and replies of 2,000 tweets were taken from {API}, endpoint POST "
        "insights/engagement/totals, with engagement_kit 9.9. Each count is of the whole life of a "
        "tweet, up to the moment it was observed. They were observed from 2026-06-01 12:34:00 to "
        "2026-06-01 13:34:00 UTC. Requests were signed with OAuth 1.0a user context (1 account) "
        "and app-only keys. Of 4,000 numbers asked for (one for each tweet and metric), 3,999 were "
        f"answered and 1 is missing: 1 failed ({MEANINGS['failed']}). Also kept: 1 count where "
        "none was expected (before the tweet was created, or beyond what could be asked). "
        f"{NOT_ZERO} Of 8 sums that came along in the answers, 7 agree with the counts and 1 not."
    )


def test_a_receipt_without_its_scope_says_what_it_knows() -> None:
    """Receipts made by hand know neither endpoint nor period, and claim none."""
    text = Receipt(asked=2, answered=2, fates={}, source="live", kit_version="9.9").methods()
    assert text == (
        f"Counts were taken from {API} with engagement_kit 9.9. Of 2 numbers asked for, all were "
        f"answered. {NOT_ZERO} No sums came along to hold the counts against."
    )


def test_the_scope_is_plain_data_beside_what_was_there(client: Client) -> None:
    """`to_dict` keeps its keys; the new ones are JSON, with moments as text."""
    receipt = run(client, "historical", settled_tweets(client, 2), ["replies"])
    data = json.loads(receipt.to_json())
    assert data["kit_version"] == VERSION
    scope = data["scope"]
    assert scope["observed"] == ["2026-06-01T12:34:00Z"] * 2
    assert scope["period"] == ["2026-05-04T00:00:00Z", "2026-06-01T00:00:00Z"]
    assert (scope["endpoint"], scope["by"], scope["tweets"]) == ("historical", "day", 2)
    assert replace(receipt, scope=None).to_dict() == {**receipt.to_dict(), "scope": None}


@pytest.mark.parametrize("many", [2, 10])
def test_purged_tweets_are_among_those_that_were_asked_for(client: Client, many: int) -> None:
    """Ten tweets stay ten: those that were purged are said beside, some of them and all."""
    ids = settled_tweets(client, 10)
    query = ek.Query("totals", ids, ["favorites"])
    client.run(query, progress=False)
    client.purge(ids[:many])
    receipt = client.run(query, progress=False).receipt
    assert (receipt.asked, receipt.fates["purged"]) == (10, many)
    scope = receipt.to_dict()["scope"]
    assert (scope["tweets"], scope["purged"]) == (10, many)
    assert f"favorites of 10 tweets ({many} of them purged) were" in receipt.methods()


def test_stored_answers_tell_when_they_were_observed(client: Client) -> None:
    """A run that asks nothing says when its counts were observed, not when it was made."""
    ids, period = settled_tweets(client, 2), ek.between("2026-05-12", "2026-05-20")
    first = run(client, "historical", ids, ["replies"], period=period)
    client.emulator.clock.travel(timedelta(days=3))  # type: ignore[union-attr]
    second = run(client, "historical", ids, ["replies"], period=period)
    assert second.requests == 0
    assert second.scope == first.scope
    assert SEEN in second.methods()
