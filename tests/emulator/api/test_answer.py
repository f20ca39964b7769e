from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.emulator import Settings, World
from engagement_kit.emulator.api.answer import Reply, answer
from engagement_kit.emulator.api.limits import FOUR_LEVEL_ORDERS, GROUP_BY
from engagement_kit.emulator.api.oauth import Caller

Ask = Callable[..., Reply]
Sample = Callable[[str], Any]
APP = Caller("app")
HOUR = timedelta(hours=1)
ORDERS = [order for many in (1, 2, 3) for order in itertools.permutations(GROUP_BY, many)] + list(
    FOUR_LEVEL_ORDERS
)


def leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield all paths and leaves of nested dicts."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from leaves(part, (*path, key))
    else:
        yield path, tree


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_every_grouping_agrees_with_truth(
    ask: Ask, world: World, now: datetime, order: tuple[str, ...]
) -> None:
    """Each lawful order of 1 to 4 levels holds the sums of the truth, as strings."""
    ids = world.sample_ids("acme", 3, now - 3 * HOUR)
    metrics = ["impressions", "engagements", "url_clicks"]
    start, end = datetime(2024, 4, 29, 21, tzinfo=UTC), datetime(2024, 5, 1, 3, tzinfo=UTC)
    dates = {"start": "2024-04-29T21:00:00Z", "end": "2024-05-01T03:00:00Z"}
    reply = ask("historical", ids, metrics, order, **dates)
    assert reply.status == 200
    frame = world.truth(ids, metrics, start, end, now).rename(
        columns={"tweet_id": "tweet.id", "metric": "engagement.type"}
    )
    frame["engagement.day"] = frame["start"].dt.strftime("%Y-%m-%d")
    frame["engagement.hour"] = frame["start"].dt.strftime("%H")
    expected = frame.groupby(list(order))["value"].sum()
    found = dict(leaves(reply.payload["g"]))
    assert {type(leaf) for leaf in found.values()} == {str}
    keys = [key if isinstance(key, tuple) else (key,) for key in expected.index]
    assert found == dict(zip(keys, map(str, expected), strict=True))


def test_three_groupings_agree(ask: Ask, world: World, now: datetime) -> None:
    """Groupings of one answer agree, whether asked alone or together."""
    ids = world.sample_ids("acme", 25, now)
    metrics = ["favorites", "impressions"]
    by = {
        "hours": {"group_by": list(FOUR_LEVEL_ORDERS[1])},
        "tweets": {"group_by": ["tweet.id"]},
        "types": {"group_by": ["engagement.type"]},
    }
    together = ask("28hr", ids, metrics, by).payload
    for name, grouping in by.items():
        alone = ask("28hr", ids, metrics, {name: grouping}).payload
        assert alone[name] == together[name]
    total = sum(int(leaf) for _, leaf in leaves(together["hours"]))
    assert total == sum(map(int, together["tweets"].values()))
    assert total == sum(map(int, together["types"].values()))


def test_totals_are_lifetimes(ask: Ask, world: World, now: datetime) -> None:
    """/totals holds lifetime counts, for a user and app-only alike, and no start and end."""
    ids = world.sample_ids("acme", 250, now)
    metrics = ["favorites", "retweets", "replies", "quote_tweets", "video_views"]
    life = world.lifetime(ids, metrics, now)
    for caller in (None, APP):
        reply = ask("totals", ids, metrics, caller=caller)
        assert (reply.status, list(reply.payload), len(reply.tweet_ids)) == (200, ["g"], 250)
        table = [[int(reply.payload["g"][i][m]) for m in metrics] for i in ids]
        assert table == life.tolist()


def test_numbers_are_answered_as_strings(ask: Ask, world: World, now: datetime) -> None:
    """Ids sent as JSON numbers come back as strings; media_clicks under the name asked."""
    ids = world.sample_ids("acme", 2, now)
    reply = ask("28hr", [int(i) for i in ids], ["media_clicks", "media_engagements"])
    assert list(reply.payload["g"]) == ids
    for row in reply.payload["g"].values():
        assert row["media_clicks"] == row["media_engagements"]


def test_28hr_in_the_middle_of_an_hour(ask: Ask, world: World, sample: Sample) -> None:
    """At 21:30 the published 28-hour answer has the same window and the same 29 keys as ours."""
    at = datetime(2015, 9, 15, 21, 30, tzinfo=UTC)
    request, published = sample("28hr-hourly.request"), sample("28hr-hourly.response")
    (tweet_id,) = world.sample_ids("acme", 1, at)
    by = request["groupings"]
    payload = ask("28hr", [tweet_id], request["engagement_types"], by, at=at).payload
    assert (payload["start"], payload["end"]) == (published["start"], published["end"])
    (ours,), (theirs,) = payload[next(iter(by))].values(), published[next(iter(by))].values()
    assert [path for path, _ in leaves(ours)] == [path for path, _ in leaves(theirs)]
    assert len(list(leaves(ours["impressions"]))) == 29


def test_historical_example(world: World, sample: Sample) -> None:
    """The published /historical request is answered with the published envelope and keys."""
    at = datetime(2015, 9, 1, tzinfo=UTC)
    request = sample("historical-by-tweet.request")
    published = sample("historical-by-tweet.response")
    request["tweet_ids"] = world.sample_ids("acme", 3, at)
    body = json.dumps(request).encode()
    reply = answer(world, Settings(), at, Caller("user", "acme"), "historical", body)
    ours, theirs = reply.payload, published
    assert list(ours) == list(theirs)
    assert (ours["start"], ours["end"]) == (theirs["start"], theirs["end"])
    name = "types-by-tweet-id"
    assert list(ours[name]) == request["tweet_ids"]
    assert {tuple(row) for row in ours[name].values()} == {
        tuple(row) for row in theirs[name].values()
    }


def test_public_totals_example(ask: Ask, world: World, now: datetime, sample: Sample) -> None:
    """The published app-only /totals answer has the keys of ours."""
    published = sample("totals-public.response")["perTweetMetricsUnowned"]
    ids = world.sample_ids("birch", 3, now)
    metrics = sorted(next(iter(published.values())))
    payload = ask("totals", ids, metrics, caller=APP).payload
    assert list(payload) == ["g"]
    for ours, theirs in zip(payload["g"].values(), published.values(), strict=True):
        assert sorted(ours) == sorted(theirs)
        assert all(leaf.isdecimal() for leaf in ours.values())


def test_some_unavailable(ask: Ask, world: World, now: datetime) -> None:
    """Deleted, protected and unknown tweets are listed in a 200, not in the grouping."""
    own = world.sample_ids("acme", 2, now)
    gone = [
        *world.sample_ids("acme", 1, now, "unavailable"),
        *world.sample_ids("acme", 1, now, "protected"),
        "1234567890123456789",
    ]
    payload = ask("28hr", [gone[0], *own, *gone[1:]], ["replies"]).payload
    assert list(payload) == ["start", "end", "unavailable_tweet_ids", "g"]
    assert payload["unavailable_tweet_ids"] == gone
    assert list(payload["g"]) == own


def test_future_tweets_unavailable(ask: Ask, world: World, now: datetime) -> None:
    """A tweet is unavailable until the world's clock reaches its creation, whoever owns it."""
    (mine,) = world.sample_ids("acme", 1, now + timedelta(days=9))
    (other,) = world.sample_ids("birch", 1, now + timedelta(days=9))
    assert ask("totals", [mine, other], ["replies"]).status == 400
    later = now + timedelta(days=10)
    assert ask("totals", [mine], ["replies"], at=later).status == 200


def test_all_unavailable(ask: Ask, world: World, now: datetime, sample: Sample) -> None:
    """When nothing is left the status is 400, with the number, the list and nothing else."""
    gone = world.sample_ids("acme", 3, now, "unavailable")
    published = sample("error-unavailable.response")
    reply = ask("historical", gone, ["replies"])
    assert (reply.status, len(reply.tweet_ids)) == (400, 3)
    assert list(reply.payload) == list(published)
    assert reply.payload["errors"] == ["3 Tweet ID(s) are unavailable"]
    assert reply.payload["unavailable_tweet_ids"] == gone
    assert ask("historical", gone[:1], ["replies"]).payload["errors"] == published["errors"]


def test_foreign_tweets(ask: Ask, world: World, now: datetime, sample: Sample) -> None:
    """User tokens and tweets of others: 403 that names them, also for public metrics."""
    foreign = world.sample_ids("birch", 2, now)
    ids = [*world.sample_ids("acme", 1, now), *foreign]
    reply = ask("totals", ids, ["favorites"])
    assert reply.status == 403
    (published,) = sample("error-forbidden-tweets.response")["errors"]
    assert reply.payload == {"errors": [published.replace("*TWEET_IDS*", ", ".join(foreign))]}


@pytest.mark.parametrize(
    ("endpoint", "metrics", "named"),
    [
        ("totals", ["favorites", "impressions", "engagements"], "impressions, engagements"),
        ("28hr", ["favorites"], "favorites"),
        ("historical", ["url_clicks", "replies"], "url_clicks, replies"),
    ],
)
def test_forbidden_metrics(
    ask: Ask,
    world: World,
    now: datetime,
    sample: Sample,
    *,
    endpoint: str,
    metrics: Any,
    named: str,
) -> None:
    """App-only credentials are refused private metrics, and all metrics off /totals."""
    reply = ask(endpoint, world.sample_ids("acme", 1, now), metrics, caller=APP)
    assert reply.status == 403
    (published,) = sample("error-forbidden-metrics-2016.response")["errors"]
    assert reply.payload == {"errors": [published.replace("retweets", named)]}


def test_older_than_90_days(ask: Ask, world: World, now: datetime, sample: Sample) -> None:
    """/totals: tweets past 90 days are listed, two metrics are "0", others are real."""
    limit = now - timedelta(days=90)
    (old,) = world.sample_ids("acme", 1, limit)
    (young,) = world.sample_ids("acme", 1, now)
    (very_old,) = world.sample_ids("acme", 1, now, "very_old")
    metrics = ["impressions", "engagements", "favorites"]
    reply = ask("totals", [young, old, very_old], metrics)
    published = sample("error-older-than-90-days.response")
    assert reply.status == 200
    assert list(reply.payload) == [*published, "g"]
    begin, _, end = published["errors"][0].partition("*TIME_PERIOD*")
    (text,) = reply.payload["errors"]
    assert text.startswith(f"{begin}emulator: ")
    assert text.endswith(end)
    name = "unsupported_for_impressions_engagements_tweet_ids"
    assert reply.payload[name] == [old, very_old]
    for tweet_id in (old, very_old):
        row = reply.payload["g"][tweet_id]
        assert (row["impressions"], row["engagements"]) == ("0", "0")
        life = world.lifetime([tweet_id], ["favorites"], now)
        assert row["favorites"] == str(life[0, 0])
    assert reply.payload["g"][young]["impressions"] != "0"
    assert ask("totals", [old], ["favorites"]).payload.keys() == {"g"}
    assert ask("historical", [old], metrics).payload.keys() == {"start", "end", "g"}


def test_old_and_unavailable(ask: Ask, world: World, now: datetime) -> None:
    """A tweet that is unavailable is not called too old as well."""
    gone = world.sample_ids("acme", 1, now - timedelta(days=2000), "unavailable")
    young = world.sample_ids("acme", 1, now)
    payload = ask("totals", gone + young, ["impressions", "video_views"]).payload
    assert list(payload) == ["unavailable_tweet_ids", "g"]


def test_90_days_to_the_millisecond(ask: Ask, world: World, now: datetime) -> None:
    """A tweet of exactly 90 days is not too old, a millisecond later it is."""
    (tweet_id,) = world.sample_ids("acme", 1, now)
    born = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=int(world.look([tweet_id]).birth_ms[0])
    )
    at = born + timedelta(days=90)
    assert "errors" not in ask("totals", [tweet_id], ["impressions"], at=at).payload
    at += timedelta(milliseconds=1)
    assert "errors" in ask("totals", [tweet_id], ["impressions"], at=at).payload


def test_older_than_1800_days(ask: Ask, world: World, now: datetime, sample: Sample) -> None:
    """Every endpoint: video views of tweets past 1800 days are "0" and listed, others are real."""
    published = sample("video-views-unsupported.response")
    (name,) = [key for key in published if key.startswith("unsupported")]
    old = world.sample_ids("acme", 40, now - timedelta(days=1800))
    old = [i for i in old if world.lifetime([i], ["video_views"], now)[0, 0]][:2]
    (young,) = world.sample_ids("acme", 1, now)
    for endpoint in ("totals", "28hr", "historical"):
        payload = ask(endpoint, [*old, young], ["favorites", "video_views"]).payload
        assert payload[name] == old
        assert "errors" not in payload
        assert [payload["g"][i]["video_views"] for i in old] == ["0", "0"]
        assert list(payload["g"]) == [*old, young]
    app = ask("totals", old, ["favorites", "video_views"], caller=APP).payload
    assert [int(row["favorites"]) for row in app["g"].values()] == world.lifetime(
        old, ["favorites"], now
    )[:, 0].tolist()
    assert name not in ask("totals", old, ["favorites"]).payload


@pytest.mark.parametrize(
    ("levels", "named"),
    [
        (["tweet.id", "engagement.hour"], "engagement.hour"),
        (["engagement.day", "engagement.hour"], "engagement.day, engagement.hour"),
    ],
)
def test_time_on_totals(
    ask: Ask, world: World, now: datetime, sample: Sample, *, levels: list[str], named: str
) -> None:
    """Time levels on /totals are refused with the published text."""
    reply = ask("totals", world.sample_ids("acme", 1, now), ["favorites"], levels)
    (published,) = sample("error-groupby-on-totals.response")
    assert reply.status == 400
    assert reply.payload == {"errors": [published.replace("engagement.hour", named)]}


def test_counts_before_september_2015(ask: Ask, world: World) -> None:
    """On /historical favorites, replies and retweets are 0 before 2015-09-15, others are not."""
    late = datetime(2015, 9, 15, tzinfo=UTC)
    at = late + timedelta(days=2)
    ids = world.sample_ids("acme", 25, late + timedelta(days=1))
    dates = {"start": "2015-09-01", "end": "2015-09-17"}
    metrics = ["favorites", "retweets", "replies", "impressions"]
    by_day = ask("historical", ids, metrics, ["engagement.type", "engagement.day"], at=at, **dates)
    for metric, days in by_day.payload["g"].items():
        early = sum(int(count) for day, count in days.items() if day < "2015-09-15")
        assert (early == 0) == (metric != "impressions")
        assert int(days["2015-09-15"]) > 0
    summed = ask("historical", ids, metrics, ["engagement.type"], at=at, **dates).payload["g"]
    assert summed == {
        metric: str(sum(map(int, days.values()))) for metric, days in by_day.payload["g"].items()
    }


def test_zeros_before_birth(ask: Ask, world: World, now: datetime) -> None:
    """The grid is full: hours before a tweet's creation are written as "0"."""
    (tweet_id,) = world.sample_ids("acme", 1, now)
    payload = ask("historical", [tweet_id], ["impressions"], FOUR_LEVEL_ORDERS[0]).payload
    hours = [leaf for _, leaf in leaves(payload["g"])]
    assert len(hours) == 672
    assert hours[0] == "0"
    assert any(leaf != "0" for leaf in hours)


def test_profiles(ask: Ask, world: World, now: datetime) -> None:
    """A window of two years ago is answered by one profile and refused by the other."""
    ids = world.sample_ids("acme", 1, now - timedelta(days=731))
    dates = {"start": "2022-04-20", "end": "2022-05-01"}
    assert ask("historical", ids, ["replies"], **dates).status == 200
    overview = Settings(profile="overview")
    reply = ask("historical", ids, ["replies"], settings=overview, **dates)
    assert reply.status == 400
    assert reply.payload["errors"][0].startswith("emulator: ")


def test_order_of_checks(ask: Ask, world: World, now: datetime) -> None:
    """Groupings come before permission, permission before ownership, ownership before the rest."""
    foreign = world.sample_ids("birch", 1, now)
    gone = world.sample_ids("acme", 1, now, "unavailable")
    assert ask("28hr", foreign, ["replies"], ["x"], caller=APP).status == 400
    assert "metrics" in ask("28hr", gone, ["replies"], caller=APP).payload["errors"][0]
    assert "to access tweets" in ask("28hr", gone + foreign, ["replies"]).payload["errors"][0]


def test_running_hour_is_in_the_answer(ask: Ask, world: World, now: datetime) -> None:
    """The last bucket is the running hour, up to now."""
    ids = world.sample_ids("cedar", 25, now)
    by = ["engagement.day", "engagement.hour"]
    payload = ask("28hr", ids, ["impressions"], by, caller=Caller("user", "cedar")).payload
    last = now.replace(minute=0, second=0)
    expected = world.counts(ids, ["impressions"], last, last + HOUR, now).sum()
    assert payload["g"]["2024-05-01"]["12"] == str(expected)
    assert np.sum(expected) > 0
    assert payload["end"] == "2024-05-01T13:00:00Z"
    assert pd.Timestamp(payload["start"]) == pd.Timestamp("2024-04-30T08:00:00Z")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
near_requests = st.fixed_dictionaries(
    {
        "tweet_ids": json_values | st.lists(st.integers() | st.text("0123456789"), max_size=3),
        "engagement_types": json_values | st.just(["favorites", "replies"]),
        "groupings": json_values
        | st.dictionaries(
            st.text(),
            st.fixed_dictionaries(
                {"group_by": json_values | st.permutations(GROUP_BY).map(lambda p: p[:2])}
            ),
        ),
    },
    optional={"start": json_values | st.just("2024-04-20"), "end": json_values, "x": json_values},
)
bodies = st.binary() | (json_values | near_requests).map(lambda v: json.dumps(v).encode())


@given(
    body=bodies,
    endpoint=st.sampled_from(["totals", "28hr", "historical"]),
    caller=st.sampled_from([APP, Caller("user", "acme")]),
)
@settings(max_examples=400)
def test_any_body_is_answered(body: bytes, endpoint: Any, caller: Caller) -> None:
    """No body makes the answer raise, and every answer can be written as JSON."""
    at = datetime(2024, 5, 1, 12, 34, tzinfo=UTC)
    reply = answer(World(), Settings(), at, caller, endpoint, body)
    assert reply.status in {200, 400, 403}
    json.dumps(reply.payload, allow_nan=False).encode("ascii")
    if reply.status != 200:
        assert reply.payload["errors"]


def hourly(ask: Ask, ids: list[str], **switches: Any) -> dict[str, Any]:
    """Return the grouping by tweet, metric and hour of the last 28 hours."""
    by = ("tweet.id", "engagement.type", "engagement.hour")
    reply = ask("28hr", ids, ["favorites", "retweets"], by, settings=Settings(**switches))
    assert reply.status == 200
    found: dict[str, Any] = reply.payload["g"]
    return found


def test_leaves(ask: Ask, world: World, now: datetime) -> None:
    """Counts are strings, numbers, or numbers for retweets alone, and always the same counts."""
    ids = world.sample_ids("acme", 2, now)
    strings = dict(leaves(hourly(ask, ids)))
    numbers: dict[Any, Any] = dict(leaves(hourly(ask, ids, leaves="numbers")))
    mixed: dict[Any, Any] = dict(leaves(hourly(ask, ids, leaves="mixed")))
    assert numbers == {path: int(leaf) for path, leaf in strings.items()}
    assert mixed == {
        path: int(leaf) if path[1] == "retweets" else leaf for path, leaf in strings.items()
    }


@pytest.mark.parametrize("how", ["strings", "numbers", "mixed"])
def test_sparse(ask: Ask, world: World, now: datetime, how: str) -> None:
    """Zeros are left out however counts are written, and nothing else is."""
    ids = [*world.sample_ids("acme", 2, now), *world.sample_ids("acme", 1, now - 2000 * HOUR)]
    full = dict(leaves(hourly(ask, ids, leaves=how)))
    sparse = dict(leaves(hourly(ask, ids, leaves=how, zeros="sparse")))
    assert sparse == {path: leaf for path, leaf in full.items() if int(leaf)}
    assert 0 < len(sparse) < len(full)


def test_lone_hours_by_day(ask: Ask, world: World, now: datetime) -> None:
    """Hours without days are nested in days on demand, as if the days had been asked."""
    ids = world.sample_ids("acme", 2, now)
    levels = ("tweet.id", "engagement.hour")
    days = ("tweet.id", "engagement.day", "engagement.hour")
    by_day = Settings(lone_hour="by_day")
    lone = ask("28hr", ids, ["favorites"], levels, settings=by_day)
    asked = ask("28hr", ids, ["favorites"], days)
    assert lone.payload["g"] == asked.payload["g"]
    assert lone.levels == {"g": days}
    for other in (days, ("tweet.id", "engagement.day"), ("tweet.id",)):
        assert ask("28hr", ids, ["favorites"], other, settings=by_day).levels == {"g": other}


def test_errors_beside_the_list(ask: Ask, world: World, now: datetime) -> None:
    """A partial answer holds the text about unavailable tweets too, on demand."""
    ids = [*world.sample_ids("acme", 1, now), *world.sample_ids("acme", 2, now, "unavailable")]
    settings = Settings(partial="list_and_errors")
    reply = ask("totals", ids, ["favorites"], settings=settings)
    plain = ask("totals", ids, ["favorites"])
    assert reply.status == plain.status == 200
    errors = {"errors": ["2 Tweet ID(s) are unavailable"]}
    assert reply.payload == {**plain.payload, **errors}
    assert "errors" not in ask("totals", ids[:1], ["favorites"], settings=settings).payload


def test_all_unavailable_listed(ask: Ask, world: World, now: datetime) -> None:
    """Unavailable tweets alone are listed in a 200 with empty groupings, on demand."""
    ids = world.sample_ids("acme", 2, now, "unavailable")
    settings = Settings(all_unavailable="listed")
    reply = ask("28hr", ids, ["favorites"], settings=settings)
    assert reply.status == 200
    assert reply.payload["unavailable_tweet_ids"] == ids
    assert reply.payload["g"] == {}
    assert reply.payload.keys() == {"start", "end", "unavailable_tweet_ids", "g"}


def test_forbidden_by_author(ask: Ask, world: World, now: datetime) -> None:
    """Tweets of others are named in one text for each author, on demand."""
    owners = world.accounts
    mine, hers, his = (world.sample_ids(one.name, 2, now) for one in owners)
    ids = [hers[0], mine[0], his[0], hers[1]]
    reply = ask("totals", ids, ["favorites"], settings=Settings(forbidden="by_author"))
    begin = "Forbidden to access tweets for author id"
    assert reply.status == 403
    assert reply.payload["errors"] == [
        f"{begin} {owners[1].user_id}: {hers[0]}, {hers[1]}",
        f"{begin} {owners[2].user_id}: {his[0]}",
    ]


def test_aged(ask: Ask, world: World, now: datetime) -> None:
    """Old tweets have "0", or no such metrics, or make the whole request fail, on demand."""
    young, old = (world.sample_ids("acme", 1, now - age * HOUR) for age in (24, 24 * 91))
    metrics = ["impressions", "favorites"]

    def by(how: str) -> Reply:
        return ask("totals", young + old, metrics, settings=Settings(aged=how))  # type: ignore[arg-type]

    zero, absent, refused = (by(how) for how in ("zero", "absent", "refused"))
    assert zero.payload["g"][old[0]]["impressions"] == "0"
    assert absent.payload["g"][old[0]] == {"favorites": zero.payload["g"][old[0]]["favorites"]}
    assert absent.payload["g"][young[0]] == zero.payload["g"][young[0]]
    assert absent.payload["errors"] == zero.payload["errors"]
    assert refused.status == 400
    assert refused.payload == {key: zero.payload[key] for key in zero.payload if key != "g"}
    fine = ask("totals", young, metrics, settings=Settings(aged="refused"))
    assert fine.status == 200


def test_zeros_before_history(ask: Ask, world: World, now: datetime) -> None:
    """Hours out of the history's reach hold zeros on demand, the others their counts."""
    ids = world.sample_ids("acme", 3, now - 370 * 24 * HOUR)
    dates = {"start": "2023-04-25T00:00:00Z", "end": "2023-05-10T00:00:00Z"}
    by = ("engagement.day",)
    over = Settings(profile="overview", before_history="zeros")
    cut = ask("historical", ids, ["impressions"], by, settings=over, **dates).payload["g"]
    full = ask("historical", ids, ["impressions"], by, **dates).payload["g"]
    assert {day for day, count in cut.items() if count == "0"} >= {"2023-04-30", "2023-05-01"}
    assert {day: cut[day] for day in cut if day > "2023-05-02"} == {
        day: full[day] for day in full if day > "2023-05-02"
    }
    assert full["2023-04-30"] != "0"
    metrics = ["impressions"]
    in_one = ask("historical", ids, metrics, ("engagement.type",), settings=over, **dates)
    assert int(in_one.payload["g"]["impressions"]) == sum(map(int, cut.values()))
    first = {"end": "0001-01-01", "settings": Settings(before_history="zeros")}
    assert ask("historical", ids, ["impressions"], by, **first).status == 400
