"""A question in words, and as a notebook shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engagement_kit.question import metrics as registry
from engagement_kit.question.amounts import few, many
from engagement_kit.question.markup import Markup, facts, together, tweets
from engagement_kit.question.periods import Last
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, created_at

if TYPE_CHECKING:
    from engagement_kit.question.query import Query

_FEW_IDS: Final = 2
_SPAN: Final = "%Y-%m-%d"
_COUNTS: Final = {
    "totals": "counts over the whole life of each tweet",
    "28hr": "counts of the last 28 hours",
    "historical": "counts of any period",
}
_SHAPES: Final = {
    "hour": "one for each tweet, metric and hour (UTC)",
    "day": "one for each tweet, metric and day (UTC)",
    "hour_of_day": "one for each tweet, metric and hour of the day (UTC)",
    "total": "one for each tweet and metric",
}


def question(query: Query, *, invented: bool = False) -> list[tuple[str, str]]:
    """Say a question, as pairs of a label and a text; ids of invented tweets lead nowhere."""
    rows = [
        ("endpoint", f"{query.endpoint}: {_COUNTS[query.endpoint]}"),
        (
            "tweets",
            Markup(f"{len(query.tweet_ids):,}: {tweets(query.tweet_ids, invented=invented)}"),
        ),
        ("posted", _posted(query)),
        ("metrics", ", ".join(query.metrics)),
    ]
    if query.by is not None:
        rows.append(("numbers", _SHAPES[query.by]))
    rows += [(f"grouping {name!r}", ", ".join(levels)) for name, levels in query.groupings]
    if query.period is not None:
        until = ", up to now" if isinstance(query.period, Last) else ""
        rows.append(("period", f"{query.period}{until}; end exclusive"))
    if query.owners is not None:
        rows.append(("owners", _owners(query)))
    return [(label, text) for label, text in rows if text]


def _posted(query: Query) -> str:
    """Say when the tweets were posted, as far as their ids tell."""
    dated = query.numbers[query.numbers >= FIRST_TIMED_ID]
    if not len(dated):
        return ""
    edges = [created_at(int(one)) for one in (dated.min(), dated.max())]
    days = [f"{one:{_SPAN}}" for one in edges if one is not None]
    span = " to ".join(dict.fromkeys(days))
    unknown = len(query.tweet_ids) - len(dated)
    more = f"; {many(unknown, 'tweet')} from before November 2010" if unknown else ""
    return f"{span} (UTC, as their ids say){more}"


def _owners(query: Query) -> str:
    if isinstance(query.owners, str) or query.owners is None:
        return query.owners or ""
    names = few(sorted({name for _, name in query.owners}))
    return f"{names}; of {many(len(query.owners), 'tweet')}"


def query_text(one: Query) -> str:
    """Say a question in one line, the first ids of it."""
    ids = ", ".join([*one.tweet_ids[:_FEW_IDS], *(["…"] if len(one.tweet_ids) > _FEW_IDS else [])])
    shape = f"by={one.by!r}" if one.by else f"groupings={dict(one.groupings)!r}"
    when = f", period={str(one.period)!r}" if one.period else ""
    return (
        f"Query({one.endpoint!r}, {many(len(one.tweet_ids), 'tweet')} ({ids}), "
        f"{registry.in_words(one.metrics)}, {shape}{when}, key={one.key!r})"
    )


def query(one: Query) -> str:
    """Write a question as HTML."""
    notes = [("understood", note) for note in one.notes]
    return together(facts("Query", [*question(one), *notes, ("key", one.key)]))


def in_short(one: Query) -> str:
    """Name a question in a line.

    Examples
    --------
    >>> from engagement_kit.question.query import Query
    >>> in_short(Query("28hr", "20", ["replies"]))
    '28hr: replies of 1 tweet, by hour'
    """
    shape = f"by {one.by}" if one.by else many(len(one.groupings), "raw grouping")
    period = f", {one.period}" if one.period is not None else ""
    names = registry.in_words(one.metrics)
    return f"{one.endpoint}: {names} of {many(len(one.tweet_ids), 'tweet')}, {shape}{period}"
