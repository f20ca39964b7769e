"""The keys file of a user: one YAML file that nobody else may read.

A mapping of services, each with its app and the accounts that logged in::

    https://data-api.twitter.com:
      consumer_key: ...
      consumer_secret: ...
      bearer_token: ...
      default: acme
      accounts:
        acme: {user_id: '12345', access_token: ..., access_token_secret: ...}

Keys of one service are never sent to another: those of an emulator not to the live API.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from filelock import FileLock
from platformdirs import user_config_path

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.kept import Kept

FILE_VARIABLE: Final = "ENGAGEMENT_KIT_KEYS_FILE"
_NAME: Final = "keys.yaml"
_OPEN_TO_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_HAS_MODES: Final = sys.platform != "win32"  # there a user's profile is closed by itself
_HEAD: Final = "# Keys of engagement_kit, by service. Secret: nobody else may read this file.\n"
_ASIDE, _PART = ".keys-", ".part"
_LOCK_SECONDS: Final = 10.0


class KeysFileUnfit(CredentialsMissing):
    """The keys file can't be used: others may read it, or it can't be read."""


@apart
def place(environment: Mapping[str, str]) -> Path:
    """Name the keys file: where a variable says, else in the user's folder for settings.

    Raises
    ------
    KeysFileUnfit
        When the variable names the home of a user that there is not.

    Examples
    --------
    >>> place({"ENGAGEMENT_KIT_KEYS_FILE": "/somewhere/keys.yaml"}).as_posix()
    '/somewhere/keys.yaml'
    """
    named = environment.get(FILE_VARIABLE, "").strip()
    if not named:
        return user_config_path("engagement_kit") / _NAME
    try:
        return Path(named).expanduser()
    except RuntimeError:
        pass
    raise KeysFileUnfit(f"{FILE_VARIABLE} is {named!r}: that user has no home here")


class KeysFile:
    """The keys file. Nothing is read or made before it is asked for.

    Parameters
    ----------
    path
        Where it is, or will be.

    Examples
    --------
    >>> KeysFile(Path("nowhere/keys.yaml")).read("https://data-api.twitter.com") is None
    True
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.words = f"the keys file {path}"

    @apart
    def read(self, service: str) -> Kept | None:
        """Read what is kept for a service; None where there is no file or no such service.

        Raises
        ------
        KeysFileUnfit
            When others may read the file, it is not the user's, or it can't be read; and when
            others may write into its folder.
        """
        return self._kept(self._all(), service)

    @apart
    def services(self) -> dict[str, tuple[str, ...]]:
        """Name the services for which keys are kept, and the accounts of each.

        Raises
        ------
        KeysFileUnfit
            As for `read`.
        """
        everything = self._all()
        held: dict[str, tuple[str, ...]] = {}
        for service in everything:
            try:
                kept = self._kept(everything, service)
            except KeysFileUnfit:
                continue
            held[service] = tuple(one.name for one in kept.accounts) if kept else ()
        return held

    @apart
    def change(self, service: str, change: Callable[[Kept | None], Kept | None]) -> Kept | None:
        """Change what is kept for a service, and give it; what others write meanwhile is kept.

        Parameters
        ----------
        service
            Scheme and host, as in "https://data-api.twitter.com".
        change
            From what is kept to what shall be; None: nothing.

        Raises
        ------
        KeysFileUnfit
            When the file can't be read or written.
        """
        try:
            with self.locked():
                self._sweep()
                everything = self._all()
                made = change(self._kept(everything, service))
                everything.pop(service, None)
                if made is not None:
                    everything[service] = made.plain()
                self._write(everything)
                return made
        except OSError as error:
            why = error.strerror or type(error).__name__
        raise KeysFileUnfit(f"the keys file {self.path} can't be written: {why}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from changing what is kept, here and in the keyring.

        Raises
        ------
        KeysFileUnfit
            When others may write into the folder.
        OSError
            When no lock can be made there, or another holds it for long.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._refuse_folder()
        with FileLock(f"{self._real}.lock", timeout=_LOCK_SECONDS, mode=0o600):
            yield

    def _kept(self, everything: Mapping[str, Any], service: str) -> Kept | None:
        """Read one service; what is damaged of another stays as it stands."""
        if service not in everything:
            return None
        try:
            return Kept.of_plain(everything[service])
        except ValueError as error:
            why = str(error)
        raise KeysFileUnfit(f"the keys file {self.path} can't be read: {service}: {why}")

    def _all(self) -> dict[str, Any]:
        """Read every service, as plain data."""
        text = self._text()
        if text is None:
            return {}
        try:
            # The loader that makes no numbers: a key of digits alone stays a text.
            data = yaml.load(text, Loader=yaml.BaseLoader) or {}  # noqa: S506 -- makes texts only
            if not isinstance(data, dict):
                raise ValueError("it must be a mapping of services")
            node = yaml.compose(text, Loader=yaml.BaseLoader)
            if node is not None and len(node.value) > len(data):
                raise ValueError("a service stands in it twice: leave one of them")
            return {str(service): one for service, one in data.items()}
        except yaml.MarkedYAMLError as error:  # its own text quotes the line, with the secret
            line = error.problem_mark.line + 1 if error.problem_mark else "?"
            why = f"line {line} is no YAML"
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            why = str(error) if type(error) is ValueError else "it is no YAML"
        raise KeysFileUnfit(f"the keys file {self.path} can't be read: {why}")

    def _text(self) -> str | None:
        """Read the file, once it is sure that it is the user's alone."""
        try:
            self._refuse_folder()
            with self.path.open(encoding="utf-8") as file:
                self._refuse_open(os.fstat(file.fileno()))
                return file.read()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise KeysFileUnfit(f"the keys file {self.path} can't be read: {why}")

    def _refuse_open(self, found: os.stat_result) -> None:
        """Refuse a file that others may read or write, or that is another user's."""
        if not _HAS_MODES:
            return
        mode = stat.S_IMODE(found.st_mode)
        if mode & _OPEN_TO_OTHERS:
            msg = (
                f"the keys file {self.path} was not read: others may read or write it "
                f"(mode {mode:o}). Close it: chmod 600 '{self.path}'"
            )
            raise KeysFileUnfit(msg)
        if found.st_uid != os.getuid():
            msg = f"the keys file {self.path} was not read: it belongs to another user"
            raise KeysFileUnfit(msg)

    def _refuse_folder(self) -> None:
        """Refuse a folder into which others may write: they could put links in place of files.

        Notes
        -----
        Opening a lock follows a link that stands there (CVE-2025-68146 of filelock, before 3.20.1),
        and empties what it leads to. A sticky folder keeps others from renaming our files, not from
        making theirs first.
        """
        if not _HAS_MODES:
            return
        for folder in {self.path.parent, self._real.parent}:
            self._refuse_this(folder)

    @property
    def _real(self) -> Path:
        """Where the file is: where a link leads, for settings are often links."""
        return Path(os.path.realpath(self.path))

    def _refuse_this(self, folder: Path) -> None:
        found = folder.stat()
        mode = stat.S_IMODE(found.st_mode)
        if mode & stat.S_IWOTH:
            msg = (
                f"the keys file {self.path} is not used: others may write into its folder "
                f"(mode {mode:o}). Close that: chmod o-w '{folder}', or name a file in a folder of "
                f"your own: {FILE_VARIABLE}"
            )
            raise KeysFileUnfit(msg)
        if found.st_uid not in {os.getuid(), 0}:
            msg = f"the keys file {self.path} is not used: its folder belongs to another user"
            raise KeysFileUnfit(msg)

    def _sweep(self) -> None:
        """Remove what a process left that was killed while it wrote: keys stand in it."""
        for left in self._real.parent.glob(f"{_ASIDE}*{_PART}"):
            left.unlink(missing_ok=True)

    def _write(self, everything: Mapping[str, Any]) -> None:
        """Write aside, closed to others from the first byte on, and rename."""
        text = _HEAD + yaml.safe_dump(dict(everything), sort_keys=False, allow_unicode=True)
        # mkstemp makes files of mode 600.
        number, aside = tempfile.mkstemp(dir=self._real.parent, prefix=_ASIDE, suffix=_PART)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(aside).replace(self._real)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
