"""A client's purging: forgetting tweets, in every file that the kit wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from operator import index
from os import PathLike
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers import exported, tombstones
from engagement_kit.answers.claims import alone, claim
from engagement_kit.answers.exported import Export
from engagement_kit.answers.files import PART, SUFFIX, is_store
from engagement_kit.answers.forget import files_below, forget, note_names, remove
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.index import NAME as INDEX
from engagement_kit.answers.store import Store
from engagement_kit.client.follow_log import FOLDER as FOLLOWS
from engagement_kit.client.purge_follows import FollowRecords, is_of_following
from engagement_kit.client.purge_places import Places, Rewriter
from engagement_kit.client.purge_runs import RunRecords
from engagement_kit.client.purge_search import still_there
from engagement_kit.client.purged import Purged
from engagement_kit.client.standing import Standing
from engagement_kit.errors import NotInStore, Problem, QueryError
from engagement_kit.question.checks import none_given
from engagement_kit.question.tweet_ids import clean
from engagement_kit.tables.redact import Redaction

Paths = Iterable[str | Path]
REFRESH: Final = "refresh.json"
_LOCK: Final = ".purging.lock"
_OWN: Final = {tombstones.NAME, exported.NAME, INDEX, _LOCK}
_RAW: Final = {"answers", "damaged"}
_FOLDERS: Final = _RAW | {"runs", FOLLOWS}
_KEPT: Final = {".json", ".jsonl", PART}
_PARTS: Final = tuple(f".{one}." for one in sorted({*_OWN, REFRESH}))


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
            When there is no such store, or it can't be written; purge again to go on.
        EngagementError
            When the client is closed.

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
        self._check_open()
        ids, paths = _checked(tweet_ids, also)
        place = self._open(store)
        if store is not None:
            _check_store(place)
        elif not dry_run:  # of tweets that were never asked a tombstone is left
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
        Other files or folders of yours: Parquet, CSV, text with ids, JSON and YAML without
        comments are written anew; what is of another kind and holds an id is told of. In the
        store's own folder only what the kit keeps there is written anew.
    dry_run
        Only say what would be done.
    storage_options
        For fsspec, where exports went elsewhere: keys, endpoint and the like.

    Returns
    -------
    Purged
        What was done; ``left`` names the files that still hold an id.

    Raises
    ------
    QueryError
        For what are no ids, or paths of `also` where nothing is; nothing was changed.
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

    Of tables rows go by the column that says which tweet a row is about: id, id_str, tweet_id,
    tweet; in other columns the id goes alone. So in JSON and YAML: an object goes where the id
    says what it is about, else a member or an item.

    In exports `request_key` becomes the key of the answer's smaller request, where there is one.

    Beyond us, unless named by `also`: what forms keep beside a notebook (the folder
    ``.engagement_kit``, files of ids), files of `Query.save`, and of ``expiring --csv`` where it
    looked at no store. Beyond us in any case: freed blocks of a disk, backups, hard links and
    links, outputs in notebooks, and copies that others have. Stop runs that go on in other
    processes: they may write once more what they were about to. A following that goes on ends with
    an error before it asks again; begin it anew, with the same tweets, and it goes on with the
    others.

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
    _check_store(place)
    today = datetime.now(UTC).date()
    return _Purge(place, ids, paths, storage_options, dry_run=dry_run).run(today)


def _check_store(place: Store) -> None:
    if not is_store(place.folder):
        msg = (
            f"there is no store at {place.folder}; nothing was changed. Give the folder that was "
            "given as store= to ek.connect, and other files by also="
        )
        raise NotInStore(msg)


def _checked(tweet_ids: object, also: str | Path | Paths) -> tuple[tuple[str, ...], list[Path]]:
    """Read what is given, and tell all that is wrong with it."""
    with suppress(TypeError):  # what is no whole number
        if not isinstance(tweet_ids, bool):
            tweet_ids = str(index(tweet_ids))  # type: ignore[arg-type]
    ids, _, problems = clean(tweet_ids)
    problems = (*problems, *([] if problems else none_given(ids)))
    try:
        given = [also] if isinstance(also, str | PathLike) else [*also]
        paths = [Path(one) for one in given]
    except TypeError:
        given, paths = [], []
        problems = (*problems, Problem("also", repr(also), "allowed: paths of files or folders"))
    for one, path in zip(given, paths, strict=True):
        if not str(one).strip():
            why = "an empty path would be the whole working folder; allowed: files or folders"
            problems = (*problems, Problem("also", repr(one), why))
        elif not path.exists() and not path.is_symlink():
            problems = (*problems, Problem("also", repr(str(one)), "there is no such file"))
    if problems:
        raise QueryError(problems, "purge")
    return ids, paths


def is_at_work(store: Store) -> bool:
    """Say whether a run holds a request of a store just now."""
    folder = store.folder / "locks"
    for path in folder.glob("[!.]*.lock"):
        mine = claim(folder, path.stem)
        if mine is None:
            return True
        mine.release()
    return False


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
        unread = {str(path): why for path, why in answers.not_read.items()}
        if not dry_run:  # as long as the records tell which questions named the tweets
            exports = self._note_anew(self._renamed(exports), queries)
        runs = records.forget(dry_run=dry_run)
        follows = followings.forget(dry_run=dry_run)
        if not dry_run:
            note_names(self.store, answers.refs)
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
            files=len(places.rewritten),
            files_removed=len(places.removed),
            rewritten_files=tuple(places.rewritten),
            removed_files=tuple(places.removed),
            not_found=tuple(places.not_found),
            not_reached=unread | places.not_reached,
            left=self._would_be_left(exports, places) if dry_run else self._left(exports),
            running=is_at_work(self.store),
            unknown=len(self.gone.ids - answers.seen - records.named - followings.named),
            cut=self.gone.cut,
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
        """List what else the kit keeps in the store, and what killed processes left of it."""
        return [path for path in files_below(self.store.folder) if self._is_other(path)]

    def _is_other(self, path: Path) -> bool:
        parts = path.relative_to(self.store.folder).parts
        if len(parts) == 1:
            return path.name == REFRESH or (path.suffix == PART and path.name.startswith(_PARTS))
        if parts[0] not in _FOLDERS or path.suffix not in _KEPT:
            return False
        return not (self._is_record(parts) or (parts[0] in _RAW and path.suffix == PART))

    def _is_record(self, parts: tuple[str, ...]) -> bool:
        return (parts[0] == "runs" and parts[-1].endswith(".json")) or is_of_following(parts)

    # --- exports ----------------------------------------------------------------------------------
    def _renamed(self, exports: list[Export]) -> list[Export]:
        """Cut ids out of the names of exports, so that they can be noted further on."""
        return [self._renamed_one(one) if one.is_local else one for one in exports]

    def _renamed_one(self, one: Export) -> Export:
        path = Path(one.place)
        name = self.gone.cut(path.name)
        if name == path.name or not path.exists():
            return one
        new, at = path.with_name(name), 1
        while new.exists():
            at += 1
            new = path.with_name(f"{Path(name).stem}.{at}{path.suffix}")
        try:
            path.rename(new)
        except OSError:  # told of by the search
            return one
        return replace(one, place=str(new))

    def _note_anew(self, exports: list[Export], queries: Mapping[str, str]) -> list[Export]:
        """Note exports by what is left of their questions; one named by a tweet while it is there.

        Such a name stands in a folder's; the search tells of it.
        """
        kept = [
            replace(one, query=queries.get(one.query, one.query))
            for one in exports
            if not self.gone.is_in(one.place.encode("utf-8", "surrogateescape"))
            or not one.is_local
            or Path(one.place).exists()
        ]
        if kept != exported.noted(self.store.folder):
            exported.keep(self.store.folder, kept)
        return kept

    # --- what is left -----------------------------------------------------------------------------
    def _left(self, exports: list[Export]) -> dict[str, str]:
        places = [Path(one.place) for one in exports if one.is_local and Path(one.place).exists()]
        return still_there([self.store.folder, *places, *self.also], self.gone)

    def _would_be_left(self, exports: list[Export], places: Places) -> dict[str, str]:
        """Say what a purge would leave: what it does not know how to rewrite."""
        done = {*places.rewritten, *places.removed}
        return {
            path: why
            for path, why in self._left(exports).items()
            if path not in done and not self._is_of_store(Path(path))
        }

    def _is_of_store(self, path: Path) -> bool:
        try:
            parts = path.relative_to(self.store.folder).parts
        except ValueError:
            return False
        raw = parts[0] in _RAW and path.suffix in {SUFFIX, PART}
        return raw or self._is_record(parts) or parts[0] in _OWN
