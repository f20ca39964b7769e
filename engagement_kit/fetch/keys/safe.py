"""The system's own safe for secrets, by the library `keyring`, where there is one.

One entry holds the names of the accounts, one the app's keys, and one the keys of each account:
some systems take no long entries.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.kept import Kept, account_plain
from engagement_kit.fetch.keys.keys_file import KeysFile, place

_NAME: Final = "engagement_kit"
_APP, _ACCOUNTS, _ACCOUNT = "app", "accounts", "account:"
_REMEDIES: Final = (
    "forget all, by `engagement-kit logout --all`, and log in again",
    "delete all entries of that name in the keyring's own program, and log in again",
)
_UNLOCKED: Final = "{} can't be changed, for want of a lock beside the file: {}"


class SafeUnfit(CredentialsMissing):
    """The system's safe can't be used: it is locked, or there is none."""


class Safe:
    """The system's safe.

    Parameters
    ----------
    backend
        With the methods of ``keyring.backend.KeyringBackend``.
    lock
        The keys file whose lock is taken for each change: a safe has none of its own. None: one
        that nobody else changes.
    """

    words: Final = "the system's keyring"

    def __init__(self, backend: Any, lock: KeysFile | None = None) -> None:
        self._backend, self._lock = backend, lock

    @classmethod
    def found(cls) -> Safe | None:
        """Give the system's safe; None where `keyring` is not installed, or finds no safe."""
        try:
            import keyring
        except ImportError:
            return None
        try:
            backend = keyring.get_keyring()
            usable = backend.priority > 0
        except Exception:  # noqa: BLE001 -- whatever a backend does, there is no safe then
            return None
        return cls(backend, KeysFile(place(os.environ))) if usable else None

    @apart
    def read(self, service: str) -> Kept | None:
        """Read what is kept for a service; None where nothing is.

        Raises
        ------
        SafeUnfit
            When the safe is locked, or what it holds can't be read.
        """
        app, index = self._get(service, _APP), self._get(service, _ACCOUNTS)
        if app is None and index is None:
            return None
        index = index or {}
        accounts = {name: self._get(service, _ACCOUNT + name) for name in index.get("names", ())}
        held = {name: one for name, one in accounts.items() if one is not None}
        return _sound({**(app or {}), "accounts": held, "default": index.get("default", "")})

    @apart
    def change(self, service: str, change: Callable[[Kept | None], Kept | None]) -> Kept | None:
        """Change what is kept for a service, and give it; see `KeysFile.change`.

        Raises
        ------
        SafeUnfit
            When the safe is locked or refuses.
        """
        try:
            with self._locked():
                made = change(self.read(service))
                self._write(service, made)
                return made
        except OSError as error:
            why = error.strerror or type(error).__name__
        raise SafeUnfit(_UNLOCKED.format(self.words, why))

    @apart
    def forget(self, service: str) -> tuple[str, ...]:
        """Forget all that is kept for a service, also what can't be read; give the accounts.

        Raises
        ------
        SafeUnfit
            When the safe is locked or refuses, or the list of accounts can't be read.
        """
        try:
            with self._locked():
                index = self._get(service, _ACCOUNTS) or {}
                names = tuple(index.get("names", ()))
                for entry in (*(_ACCOUNT + name for name in names), _APP, _ACCOUNTS):
                    self._put(service, entry, None)
                return names
        except OSError as error:
            why = error.strerror or type(error).__name__
        raise SafeUnfit(_UNLOCKED.format(self.words, why))

    def _locked(self) -> AbstractContextManager[None]:
        return nullcontext() if self._lock is None else self._lock.locked()

    def _write(self, service: str, made: Kept | None) -> None:
        """Write entry by entry; whatever ends it, the index names each account that has one."""
        before = (self._get(service, _ACCOUNTS) or {}).get("names", ())
        accounts = {} if made is None else {one.name: account_plain(one) for one in made.accounts}
        index = None if made is None else {"names": [*accounts], "default": made.default}
        if made is not None or before:
            every = [*dict.fromkeys([*before, *accounts])]
            self._put(service, _ACCOUNTS, {**(index or {}), "names": every})
        for name, keys in accounts.items():
            self._put(service, _ACCOUNT + name, keys)
        app = None if made is None else {name: one.reveal() for name, one in made.app.items()}
        self._put(service, _APP, app)
        for name in before:
            if name not in accounts:
                self._put(service, _ACCOUNT + name, None)
        self._put(service, _ACCOUNTS, index)

    def _get(self, service: str, entry: str) -> dict[str, Any] | None:
        try:
            text = self._backend.get_password(f"{_NAME} {service}", entry)
            held = None if text is None else json.loads(text)
        except Exception as error:  # noqa: BLE001 -- each backend has errors of its own
            why = type(error).__name__
        else:
            return held if isinstance(held, dict) else None
        raise SafeUnfit(
            f"{self.words} can't be read ({why}): unlock it. Where it is not locked, the entry "
            f"{entry!r} of '{_NAME} {service}' is damaged: {_REMEDIES[entry == _ACCOUNTS]}"
        )

    def _put(self, service: str, entry: str, held: dict[str, Any] | None) -> None:
        where = f"{_NAME} {service}", entry
        try:
            if held is not None:
                self._backend.set_password(*where, json.dumps(held))
            elif self._backend.get_password(*where) is not None:
                self._backend.delete_password(*where)
        except Exception as error:  # noqa: BLE001 -- each backend has errors of its own
            why = type(error).__name__
        else:
            return
        raise SafeUnfit(
            f"{self.words} can't be written ({why}): unlock it if it is locked, or keep the keys "
            "in the file"
        )


def _sound(data: dict[str, Any]) -> Kept:
    try:
        return Kept.of_plain(data)
    except ValueError as error:
        why = str(error)
    raise SafeUnfit(f"{Safe.words} holds keys that can't be read ({why}): {_REMEDIES[False]}")
