"""The system's own safe for secrets, by the library `keyring`, where there is one.

One entry holds the names of the accounts, one the app's keys, and one the keys of each account:
some systems take no long entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.kept import Kept, account_plain

_NAME: Final = "engagement_kit"
_APP, _ACCOUNTS, _ACCOUNT = "app", "accounts", "account:"


class SafeUnfit(CredentialsMissing):
    """The system's safe can't be used: it is locked, or there is none."""


class Safe:
    """The system's safe.

    Parameters
    ----------
    backend
        With the methods of ``keyring.backend.KeyringBackend``.
    """

    words: Final = "the system's keyring"

    def __init__(self, backend: Any) -> None:
        self._backend = backend

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
        return cls(backend) if usable else None

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
        before = self.read(service)
        made = change(before)
        names = [] if made is None else [one.name for one in made.accounts]
        for one in () if before is None else before.accounts:
            if one.name not in names:
                self._put(service, _ACCOUNT + one.name, None)
        for one in () if made is None else made.accounts:
            self._put(service, _ACCOUNT + one.name, account_plain(one))
        app = None if made is None else {name: one.reveal() for name, one in made.app.items()}
        index = None if made is None else {"names": names, "default": made.default}
        self._put(service, _APP, app)
        self._put(service, _ACCOUNTS, index)
        return made

    def _get(self, service: str, entry: str) -> dict[str, Any] | None:
        try:
            text = self._backend.get_password(f"{_NAME} {service}", entry)
            held = None if text is None else json.loads(text)
        except Exception as error:  # noqa: BLE001 -- each backend has errors of its own
            why = type(error).__name__
        else:
            return held if isinstance(held, dict) else None
        raise SafeUnfit(f"{self.words} can't be read ({why}); is it locked?")

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
        raise SafeUnfit(f"{self.words} can't be written ({why}); is it locked?")


def _sound(data: dict[str, Any]) -> Kept:
    try:
        return Kept.of_plain(data)
    except ValueError as error:
        why = str(error)
    raise SafeUnfit(f"{Safe.words} holds keys that can't be read: {why}")
