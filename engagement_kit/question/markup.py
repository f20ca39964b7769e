"""The pieces of HTML that a notebook shows: tables, facts, links, all of them escaped.

Notebooks that are not trusted lose style sheets and scripts: all styles stand in the tags. There
are no colours, so that light and dark themes keep their own; what matters is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from engagement_kit.question.amounts import beyond

Row = Sequence[str]
Facts = Iterable[tuple[str, str]]

_TWEET: Final = "https://x.com/i/web/status/"
_IDS: Final = 5
_CELL: Final = "text-align:left;vertical-align:top"
# The space is said here, for pages without a notebook's style sheet.
_LABEL: Final = f"{_CELL};white-space:nowrap;padding-right:12px"
_NUMBER: Final = "text-align:right;vertical-align:top;white-space:nowrap"
_CAPTION: Final = "text-align:left;caption-side:top;font-weight:bold;padding:4px 0"
# Else it is folded to the width of its table, which may be of three short words.
_ONE_LINE: Final = ";white-space:nowrap"
_ONE_LINE_CHARACTERS: Final = 60
_TABLE: Final = "border-collapse:collapse;margin:0 0 8px 0;max-width:72em"
_MARK: Final = "display:inline-block;border:2px solid;padding:0 8px;margin:4px 0;font-weight:bold"


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


def tweets(tweet_ids: Sequence[str], shown: int = _IDS, *, invented: bool = False) -> Markup:
    """Write the first ids as links, and count the others; invented ones lead nowhere."""
    first = [cell(one) if invented else tweet(one) for one in tweet_ids[:shown]]
    return Markup(", ".join(filter(None, [*first, beyond(len(tweet_ids), shown)])))


def mark(text: str) -> Markup:
    """Write what nobody may overlook, in a frame."""
    return Markup(f'<div style="{_MARK}">{escape(text)}</div>')


def facts(caption: str, pairs: Facts) -> Markup:
    """Make a table of labels and texts."""
    rows = "".join(
        f'<tr><th scope="row" style="{_LABEL}">{cell(label)}</th>'
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
    style = _CAPTION + _ONE_LINE * (len(caption) <= _ONE_LINE_CHARACTERS)
    said = f'<caption style="{style}">{cell(caption)}</caption>'
    return Markup(f'<table style="{_TABLE}">{said}{inner}</table>')


def together(*parts: str) -> str:
    """Put parts below each other."""
    return f"<div>{''.join(parts)}</div>"
