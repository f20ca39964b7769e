"""Records of runs in a store, and opening them again: results without keys or network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from engagement_kit.answers.store import Store
from engagement_kit.client.result import Effort, Result
from engagement_kit.errors import EngagementError, StoreError
from engagement_kit.fetch.run import Failure
from engagement_kit.question.hours import from_iso, iso
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan, Where, plan
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request


def record_of(result: Result, *, finished: bool) -> tuple[str, dict[str, Any]]:
    """Write down a run: its name, and all that `open_store` needs besides the answers."""
    made = result.plan
    name = f"{made.now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{made.query.key}"
    where, fresh = made.where, made.freshness
    return name, {
        "query": made.query.to_dict(),
        "now": iso(made.now),
        "where": {
            "service": where.service,
            "account": where.account,
            "credentials": list(where.credentials),
            "profile": where.profile,
        },
        "max_age_seconds": fresh.max_age.total_seconds(),
        "settle_seconds": fresh.settle.total_seconds(),
        "requests": [one.key for one in made.requests],
        "reused": [one.ref for one in made.reused],
        "answers": list(result.refs),
        "failures": [
            {
                "request": one.request.to_dict(),
                "status": one.status,
                "error": str(one.error),
                "answer": one.ref,
            }
            for one in result.failures
        ],
        "effort": asdict(result.effort),
        "finished": finished,
    }


def already_there(
    made: Plan, known: Iterable[Known], until: datetime | None = None
) -> tuple[list[str], list[Request]]:
    """Split a plan's requests into names of answers that came since it was made, and the rest.

    What was observed later than `until`, the client's now, did not come since: its clock was put
    back. None, where nobody has a clock: whatever came.
    """
    answers = {
        one.key: one
        for one in known
        if made.now <= one.observed_at and (until is None or one.observed_at <= until)
    }
    done: list[str] = []
    rest = []
    for request in made.requests:
        left = request
        while left.tweet_ids and left.key in answers:
            answer = answers[left.key]
            done.append(answer.ref)
            # An answer that named tweets speaks of those; the others were asked anew.
            left = left.without(answer.tweet_ids)
        if left.tweet_ids:
            rest.append(left)
    return done, rest


class Archive(Sequence[Result]):
    """The results of a store, the oldest first. Made by ``ek.open``.

    Examples
    --------
    >>> len(Archive(Store("/tmp/a-store-that-is-not-there")))
    0
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._records = [record for _, record in store.runs()]

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._records)

    def __getitem__(self, at: Any) -> Any:
        """Give one result, or a list of them for a slice."""
        if isinstance(at, slice):
            return [self._result(record) for record in self._records[at]]
        return self._result(self._records[at])

    def __iter__(self) -> Iterator[Result]:
        """Give every result."""
        return (self._result(record) for record in self._records)

    @property
    def latest(self) -> Result:
        """The newest run.

        Raises
        ------
        StoreError
            When the store holds no run.
        """
        if not self._records:
            msg = f"{self.store.folder} holds no run; is it the folder given as store=...?"
            raise StoreError(msg)
        return self._result(self._records[-1])

    def __repr__(self) -> str:
        """List the runs: when, and what was asked."""
        lines = [f"Archive({str(self.store.folder)!r}), {len(self)} runs"]
        for at, record in enumerate(self._records):
            query = record["query"]
            asked = f"{query['endpoint']}, {len(query['tweet_ids'])} tweets"
            lines.append(f"  [{at}] {record['now']}  {asked}")
        return "\n".join(lines)

    @cached_property
    def _known(self) -> tuple[Known, ...]:
        return self.store.known()

    def _result(self, record: dict[str, Any]) -> Result:
        where, reused = record["where"], set(record["reused"])
        made = plan(
            Query.from_dict(record["query"]),
            now=from_iso(record["now"]),
            # The stored answers that it used then; with these alone it comes out the same.
            have=[one for one in self._known if one.ref in reused],
            where=Where(**{**where, "credentials": tuple(where["credentials"])}),
            max_age=timedelta(seconds=record["max_age_seconds"]),
            settle=timedelta(seconds=record["settle_seconds"]),
        )
        refs = record["answers"]
        if not record["finished"]:  # it was cut off: look for what came
            refs = [*record["reused"], *already_there(made, self._known)[0]]
        failures = [
            Failure(
                Request.from_dict(one["request"]),
                one["status"],
                EngagementError(one["error"]),
                one["answer"],
            )
            for one in record["failures"]
        ]
        return Result(made, self.store, refs, failures, Effort(**record["effort"]))


def open_store(store: str | Path | Store) -> Archive:
    """Open a raw store: its results, without keys or network.

    Parameters
    ----------
    store
        The folder that was given as ``store=``.

    Returns
    -------
    Archive
        A sequence of results, the oldest first; ``.latest`` is the newest.

    Raises
    ------
    StoreError
        When there is no such folder.
    """
    place = store if isinstance(store, Store) else Store(store)
    if not place.folder.is_dir():
        msg = f"there is no store at {place.folder}"
        raise StoreError(msg)
    return Archive(place)
