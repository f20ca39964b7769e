"""Questions of the past, pinned to the time that they asked about: what a refresh asks again.

A period that moves with now ("the last 7 days") would ask something else today. Pinned, it is the
days that were asked then.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, cast

from engagement_kit.question.hours import floor_hour, moment
from engagement_kit.question.periods import Between, Last
from engagement_kit.question.query import By, Query
from engagement_kit.question.wanted import resolve

_EARLIEST: Final = floor_hour(datetime(2006, 1, 1, tzinfo=UTC))
"""Before the first tweet: nothing is lost where a period of a thousand years begins here."""
_JOINED: Final = frozenset({"hour", "day"})
"""Rows of these stand by themselves; a sum over two periods together is not theirs."""


def pinned(query: Query, now: datetime) -> Query:
    """Give the question with a fixed period: the hours that it asked for at a moment.

    Parameters
    ----------
    query
        The question.
    now
        The moment at which it was planned.

    Returns
    -------
    Query
        Lifetime counts, fixed periods and the first days of tweets' lives stay as they are. The
        last 28 hours are asked of historical by the hour: both count the same quantity, and the
        window of 28hr moves on. Raw groupings stay as they were written.

    Examples
    --------
    >>> from engagement_kit.question.periods import last
    >>> query = Query("historical", "20", ["replies"], by="day", period=last(days=2))
    >>> str(pinned(query, datetime(2026, 6, 1, 12, tzinfo=UTC)).period)
    '2026-05-30 00:00 to 2026-06-01 00:00 UTC'
    """
    if query.endpoint != "28hr" and not isinstance(query.period, Last):
        return query
    start, end = resolve(query, now).asked[0].tolist()
    by: By | None = None
    if query.by is not None:
        by = "hour" if query.endpoint == "28hr" else cast("By", query.by)
    return Query(
        "historical",
        query.tweet_ids,
        query.metrics,
        by=by,
        groupings=dict(query.groupings) or None,
        period=Between(moment(max(start, _EARLIEST)), moment(end)),
        owners=_owners(query),
    )


def _owners(query: Query) -> Any:
    return query.owners if isinstance(query.owners, str) else dict(query.owners or ()) or None


def signed_by(query: Query, account: str) -> Query:
    """Name an account as the owner of those tweets of which the query names none.

    Where nobody is named the account that is connected signs: today that may be another one.
    """
    if not account or isinstance(query.owners, str):
        return query
    named = dict(query.owners or ())
    owners: Any = {one: named.get(one, account) for one in query.tweet_ids} if named else account
    return Query.from_dict({**query.to_dict(), "owners": owners})


def joined(queries: Iterable[Query]) -> list[Query]:
    """Put questions together that differ in their periods alone, where these touch or overlap.

    The days of a question that was asked each day are one question then. Sums over a period, and
    raw groupings, stay apart: they would be other numbers.

    Parameters
    ----------
    queries
        Pinned, in the order of their runs. The newest of equal ones gives the order of tweets.

    Returns
    -------
    list of Query
        Each once, in the order of their newest runs.
    """
    groups: dict[str, tuple[Query, list[Between]]] = {}
    for query in queries:
        period = query.period if query.by in _JOINED else None
        spans = [period] if isinstance(period, Between) else []
        key = _but_for_period(query) if spans else query.key
        _, before = groups.pop(key, (query, []))  # put at the end: the newest run counts
        groups[key] = query, [*before, *spans]
    return [one for newest, spans in groups.values() for one in _with_periods(newest, spans)]


def united(queries: Iterable[Query]) -> list[Query]:
    """Put questions together that differ in their tweets alone, after their periods are `joined`.

    The tweets of a question that was asked of other ones each day are one question then, which
    takes as few requests as its tweets allow. Each tweet keeps its period, metrics and owner. Raw
    groupings stay apart: their sums would be other numbers.

    Parameters
    ----------
    queries
        Pinned, in the order of their runs.

    Returns
    -------
    list of Query
        In the order of their newest runs; of each the tweets of the newest run first.

    Examples
    --------
    >>> asked = [Query("totals", one, ["replies"]) for one in ("20", "21", "22")]
    >>> [query.tweet_ids for query in united(asked)]
    [('22', '21', '20')]
    """
    once = _of_all_tweets(joined(queries))
    return _of_all_tweets(joined(once))  # tweets that are one list now may have periods that touch


def _of_all_tweets(queries: Iterable[Query]) -> list[Query]:
    """Put questions together that differ in their tweets alone."""
    groups: dict[str, list[list[Query]]] = {}
    for query in queries:
        key = _but_for_tweets(query)
        mine = groups[key] = groups.pop(key, [])  # put at the end: the newest run counts
        if mine and _agrees(query, mine[-1]):
            mine[-1].append(query)
        else:
            mine.append([query])
    return [_of_tweets_of(one) for mine in groups.values() for one in mine]


def _but_for_tweets(query: Query) -> str:
    """Name what must be the same: all but the tweets, and which of them each owner wrote."""
    if query.by is None:
        return query.key
    form = {name: value for name, value in query.to_dict().items() if name != "tweet_ids"}
    people = sorted({query.owner_of(one) or "" for one in query.tweet_ids})
    return json.dumps({**form, "metrics": sorted(query.metrics), "owners": people}, sort_keys=True)


def _agrees(query: Query, others: Iterable[Query]) -> bool:
    """Say whether no tweet has another owner in one of these."""
    if not isinstance(query.owners, tuple):
        return True  # where it is one for all, the others have the same
    mine = dict.fromkeys(query.tweet_ids, "") | _named(query)
    return all(
        mine.get(tweet, name) == name
        for one in others
        for tweet, name in (dict.fromkeys(one.tweet_ids, "") | _named(one)).items()
    )


def _named(query: Query) -> dict[str, str]:
    owners = query.owners
    return dict.fromkeys(query.tweet_ids, owners) if isinstance(owners, str) else dict(owners or ())


def _of_tweets_of(queries: list[Query]) -> Query:
    """Give the question of the tweets of all, those of the newest first."""
    newest = queries[-1]
    if len(queries) == 1:
        return newest
    tweets: dict[str, str | None] = {}
    for query in reversed(queries):
        for one in query.tweet_ids:
            tweets.setdefault(one, query.owner_of(one))
    owners: Any = {one: name for one, name in tweets.items() if name is not None}
    if len({*tweets.values()}) == 1:
        owners = newest.owner_of(newest.tweet_ids[0])
    return Query.from_dict(
        {**newest.to_dict(), "tweet_ids": list(tweets), "owners": owners or None}
    )


def _but_for_period(query: Query) -> str:
    form = {name: value for name, value in query.to_dict().items() if name != "period"}
    return json.dumps({**form, "tweet_ids": sorted(query.tweet_ids)}, sort_keys=True)


def _with_periods(newest: Query, spans: list[Between]) -> list[Query]:
    """Give a question for each period, after joining those that touch or overlap."""
    if not spans:
        return [newest]
    found: list[Between] = []
    for one in sorted(spans, key=lambda span: span.start):
        if found and one.start <= found[-1].end:
            found[-1] = Between(found[-1].start, max(one.end, found[-1].end))
        else:
            found.append(one)
    form = newest.to_dict()
    return [Query.from_dict({**form, "period": one.to_dict()}) for one in found]
