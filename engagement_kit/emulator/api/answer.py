"""The answer to one request as a pure function: no socket, no clock, no chance.

What is asked comes from `checks`; here stand permission, ownership, availability, the counts and
the envelope. Names of documents are those of `limits`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from engagement_kit.emulator.api import variants
from engagement_kit.emulator.api.checks import OURS, Asked, Refused, read_request, wants_time
from engagement_kit.emulator.api.limits import (
    AGED_METRICS,
    APP_ONLY,
    DAY,
    HOUR,
    LATE_METRICS,
    LATE_METRICS_BEGIN,
    MAX_AGE_IMPRESSIONS,
    MAX_AGE_VIDEO,
    Endpoint,
)
from engagement_kit.emulator.api.shapes import nest
from engagement_kit.emulator.api.windows import EPOCH, HOUR_SPAN
from engagement_kit.emulator.world.clock import as_written
from engagement_kit.emulator.world.moments import unix_ms
from engagement_kit.emulator.world.world import World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from engagement_kit.emulator.api.oauth import Caller
    from engagement_kit.emulator.api.settings import Settings
    from engagement_kit.emulator.world.chance import Ints
    from engagement_kit.emulator.world.tweets import Flags, Tweets

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
    tweet_ids : tuple of str
        Which tweets were asked; empty where the body could not be read.
    levels : dict
        Of a 200: how each grouping is nested.
    plain : tuple of (str, bytes), optional
        Content type and bytes of an answer that is no JSON, instead of the payload.
    headers : mapping
        Headers of its own, beside those of every answer.
    """

    status: int
    payload: dict[str, Any]
    tweet_ids: tuple[str, ...] = ()
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    plain: tuple[str, bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Situation:
    """Everything but the body that an answer depends on."""

    world: World
    settings: Settings
    now: datetime
    caller: Caller
    endpoint: Endpoint


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
        payload = _success(_Situation(world, settings, now, caller, endpoint), asked)
    except Refused as refusal:
        payload = {"errors": refusal.texts, **refusal.lists}
        return Reply(refusal.status, payload, asked.tweet_ids if asked else ())
    return Reply(200, payload, asked.tweet_ids, levels=_levels(asked, settings))


def _success(here: _Situation, asked: Asked) -> dict[str, Any]:
    """Build the body of a 200, or raise `Refused`."""
    _check_metrics(here, asked)
    tweets = here.world.look(asked.tweet_ids)
    _check_owner(here, asked, tweets)
    served = tweets.served(unix_ms(here.now))
    lists, errors = _unavailable(here, asked, served)
    too_old = _too_old(here, asked, tweets)
    for name, (_, flags) in too_old.items():
        if (flags & served).any():
            lists[name] = _named(asked, flags & served)
    errors += _aged_errors(here, lists)
    groupings = _groupings(here, asked, served=served, too_old=too_old)
    return {
        **(asked.window.echo() if asked.window else {}),
        **({"errors": errors} if errors else {}),
        **lists,
        **groupings,
    }


def _levels(asked: Asked, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the levels in which each grouping is nested."""
    if settings.lone_hour == "hour_of_day":
        return asked.groupings
    return {  # as the guide "groupings" shows it
        name: levels
        if DAY in levels
        else tuple(one for level in levels for one in ((DAY, HOUR) if level == HOUR else (level,)))
        for name, levels in asked.groupings.items()
    }


def _check_metrics(here: _Situation, asked: Asked) -> None:
    """Refuse what an app-only credential may not see (authenticating)."""
    if here.caller.kind != "app":
        return
    private = [name for name in asked.metrics if name not in APP_ONLY[here.endpoint]]
    if private:
        raise Refused(403, f"Forbidden to access metrics: {', '.join(private)}")


def _check_owner(here: _Situation, asked: Asked, tweets: Tweets) -> None:
    """Refuse a user the tweets of others, deleted ones too; unknown ids have no owner."""
    if here.caller.kind != "user":
        return
    names = [account.name for account in here.world.accounts]
    born = tweets.exists & (tweets.birth_ms <= unix_ms(here.now))
    foreign = born & np.array([names[place] != here.caller.account for place in tweets.owner])
    if not foreign.any():
        return
    if here.settings.forbidden == "one_list":
        raise Refused(403, f"Forbidden to access tweets: {', '.join(_named(asked, foreign))}")
    by_author = {
        here.world.accounts[place].user_id: _named(asked, foreign & (tweets.owner == place))
        for place in dict.fromkeys(tweets.owner[foreign].tolist())
    }
    raise Refused(
        403,
        *(
            f"Forbidden to access tweets for author id {author}: {', '.join(ids)}"
            for author, ids in by_author.items()
        ),
    )


def _named(asked: Asked, flags: Flags) -> list[str]:
    """Return the flagged ids in the order asked."""
    return [tweet_id for tweet_id, flag in zip(asked.tweet_ids, flags, strict=True) if flag]


def _unavailable(
    here: _Situation, asked: Asked, served: Flags
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the list and the texts about tweets that can't be shown (reference)."""
    missing = _named(asked, ~served)
    if not missing:
        return {}, []
    lists = {"unavailable_tweet_ids": missing}
    text = f"{len(missing)} Tweet ID(s) are unavailable"
    if len(missing) == len(asked.tweet_ids) and here.settings.all_unavailable == "refused":
        raise Refused(400, text, lists=lists)
    return lists, [text] if here.settings.partial == "list_and_errors" else []


def _too_old(
    here: _Situation, asked: Asked, tweets: Tweets
) -> dict[str, tuple[tuple[str, ...], Flags]]:
    """Return by list name: the metrics that age takes away, and from which tweets."""
    now_ms = unix_ms(here.now)
    rules: dict[str, tuple[tuple[str, ...], Flags]] = {}
    if here.endpoint == "totals" and set(AGED_METRICS) & set(asked.metrics):
        rules[_UNSUPPORTED_AGED] = AGED_METRICS, tweets.older_than(MAX_AGE_IMPRESSIONS, now_ms)
    if "video_views" in asked.metrics:
        rules[_UNSUPPORTED_VIDEO] = ("video_views",), tweets.older_than(MAX_AGE_VIDEO, now_ms)
    return rules


def _aged_errors(here: _Situation, lists: dict[str, list[str]]) -> list[str]:
    """Return the text that comes with tweets over 90 days (reference)."""
    if _UNSUPPORTED_AGED not in lists:
        return []
    # The form of the period is not documented, so ours says that it is ours.
    since = as_written(here.now - MAX_AGE_IMPRESSIONS)
    text = (
        "Impressions & engagements for tweets older than 90 days "
        f"({OURS}posted before {since}) are not supported"
    )
    if here.settings.aged == "refused":
        raise Refused(400, text, lists={_UNSUPPORTED_AGED: lists[_UNSUPPORTED_AGED]})
    return [text]


def _groupings(
    here: _Situation,
    asked: Asked,
    *,
    served: Flags,
    too_old: dict[str, tuple[tuple[str, ...], Flags]],
) -> dict[str, Any]:
    """Count once, nest for each grouping, and write it as the switches say."""
    ids = _named(asked, served)
    counts = _counts(here, asked, ids)
    # Too old for a metric: the tweet stays in the answer, with "0". Of video views the guide
    # "interpreting the metrics" says so; of the others it is assumed.
    for metrics, flags in too_old.values():
        columns = np.array([name in metrics for name in asked.metrics])
        counts[np.ix_(flags[served], columns)] = 0
    absent: set[tuple[str | None, str | None]] = set()
    if here.settings.aged == "absent" and _UNSUPPORTED_AGED in too_old:
        metrics, flags = too_old[_UNSUPPORTED_AGED]
        absent = {(one, metric) for one in _named(asked, flags & served) for metric in metrics}
    return {
        name: _written(
            nest(counts, levels, ids, asked.metrics, asked.window), levels, here.settings, absent
        )
        for name, levels in _levels(asked, here.settings).items()
    }


def _written(
    nested: dict[str, Any],
    levels: tuple[str, ...],
    settings: Settings,
    absent: set[tuple[str | None, str | None]],
) -> dict[str, Any]:
    """Write one grouping as the switches say; by default as it is."""
    if absent:
        nested = variants.without(nested, levels, absent)
    if settings.zeros == "sparse":
        nested = variants.sparse(nested, levels)
    if settings.leaves == "numbers":
        nested = variants.as_numbers(nested, levels)
    elif settings.leaves == "mixed":
        nested = variants.mixed(nested, levels)
    return nested


def _counts(here: _Situation, asked: Asked, ids: list[str]) -> Ints:
    """Return the counts by hour, or in one bucket where no grouping needs hours."""
    world, now = here.world, here.now
    if asked.window is None:
        return world.lifetime(ids, asked.metrics, now)[:, :, None]
    start, end = asked.window.moments()
    late = np.array([name in LATE_METRICS for name in asked.metrics])
    before_late = here.endpoint == "historical" and start < LATE_METRICS_BEGIN and late.any()
    beyond = asked.window.reach > asked.window.start
    timed = any(wants_time(levels) for levels in asked.groupings.values())
    if not (before_late or beyond or timed):
        return world.window(ids, asked.metrics, start, end, now)[:, :, None]
    counts = world.counts(ids, asked.metrics, start, end, now)
    if before_late:  # the reference: 0 until then
        hours = (LATE_METRICS_BEGIN - EPOCH) // HOUR_SPAN - asked.window.start
        counts[:, late, :hours] = 0
    if beyond:
        counts[:, :, : asked.window.reach - asked.window.start] = 0
    return counts
