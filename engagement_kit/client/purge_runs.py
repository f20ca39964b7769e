"""Forgetting tweets in the records of runs: what was asked, what serves it, and what failed."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers.files import sync_folder
from engagement_kit.answers.forget import remove
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.runs import Parts, Runs
from engagement_kit.answers.store import Store
from engagement_kit.client.purge_records import ForgottenRecords, cut_out
from engagement_kit.client.record import (
    PLAN,
    came,
    digest,
    is_finished,
    key_in,
    plan_of,
)
from engagement_kit.errors import DamagedRecord, QueryError, StoreError
from engagement_kit.question.hours import from_iso, iso
from engagement_kit.question.known import Known
from engagement_kit.question.plan import Plan
from engagement_kit.question.query import Query
from engagement_kit.question.request import Request

Refs = Mapping[str, str | None]
_ODD: Final = (LookupError, TypeError, ValueError, AttributeError, QueryError, StoreError)


class RunRecords:
    """Rewrites the records of a store, while the old answers are still there.

    Parameters
    ----------
    store, gone
        The store and the tweets.
    refs
        New names of answers, by old ones; see `answers.forget`.

    Attributes
    ----------
    named
        Those of the tweets that a question names, once `queries` was called.
    """

    def __init__(self, store: Store, gone: Gone, refs: Refs) -> None:
        self.store, self.gone, self.refs = store, gone, refs
        self.runs = Runs(store.folder)
        self.named: set[str] = set()

    def queries(self) -> dict[str, str]:
        """Give the key of each question that names the tweets, with that of what is left of it."""
        found = {}
        for name in self._names():
            query = _query_of(self._load(name))
            if query is not None and not self.gone.ids.isdisjoint(query.tweet_ids):
                self.named |= self.gone.ids & {*query.tweet_ids}
                left = query.without(self.gone.ids)
                found[query.key] = "" if left is None else left.key
        return found

    def forget(self, *, dry_run: bool = False) -> ForgottenRecords:
        """Write the records anew.

        Parameters
        ----------
        dry_run
            Only tell what would be done.
        """
        found = ForgottenRecords()
        for name in self._names():
            parts = self._load(name)
            query = _query_of(parts)
            if query is None:
                self._generally(self.runs.folder / name, dry_run=dry_run)
                continue
            left = query.without(self.gone.ids)
            if left is None:
                found.removed += 1
                if not dry_run:
                    _remove_folder(self.runs.folder / name)
                continue
            new = self._parts(parts, left)
            found.rewritten += new != parts
            if not dry_run:
                self._save(name, parts, new)
                self._generally(self.runs.folder / name)
                self._rename(name, left)
        return found

    # --- one run ----------------------------------------------------------------------------------
    def _parts(self, parts: Parts, left: Query) -> Parts:
        new = {name: self._session(part) for name, part in parts.items() if name != PLAN}
        return {PLAN: self._plan(parts, left), **new}

    def _plan(self, parts: Parts, left: Query) -> dict[str, Any]:
        old = parts[PLAN]
        new = {**old, "query": left.to_dict(), "reused": self._mapped(old["reused"])}
        if left.tweet_ids == tuple(old["query"]["tweet_ids"]):
            new["query"] = old["query"]
            if new["reused"] != old["reused"] and not is_finished(parts):
                with suppress(StoreError):  # a damaged record is not gone on with
                    self._in_its_order(new)
            return new
        if left.by is None and _in_pieces(old):
            new["in_pieces"] = True
        if not is_finished(parts):
            self._what_came(old, new)
        return new

    def _what_came(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        """Let a run that was cut off reuse what came of it.

        Its requests are cut anew without the tweets, so that answers are not found by their
        requests any more; as stored answers they serve by what they cover.
        """
        known = self._known
        when = {one.ref: one.observed_at for one in known}
        try:
            refs = [*came(plan_of(old, known), self.store.tried_all(known))]
        except StoreError:
            refs = []
        kept = [one for one in self._mapped(refs) if one in when]
        moments = [when[one] for one in kept]
        if old["until"] is not None:
            moments.append(from_iso(old["until"]))
        new["reused"] = [*dict.fromkeys([*new["reused"], *kept])]
        if moments:
            new["until"] = iso(max(moments))
        made = self._in_its_order(new)
        new["requests"], new["digest"] = len(made), digest(made.requests)

    def _in_its_order(self, new: dict[str, Any]) -> Plan:
        """List the answers that serve as the plan does: by the same record a run is gone on with.

        Those that the plan does not use go.
        """
        made = plan_of(new, self._known)
        new["reused"] = [one.ref for one in made.reused]
        return made

    @cached_property
    def _known(self) -> tuple[Known, ...]:
        return self.store.known()

    def _session(self, old: dict[str, Any]) -> dict[str, Any]:
        failures = []
        for one in old["failures"]:
            request = Request.from_dict(one["request"]).without(self.gone.ids)
            if request.tweet_ids:
                (answer,) = self._mapped([one["answer"]]) or [None]
                error = self.gone.cut(one["error"])
                failures.append(
                    {**one, "request": request.to_dict(), "error": error, "answer": answer}
                )
        return {**old, "answers": self._mapped(old["answers"]), "failures": failures}

    def _mapped(self, refs: Iterable[Any]) -> list[Any]:
        """Give the new names of answers, without those that are not kept."""
        new = (self.refs.get(one, one) for one in refs)
        return [one for one in new if one is not None]

    # --- files ------------------------------------------------------------------------------------
    def _names(self) -> list[str]:
        folder = self.runs.folder
        if not folder.is_dir():
            return []
        return sorted(one.name for one in folder.iterdir() if one.is_dir() and not one.is_symlink())

    def _load(self, name: str) -> Parts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DamagedRecord)
            parts = self.runs.load(name)
        return {part: one for part, one in parts.items() if part == PLAN or _is_session(one)}

    def _save(self, name: str, old: Parts, new: Parts) -> None:
        """Write what changed, the plan last: as long as it names the tweets, all is done again."""
        for part in sorted(new, key=lambda one: one == PLAN):
            if new[part] != old.get(part):
                self._replace(name, part, new[part])

    def _replace(self, name: str, part: str, record: dict[str, Any]) -> None:
        """Write one part; it stays as old as it was, for by that it is seen who is at a run."""
        path = self.runs.folder / name / f"{part}.json"
        seen = path.stat()
        self.runs.save(name, part, record)
        os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))

    def _generally(self, folder: Path, *, dry_run: bool = False) -> None:
        """Rewrite what can't be read as a record."""
        if dry_run:
            return
        for path in sorted(folder.glob("*.json")):
            cut_out(path, self.gone)
        if not any(folder.iterdir()):
            folder.rmdir()

    def _rename(self, name: str, left: Query) -> None:
        """Name a run by what is left of its question."""
        if key_in(name) == left.key:
            return
        when = name.partition("-")[0]
        at, new = 1, f"{when}-{left.key}"
        while self.runs.has(new):
            at, new = at + 1, f"{when}-{left.key}.{at + 1}"
        (self.runs.folder / name).rename(self.runs.folder / new)
        sync_folder(self.runs.folder)


def _in_pieces(old: dict[str, Any]) -> bool:
    """Say whether a raw question was not asked as it was written; without some tweets it might."""
    try:
        return not plan_of(old, ()).as_written
    except StoreError:
        return False


def _query_of(parts: Parts) -> Query | None:
    try:
        return Query.from_dict(parts[PLAN]["query"])
    except _ODD:
        return None


def _is_session(part: Mapping[str, Any]) -> bool:
    try:
        for one in part["failures"]:
            Request.from_dict(one["request"])
    except _ODD:
        return False
    return True


def _remove_folder(folder: Path) -> None:
    # The plan last: without it nobody takes the rest for a run, and it would not be found again.
    plan = folder / f"{PLAN}.json"
    below = [path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()]
    remove([*(path for path in below if path != plan), plan])
    folders = [path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink()]
    for one in [*sorted(folders, reverse=True), folder]:  # those below before those above
        one.rmdir()
    sync_folder(folder.parent)
