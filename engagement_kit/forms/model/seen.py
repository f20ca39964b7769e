"""What a draft comes to: the Query or the problems with it, its plan, its price in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.errors import EngagementError, Problem, QueryError
from engagement_kit.forms.model.draft import CUSTOM, Draft
from engagement_kit.forms.model.ids import Counted, Counter
from engagement_kit.question.offer import closed
from engagement_kit.question.plan import Plan, plan, within
from engagement_kit.question.price import duration
from engagement_kit.question.query import Query

FIELDS: Final = ("endpoint", "tweet_ids", "metrics", "shape", "period", "owners", "options")
"""The places of the form at which a problem may stand."""
_PLACE: Final = {"by": "shape", "groupings": "shape", "max_requests": "options"}
_NO_CLIENT: Final = "no client yet: the price is that of the live API with an empty store"


@dataclass(frozen=True)
class Seen:
    """All that the form shows of a draft.

    Attributes
    ----------
    draft
        What was looked at.
    ids
        Its tweet ids, counted.
    query
        The question; None while there are problems.
    problems
        What is wrong, by the place at which it is said.
    closed
        Metrics of which no count can be had, and why.
    plan
        What would be asked; None while there is no query or it can't be planned.
    """

    draft: Draft
    ids: Counted
    query: Query | None
    problems: Mapping[str, tuple[str, ...]]
    closed: Mapping[str, str]
    plan: Plan | None = field(default=None, repr=False)
    priced_for_nobody: bool = False

    @property
    def ready(self) -> bool:
        """Whether it can be run."""
        return self.plan is not None and not self.problems and not self.priced_for_nobody

    @property
    def price(self) -> str:
        """The price in one line, or what is still to be mended."""
        if self.plan is None:
            places = ", ".join(_TITLES[place] for place in FIELDS if place in self.problems)
            return f"not ready: see {places}"
        return price_line(self.plan)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is to be said about the price: how it comes about, and what can't be had."""
        said = [_NO_CLIENT] if self.priced_for_nobody else []
        if self.plan is not None:
            said += [f"{label}: {text}" for label, text in self.plan.lines() if _is_note(label)]
        return tuple(said)


_TITLES: Final = {
    "endpoint": "endpoint",
    "tweet_ids": "tweets",
    "metrics": "metrics",
    "shape": "what to get",
    "period": "period",
    "owners": "owner",
    "options": "options",
}


def _is_note(label: str) -> bool:
    return label.startswith(("can't be had", "asked again", "goes on with"))


def price_line(made: Plan) -> str:
    """Say in one line what a plan costs.

    Parameters
    ----------
    made
        The plan.

    Returns
    -------
    str
        Requests, time, rows, what is stored and how many numbers can't be had.
    """
    price = made.price
    if not price.numbers:
        return "nothing to ask: none of it can be had, see below"
    parts = [_requests(made), f"about {price.rows:,} rows"]
    if price.minutes is not None and price.left:
        parts.insert(1, duration(price.minutes))
    elif price.left:
        parts.insert(1, "time: known after the first answer")
    parts.append(f"{price.stored:,} of {price.numbers:,} numbers stored already")
    lost = len({one.status for one in made.cannot})
    if lost:
        parts.append("some can't be had, see below")
    return " · ".join(parts)


def _requests(made: Plan) -> str:
    left, every = made.price.left, made.price.requests
    if not left:
        return "nothing to ask"
    noun = "request" if left == 1 else "requests"
    return f"{left:,} {noun}" if left == every else f"{left:,} {noun} left of {every:,}"


def now_of(client: Client | None) -> tuple[datetime, str]:
    """Tell a client's time, or our own and why: the emulator of another process may be gone."""
    try:
        return (datetime.now(UTC) if client is None else client.now()), ""
    except EngagementError as error:
        return datetime.now(UTC), str(error)


class Looker:
    """Looks at drafts, and remembers parts that stayed the same."""

    def __init__(self) -> None:
        self._counter = Counter()
        self._asked: Draft | None = None
        self._read: tuple[Query | None, dict[str, tuple[str, ...]]] = (None, {})

    def look(self, draft: Draft, client: Client | None = None) -> Seen:
        """Say what a draft comes to. Nothing is sent.

        Parameters
        ----------
        draft
            What is in the fields.
        client
            Whom to ask for the price; None: the live API, with nothing stored.

        Returns
        -------
        Seen
            Never an exception of the kit's: what is wrong stands in its problems.
        """
        ids = self._counter.count(draft)
        query, problems = self._query(draft, ids)
        problems = dict(problems)
        kinds = ("user", "app") if client is None else client.connection.credentials.kinds
        now, silent = now_of(client)
        made = None
        if silent:
            problems["options"] = (silent,)
        elif query is not None:
            made, wrong = _planned(query, draft, client)
            problems |= wrong
        return Seen(
            draft=draft,
            ids=ids,
            query=query,
            problems=problems,
            closed=closed(draft.endpoint, ids.numbers, now, kinds),
            plan=made,
            priced_for_nobody=client is None,
        )

    def _query(self, draft: Draft, ids: Counted) -> tuple[Query | None, dict[str, tuple[str, ...]]]:
        """Make the query; the last one where only options changed."""
        asked = replace(draft, max_age_hours=0, max_requests=0)
        if asked != self._asked:
            self._asked, self._read = asked, read(asked, ids)
        return self._read


def read(draft: Draft, ids: Counted) -> tuple[Query | None, dict[str, tuple[str, ...]]]:
    """Make the Query of a draft, or say by place what is wrong with it."""
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
        return None, _by_place(problems)
    return query, {}


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


def _by_place(problems: Iterable[Problem]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one in problems:
        name = one.field.partition("[")[0]
        place = _PLACE.get(name, name)
        where = f"{one.field}: " if one.field != name else ""
        text = f"{where}{one.value}: {one.reason}"
        found.setdefault(place if place in FIELDS else "options", []).append(text)
    return {place: tuple(dict.fromkeys(lines)) for place, lines in found.items()}


def _planned(
    query: Query, draft: Draft, client: Client | None
) -> tuple[Plan | None, dict[str, tuple[str, ...]]]:
    """Plan a query, and say by place why it can't be run as it stands."""
    age = timedelta(hours=draft.max_age_hours)
    try:
        if client is None:
            made = plan(query, now=datetime.now(UTC))
        else:
            made = client.plan(query, max_age=age)
    except EngagementError as error:
        return None, {"options": (str(error),)}
    wrong: dict[str, tuple[str, ...]] = {}
    try:
        within(made, draft.max_requests or None)
    except EngagementError as error:
        wrong["options"] = (str(error),)
    try:
        if client is not None:
            client.check_keys(made)
    except EngagementError as error:
        wrong["owners"] = (str(error),)
    return made, wrong
