"""The answer to one request as a pure function: no socket, no clock, no chance.

What is asked comes from `checks`; here stand permission, ownership, availability, the counts and
the envelope (fact sheet, sections 3.1, 5, 7 and 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.emulator.checks import OURS, Asked, Refused, read_request, wants_time
from engagement_kit.emulator.limits import (
    AGED_METRICS,
    APP_ONLY,
    LATE_METRICS,
    LATE_METRICS_BEGIN,
    MAX_AGE_IMPRESSIONS,
    MAX_AGE_VIDEO,
    Endpoint,
)
from engagement_kit.emulator.shapes import nest
from engagement_kit.emulator.windows import EPOCH, HOUR, Window
from engagement_kit.emulator.world import World, unix_ms

if TYPE_CHECKING:
    from datetime import datetime

    from engagement_kit.emulator.chance import Ints
    from engagement_kit.emulator.oauth import Caller
    from engagement_kit.emulator.settings import Settings
    from engagement_kit.emulator.tweets import Flags, Tweets

_UNSUPPORTED_AGED: Final = "unsupported_for_impressions_engagements_tweet_ids"
_UNSUPPORTED_VIDEO: Final = "unsupported_for_video_views_tweet_ids"


@dataclass(frozen=True)
class Reply:
    """An answer before it becomes bytes.

    Attributes
    ----------
    status : int
        HTTP status.
    payload : dict
        The JSON body.
    tweets : int
        How many different tweets were asked; 0 where the body could not be read.
    """

    status: int
    payload: dict[str, Any]
    tweets: int = 0


def answer(  # noqa: PLR0917 -- the whole question, in the order of the checks
    world: World,
    settings: Settings,
    now: datetime,
    caller: Caller,
    endpoint: Endpoint,
    body: bytes,
) -> Reply:
    """Answer one authenticated request.

    Parameters
    ----------
    world : World
    settings : Settings
    now : datetime
        The world's time, aware.
    caller : Caller
        Who asks.
    endpoint : {"totals", "28hr", "historical"}
    body : bytes
        The request body as sent (after decompression). Any bytes are answered, never raised on.

    Returns
    -------
    Reply
    """
    asked: Asked | None = None
    try:
        asked = read_request(endpoint, body, settings, now)
        payload = _success(world, now, caller, endpoint, asked)
    except Refused as refusal:
        payload = {"errors": [refusal.text], **refusal.lists}
        return Reply(refusal.status, payload, 0 if asked is None else len(asked.tweet_ids))
    return Reply(200, payload, len(asked.tweet_ids))


def _success(
    world: World, now: datetime, caller: Caller, endpoint: Endpoint, asked: Asked
) -> dict[str, Any]:
    """Build the body of a 200, or raise `Refused`."""
    _check_metrics(caller, endpoint, asked)
    tweets = world.look(asked.tweet_ids)
    _check_owner(world, caller, asked, tweets, now)
    served = tweets.served(unix_ms(now))
    lists: dict[str, list[str]] = {}
    missing = _named(asked, ~served)
    if missing:
        lists["unavailable_tweet_ids"] = missing
    if len(missing) == len(asked.tweet_ids):
        raise Refused(400, f"{len(missing)} Tweet ID(s) are unavailable", lists)
    too_old = _too_old(endpoint, asked, tweets, now)
    for name, (_, flags) in too_old.items():
        if (flags & served).any():
            lists[name] = _named(asked, flags & served)
    groupings = _groupings(world, now, endpoint, asked, served=served, too_old=too_old)
    return {**_echo(asked.window), **_errors(lists, now), **lists, **groupings}


def _check_metrics(caller: Caller, endpoint: Endpoint, asked: Asked) -> None:
    """Refuse what an app-only credential may not see (fact sheet, section 3.1)."""
    if caller.kind == "user":
        return
    private = [name for name in asked.metrics if name not in APP_ONLY[endpoint]]
    if private:
        raise Refused(403, f"Forbidden to access metrics: {', '.join(private)}")


def _check_owner(world: World, caller: Caller, asked: Asked, tweets: Tweets, now: datetime) -> None:
    """Refuse a user the tweets of others, deleted ones too; unknown ids have no owner."""
    if caller.kind == "app":
        return
    owners = [account.name for account in world.accounts]
    born = tweets.exists & (tweets.birth_ms <= unix_ms(now))
    foreign = born & np.array([owners[place] != caller.account for place in tweets.owner])
    if foreign.any():
        raise Refused(403, f"Forbidden to access tweets: {', '.join(_named(asked, foreign))}")


def _named(asked: Asked, flags: Flags) -> list[str]:
    """Return the flagged ids in the order asked."""
    return [tweet_id for tweet_id, flag in zip(asked.tweet_ids, flags, strict=True) if flag]


def _too_old(
    endpoint: Endpoint, asked: Asked, tweets: Tweets, now: datetime
) -> dict[str, tuple[tuple[str, ...], Flags]]:
    """Return by list name: the metrics that age takes away, and from which tweets."""
    now_ms = unix_ms(now)
    rules: dict[str, tuple[tuple[str, ...], Flags]] = {}
    if endpoint == "totals" and set(AGED_METRICS) & set(asked.metrics):
        rules[_UNSUPPORTED_AGED] = AGED_METRICS, tweets.older_than(MAX_AGE_IMPRESSIONS, now_ms)
    if "video_views" in asked.metrics:
        rules[_UNSUPPORTED_VIDEO] = ("video_views",), tweets.older_than(MAX_AGE_VIDEO, now_ms)
    return rules


def _errors(lists: dict[str, list[str]], now: datetime) -> dict[str, list[str]]:
    """Return the one text that comes with a 200 (fact sheet, section 7)."""
    if _UNSUPPORTED_AGED not in lists:
        return {}
    # The form of the period is not documented, so ours says that it is ours.
    since = (now - MAX_AGE_IMPRESSIONS).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = (
        "Impressions & engagements for tweets older than 90 days "
        f"({OURS}posted before {since}) are not supported"
    )
    return {"errors": [text]}


def _echo(window: Window | None) -> dict[str, str]:
    """Return start and end as the windowed endpoints echo them (fact sheet, section 5)."""
    if window is None:
        return {}
    start, end = window.moments()
    return {"start": f"{start:%Y-%m-%dT%H:00:00Z}", "end": f"{end:%Y-%m-%dT%H:00:00Z}"}


def _groupings(
    world: World,
    now: datetime,
    endpoint: Endpoint,
    asked: Asked,
    *,
    served: Flags,
    too_old: dict[str, tuple[tuple[str, ...], Flags]],
) -> dict[str, Any]:
    """Count once and nest for each grouping."""
    ids = _named(asked, served)
    counts = _counts(world, now, endpoint, asked, ids)
    # Too old for a metric: the tweet stays in the answer, with "0" (fact sheet, section 7).
    for metrics, flags in too_old.values():
        columns = np.array([name in metrics for name in asked.metrics])
        counts[np.ix_(flags[served], columns)] = 0
    return {
        name: nest(counts, levels, ids, asked.metrics, asked.window)
        for name, levels in asked.groupings.items()
    }


def _counts(world: World, now: datetime, endpoint: Endpoint, asked: Asked, ids: list[str]) -> Ints:
    """Return the counts by hour, or in one bucket where no grouping needs hours."""
    if asked.window is None:
        return world.lifetime(ids, asked.metrics, now)[:, :, None]
    start, end = asked.window.moments()
    late = [name in LATE_METRICS for name in asked.metrics]
    cut = endpoint == "historical" and start < LATE_METRICS_BEGIN and any(late)
    if not cut and not any(wants_time(levels) for levels in asked.groupings.values()):
        return world.window(ids, asked.metrics, start, end, now)[:, :, None]
    counts = world.counts(ids, asked.metrics, start, end, now)
    if cut:  # fact sheet, section 11
        hours = (LATE_METRICS_BEGIN - EPOCH) // HOUR - asked.window.start
        counts[:, late, :hours] = 0
    return counts
