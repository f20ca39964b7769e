"""Where a dataset goes: a local folder, or any place that fsspec knows (``s3://…``, ``gs://…``).

A file is there as a whole or not at all: locally it is written aside and then named; elsewhere it
is written to a temporary file here, and put there in one piece. Stores of objects (S3, GCS, Azure)
show it when it is whole; file systems behind a network protocol may show it while it is put.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engagement_kit.errors import NotWritten, TableError
from engagement_kit.tables.aside import written_aside


@dataclass(frozen=True)
class Target:
    """A folder of a dataset.

    Attributes
    ----------
    url
        A path, or an address with ``://``.
    options
        For fsspec: keys, endpoint and the like.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it is a plain path."""
        return "://" not in self.url

    def names(self, folder: str) -> frozenset[str]:
        """List the files of one of its folders; none where there is no such folder."""
        if self.is_local:
            place = Path(self.url) / folder
            return frozenset(one.name for one in place.iterdir()) if place.is_dir() else frozenset()
        files, root = self._remote()
        files.invalidate_cache()
        with _said(self.url), suppress(FileNotFoundError):
            found = files.ls(f"{root}/{folder}", detail=False)
            return frozenset(one.rstrip("/").rsplit("/", 1)[-1] for one in found)
        return frozenset()

    @contextmanager
    def writing(self, folder: str, name: str) -> Iterator[Path]:
        """Give a local file to write to; at the end it is there under its name, as a whole.

        Raises
        ------
        TableError
            When it can't be written there.
        """
        if self.is_local:
            with written_aside(Path(self.url) / folder / name) as aside:
                yield aside
            return
        files, root = self._remote()
        if _is_here(files):
            with written_aside(Path(root) / folder / name) as aside:
                yield aside
            return
        with tempfile.TemporaryDirectory(prefix="engagement-kit-") as own:
            path = Path(own) / name
            yield path
            with _said(self.url):
                files.put_file(str(path), f"{root}/{folder}/{name}")

    @contextmanager
    def reading(self, folder: str, name: str) -> Iterator[Path]:
        """Give a file as one of this machine: itself, or a copy for the while.

        Raises
        ------
        TableError
            When it can't be read.
        """
        if self.is_local:
            yield Path(self.url) / folder / name
            return
        files, root = self._remote()
        with tempfile.TemporaryDirectory(prefix="engagement-kit-") as own:
            path = Path(own) / name
            with _said(self.url):
                files.get_file(f"{root}/{folder}/{name}", str(path))
            yield path

    def remove(self, folder: str, name: str) -> None:
        """Remove a file."""
        if self.is_local:
            (Path(self.url) / folder / name).unlink(missing_ok=True)
            return
        files, root = self._remote()
        with _said(self.url), suppress(FileNotFoundError):
            files.rm_file(f"{root}/{folder}/{name}")

    def _remote(self) -> tuple[Any, str]:
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            msg = f"{self.url} needs fsspec: pip install 'engagement_kit[distributed]'"
            raise TableError(msg) from error
        try:
            files, root = url_to_fs(self.url, **self.options)
        except (ImportError, ValueError) as error:  # the protocol's own package, or no such one
            msg = f"{self.url} can't be opened: {error}"
            raise TableError(msg) from error
        return files, root.rstrip("/")


def _is_here(files: Any) -> bool:
    """Say whether it is this machine's own file system: fsspec would copy in plain sight."""
    names = files.protocol
    return "file" in ((names,) if isinstance(names, str) else names)


@contextmanager
def _said(url: str) -> Iterator[None]:
    """Turn what a file system raises into our own error; each has its own kinds."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:
        msg = f"{url} can't be reached or written: {error}"
        raise NotWritten(msg) from error
