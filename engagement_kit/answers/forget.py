"""Forgetting tweets in the answers of a store: the one exception to "a raw file never changes".

An answer about several tweets is written anew without those that go, under the name of the smaller
request, and the old file goes last of all: until then a purge that was killed finds everything
again, and does the same once more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engagement_kit.answers.answer import FORMAT, Answer
from engagement_kit.answers.files import PART, SUFFIX, pack, sync_folder, unpack, write_whole
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.store import Store
from engagement_kit.answers.without import Kept, without
from engagement_kit.errors import StoreError

_RAW: Final = ("answers", "damaged")
_NEW_NAMES: Final[dict[Path, dict[str, str | None]]] = {}
"""What purges of this process made of answers, by store: what was read before may go on with it."""


@dataclass
class Forgotten:
    """What becomes of the answers of a store.

    Attributes
    ----------
    refs
        For each answer that changes, its new name; None where nothing of it is kept.
    keys
        For each request that changes, the key of what is left of it.
    summed
        Keys of requests whose sums over tweets went.
    sums
        Names of answers that held nothing but sums over several tweets, and are not kept.
    lost
        Names of other answers that were about more tweets than those that go, and can't be read.
    old
        Files that are to be removed.
    rewritten, removed
        How many answers are kept without the tweets, and how many are not kept.
    unreadable
        How many files go because it can't be shown that they do not hold the tweets.
    not_read
        Files that stay though it can't be shown, each with the reason: they can't be read just
        now, or a newer kit wrote them.
    seen
        Those of the tweets that stand in any answer.
    """

    refs: dict[str, str | None] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    summed: set[str] = field(default_factory=set)
    sums: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    old: list[Path] = field(default_factory=list)
    rewritten: int = 0
    removed: int = 0
    unreadable: int = 0
    not_read: dict[Path, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


def forget(store: Store, gone: Gone, *, dry_run: bool = False) -> Forgotten:
    """Write the answers of a store anew, without some tweets; the old files stay for now.

    Parameters
    ----------
    store
        The store.
    gone
        The tweets.
    dry_run
        Only tell what would be done.

    Returns
    -------
    Forgotten
        With the files that `remove` is to remove when all else is written.

    Raises
    ------
    StoreError
        When the store can't be written.
    """
    found = Forgotten()
    for path in raw_files(store.folder):
        try:
            content = _content(path)
        except (OSError, MemoryError) as error:  # it is not broken for all that
            found.not_read[path] = f"it can't be read: {error!r}"
            continue
        if content is None:
            found.old.append(path)
            found.unreadable += 1
        elif here := gone.found_in(content):
            found.seen |= here
            _forget_one(store, path, content, gone, found, dry_run=dry_run)
    return found


def note_names(store: Store, refs: Mapping[str, str | None]) -> None:
    """Note what a purge made of answers, for whoever in this process has their old names.

    Parameters
    ----------
    store
        The store.
    refs
        As in `Forgotten`.
    """
    _NEW_NAMES.setdefault(store.folder.resolve(), {}).update(refs)


def by_new_names(store: Store, refs: Iterable[str]) -> tuple[str, ...]:
    """Give answers by the names that they have after purges of this process.

    Those of which nothing was kept are left out.
    """
    new = _NEW_NAMES.get(store.folder.resolve(), {}) if _NEW_NAMES else {}
    found = []
    for one in refs:
        now: str | None = one
        while now in new:
            now = new[now]
        if now is not None:
            found.append(now)
    return tuple(dict.fromkeys(found))


def _forget_one(
    store: Store, path: Path, content: bytes, gone: Gone, found: Forgotten, *, dry_run: bool
) -> None:
    try:
        answer = Answer.from_bytes(content)
    except StoreError as error:
        if is_newer(content):
            found.not_read[path] = str(error)
            return
        answer = None
    if answer is None or path.parent.parent.name != _RAW[0] or path.suffix == PART:
        found.old.append(path)  # set aside, or half written: it serves nobody
        found.unreadable += 1
        return
    kept = without(answer, gone)
    if kept.answer == answer:
        return
    ref = path.name.removesuffix(SUFFIX)
    _tell(found, ref, answer, kept)
    if kept.answer is None:
        found.refs[ref] = None
        found.old.append(path)
    elif kept.answer.ref == answer.ref:  # it was named beside the request alone
        if not dry_run:
            write_whole(path, pack(kept.answer.to_bytes()))
    else:
        found.refs[ref] = kept.answer.ref if dry_run else store.put(kept.answer)
        found.keys[answer.request.key] = kept.answer.request.key
        found.old.append(path)


def _tell(found: Forgotten, ref: str, answer: Answer, kept: Kept) -> None:
    if kept.sums:
        found.summed.add(answer.request.key)
    if kept.answer is not None:
        found.rewritten += 1
        return
    found.removed += 1
    if kept.sums:
        found.sums.append(ref)
    elif kept.others and not answer.named and answer.outcome == "answered":
        found.lost.append(ref)


def raw_files(store: Path) -> Iterator[Path]:
    """List the files of answers, those set aside and half written ones too; links are left out."""
    for where in _RAW:
        for path in files_below(store / where):
            if path.suffix in {SUFFIX, PART}:
                yield path


def files_below(folder: Path, onerror: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """List all files below a folder in order; links are not followed.

    Parameters
    ----------
    folder
        The folder.
    onerror
        Told of each folder that can't be listed.
    """
    for place, folders, names in os.walk(folder, onerror=onerror):
        folders.sort()
        for name in sorted(names):
            path = Path(place) / name
            if not path.is_symlink():
                yield path


def links_below(folder: Path) -> Iterator[Path]:
    """List the links below a folder, to files and to folders."""
    for place, folders, names in os.walk(folder):
        yield from (
            one for name in sorted([*folders, *names]) if (one := Path(place, name)).is_symlink()
        )


def _content(path: Path) -> bytes | None:
    """Unpack a file; None where its bytes are broken."""
    raw = path.read_bytes()
    try:
        return unpack(raw)
    except StoreError as error:
        if isinstance(error.__cause__, MemoryError):
            raise MemoryError from error
        return None


def is_newer(content: bytes) -> bool:
    """Say whether a newer kit wrote an answer."""
    try:
        return int(json.loads(content.partition(b"\n")[0])["format"]) > FORMAT
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def remove(paths: list[Path]) -> None:
    """Remove files, and make that outlast a power cut.

    Raises
    ------
    StoreError
        When one can't be removed.
    """
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            msg = f"{path} can't be removed: {error}. Make its folder writable, and purge again."
            raise StoreError(msg) from error
    for folder in sorted({path.parent for path in paths}):
        if folder.is_dir():
            sync_folder(folder)
