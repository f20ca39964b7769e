"""Opening a store again: its results, without keys or network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from engagement_kit.answers.runs import Parts, Runs
from engagement_kit.answers.store import Scan, Store
from engagement_kit.client.record import (
    PLAN,
    effort_of,
    failures_of,
    is_finished,
    plan_of,
    sessions_of,
)
from engagement_kit.client.result import Result
from engagement_kit.errors import StoreError
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan
from engagement_kit.question.resume import Tried, left_of


class Archive(Sequence[Result]):
    """The results of a store, the oldest first. Made by ``ek.open``.

    Examples
    --------
    >>> len(Archive(Store("/tmp/a-store-that-is-not-there")))
    0
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._runs = [parts for _, parts in Runs(store.folder).all()]

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    def __getitem__(self, at: Any) -> Any:
        """Give one result, or a list of them for a slice."""
        if isinstance(at, slice):
            return [self._result(run) for run in self._runs[at]]
        return self._result(self._runs[at])

    def __iter__(self) -> Iterator[Result]:
        """Give every result."""
        return (self._result(run) for run in self._runs)

    @property
    def latest(self) -> Result:
        """The newest run.

        Raises
        ------
        StoreError
            When the store holds no run.
        """
        if not self._runs:
            msg = f"{self.store.folder} holds no run; is it the folder given as store=...?"
            raise StoreError(msg)
        return self._result(self._runs[-1])

    def __repr__(self) -> str:
        """List the runs: when, what was asked, and whether it was cut off."""
        lines = [f"Archive({str(self.store.folder)!r}), {len(self)} runs"]
        for at, run in enumerate(self._runs):
            query = run[PLAN]["query"]
            asked = f"{query['endpoint']}, {len(query['tweet_ids'])} tweets"
            cut = "" if is_finished(run) else ", not finished: run the same query to go on"
            lines.append(f"  [{at}] {run[PLAN]['now']}  {asked}{cut}")
        return "\n".join(lines)

    @cached_property
    def _scan(self) -> Scan:
        return self.store.scan()

    @cached_property
    def _keys(self) -> frozenset[str]:
        """The requests that were tried, answered or not, by the names of files."""
        files = self.store.folder.glob("answers/*/*")
        return frozenset(one.name.partition("-")[0] for one in files)

    @cached_property
    def _answers(self) -> Mapping[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for one in self._scan.known:
            found.setdefault(one.key, []).append(one)
        return found

    def _result(self, run: Parts) -> Result:
        made = plan_of(run[PLAN], self._scan.known)
        sessions = sessions_of(run)
        if is_finished(run):
            refs = next(one["answers"] for one in reversed(sessions) if one["finished"])
        else:  # it was cut off: look for what came
            refs = [*(one.ref for one in made.reused), *self._came(made)]
        return Result(made, self.store, refs, failures_of(sessions), effort_of(sessions))

    def _came(self, made: Plan) -> Iterator[str]:
        """Find the answers to a plan that came since it was made."""

        def tried(key: str) -> Tried:
            known = tuple(self._answers.get(key, ()))
            return Tried(known, failed=key in self._keys).between(made.now)

        return (one.ref for request in made.requests for one in left_of(request, tried)[0])


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
