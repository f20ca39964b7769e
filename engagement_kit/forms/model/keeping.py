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
from engagement_kit.forms.model.draft import MOST_REQUESTS, NO_SLOTS, SLOTS, Draft, Loaded
from engagement_kit.question.metrics import METRICS
from engagement_kit.question.rules import ENDPOINTS
from engagement_kit.question.tweet_ids import read

_VERSION: Final = 1
_INLINE: Final = 10_000
"""Longer texts go to a file of their own, which is written only when it changes."""
_DATES: Final = ("start_day", "end_day")
_OLDEST_HOURS: Final = 1_000_000


class Keeper:
    """Keeps the last draft of one form.

    Parameters
    ----------
    path
        A JSON file; long texts go beside it. Both are made when there is something to keep.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._written: dict[str, tuple[object, ...]] = {}
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
        except (OSError, ValueError, EngagementError) as error:
            why = error.__cause__ or error  # a store's advice is none for a form
            return f"the last values can't be kept in {self.path}: {why}"
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
        try:
            if not self.path.exists():
                return None, ""
            draft = self._draft(json.loads(self.path.read_text(encoding="utf-8"))["draft"])
        except Exception as error:  # noqa: BLE001 -- anything may stand in a file
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
        if self._written.get(name) != (digest, *_stamp(beside)):  # or another form wrote there
            write_whole(beside, text.encode())
            self._written[name] = (digest, *_stamp(beside))
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
        junk = self._text(f"junk-{at}", json.dumps(one.junk))
        return {"source": one.source, "ids": ids, "again": one.duplicates, "junk": junk}

    def _read_loaded(self, data: dict[str, Any]) -> Loaded:
        ids = tuple(self._read(data["ids"]).split())
        if read(ids).ids != ids:
            msg = "what was loaded are no ids"
            raise ValueError(msg)
        kept = data["junk"]
        junk = _old_junk(kept) if isinstance(kept, list) else _junk(json.loads(self._read(kept)))
        return Loaded(str(data["source"]), ids, int(data["again"]), junk)

    def _draft(self, data: dict[str, Any]) -> Draft:
        known = {one.name for one in fields(Draft)}
        values = {name: value for name, value in data.items() if name in known}
        values |= {name: date.fromisoformat(values[name]) for name in _DATES if values.get(name)}
        values["pasted"] = self._read(values["pasted"])
        values["loaded"] = tuple(map(self._read_loaded, values["loaded"]))
        values["metrics"] = tuple(values["metrics"])
        values["owners"] = tuple((str(a), str(b)) for a, b in values["owners"])
        slots = tuple((str(name), tuple(map(str, levels))) for name, levels in values["slots"])
        values["slots"] = (*slots, *NO_SLOTS[len(slots) :])[:SLOTS]
        draft = Draft(**values)
        _check(draft)
        return draft


def _junk(kept: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((str(why), tuple(map(str, texts))) for why, texts in kept if texts)


def _old_junk(kept: list[Any]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Take a list of texts, as it was kept before the reasons were."""
    return _junk([("this is no tweet id", kept)] if kept else [])


def _stamp(path: Path) -> tuple[int, ...]:
    """Tell one state of a file from another; empty where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


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
        "metrics": {*draft.metrics} <= {*METRICS} and len({*draft.metrics}) == len(draft.metrics),
        "kind": draft.kind in {"last", "first", "between"},
        "unit": draft.unit in {"days", "hours"},
        "start_hour": draft.start_hour in range(24),
        "end_hour": draft.end_hour in range(24),
        "days": all(day is None or type(day) is date for _, day in _dates(draft)),
        "max_age_hours": 0 <= draft.max_age_hours <= _OLDEST_HOURS,
        "max_requests": 0 <= draft.max_requests <= MOST_REQUESTS,
    }
    wrong = [name for name, right in allowed.items() if not right]
    if wrong:
        msg = f"{', '.join(wrong)}: not known"
        raise ValueError(msg)
