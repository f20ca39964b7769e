"""A client's purging: forgetting tweets, in every file that the kit wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers import exported, tombstones
from engagement_kit.answers.claims import alone
from engagement_kit.answers.exported import Export
from engagement_kit.answers.files import PART, SUFFIX
from engagement_kit.answers.forget import files_below, forget, remove
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.index import NAME as INDEX
from engagement_kit.answers.store import Store
from engagement_kit.client.purge_follows import FollowRecords, is_of_following
from engagement_kit.client.purge_places import Places, Rewriter, still_there
from engagement_kit.client.purge_runs import RunRecords
from engagement_kit.client.purged import Purged
from engagement_kit.client.standing import Standing
from engagement_kit.errors import Problem, QueryError, StoreError
from engagement_kit.question.checks import none_given
from engagement_kit.question.tweet_ids import clean
from engagement_kit.tables.redact import Redaction

Paths = Iterable[str | Path]
_LOCK: Final = ".purging.lock"
_OWN: Final = {tombstones.NAME, exported.NAME, INDEX, _LOCK}


class Purging(Standing):
    """A client's purging; see `engagement_kit.client.client.Client`."""

    def purge(
        self,
        tweet_ids: object,
        *,
        store: str | Path | Store | None = None,
        also: str | Path | Paths = (),
        dry_run: bool = False,
        storage_options: Mapping[str, Any] | None = None,
    ) -> Purged:
        """Forget tweets: in the raw store, in what was exported from it, and from now on.

        Parameters
        ----------
        tweet_ids
            As in `Query`.
        store
            The raw store; the client's own by default.
        also, dry_run, storage_options
            As in ``ek.purge``, where the rest is told.

        Returns
        -------
        Purged
            What was done.

        Raises
        ------
        QueryError
            For what are no ids; nothing was changed.
        StoreError
            When the store can't be written; purge again to go on.

        Examples
        --------
        >>> import engagement_kit as ek
        >>> with ek.connect("emulator", clock="2026-06-01T12:00Z") as client:
        ...     ids = ek.sample_ids(client, 2)
        ...     _ = client.totals(ids, ["replies"])
        ...     print(client.purge(ids[0]))
        ...     again = client.run(ek.Query("totals", ids, ["replies"]), progress=False)
        Purged(1 tweet)
          answers: 1 written anew, 0 removed
          runs: 1 written anew, 0 removed
          exports and files: 0 written anew, 0 removed
        >>> again.to_pandas()["status"].tolist()
        ['purged', 'observed']
        """
        ids, paths = _checked(tweet_ids, also)
        place = self._open(store)
        place.folder.mkdir(parents=True, exist_ok=True)
        today = self.now().astimezone(UTC).date()
        return _Purge(place, ids, paths, storage_options, dry_run=dry_run).run(today)


def purge(
    store: str | Path | Store,
    tweet_ids: object,
    *,
    also: str | Path | Paths = (),
    dry_run: bool = False,
    storage_options: Mapping[str, Any] | None = None,
) -> Purged:
    """Forget tweets in a raw store and in what was exported from it; without keys or network.

    Parameters
    ----------
    store
        The folder that was given as ``store=``.
    tweet_ids
        As in `Query`. Tweets that are nowhere are not asked from now on, either.
    also
        Other files or folders of yours: Parquet, CSV, text with ids, JSON and YAML are written
        anew; what is of another kind and holds an id is told of.
    dry_run
        Only count what would be done.
    storage_options
        For fsspec, where exports went elsewhere: keys, endpoint and the like.

    Returns
    -------
    Purged
        What was done; ``left`` names the files that still hold an id.

    Raises
    ------
    QueryError
        For what are no ids; nothing was changed.
    StoreError
        When there is no such store, or it can't be written; purge again to go on.

    Notes
    -----
    The platform's terms ask that what is deleted there is deleted here. This is the one exception
    to "a raw file never changes". First comes a tombstone, ``tombstones.json``, by which plans
    leave the tweets out from then on. Answers about other tweets, too, are written anew without
    these, and so are records of runs and followings, and the exports that the kit wrote. Sums over
    tweets can't be unmixed: those that count a purged tweet go, also the sums by which the kit
    checks counts. A purge that was killed does the rest when it is run again.

    In exports `request_key` becomes the key of the answer's smaller request, where there is one.

    Beyond us are freed blocks of a disk, backups, hard links and links, outputs in notebooks, and
    copies that others have. Stop runs that go on in other processes: they may write once more
    what they were about to. A following that goes on ends with an error before it asks again;
    begin it anew, with the same tweets, and it goes on with the others.

    Examples
    --------
    >>> import tempfile
    >>> import engagement_kit as ek
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with ek.connect("emulator", store=folder, clock="2026-06-01T12:00Z") as client:
    ...         ids = ek.sample_ids(client, 2)
    ...         _ = client.totals(ids, ["replies"])
    ...     done = ek.purge(folder, ids[:1])
    ...     done.complete, ek.open(folder).latest.to_pandas()["tweet_id"].tolist() == ids[1:]
    (True, True)
    """
    ids, paths = _checked(tweet_ids, also)
    place = store if isinstance(store, Store) else Store(store)
    if not place.folder.is_dir():
        msg = f"there is no store at {place.folder}"
        raise StoreError(msg)
    today = datetime.now(UTC).date()
    return _Purge(place, ids, paths, storage_options, dry_run=dry_run).run(today)


def _checked(tweet_ids: object, also: str | Path | Paths) -> tuple[tuple[str, ...], list[Path]]:
    """Read what is given, and tell all that is wrong with it."""
    given = (
        str(tweet_ids)
        if isinstance(tweet_ids, int) and not isinstance(tweet_ids, bool)
        else tweet_ids
    )
    ids, _, problems = clean(given)
    problems = (*problems, *([] if problems else none_given(ids)))
    paths: list[Path] = []
    try:
        paths = [Path(also)] if isinstance(also, str | PathLike) else [Path(one) for one in also]
    except TypeError:
        problems = (*problems, Problem("also", repr(also), "allowed: paths of files or folders"))
    if problems:
        raise QueryError(problems, "purge")
    return ids, paths


class _Purge:
    """One purge. The order matters: what others are found by goes last."""

    def __init__(
        self,
        store: Store,
        tweet_ids: tuple[str, ...],
        also: list[Path],
        options: Mapping[str, Any] | None,
        *,
        dry_run: bool,
    ) -> None:
        self.store, self.gone, self.also = store, Gone(tweet_ids), also
        self.options, self.dry_run = options or {}, dry_run

    def run(self, today: date) -> Purged:
        with ExitStack() as held:
            if not self.dry_run:
                held.enter_context(alone(self.store.folder / _LOCK))
                tombstones.add(self.store.folder, self.gone.ids, today)
            return self._run()

    def _run(self) -> Purged:
        folder, dry_run = self.store.folder, self.dry_run
        answers = forget(self.store, self.gone, dry_run=dry_run)
        records = RunRecords(self.store, self.gone, answers.refs)
        followings = FollowRecords(self.store, self.gone)
        exports = exported.noted(folder)
        queries = records.queries() | followings.queries()
        redaction = Redaction(self.gone, answers.keys, answers.summed, queries)
        places = self._places(redaction, exports)
        if not dry_run:  # as long as the records tell which questions named the tweets
            self._note_anew(exports, queries)
        runs = records.forget(dry_run=dry_run)
        follows = followings.forget(dry_run=dry_run)
        if not dry_run:
            remove([*answers.old, folder / INDEX])
        return Purged(
            tweets=len(self.gone.ids),
            dry_run=dry_run,
            rewritten=answers.rewritten,
            removed=answers.removed,
            sums=tuple(sorted(answers.sums)),
            lost=tuple(sorted(answers.lost)),
            unreadable=answers.unreadable,
            runs=runs.rewritten,
            runs_removed=runs.removed,
            follows=follows.rewritten,
            follows_removed=follows.removed,
            files=places.rewritten,
            files_removed=places.removed,
            not_found=tuple(map(self.gone.cut, places.not_found)),
            not_reached={self.gone.cut(one): why for one, why in places.not_reached.items()},
            left={} if dry_run else self._left(exports),
        )

    def _places(self, redaction: Redaction, exports: list[Export]) -> Places:
        rewriter = Rewriter(redaction, dry_run=self.dry_run)
        for one in exports:
            rewriter.export(one, self.options)
        for path in self._others():
            rewriter.file(path)
        for path in self.also:
            rewriter.also(path)
        return rewriter.found

    def _others(self) -> list[Path]:
        """List the files that are no answers, and no records of runs or followings."""
        folder = self.store.folder
        found = []
        for path in files_below(folder):
            parts = path.relative_to(folder).parts
            raw = parts[0] in {"answers", "damaged"} and path.suffix in {SUFFIX, PART}
            record = (parts[0] == "runs" and path.suffix == ".json") or is_of_following(parts)
            if not raw and not record and str(path.relative_to(folder)) not in _OWN:
                found.append(path)
        return found

    def _note_anew(self, exports: list[Export], queries: Mapping[str, str]) -> None:
        """Note exports by what is left of their questions; none whose name would name a tweet."""
        kept = [
            replace(one, query=queries.get(one.query, one.query))
            for one in exports
            if not self.gone.is_in(one.place.encode("utf-8", "surrogateescape"))
        ]
        if kept != exports:
            exported.keep(self.store.folder, kept)

    def _left(self, exports: list[Export]) -> dict[str, str]:
        places = [Path(one.place) for one in exports if one.is_local and Path(one.place).exists()]
        found = still_there([self.store.folder, *places, *self.also], self.gone)
        return {self.gone.cut(one): why for one, why in found.items()}
