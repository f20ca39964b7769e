"""What a notebook shows of a question and of its plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from engagement_kit.question import metrics as registry
from engagement_kit.question.amounts import few, many
from engagement_kit.question.losses import Unobtainable, by_reason
from engagement_kit.question.markup import Markup, facts, table, together, tweets
from engagement_kit.question.periods import Last
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, created_at

if TYPE_CHECKING:
    from engagement_kit.question.plan import Plan
    from engagement_kit.question.query import Query

_FEW_IDS: Final = 2
_REASONS: Final = 12
_ACCOUNTS: Final = 12
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


# --- a question -----------------------------------------------------------------------------------
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


# --- a plan ---------------------------------------------------------------------------------------
def plan(made: Plan) -> str:
    """Write a plan as HTML: what it costs, what is stored already, and what can't be had."""
    parts = [facts(f"Plan of {in_short(made.query)}", _price(made))]
    if len(made.by_account) > 1:
        parts.append(accounts_table("Requests by account", made.by_account))
    if made.unobtainable:
        parts.append(_unobtainable(made.unobtainable, invented=_is_invented(made)))
    return together(*parts)


def accounts_table(caption: str, counts: Mapping[str | None, int]) -> Markup:
    """List how many requests each account signs; the last lines of many together."""
    named = [(one, n) for one, n in counts.items() if one is not None]
    few = named if len(named) <= _ACCOUNTS else named[: _ACCOUNTS - 1]
    rest = [n for _, n in named[len(few) :]]
    rows = [(one, f"{n:,}") for one, n in few]
    rows += [(many(len(rest), "more account"), f"{sum(rest):,}")] if rest else []
    rows += [("app-only, of no account", f"{counts[None]:,}")] if None in counts else []
    return table(caption, ("account", "requests"), rows, numbers=[1])


def _is_invented(made: Plan) -> bool:
    """Say whether a plan asks an emulator, whose ids may be those of other people's tweets."""
    return made.where.source == "emulator"


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


def _price(made: Plan) -> list[tuple[str, str]]:
    """Say what a plan costs, as its text does; what is not known is said, too."""
    rows = [row for row in made.lines() if not row[0].startswith("can't be had")]
    rows[0] = ("tweets", tweets(made.query.tweet_ids, invented=_is_invented(made)))
    if made.reused:
        serve = "serves" if len(made.reused) == 1 else "serve"
        said = f"{many(len(made.reused), 'stored answer')} {serve} again, without a request"
        rows.append(("from the store", said))
    elif not made.requests and not made.unobtainable:
        rows.append(("from the store", "nothing is to be asked"))
    return [*rows, ("as of", f"{made.now:%Y-%m-%d %H:%M:%S %Z}"), ("sent to", made.where.service)]


def _unobtainable(lost: Iterable[Unobtainable], *, invented: bool) -> Markup:
    """List what can't be had, tweets with the same reason together."""
    groups, rows = by_reason(lost), []
    for (status, reason, metrics), ids in list(groups.items())[:_REASONS]:
        first = [one for part in ids[: _FEW_IDS + 1] for one in part[: _FEW_IDS + 1]]
        links = Markup(
            tweets(first[:_FEW_IDS], invented=invented) + (", …" * (len(first) > _FEW_IDS))
        )
        number = f"{sum(map(len, ids)):,}"
        rows.append((number, links, registry.in_words(metrics), reason, status))
    more = len(groups) - _REASONS
    caption = "What can't be had" + (f"; {many(more, 'more reason')}" if more > 0 else "")
    head = ("tweets", "such as", "metrics", "why", "status")
    return table(caption, head, rows, numbers=[0])
