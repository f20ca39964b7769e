"""What the control API shows to somebody who looks: tweets, charts of them, and whole requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from engagement_kit.emulator.api.limits import TOTALS_METRICS, WINDOWED_METRICS
from engagement_kit.emulator.service.details import DETAILS_KEPT, Detail
from engagement_kit.emulator.service.state import State
from engagement_kit.emulator.service.values import NotThere, Values, one_of, tweet_ids, whole
from engagement_kit.emulator.world.clock import as_written
from engagement_kit.emulator.world.moments import unix_ms
from engagement_kit.emulator.world.tweets import HOUR_MS, Tweets

MOST_TWEETS: Final = 100
MOST_HOURS: Final = 24 * 400
SHOWN_HOURS: Final = 72
STEPS: Final = ("hour", "day")
METRICS: Final = tuple(dict.fromkeys((*WINDOWED_METRICS, *TOTALS_METRICS)))
TRAITS: Final = ("video", "media", "link", "app_card", "very_old")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)


def about(state: State, values: Values) -> dict[str, Any]:
    """Tell what tweets are, and what they counted so far."""
    ids = tweet_ids(values, MOST_TWEETS)
    now = state.clock.now()
    tweets = state.world.look(ids)
    totals = state.world.lifetime(ids, METRICS, now).tolist()
    return {
        "now": as_written(now),
        "tweets": [
            {
                "tweet_id": one,
                **_told(state, tweets, place, now),
                "lifetime": dict(zip(METRICS, totals[place], strict=True)),
            }
            for place, one in enumerate(ids)
        ],
    }


def _told(state: State, tweets: Tweets, place: int, now: datetime) -> dict[str, Any]:
    """Tell what one tweet is: whose, since when, with what, and whether the service shows it."""
    if not tweets.exists[place]:
        return {"account": None, "state": "unknown", "created_at": None, "age_s": None, "has": []}
    owner = state.world.accounts[int(tweets.owner[place])]
    created = _EPOCH + timedelta(milliseconds=int(tweets.birth_ms[place]))
    return {
        "account": owner.name,
        "state": _standing(tweets, place, unix_ms(now)),
        "created_at": as_written(created),
        "age_s": int((now - created).total_seconds()),
        "has": [name for name in TRAITS if getattr(tweets, name)[place]],
    }


def _standing(tweets: Tweets, place: int, now_ms: int) -> str:
    """Say whether the service shows a tweet, or why not."""
    if tweets.birth_ms[place] > now_ms:
        return "not posted yet"
    if tweets.deleted[place]:
        return "deleted"
    return "protected" if tweets.protected[place] else "shown"


def chart(state: State, values: Values) -> dict[str, Any]:
    """Count the first hours or days of tweets' lives, as far as they lie before now.

    Days are those of UTC, as the API's; the first and the last one are seldom whole.
    """
    ids = tweet_ids(values, MOST_TWEETS)
    metric = one_of("metric", values.get("metric", "impressions"), METRICS)
    by = one_of("by", values.get("by", "hour"), STEPS)
    hours = whole(values.get("hours", str(SHOWN_HOURS)), MOST_HOURS, 1)
    now = state.clock.now()
    tweets = state.world.look(ids)
    born = np.flatnonzero(tweets.exists & (tweets.birth_ms <= unix_ms(now)))
    charts: list[dict[str, Any]] = [{"tweet_id": one, "start": None, "counts": []} for one in ids]
    for place in born.tolist():
        start = _EPOCH + int(tweets.birth_ms[place]) // HOUR_MS * _HOUR
        end = min(start + hours * _HOUR, _ceiling(now))
        counts = state.world.counts([ids[place]], [metric], start, end, now)[0, 0]
        if by == "day":
            midnights = np.arange((24 - start.hour) % 24, len(counts), 24)
            cuts = midnights if start.hour == 0 else np.concatenate([[0], midnights])
            counts = np.add.reduceat(counts, cuts)
            start = start.replace(hour=0)
        charts[place] |= {"start": as_written(start), "counts": counts.tolist()}
    return {"now": as_written(now), "metric": metric, "by": by, "charts": charts}


def _ceiling(now: datetime) -> datetime:
    """Return the end of the running hour."""
    return _EPOCH + -((_EPOCH - now) // _HOUR) * _HOUR


def request(state: State, values: Values) -> dict[str, Any]:
    """Tell all that is kept of one request and its answer."""
    return find(state, values).to_dict()


def find(state: State, values: Values) -> Detail:
    """Find what is kept of a request.

    Raises
    ------
    NotThere
        If there was no such request, it was longer ago than is kept, or the guard refused it.
    """
    number = whole(str(values.get("number", "")), 10**12, 1)
    found = state.detail(number)
    if found is None:
        raise NotThere(
            f"nothing is kept of request {number}; "
            f"there were {state.requests_served}, and the newest {DETAILS_KEPT} are kept, "
            "without those of foreign pages and hosts"
        )
    return found
