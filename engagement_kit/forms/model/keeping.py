"""The last values of a form in files, so that a restarted kernel opens with them."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers.files import write_whole
from engagement_kit.errors import EngagementError
from engagement_kit.forms.model.draft import NO_SLOTS, SLOTS, Draft, Loaded
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.rules import ENDPOINTS

_VERSION: Final = 1
_INLINE: Final = 10_000
"""Longer texts go to a file of their own, which is written only when it changes."""
_DATES: Final = ("start_day", "end_day")


class Keeper:
    """Keeps the last draft of one form.

    Parameters
    ----------
    path
        A JSON file; long texts go beside it. Both are made when there is something to keep.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: dict[str, str] = {}
        self._last: Draft | None = None

    def keep(self, draft: Draft) -> str:
        """Write a draft down, if it changed.

        Returns
        -------
        str
            What went wrong, in words; empty when nothing did. A form goes on without it.
        """
        if draft == self._last:
            return ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            data = asdict(replace(draft, pasted="", loaded=()))
            data |= {name: value and value.isoformat() for name, value in _dates(draft)}
            data["pasted"] = self._text("pasted", draft.pasted)
            data["loaded"] = [self._loaded(at, one) for at, one in enumerate(draft.loaded)]
            text = json.dumps({"version": _VERSION, "draft": data}, indent=1)
            write_whole(self.path, text.encode())
        except (OSError, EngagementError) as error:
            return f"the last values can't be kept in {self.path}: {error}"
        self._last = draft
        return ""

    def last(self) -> tuple[Draft | None, str]:
        """Read the last draft.

        Returns
        -------
        Draft or None
            None where there is none, or it can't be read.
        str
            Why it can't be read; empty otherwise.
        """
        if not self.path.exists():
            return None, ""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            draft = self._draft(data["draft"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"{type(error).__name__}: {error}"
            return None, f"the last values in {self.path} can't be read ({why}); begun anew"
        self._last = draft
        return draft, ""

    # --- long texts -----------------------------------------------------------------------------
    def _text(self, name: str, text: str) -> Any:
        if len(text) <= _INLINE:
            return text
        digest = sha256(text.encode()).hexdigest()
        beside = self.path.with_suffix(f".{name}.txt")
        if self._written.get(name) != digest or not beside.exists():
            write_whole(beside, text.encode())
            self._written[name] = digest
        return {"file": beside.name, "sha256": digest}

    def _read(self, kept: Any) -> str:
        if isinstance(kept, str):
            return kept
        text = self.path.with_name(Path(kept["file"]).name).read_bytes().decode("utf-8")
        if sha256(text.encode()).hexdigest() != kept["sha256"]:
            msg = f"{kept['file']} was changed"
            raise ValueError(msg)
        return text

    def _loaded(self, at: int, one: Loaded) -> dict[str, Any]:
        ids = self._text(f"loaded-{at}", "\n".join(one.ids))
        return {"source": one.source, "ids": ids, "again": one.duplicates, "junk": list(one.junk)}

    def _draft(self, data: dict[str, Any]) -> Draft:
        known = {one.name for one in fields(Draft)}
        values = {name: value for name, value in data.items() if name in known}
        values |= {name: date.fromisoformat(values[name]) for name in _DATES if values.get(name)}
        values["pasted"] = self._read(values["pasted"])
        values["loaded"] = tuple(
            Loaded(
                one["source"], tuple(self._read(one["ids"]).split()), one["again"],
                tuple(one["junk"]),
            )
            for one in values["loaded"]
        )  # fmt: skip
        values["metrics"] = tuple(values["metrics"])
        values["owners"] = tuple((str(a), str(b)) for a, b in values["owners"])
        slots = tuple((str(name), tuple(levels)) for name, levels in values["slots"])
        values["slots"] = (*slots, *NO_SLOTS[len(slots) :])[:SLOTS]
        draft = Draft(**values)
        _check(draft)
        return draft


def _dates(draft: Draft) -> list[tuple[str, date | None]]:
    return [(name, getattr(draft, name)) for name in _DATES]


def _check(draft: Draft) -> None:
    """Refuse values that no field can show: a file may have been written by anybody."""
    default = Draft()
    for one in fields(Draft):
        value, usual = getattr(draft, one.name), getattr(default, one.name)
        if usual is not None and type(value) is not type(usual):
            msg = f"{one.name} is {value!r}"
            raise TypeError(msg)
    allowed = {
        "endpoint": draft.endpoint in ENDPOINTS,
        "metrics": set(draft.metrics) <= set(METRICS),
        "kind": draft.kind in {"last", "first", "between"},
        "unit": draft.unit in {"days", "hours"},
        "start_hour": draft.start_hour in range(24),
        "end_hour": draft.end_hour in range(24),
    }
    wrong = [name for name, right in allowed.items() if not right]
    if wrong:
        msg = f"{', '.join(wrong)}: not known"
        raise ValueError(msg)
