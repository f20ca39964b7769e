"""Secrets to be planted: made up, of every look that a key may have, and where keys may stand."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import keyring.backend
import yaml


def made_up(name: str, odd: bool = False) -> str:
    """Make a text that stands nowhere by chance; an odd one has signs that others write anew."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:14]}%2F+/&=\"'<\\{digest[14:30]}" if odd else digest[:32].upper()


@dataclass(frozen=True)
class Planted:
    """The keys of one app and one account."""

    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str
    bearer_token: str

    @classmethod
    def of(cls, place: str, odd: bool = False, user_id: str = "90210") -> Planted:
        """Make up keys for a place, unlike those of any other."""
        made = {part: made_up(f"{place} {part}", odd) for part in PARTS}
        return cls(**made | {"access_token": f"{user_id}-{made['access_token']}"})

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> Planted:
        """Take keys that an emulator knows."""
        return cls(*(environment[f"TWITTER_{name.upper()}"] for name in PARTS))

    def parts(self) -> dict[str, str]:
        """Give the five keys by name."""
        return {name: getattr(self, name) for name in PARTS}

    def environment(self) -> dict[str, str]:
        """Give them as variables."""
        return {f"TWITTER_{name.upper()}": value for name, value in self.parts().items()}

    def kept(self, account: str = "acme") -> dict[str, object]:
        """Give them as the keys file holds them."""
        user = {"access_token": self.access_token, "access_token_secret": self.access_token_secret}
        names = ("consumer_key", "consumer_secret", "bearer_token")
        app = {name: self.parts()[name] for name in names}
        return {**app, "default": account, "accounts": {account: user}}


BACKSLASH, QUOTE = "\\", "'"
PARTS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret", "bearer_token")


def recent_tweet(days: int = 9) -> str:
    """Make up the id of a tweet of some days ago, about which everything may be asked."""
    return str(int((time.time() - days * 86_400) * 1000 - 1_288_834_974_657) << 22)


def write_env_file(path: Path, planted: Planted) -> Path:
    """Write a file `.env`."""
    lines = [
        f"{name}='{value.replace(BACKSLASH, 2 * BACKSLASH).replace(QUOTE, BACKSLASH + QUOTE)}'"
        for name, value in planted.environment().items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_keys_file(path: Path, service: str, planted: Planted) -> Path:
    """Write a keys file, closed to others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({service: planted.kept()}), encoding="utf-8")
    return path


class InMemory(keyring.backend.KeyringBackend):
    """A keyring that forgets."""

    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        """Look."""
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep."""
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget."""
        del self.held[service, username]
