"""A draft becomes a Query, or it is said what is wrong with it, and at which place of the form."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engagement_kit.errors import Problem, QueryError
from engagement_kit.forms.model.draft import CUSTOM, Draft
from engagement_kit.forms.model.ids import Counted
from engagement_kit.question.query import Query

FIELDS: Final = ("endpoint", "tweet_ids", "metrics", "shape", "period", "owners", "options")
"""The places of the form at which a problem may stand."""
NOT_YET: Final = ("none yet", "not whole yet")
"""How problems begin that say no more than that something is not filled in."""
_PLACE: Final = {"by": "shape", "groupings": "shape", "max_requests": "options"}


def read(draft: Draft, ids: Counted) -> tuple[Query | None, tuple[Problem, ...]]:
    """Make the Query of a draft, or say all that is wrong with it."""
    problems = [*ids.problems, *_missing(draft, ids)]
    period = None
    if not _lacks_a_day(draft):
        try:
            period = draft.period()
        except QueryError as error:
            problems += error.problems
    try:
        query = Query(
            draft.endpoint,
            ids.ids or ("20",),  # what else is wrong is said, too
            draft.asked_metrics or None,
            by=draft.by,
            groupings=dict(draft.groupings) or None,
            period=period,
            owners=dict(draft.owners) or draft.account.strip() or None,
        )
    except QueryError as error:
        problems += error.problems
    if problems:
        return None, tuple(dict.fromkeys(problems))
    return query, ()


def _missing(draft: Draft, ids: Counted) -> list[Problem]:
    """Say what is not filled in yet, and what a mapping of groupings can't hold."""
    names = [name for name, _ in draft.groupings]
    found = {
        Problem("tweet_ids", "none yet", "at least one tweet id is needed"): not ids.ids
        and not ids.junk,
        Problem("metrics", "none yet", "tick at least one metric"): not draft.asked_metrics,
        Problem("groupings", "none yet", "choose at least one value of one grouping"): not names
        and draft.asked_shape == CUSTOM,
        Problem("period", "not whole yet", "choose the days of start and end"): _lacks_a_day(draft),
    }
    problems = [one for one, missing in found.items() if missing]
    twice = sorted({name for name in names if names.count(name) > 1})
    why = "each grouping has a name of its own"
    return problems + [Problem("groupings", repr(one), why) for one in twice]


def _lacks_a_day(draft: Draft) -> bool:
    ends = (draft.start_day, draft.end_day)
    return draft.rules.takes_period and draft.kind == "between" and None in ends


def by_place(problems: Iterable[Problem]) -> dict[str, tuple[str, ...]]:
    """Say what is wrong, each thing at its place of the form."""
    found: dict[str, list[str]] = {}
    for one in problems:
        name = one.field.partition("[")[0]
        place = _PLACE.get(name, name)
        where = f"{one.field}: " if one.field != name else ""
        text = f"{where}{one.value}: {one.reason}"
        found.setdefault(place if place in FIELDS else "options", []).append(text)
    return {place: tuple(dict.fromkeys(lines)) for place, lines in found.items()}
