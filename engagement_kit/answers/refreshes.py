"""When a refresh of a store began that was cut off: so that it can be gone on with."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from engagement_kit.answers.files import write_whole
from engagement_kit.question.hours import from_iso, iso


class Begun:
    """The refreshes of a store that have begun, by service.

    Parameters
    ----------
    folder
        The store's.

    Examples
    --------
    >>> Begun("/tmp/a-store-that-is-not-there").at("live") is None
    True
    """

    def __init__(self, folder: str | Path) -> None:
        self._path = Path(folder) / "refresh.json"

    def at(self, service: str) -> datetime | None:
        """Tell when the unfinished refresh of a service began; None where there is none."""
        try:
            return from_iso(self._all()[service])
        except (LookupError, TypeError, ValueError):
            return None

    def begin(self, service: str, now: datetime) -> None:
        """Note that a refresh begins.

        Raises
        ------
        StoreError
            When the folder can't be written.
        """
        self._save({**self._all(), service: iso(now)})

    def end(self, service: str) -> None:
        """Note that it came to its end."""
        left = {name: when for name, when in self._all().items() if name != service}
        if left:
            self._save(left)
        else:
            self._path.unlink(missing_ok=True)

    def _save(self, begun: dict[str, str]) -> None:
        write_whole(self._path, json.dumps(begun, indent=1).encode())

    def _all(self) -> dict[str, str]:
        """Read them; what can't be read is as if nothing had begun."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return dict(found) if isinstance(found, dict) else {}
