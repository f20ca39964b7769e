"""The Draft: what a person has filled in so far. It may be unlawful; a Query never is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, cast

from engagement_kit.question import metrics as registry
from engagement_kit.question.checks import allowed_by
from engagement_kit.question.periods import Between, Period, between, first, last
from engagement_kit.question.query import By, Query
from engagement_kit.question.rules import ENDPOINTS, MAX_GROUPINGS, TYPE, Endpoint, Levels

Slot = tuple[str, Levels]

GRAND_TOTALS: Final = "grand_totals"
CUSTOM: Final = "custom"
SLOTS: Final = MAX_GROUPINGS.value
NO_SLOTS: Final[tuple[Slot, ...]] = tuple((f"grouping_{n + 1}", ()) for n in range(SLOTS))
_GRAND: Final[tuple[Slot, ...]] = ((GRAND_TOTALS, (TYPE,)),)
MOST_REQUESTS: Final = 10_000_000
"""The largest budget that can be typed."""
IN_THE_BOX: Final = 2_000
"""So many ids may stand in the box; more are kept beside it.

With each key a browser sends the whole text, and redraws it: with 100,000 ids that takes seconds.
"""


@dataclass(frozen=True)
class Loaded:
    """Ids from a file, a column or a query.

    Attributes
    ----------
    source
        Where they come from, in words.
    ids
        Each once.
    duplicates
        Repeats that were left out.
    junk
        What was no id, as pairs of what is wrong and the texts; empty once a person has left it
        out.
    """

    source: str
    ids: tuple[str, ...]
    duplicates: int = 0
    junk: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Draft:
    """All that the request form asks for, as it stands in the fields.

    Attributes
    ----------
    endpoint
        One of the three.
    pasted, loaded
        Tweet ids as typed, and those from elsewhere.
    metrics
        All that are ticked, also those that the endpoint does not offer: they come back with it.
    shape
        One of the plain words of `by`, ``grand_totals``, ``custom``, or empty for the endpoint's
        own.
    slots
        Three groupings, some of them empty; they count where the shape is ``custom``.
    kind, length, unit
        The period: ``last``, ``first`` or ``between``, and how many days or hours.
    start_day, start_hour, end_day, end_hour
        Of a period between two moments, UTC, end exclusive.
    account, owners
        Who wrote the tweets: one account, or pairs of tweet and account.
    max_age_hours, max_requests
        How old an answer to an open period may be, and the budget; 0 requests is no budget.
    """

    endpoint: str = "totals"
    pasted: str = ""
    loaded: tuple[Loaded, ...] = ()
    metrics: tuple[str, ...] = ("impressions", "engagements")
    shape: str = ""
    slots: tuple[Slot, ...] = NO_SLOTS
    kind: str = "last"
    length: int = 28
    unit: str = "days"
    start_day: date | None = None
    start_hour: int = 0
    end_day: date | None = None
    end_hour: int = 0
    account: str = ""
    owners: tuple[tuple[str, str], ...] = ()
    max_age_hours: int = 0
    max_requests: int = 0

    @property
    def rules(self) -> Endpoint:
        """What the endpoint allows."""
        return ENDPOINTS[self.endpoint]

    @property
    def asked_metrics(self) -> tuple[str, ...]:
        """The ticked metrics that the endpoint offers."""
        offered = registry.offered(self.endpoint)
        return tuple(name for name in self.metrics if name in offered)

    @property
    def asked_shape(self) -> str:
        """The shape, or the endpoint's own where it has none or can't give it."""
        known = (*allowed_by(self.rules), GRAND_TOTALS, CUSTOM)
        return self.shape if self.shape in known else self.rules.default_by

    @property
    def by(self) -> By | None:
        """The plain word for the shape; None where raw groupings say it."""
        return None if self.asked_shape in {GRAND_TOTALS, CUSTOM} else cast("By", self.asked_shape)

    @property
    def groupings(self) -> tuple[Slot, ...]:
        """The raw groupings; empty where a plain word says it."""
        if self.asked_shape == GRAND_TOTALS:
            return _GRAND
        return tuple(slot for slot in self.slots if slot[1]) if self.asked_shape == CUSTOM else ()

    def period(self) -> Period | None:
        """Give the period; None on endpoints that take none.

        Raises
        ------
        QueryError
            When the fields hold none.
        """
        if not self.rules.takes_period:
            return None
        if self.kind != "between":
            make = last if self.kind == "last" else first
            return make(**{self.unit: self.length})
        return between(*(_moment(*end) for end in self._ends))

    @property
    def _ends(self) -> tuple[tuple[date | None, int], tuple[date | None, int]]:
        return (self.start_day, self.start_hour), (self.end_day, self.end_hour)

    def ticked(self, name: str, *, on: bool) -> Draft:
        """Tick a metric or take the tick off; those in the order of our tables stay in it."""
        others = tuple(one for one in self.metrics if one != name)
        if not on:
            return replace(self, metrics=others)
        every = [*others, name]
        if list(others) == sorted(others, key=_ORDER.__getitem__):
            every.sort(key=_ORDER.__getitem__)
        return replace(self, metrics=tuple(every))

    def with_period(self, period: Period) -> Draft:
        """Fill in a period."""
        if isinstance(period, Between):
            return replace(
                self,
                kind="between",
                start_day=period.start.date(),
                start_hour=period.start.hour,
                end_day=period.end.date(),
                end_hour=period.end.hour,
            )
        ((kind, span),) = period.to_dict().items()
        ((unit, length),) = span.items()
        return replace(self, kind=kind, unit=unit, length=length)

    def with_query(self, query: Query) -> Draft:
        """Fill in all that a query says; what it does not speak of stays.

        Parameters
        ----------
        query
            The question; ``read`` of the draft gives it back.

        Returns
        -------
        Draft
            With the options of this one.
        """
        said: dict[str, Any] = {"endpoint": query.endpoint, "metrics": query.metrics}
        if len(query.tweet_ids) <= IN_THE_BOX:
            said |= {"pasted": "\n".join(query.tweet_ids), "loaded": ()}
        else:
            said |= {"pasted": "", "loaded": (Loaded("the query", query.tweet_ids),)}
        said |= _shape_of(query)
        one = isinstance(query.owners, str)
        said |= {
            "account": query.owners if one else "",
            "owners": () if one else query.owners or (),
        }
        draft = replace(self, **said)
        return draft if query.period is None else draft.with_period(query.period)


_ORDER: Final = {name: at for at, name in enumerate(registry.METRICS)}


def _shape_of(query: Query) -> dict[str, Any]:
    if query.by is not None:
        return {"shape": query.by}
    if query.groupings == _GRAND:
        return {"shape": GRAND_TOTALS}
    return {"shape": CUSTOM, "slots": (*query.groupings, *NO_SLOTS[len(query.groupings) :])}


def _moment(day: date | None, hour: int) -> datetime | str:
    """Give an end of a period; empty text, which is none, while a day is missing."""
    return "" if day is None else f"{day.isoformat()}T{hour:02}:00Z"


def merged(pasted: Sequence[str], loaded: Sequence[Loaded]) -> tuple[str, ...]:
    """Put ids of all origins together, each once, in the order of first appearance."""
    if not loaded:
        return tuple(pasted)
    if not pasted and len(loaded) == 1:
        return loaded[0].ids
    return tuple(dict.fromkeys([*pasted, *(one for part in loaded for one in part.ids)]))
