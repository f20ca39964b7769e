"""Forgetting tweets in followings: in what is followed, and in what their sessions met.

The log names tweets by their positions in the spec. A following is therefore written anew as a
whole, under the name of its new spec, which comes last; then the old one goes, its spec first. A
purge that was killed finds the old spec still there and does the same once more, or finds parts of
the log that lost their spec and stand elsewhere already.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from engagement_kit.answers.files import sync_folder, write_whole
from engagement_kit.answers.forget import remove
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.store import Store
from engagement_kit.client.follow_log import (
    DAMAGE,
    FOLDER,
    LOG,
    SPEC,
    EndRecord,
    Record,
    TickRecord,
    line_of,
    record_in,
    spec_in,
)
from engagement_kit.client.follow_spec import Spec
from engagement_kit.client.purge_records import ForgottenRecords, cut_out
from engagement_kit.errors import DamagedRecord

Places = Mapping[int, int]
"""New positions of tweets, by old ones; those that go have none."""
_DEPTH: Final = 3


def is_of_following(parts: Sequence[str]) -> bool:
    """Say whether a file of a store, by the parts of its path, is a spec or a log of a following.

    Examples
    --------
    >>> is_of_following(("follows", "20260601T120000000000Z-0a", "spec.json"))
    True
    """
    if len(parts) != _DEPTH or parts[0] != FOLDER:
        return False
    return parts[-1] == SPEC or parts[-1].endswith(LOG)


class FollowRecords:
    """Rewrites the followings of a store.

    Parameters
    ----------
    store, gone
        The store and the tweets.

    Attributes
    ----------
    named
        Those of the tweets that are followed, once `queries` was called.
    """

    def __init__(self, store: Store, gone: Gone) -> None:
        self.folder, self.gone = store.folder / FOLDER, gone
        self.named: set[str] = set()

    def queries(self) -> dict[str, str]:
        """Give the key of each query that names the tweets, with that of what is left of it."""
        found = {}
        for _, spec in self._named():
            self.named |= self.gone.ids & {*spec.query.tweet_ids}
            left = spec.query.without(self.gone.ids)
            found[spec.query.key] = "" if left is None else left.key
        return found

    def forget(self, *, dry_run: bool = False) -> ForgottenRecords:
        """Write them anew.

        Parameters
        ----------
        dry_run
            Only tell what would be done.
        """
        found = ForgottenRecords()
        for folder, spec in self._named():
            left = spec.without(self.gone.ids)
            found.rewritten += left is not None
            found.removed += left is None
            if not dry_run:
                if left is not None:
                    self._write(folder, spec, left)
                _remove(folder, spec_first=left is not None)
        if not dry_run:
            self._generally()
        return found

    # --- one following ----------------------------------------------------------------------------
    def _write(self, folder: Path, old: Spec, new: Spec) -> None:
        """Write the log by new positions, then the spec: without it nobody takes it for whole."""
        place = {one: row for row, one in enumerate(new.query.tweet_ids)}
        places = {row: place[one] for row, one in enumerate(old.query.tweet_ids) if one in place}
        there = self.folder / new.name
        for path in _logs(folder):
            write_whole(there / path.name, b"".join(self._lines(path, places)))
        write_whole(there / SPEC, new.to_bytes())

    def _lines(self, path: Path, places: Places) -> Iterator[bytes]:
        """Give the lines of a log, with new positions."""
        *whole, cut = path.read_bytes().split(b"\n")
        for line in whole:
            try:
                yield line_of(self._mapped(record_in(line), places))
            except DAMAGE:  # nobody reads it
                yield self.gone.json_bytes(line + b"\n") or b""
        yield self.gone.json_bytes(cut) or b""

    def _mapped(self, record: Record, places: Places) -> Record:
        if isinstance(record, EndRecord):
            return record
        if isinstance(record, TickRecord):
            lost = (
                replace(one, why=self.gone.cut(one.why), rows=_at(places, one.rows))
                for one in record.lost
            )
            return replace(record, lost=tuple(one for one in lost if one.rows))
        unsigned = (
            (status, self.gone.cut(why), names, _at(places, rows))
            for status, why, names, rows in record.unsigned
        )
        return replace(record, unsigned=tuple(one for one in unsigned if one[-1]))

    # --- files ------------------------------------------------------------------------------------
    def _named(self) -> list[tuple[Path, Spec]]:
        """List those that follow the tweets."""
        found = []
        for path in sorted(self.folder.glob(f"*/{SPEC}")):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DamagedRecord)
                spec = spec_in(path)
            if spec is not None and not self.gone.ids.isdisjoint(spec.query.tweet_ids):
                found.append((path.parent, spec))
        return found

    def _generally(self) -> None:
        """Rewrite what can't be read, and remove what a killed purge left of old logs."""
        logs = [path for folder in self._folders() for path in _logs(folder)]
        whole = {path.name for path in logs if path.with_name(SPEC).exists()}
        left = [one for one in logs if one.name in whole and not one.with_name(SPEC).exists()]
        remove(left)
        logs = [path for path in logs if path not in left and self._is_to_cut(path)]
        for path in [*logs, *self.folder.glob(f"*/{SPEC}")]:
            cut_out(path, self.gone)
        for folder in self._folders():
            if not any(folder.iterdir()):
                folder.rmdir()

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*") if path.is_dir())

    def _is_to_cut(self, path: Path) -> bool:
        """Say whether a log may hold an id, or the beginning of one; logs may be long."""
        data = path.read_bytes()
        return not data.endswith(b"\n") or self.gone.may_be_in(data)


def _at(places: Places, rows: Sequence[int]) -> tuple[int, ...]:
    return tuple(places[row] for row in rows if row in places)


def _logs(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob(f"*{LOG}") if not path.is_symlink())


def _remove(folder: Path, *, spec_first: bool) -> None:
    """Remove a following. What was not written anew is found by its spec, which then goes last."""
    spec, logs = [folder / SPEC], _logs(folder)
    for some in (spec, logs) if spec_first else (logs, spec):
        remove(some)
    if not any(folder.iterdir()):
        folder.rmdir()
        sync_folder(folder.parent)
