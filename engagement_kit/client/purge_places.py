"""Forgetting tweets outside of raw answers: exports, a user's own files, and what is left."""

from __future__ import annotations

import csv
import glob
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from engagement_kit.answers.exported import Export
from engagement_kit.answers.files import PART, write_whole
from engagement_kit.answers.forget import files_below, remove
from engagement_kit.answers.gone import DROPPED
from engagement_kit.client.purge_search import first_line
from engagement_kit.errors import EngagementError
from engagement_kit.tables.redact import Redaction, redact_parquet
from engagement_kit.tables.redact_csv import redact_csv
from engagement_kit.tables.schema import GRAINS
from engagement_kit.tables.target import Target

_JSON: Final = {".json", ".jsonl", ".ndjson"}
_YAML: Final = {".yaml", ".yml"}
_FOLDER: Final = re.compile(r"(?:tweet_)?id(?:_str)?=([0-9]+)")
"""A folder of a dataset that is cut by tweets."""
_COMMENT: Final = re.compile(r"(?m)(?:^|\s)#")
_NAMED_FILE: Final = {"file", "sha256"}
_UNREADABLE: Final = (
    OSError, ValueError, RecursionError, MemoryError, csv.Error, pa.ArrowException, EngagementError,
)  # fmt: skip


@dataclass
class Places:
    """What becomes of files outside of raw answers.

    Attributes
    ----------
    rewritten, removed
        Files that changed, and that held nothing else.
    not_found
        Places that are not there any more.
    not_reached
        Places that can't be read or written, each with the reason.
    """

    rewritten: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    not_found: list[str] = field(default_factory=list)
    not_reached: dict[str, str] = field(default_factory=dict)


class Rewriter:
    """Rewrites files without some tweets.

    Parameters
    ----------
    redaction
        What is to be taken out.
    dry_run
        Only tell what would change.
    """

    def __init__(self, redaction: Redaction, *, dry_run: bool = False) -> None:
        self.redaction, self.dry_run, self.found = redaction, dry_run, Places()
        self._done: set[Path] = set()

    # --- exports ----------------------------------------------------------------------------------
    def export(self, one: Export, options: Mapping[str, Any]) -> None:
        """Rewrite what was exported to a place."""
        if not one.is_local:
            self._remote(one, options)
            return
        path = Path(one.place)
        for part in path.parent.glob(f".{glob.escape(path.name)}.*{PART}"):
            self.file(part)
        if not path.exists():
            self.found.not_found.append(one.place)
        elif path.is_dir():
            self._named_folders(path)
            for file in files_below(path):
                if file.suffix in {".parquet", PART}:
                    self.file(file, one.query)
        else:
            self.file(path, one.query, kind=one.kind)

    def _remote(self, one: Export, options: Mapping[str, Any]) -> None:
        target, any_there = Target(one.place, dict(options)), False
        try:
            for grain in GRAINS:
                for name in sorted(target.names(grain)):
                    if name.endswith(".parquet"):
                        any_there = True
                        self._remote_file(target, grain, name)
        except Exception as error:  # noqa: BLE001 -- each file system raises errors of its own
            self.found.not_reached[one.place] = first_line(error)
            return
        if not any_there:
            self.found.not_found.append(one.place)

    def _remote_file(self, target: Target, grain: str, name: str) -> None:
        with target.reading(grain, name) as here:
            if not redact_parquet(here, self.redaction, dry_run=self.dry_run):
                return
            if not self.dry_run:
                content = here.read_bytes()
                with target.writing(grain, name) as there:
                    there.write_bytes(content)
            self.found.rewritten.append(f"{target.url}/{grain}/{name}")

    # --- files ------------------------------------------------------------------------------------
    def also(self, path: Path) -> None:
        """Rewrite a file of the user's, or all files of a folder."""
        if path.is_dir():
            self._named_folders(path)
        for file in files_below(path) if path.is_dir() else [path]:
            self.file(file)

    def _named_folders(self, folder: Path) -> None:
        """Remove what is in folders of a dataset that a tweet names: it is named nowhere else."""
        for file in [*files_below(folder)]:
            named = map(_FOLDER.fullmatch, file.relative_to(folder).parts[:-1])
            if not any(one and one[1] in self.redaction.gone.ids for one in named):
                continue
            self._done.add(file.resolve())
            self.found.removed.append(str(file))
            if not self.dry_run:
                remove([file])
                with suppress(OSError):  # other files are in it
                    file.parent.rmdir()

    def file(self, path: Path, query: str = "", *, kind: str = "") -> None:
        """Rewrite one file by its kind; one of no known kind is left, for the search to tell."""
        if path.is_symlink() or path.resolve() in self._done:
            return
        self._done.add(path.resolve())
        try:
            changed = self._by_kind(path, query, kind or path.suffix.lower())
        except _UNREADABLE as error:
            self.found.not_reached[str(path)] = first_line(error)
            return
        if changed:
            self.found.rewritten.append(str(path))

    def _by_kind(self, path: Path, query: str, kind: str) -> bool:
        if kind in {"parquet", ".parquet"}:
            return redact_parquet(path, self.redaction, query, dry_run=self.dry_run)
        if kind in {"csv", ".csv"}:
            return redact_csv(path, self.redaction, query, dry_run=self.dry_run)
        if kind == PART:
            return self._part(path)
        if kind in _JSON:
            return self._json(path)
        if kind in _YAML:
            return self._yaml(path)
        return kind == ".txt" and self._text(path)

    def _part(self, path: Path) -> bool:
        """Remove what a killed process left, for nobody can say what half a file holds."""
        if not self.dry_run:
            remove([path])
        self.found.removed.append(str(path))
        return False

    def _json(self, path: Path) -> bool:
        data = path.read_bytes()
        try:
            named = json.loads(data)
        except ValueError:  # lines of JSON, say
            named = None
        if self._files_beside(path, named):
            data = path.read_bytes()
        return self._write(
            path, data, self.redaction.gone.json_bytes(data, lines=path.suffix.lower() != ".json")
        )

    def _yaml(self, path: Path) -> bool:
        import yaml

        data = path.read_bytes()
        try:
            document = yaml.safe_load(data)
            if self._files_beside(path, document):
                data = path.read_bytes()
                document = yaml.safe_load(data)
        except yaml.YAMLError as error:
            raise ValueError(first_line(error)) from error
        left = self.redaction.gone.document(document)
        if left == document:
            return False
        if _COMMENT.search(data.decode("utf-8", "replace")):
            msg = "it has comments, which would be lost; take the ids out by hand"
            raise ValueError(msg)
        text = (
            yaml.safe_dump(left, sort_keys=False, allow_unicode=True) if left is not DROPPED else ""
        )
        return self._write(path, data, text.encode() or None)

    def _text(self, path: Path) -> bool:
        data = path.read_bytes()
        text = data.decode("utf-8", "surrogateescape")
        lines = [
            (line, self.redaction.gone.cut_list(line)) for line in text.splitlines(keepends=True)
        ]
        kept = "".join(
            new if new == old or new.endswith("\n") or not old.endswith("\n") else new + "\n"
            for old, new in lines
            if new.strip() or not old.strip()
        )
        new = kept.encode("utf-8", "surrogateescape")
        if new != data and not self.dry_run:  # first, for a purge that is killed does this again
            _hash_anew(path, data, new)
        return self._write(path, data, new)

    def _write(self, path: Path, old: bytes, new: bytes | None) -> bool:
        if new == old:
            return False
        if new is None:
            self.found.removed.append(str(path))
            if not self.dry_run:
                remove([path])
            return False
        if not self.dry_run:
            write_whole(path, new)
        return True

    def _files_beside(self, path: Path, document: Any) -> bool:
        """Rewrite the files with ids that a document names; say whether there are any."""
        beside = [path.with_name(Path(one).name) for one in named_files(document)]
        for one in beside:
            if one.suffix == ".txt" and one.is_file():
                self.file(one)
        return bool(beside)


def named_files(document: Any) -> Iterator[str]:
    """List the files that a document of ours names, each with a hash."""
    if isinstance(document, dict):
        if set(document) == _NAMED_FILE:
            yield str(document["file"])
        for one in document.values():
            yield from named_files(one)
    elif isinstance(document, list):
        for one in document:
            yield from named_files(one)


def _hash_anew(path: Path, old: bytes, new: bytes) -> None:
    """Write the new hash of a file into the documents beside it that name the old one."""
    was, now = (hashlib.sha256(one).hexdigest().encode() for one in (old, new))
    for beside in sorted(path.parent.iterdir()):
        if beside.suffix in _JSON | _YAML and beside.is_file() and not beside.is_symlink():
            text = beside.read_bytes()
            if was in text:
                write_whole(beside, text.replace(was, now))
