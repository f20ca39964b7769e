from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engagement_kit.emulator import Settings, World, WorldClock
from engagement_kit.emulator.service.looking import METRICS, MOST_TWEETS
from engagement_kit.emulator.service.service import Service

HOST = {"Host": "127.0.0.1:8080"}
HOUR = timedelta(hours=1)


def get(service: Service, target: str, status: int = 200) -> dict[str, Any]:
    """Ask the control API."""
    response = service.respond("GET", f"/emulator/{target}", HOST, b"")
    assert response.status == status, response.body
    found: dict[str, Any] = json.loads(response.body)
    return found


def created(tweet_id: str) -> datetime:
    """Read an id's moment of creation, by the rule of the documents."""
    return datetime.fromtimestamp(((int(tweet_id) >> 22) + 1288834974657) / 1000, UTC)


def test_about(service: Service, world: World, now: datetime) -> None:
    """Tweets are told in the order asked, with age and counts of the world's time."""
    ids = [*world.sample_ids("birch", 2, now), *world.sample_ids("acme", 1, now)]
    found = get(service, f"about?tweet_ids={','.join(ids)}")
    assert found["now"] == "2024-05-01T12:34:56Z"
    assert [one["tweet_id"] for one in found["tweets"]] == ids
    assert [one["account"] for one in found["tweets"]] == ["birch", "birch", "acme"]
    for one in found["tweets"]:
        assert datetime.fromisoformat(one["created_at"]) == created(one["tweet_id"]).replace(
            microsecond=0
        )
        assert one["age_s"] == int((now - created(one["tweet_id"])).total_seconds())
        counts = world.lifetime([one["tweet_id"]], METRICS, now)[0].tolist()
        assert one["lifetime"] == dict(zip(METRICS, counts, strict=True))
        assert one["state"] == "shown"


def test_standing(service: Service, world: World, now: datetime) -> None:
    """A tweet is deleted, protected, not posted yet, very old or unknown, and told to be."""
    deleted, protected = (
        world.sample_ids("acme", 1, now, kind)[0] for kind in ("unavailable", "protected")
    )
    old = world.sample_ids("acme", 1, now, "very_old")[0]
    coming = next(
        one for one in world.sample_ids("acme", 20, now + timedelta(days=2)) if created(one) > now
    )
    told = get(service, f"about?tweet_ids={deleted},{protected},{coming},{old},12345")["tweets"]
    states = [one["state"] for one in told]
    assert states == ["deleted", "protected", "not posted yet", "shown", "unknown"]
    assert set(told[2]["lifetime"].values()) == {0}
    assert told[3]["has"][-1] == "very_old"
    assert told[4]["account"] is None
    assert told[4]["created_at"] is None


@pytest.mark.parametrize("hours", [1, 24, 72, 500])
def test_chart_by_hour(service: Service, world: World, now: datetime, hours: int) -> None:
    """The counts of a chart are the world's, hour by hour, from the hour of creation up to now."""
    ids = world.sample_ids("acme", 40, now)[::13]
    target = f"chart?tweet_ids={','.join(ids)}&metric=favorites&hours={hours}"
    found = get(service, target)
    assert (found["metric"], found["by"]) == ("favorites", "hour")
    for one, chart in zip(ids, found["charts"], strict=True):
        start = created(one).replace(minute=0, second=0, microsecond=0)
        end = min(start + hours * HOUR, now.replace(minute=0, second=0) + HOUR)
        assert datetime.fromisoformat(chart["start"]) == start
        assert chart["counts"] == world.counts([one], ["favorites"], start, end, now)[0, 0].tolist()


def test_chart_by_day(service: Service, world: World, now: datetime) -> None:
    """Days are those of UTC, and their sum is that of the hours."""
    ids = world.sample_ids("cedar", 60, now)
    target = f"chart?tweet_ids={','.join(ids)}&hours=400"
    by_hour, by_day = (get(service, f"{target}&by={by}")["charts"] for by in ("hour", "day"))
    for hours, days in zip(by_hour, by_day, strict=True):
        start = datetime.fromisoformat(hours["start"])
        sums: dict[str, int] = {}
        for place, count in enumerate(hours["counts"]):
            day = (start + place * HOUR).date().isoformat()
            sums[day] = sums.get(day, 0) + count
        assert days["counts"] == list(sums.values())
        assert days["start"] == f"{min(sums)}T00:00:00Z"


def test_chart_of_nothing(service: Service, world: World, now: datetime) -> None:
    """Unknown tweets, and those that are not posted yet, have no counts."""
    coming = world.sample_ids("acme", 1, now + timedelta(days=2))[0]
    found = get(service, f"chart?tweet_ids=12345,{coming}")["charts"]
    assert [(one["start"], one["counts"]) for one in found] == [(None, []), (None, [])]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("about", "'' in tweet_ids is no tweet id; allowed: digits and commas"),
        ("about?tweet_ids=1,,2", "'' in tweet_ids is no tweet id"),
        ("about?tweet_ids=1,%3Cb%3E", "'<b>' in tweet_ids is no tweet id"),
        ("about?tweet_ids=9999999999999999999", "a tweet id is a whole number"),
        (
            f"about?tweet_ids={','.join(str(n) for n in range(MOST_TWEETS + 1))}",
            "101 tweet_ids; allowed: at most 100",
        ),
        ("chart?tweet_ids=1&metric=clicks", "metric is 'clicks'; allowed: impressions, "),
        ("chart?tweet_ids=1&by=week", "by is 'week'; allowed: hour, day"),
        ("chart?tweet_ids=1&hours=0", "'0' is not allowed; a whole number from 1 to 9600"),
        ("chart?tweet_ids=1&hours=9601", "'9601' is not allowed"),
    ],
)
def test_wrong_questions(service: Service, target: str, text: str) -> None:
    """A question that means nothing is refused, with what is allowed."""
    (said,) = get(service, target, 400)["errors"]
    assert said.startswith(f"emulator: {text}")


def test_the_clock_decides(world: World, now: datetime) -> None:
    """A chart grows as the world's time goes on, and what was counted before stays."""
    clock = WorldClock(frozen=now)
    service = Service(world, clock, Settings())
    one = world.sample_ids("acme", 1, now)[0]
    before = get(service, f"chart?tweet_ids={one}")["charts"][0]["counts"]
    clock.travel(timedelta(days=1))
    after = get(service, f"chart?tweet_ids={one}")["charts"][0]["counts"]
    assert len(after) == len(before) + 24
    assert after[: len(before) - 1] == before[:-1]
    assert after[len(before) - 1] >= before[-1]
