"""Opening a store again: its results, without keys or network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, overload

from engagement_kit.answers.runs import Parts, Runs
from engagement_kit.answers.store import Scan, Store, must_be_store
from engagement_kit.client.follow_log import FOLDER
from engagement_kit.client.followed import Followed, follows_of
from engagement_kit.client.forgotten import purged_in
from engagement_kit.client.limits import Limits
from engagement_kit.client.record import (
    PLAN,
    came,
    effort_of,
    failures_of,
    is_finished,
    key_in,
    plan_of,
    sessions_of,
    unanswered,
)
from engagement_kit.client.result import Result
from engagement_kit.errors import NotInStore
from engagement_kit.question import metrics as registry
from engagement_kit.question.amounts import many
from engagement_kit.question.query import Query
from engagement_kit.question.resume import Tried

_IS_IT: Final = "is it the folder given as store=...?"


class Archive(Sequence[Result]):
    """The results of a store, the oldest first. Made by ``ek.open``.

    Examples
    --------
    >>> len(Archive(Store("/tmp/a-store-that-is-not-there")))
    0
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        named = list(Runs(store.folder).all())
        self._names = [name for name, _ in named]
        self._runs = [parts for _, parts in named]
        self._keys = [key_in(name) for name in self._names]

    def __len__(self) -> int:
        """How many runs there are."""
        return len(self._runs)

    @overload
    def __getitem__(self, at: int) -> Result: ...
    @overload
    def __getitem__(self, at: slice) -> list[Result]: ...
    def __getitem__(self, at: int | slice) -> Result | list[Result]:
        """Give one result, or a list of them for a slice."""
        if isinstance(at, slice):
            return [self._result(*one) for one in self._named[at]]
        return self._result(*self._named[at])

    def __iter__(self) -> Iterator[Result]:
        """Give every result."""
        return (self._result(*one) for one in self._named)

    @property
    def latest(self) -> Result:
        """The newest run.

        Raises
        ------
        NotInStore
            When the store holds no run.
        """
        if not self._runs:
            there = f"{self.store.folder} holds no run"
            if self._followings:
                some = many(self._followings, "following")
                msg = f"{there}, but {some}; ek.open(store).follows has what came"
            else:
                msg = f"{there}; {_IS_IT}"
            raise NotInStore(msg)
        return self._result(*self._named[-1])

    def of(self, query: Query) -> Result:
        """Give the newest run of a question; of its purged tweets it tells nothing.

        Parameters
        ----------
        query
            What was asked, as it was given to ``client.run``.

        Returns
        -------
        Result
            As of the newest run; its tables are read when they are asked for.

        Raises
        ------
        NotInStore
            When the store holds no run of it.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     query = ek.Query("totals", ek.sample_ids(client, 1), ["replies"])
        ...     result = client.run(query, progress=False)
        >>> ek.open(result.store).of(query).refs == result.refs
        True
        """
        left = query.without(purged_in(self.store, query.tweet_ids))
        found = [at for at, key in enumerate(self._keys) if left is not None and key == left.key]
        if not found:
            msg = f"{self.store.folder} holds no run of this query; run it first"
            raise NotInStore(msg)
        return self._result(*self._named[found[-1]])

    @property
    def unfinished(self) -> tuple[Result, ...]:
        """The runs that were cut off, the oldest first; not those that a later run made up for.

        Run the query of one again to go on with it.
        """
        cut = [at for at, run in enumerate(self._runs) if not is_finished(run)]
        return tuple(self[at] for at in cut if self._made_up_for(at) is None)

    @property
    def follows(self) -> tuple[Followed, ...]:
        """What ``client.follow`` took, a following each, the oldest first."""
        return follows_of(self.store)

    def __repr__(self) -> str:
        """List the runs: when, what was asked, and whether it was cut off."""
        more = f", {many(self._followings, 'following')} (.follows)" if self._followings else ""
        lines = [f"Archive({str(self.store.folder)!r}), {many(len(self), 'run')}{more}"]
        for at, run in enumerate(self._runs):
            cut = "" if is_finished(run) else self._cut_off(at)
            lines.append(f"  [{at}] {run[PLAN]['now']}  {_asked(run[PLAN]['query'])}{cut}")
        return "\n".join(lines)

    @cached_property
    def _followings(self) -> int:
        """How many followings there are; they are not read for it."""
        return sum(1 for _ in (self.store.folder / FOLDER).glob("*/"))

    def _cut_off(self, at: int) -> str:
        """Say of a run that was cut off how to go on, or which later run came to the end."""
        later = self._made_up_for(at)
        if later is not None:
            return f", cut off; [{later}] asked the same and came to the end"
        return ", not finished: run the same query to go on"

    def _made_up_for(self, at: int) -> int | None:
        """Find the later run that asked the same and came to the end."""
        for later in range(at + 1, len(self)):
            if self._keys[later] == self._keys[at] and is_finished(self._runs[later]):
                return later
        return None

    @cached_property
    def _scan(self) -> Scan:
        return self.store.scan()

    @cached_property
    def _tried(self) -> Callable[[str], Tried]:
        return self.store.tried_all(self._scan.known)

    @property
    def _named(self) -> list[tuple[str, Parts]]:
        return list(zip(self._names, self._runs, strict=True))

    def _result(self, name: str, run: Parts) -> Result:
        made = plan_of(run[PLAN], self._scan.known)
        sessions = sessions_of(run)
        failures = failures_of(sessions)
        if is_finished(run):
            refs = next(one["answers"] for one in reversed(sessions) if one["finished"])
        else:  # it was cut off: look for what came
            refs = [*(one.ref for one in made.reused), *came(made, self._tried)]
            failures = unanswered(failures, made, self._tried)
        last = sessions[-1] if sessions else {}
        return Result(
            made,
            self.store,
            refs,
            failures,
            effort_of(Runs(self.store.folder), name, run),
            contract=last.get("contract", ""),
            limits=Limits.of_record(last.get("limits")),
        )


def _asked(query: Mapping[str, Any]) -> str:
    """Say in a few words what a run asked."""
    names = registry.in_words(query["metrics"])
    shape = f" by {query['by']}" if query.get("by") else ""
    return f"{query['endpoint']}{shape}: {names} of {many(len(query['tweet_ids']), 'tweet')}"


def open_store(store: str | Path | Store) -> Archive:
    """Open a raw store: its results, without keys or network.

    Parameters
    ----------
    store
        The folder that was given as ``store=``.

    Returns
    -------
    Archive
        A sequence of the results of runs, the oldest first; ``.latest`` is the newest. What was
        followed is no run: ``.follows`` has it.

    Raises
    ------
    NotInStore
        When there is no such folder, or it holds other things alone. What else lies beside a
        store's own files is not looked at.

    Examples
    --------
    >>> import tempfile
    >>> import engagement_kit as ek
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ek.connect("emulator", clock="2026-06-01T12:00Z", store=folder) as client:
    ...         frame = client.totals(ek.sample_ids(client, 3), ["impressions"], progress=False)
    ...     ek.open(folder).latest.to_pandas().equals(frame)
    True
    """
    if isinstance(store, Store):
        return Archive(store)
    must_be_store(Path(store))
    return Archive(Store(store))
