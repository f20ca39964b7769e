"""Raw groupings that go over the wire just as they were written: one request, or none."""

from __future__ import annotations

from engagement_kit.question import metrics as registry
from engagement_kit.question.hours import moment
from engagement_kit.question.known import Coverage, Freshness, Known
from engagement_kit.question.owned import Owned
from engagement_kit.question.request import Request
from engagement_kit.question.rules import WINDOW_HOURS
from engagement_kit.question.wanted import Wanted
from engagement_kit.question.where import Where


def as_written(wanted: Wanted, where: Where, people: Owned) -> Request | None:
    """Give the one request that carries raw groupings just as written, where one can."""
    query = wanted.query
    if query.by is not None or len(query.tweet_ids) > query.rules.tweets_per_request.value:
        return None
    if not wanted.numbers():  # nothing of it can be had: nothing is asked
        return None
    owners = {people.accounts[at] for at in set(people.code.tolist())}
    public = "app" in where.credentials and set(query.metrics) <= set(
        registry.offered(query.endpoint, "app")
    )
    if not public and (len(owners) > 1 or "user" not in where.credentials):
        return None
    start = end = None
    if query.rules.takes_period:
        spans = {(int(a), int(b)) for a, b in wanted.asked}
        first, last = min(spans)
        over = int(wanted.had[:, 1].max())
        lost = any(one.status == "out_of_range" for one in wanted.unobtainable)
        if len(spans) > 1 or last - first > WINDOW_HOURS or lost or over < last:
            return None
        start, end = moment(first), moment(last)
    return Request(
        service=where.service,
        endpoint=query.endpoint,
        credential="app" if public else "user",
        account=None if public else owners.pop(),
        tweet_ids=query.tweet_ids,
        metrics=query.metrics,
        groupings=query.groupings,
        start=start,
        end=end,
    )


def reuse_whole(
    request: Request, known: Coverage, fresh: Freshness
) -> tuple[tuple[Request, ...], tuple[Known, ...]]:
    """Find the stored answer to a request as a whole; tweets once refused are not asked again."""
    refusals = known.refusals(request)
    left = request.without(frozenset(tweet for one in refusals for tweet in one.tweet_ids))
    if not left.tweet_ids:
        return (), refusals
    for one in known.of_request(left.key):
        if fresh.is_final(one):
            return (), (*refusals, one)
    return (left,), refusals
