"""What a notebook shows of a question and its plan, and the pieces of HTML that all are made of.

Notebooks that are not trusted lose style sheets and scripts: all styles stand in the tags. There
are no colours, so that light and dark themes keep their own; what matters is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

from engagement_kit.question import metrics as registry
from engagement_kit.question.periods import Last
from engagement_kit.question.price import many
from engagement_kit.question.tweet_ids import FIRST_TIMED_ID, created_at

if TYPE_CHECKING:
    from engagement_kit.question.plan import Plan
    from engagement_kit.question.query import Query
    from engagement_kit.question.wanted import Unobtainable

Row = Sequence[str]
Facts = Iterable[tuple[str, str]]

_TWEET: Final = "https://x.com/i/web/status/"
_IDS: Final = 5
_FEW_IDS: Final = 2
_REASONS: Final = 12
_SPAN: Final = "%Y-%m-%d"
_CELL: Final = "text-align:left;vertical-align:top"
_NUMBER: Final = "text-align:right;vertical-align:top;white-space:nowrap"
_CAPTION: Final = "text-align:left;caption-side:top;font-weight:bold;padding:4px 0"
_TABLE: Final = "border-collapse:collapse;margin:0 0 8px 0;max-width:72em"
_MARK: Final = "display:inline-block;border:2px solid;padding:0 8px;margin:4px 0;font-weight:bold"
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


class Markup(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def cell(text: str) -> str:
    """Give text as HTML."""
    return text if isinstance(text, Markup) else escape(text)


def tweet(tweet_id: str) -> Markup:
    """Write a tweet id as text that leads to the tweet; what is no id leads nowhere.

    Examples
    --------
    >>> print(tweet("20"))
    <a href="https://x.com/i/web/status/20" target="_blank" rel="noopener noreferrer">20</a>
    >>> print(tweet("<b>"))
    &lt;b&gt;
    """
    if not (tweet_id.isascii() and tweet_id.isdecimal()):
        return Markup(escape(tweet_id))
    to = f'href="{_TWEET}{tweet_id}" target="_blank" rel="noopener noreferrer"'
    return Markup(f"<a {to}>{tweet_id}</a>")


def tweets(tweet_ids: Sequence[str], shown: int = _IDS) -> Markup:
    """Write the first ids as links, and count the others."""
    more = len(tweet_ids) - shown
    rest = [f"and {more:,} more"] if more > 0 else []
    return Markup(", ".join([*map(tweet, tweet_ids[:shown]), *rest]))


def mark(text: str) -> Markup:
    """Write what nobody may overlook, in a frame."""
    return Markup(f'<div style="{_MARK}">{escape(text)}</div>')


def facts(caption: str, pairs: Facts) -> Markup:
    """Make a table of labels and texts."""
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};white-space:nowrap">{cell(label)}</th>'
        f'<td style="{_CELL}">{cell(text)}</td></tr>'
        for label, text in pairs
    )
    return _table(caption, f"<tbody>{rows}</tbody>")


def table(
    caption: str, head: Sequence[str], rows: Iterable[Row], *, numbers: Iterable[int] = ()
) -> Markup:
    """Make a table with a line of heads.

    Parameters
    ----------
    caption, head
        What the table is, and what its columns are.
    rows
        Cells, text or Markup.
    numbers
        Columns to align at their right.
    """
    styles = [_NUMBER if at in set(numbers) else _CELL for at in range(len(head))]
    heads = "".join(
        f'<th scope="col" style="{style};border-bottom:1px solid">{cell(one)}</th>'
        for style, one in zip(styles, head, strict=True)
    )
    lines = "".join(
        "<tr>"
        + "".join(
            f'<td style="{style}">{cell(one)}</td>' for style, one in zip(styles, row, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return _table(caption, f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody>")


def _table(caption: str, inner: str) -> Markup:
    said = f'<caption style="{_CAPTION}">{cell(caption)}</caption>'
    return Markup(f'<table style="{_TABLE}">{said}{inner}</table>')


def together(*parts: str) -> str:
    """Put parts below each other."""
    return f"<div>{''.join(parts)}</div>"


# --- a question -----------------------------------------------------------------------------------
def question(query: Query) -> list[tuple[str, str]]:
    """Say a question, as pairs of a label and a text."""
    rows = [
        ("endpoint", f"{query.endpoint}: {_COUNTS[query.endpoint]}"),
        ("tweets", Markup(f"{len(query.tweet_ids):,}: {tweets(query.tweet_ids)}")),
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
    names = sorted({name for _, name in query.owners})
    more = len(names) - _IDS
    shown = ", ".join(names[:_IDS]) + (f" and {more:,} more" if more > 0 else "")
    return f"{shown}; of {many(len(query.owners), 'tweet')}"


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
    if made.cannot:
        parts.append(_cannot(made.cannot))
    return together(*parts)


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
    rows[0] = ("tweets", tweets(made.query.tweet_ids))
    if made.price.minutes is None and made.requests:
        rows.insert(4, ("time", "not known: per_minute= says how many requests a contract allows"))
    if made.reused:
        serve = "serves" if len(made.reused) == 1 else "serve"
        said = f"{many(len(made.reused), 'stored answer')} {serve} again, without a request"
        rows.append(("from the store", said))
    elif not made.requests and not made.cannot:
        rows.append(("from the store", "nothing is to be asked"))
    return [*rows, ("as of", f"{made.now:%Y-%m-%d %H:%M:%S %Z}"), ("sent to", made.where.service)]


def _cannot(lost: Iterable[Unobtainable]) -> Markup:
    """List what can't be had, tweets with the same reason together."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for one in lost:
        groups.setdefault((one.status, one.reason, one.metrics), []).append(one.tweet_ids)
    rows = []
    for (status, reason, metrics), ids in list(groups.items())[:_REASONS]:
        first = [one for part in ids[: _FEW_IDS + 1] for one in part[: _FEW_IDS + 1]]
        links = Markup(", ".join(map(tweet, first[:_FEW_IDS])) + (", …" * (len(first) > _FEW_IDS)))
        number = f"{sum(map(len, ids)):,}"
        rows.append((number, links, registry.in_words(metrics), reason, status))
    more = len(groups) - _REASONS
    caption = "What can't be had" + (f"; {many(more, 'more reason')}" if more > 0 else "")
    head = ("tweets", "such as", "metrics", "why", "status")
    return table(caption, head, rows, numbers=[0])
