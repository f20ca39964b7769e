"""What a draft comes to: the Query or the problems with it, its plan, its price in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.errors import EngagementError, Problem
from engagement_kit.forms.model.draft import Draft
from engagement_kit.forms.model.ids import Counted, Counter
from engagement_kit.forms.model.reading import FIELDS, by_place, read
from engagement_kit.question.amounts import duration, many
from engagement_kit.question.losses import CREATED_AFTER
from engagement_kit.question.offer import closed
from engagement_kit.question.plan import Plan, plan, within
from engagement_kit.question.query import Query

_NOBODY: Final = "there is no client to ask: set form.client = ek.connect(...)"
_CLOSED: Final = "the client is closed: set form.client = ek.connect(...)"
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
    wrong
        What is wrong with the question; empty where there is a query.
    problems
        The same in words, and why the query can't be run, by the place at which it is said.
    closed
        Metrics of which no count can be had, and why.
    plan
        What would be asked; None while there is no query or it can't be planned.
    priced_for_nobody
        Whether there is no client yet: the price is then that of the live API with an empty store.
    """

    draft: Draft
    ids: Counted
    query: Query | None
    wrong: tuple[Problem, ...]
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
        against = [_TITLES[place] for place in FIELDS if place in self.problems]
        line = price_line(self.plan)
        return f"{line} · can't be run: see {', '.join(against)}" if against else line

    @property
    def against(self) -> tuple[str, ...]:
        """Why it can't be run; nothing where it can."""
        lines = [
            f"{_TITLES[place]}: {one}" for place in FIELDS for one in self.problems.get(place, ())
        ]
        return (*lines, _NOBODY) if self.priced_for_nobody and not lines else tuple(lines)

    @property
    def notes(self) -> tuple[str, ...]:
        """What else is to be said about the price: how it comes about, and what can't be had."""
        said = [_NO_CLIENT] if self.priced_for_nobody else []
        if self.plan is not None:
            said += [f"{label}: {text}" for label, text in self.plan.note_lines()]
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
    if not made.begun:  # what an earlier session of the run brought is no part of that
        parts.append(f"{price.stored:,} of {price.numbers:,} numbers stored already")
    reasons = {one.reason for one in made.unobtainable}
    if reasons - {CREATED_AFTER}:
        parts.append("some can't be had, see below")
    elif reasons:
        parts.append("some tweets were created after the period, see below")
    return " · ".join(parts)


def _requests(made: Plan) -> str:
    left, every = made.price.left, made.price.requests
    if not left:
        return "nothing to ask"
    requests = many(left, "request")
    return requests if left == every else f"{requests} left of {every:,}"


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
        self._read: tuple[Query | None, tuple[Problem, ...]] = (None, ())

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
        query, wrong = self._query(draft, ids)
        problems = by_place(wrong)
        kinds = ("user", "app") if client is None else client.credentials
        now, silent = now_of(client)
        made = None
        if client is not None and client.closed:
            silent = _CLOSED
        if silent:
            problems["options"] = (silent,)
        elif query is not None:
            made, against = _planned(query, draft, client)
            problems |= against
        return Seen(
            draft=draft,
            ids=ids,
            query=query,
            wrong=wrong,
            problems=problems,
            closed=closed(draft.endpoint, ids.numbers, now, kinds),
            plan=made,
            priced_for_nobody=client is None,
        )

    def _query(self, draft: Draft, ids: Counted) -> tuple[Query | None, tuple[Problem, ...]]:
        """Make the query; the last one where only options changed."""
        asked = replace(draft, max_age_hours=0, max_requests=0)
        if asked != self._asked:
            self._asked, self._read = asked, read(asked, ids)
        return self._read


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
            client.check_contract(made)
            client.check_keys(made)
    except EngagementError as error:
        wrong["owners"] = (str(error),)
    return made, wrong
