"""What a notebook shows of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from engagement_kit.question import metrics as registry
from engagement_kit.question.amounts import many
from engagement_kit.question.losses import Unobtainable, by_reason
from engagement_kit.question.markup import Markup, facts, table, together, tweets
from engagement_kit.question.query_shown import in_short

if TYPE_CHECKING:
    from engagement_kit.question.plan import Plan

_FEW_IDS: Final = 2
_REASONS: Final = 12
_ACCOUNTS: Final = 12


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
