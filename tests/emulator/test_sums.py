"""Across requests: what hours, days, windows and totals say of the same tweets adds up."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.emulator import Emulator, Settings, World, WorldClock
from engagement_kit.emulator.api.answer import answer
from engagement_kit.emulator.api.limits import TOTALS_METRICS, WINDOWED_METRICS
from engagement_kit.emulator.api.oauth import Caller

WORLDS = [
    World(nature=nature, revised=other, undone=other)
    for nature in ("standard", "heavy_tails", "campaigns")
    for other in (False, True)
]
BEGIN = datetime(2016, 1, 1, tzinfo=UTC)
moments = st.integers(0, 10 * 365 * 24 * 3600).map(lambda s: BEGIN + timedelta(seconds=s))
SPAN = timedelta(days=28)
HOURLY = ["tweet.id", "engagement.type", "engagement.day", "engagement.hour"]
BY_TWEET = ["tweet.id", "engagement.type"]
HEADERS = {"Host": "localhost", "Accept-Encoding": "gzip"}
BOTH = [name for name in TOTALS_METRICS if name in WINDOWED_METRICS and name != "video_views"]


def ask(world: World, now: datetime, endpoint: Any, **members: Any) -> dict[str, Any]:
    """Ask as the first account, and expect an answer."""
    caller = Caller("user", world.accounts[0].name)
    reply = answer(world, Settings(), now, caller, endpoint, json.dumps(members).encode())
    assert reply.status == 200, reply.payload
    return reply.payload


def total(nested: Any) -> int:
    """Add up all leaves."""
    return sum(map(total, nested.values())) if isinstance(nested, dict) else int(nested)


@given(world=st.sampled_from(WORLDS), now=moments, age=st.integers(0, 80 * 24 * 3600))
@settings(max_examples=60)
def test_windows_of_a_life_add_up_to_the_total(world: World, now: datetime, age: int) -> None:
    """Hours, days and windows of /historical over a tweet's life sum to what /totals says."""
    (tweet_id,) = world.sample_ids("acme", 1, now - timedelta(seconds=age))
    end = now.replace(minute=0, second=0) + timedelta(hours=1)
    seen = dict.fromkeys(BOTH, 0)
    for back in range(4):
        stop = end - back * SPAN
        dates = {"start": (stop - SPAN).strftime("%Y-%m-%dT%H:%M:%SZ")}
        if back:
            dates["end"] = stop.strftime("%Y-%m-%dT%H:%M:%SZ")
        told = ask(
            world,
            now,
            "historical",
            tweet_ids=[tweet_id],
            engagement_types=BOTH,
            groupings={
                "hours": {"group_by": HOURLY},
                "days": {"group_by": HOURLY[:3]},
                "window": {"group_by": BY_TWEET},
            },
            **dates,
        )
        for name in BOTH:
            by_hour, by_day = told["hours"][tweet_id][name], told["days"][tweet_id][name]
            assert {day: total(hours) for day, hours in by_hour.items()} == {
                day: int(count) for day, count in by_day.items()
            }
            assert total(by_day) == int(told["window"][tweet_id][name])
            seen[name] += int(told["window"][tweet_id][name])
    groupings = {"g": {"group_by": BY_TWEET}}
    totals = ask(
        world,
        now,
        "totals",
        tweet_ids=[tweet_id],
        engagement_types=BOTH,
        groupings=groupings,
    )
    assert {name: int(count) for name, count in totals["g"][tweet_id].items()} == seen


@given(world=st.sampled_from(WORLDS), now=moments)
@settings(max_examples=20)
def test_video_views_of_totals_are_more(world: World, now: datetime) -> None:
    """On /totals a video's views are those of all tweets that carry it, so at least its own."""
    ids = world.sample_ids("acme", 25, now)
    metrics = {"tweet_ids": ids, "engagement_types": ["video_views"]}
    groupings = {"g": {"group_by": BY_TWEET}}
    totals = ask(world, now, "totals", **metrics, groupings=groupings)["g"]
    own = ask(world, now, "historical", **metrics, groupings=groupings)["g"]
    assert all(total(totals[one]) >= total(own[one]) for one in ids)


@pytest.mark.parametrize("each", WORLDS, ids=lambda world: world.name)
def test_same_seed_same_bytes(each: World, now: datetime) -> None:
    """Two emulators of one seed answer with the same bytes, in whatever order they are asked."""
    again = World(each.seed, nature=each.nature.name, revised=each.revised, undone=each.undone)
    ids = each.sample_ids("acme", 20, now)
    asked = [
        (
            f"/insights/engagement/{endpoint}",
            json.dumps(
                {
                    "tweet_ids": ids[at : at + 5],
                    "engagement_types": metrics,
                    "groupings": {"g": {"group_by": BY_TWEET}},
                }
            ).encode(),
        )
        for endpoint, metrics in (("totals", TOTALS_METRICS), ("28hr", WINDOWED_METRICS))
        for at in (0, 3, 9)
    ]
    trusting = Settings(credentials="trusted")
    one, other = (
        Emulator(one_of, WorldClock(frozen=now), trusting, in_process=True)
        for one_of in (each, again)
    )
    order = np.random.default_rng(7).permutation(len(asked)).tolist()
    forward = [one.respond("POST", path, HEADERS, body).body for path, body in asked]
    shuffled = {
        place: other.respond("POST", asked[place][0], HEADERS, asked[place][1]).body
        for place in order
    }
    assert forward == [shuffled[place] for place in range(len(asked))]
