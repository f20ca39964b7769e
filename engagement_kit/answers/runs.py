"""Records of runs: a folder for each plan, with a file for the plan and one for each session.

Layout::

    STORE/runs/20260601T120000000000Z-KEY/plan.json       what was asked, by which rules
    STORE/runs/20260601T120000000000Z-KEY/SESSION.json    which answers serve it, and what failed
    STORE/runs/20260601T120000000000Z-KEY/SESSION.calls   its calls, noted as they are made: `calls`

Two processes that share one plan write a session each; none touches the other's.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from engagement_kit.answers import calls
from engagement_kit.answers.files import write_whole
from engagement_kit.errors import DamagedRecord

Parts = dict[str, dict[str, Any]]
_TEXT_OR_NONE: Final = (str, type(None))
_FAILURE: Final = {"request": dict, "status": str, "error": str, "answer": _TEXT_OR_NONE}
_SHAPES: Final[dict[str, Any]] = {
    "plan": {
        "query": {"endpoint": str, "tweet_ids": [str], "metrics": [str]},
        "now": str,
        "where": dict,
        "reused": [str],
        "requests": int,
    },
    "session": {"answers": [str], "failures": [_FAILURE], "effort": dict, "finished": bool},
}
"""What records must hold at least: a list of one shape stands for any number of such."""


def _lacks(value: Any, shape: Any, name: str) -> list[str]:
    """Name the parts of a record that are not of their shape.

    Examples
    --------
    >>> _lacks({"answers": ["a", 3]}, {"answers": [str], "finished": bool}, "session")
    ['session.answers', 'session.finished']
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [name]
        parts = [_lacks(value.get(key), one, f"{name}.{key}") for key, one in shape.items()]
        return [lack for lacks in parts for lack in lacks]
    if isinstance(shape, list):
        right = isinstance(value, list) and not any(_lacks(one, shape[0], name) for one in value)
    else:
        right = isinstance(value, shape)
    return [] if right else [name]


class Runs:
    """The records of the runs of a store.

    Parameters
    ----------
    folder
        The store's; made when the first record is kept.

    Examples
    --------
    >>> list(Runs("/tmp/a-store-that-is-not-there").all())
    []
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder) / "runs"

    def save(self, name: str, part: str, record: dict[str, Any]) -> None:
        """Keep one part of a run; a part of the same name is replaced whole.

        Raises
        ------
        StoreError
            When the folder can't be written.
        """
        text = json.dumps(record, indent=1)  # in order: that of raw groupings means something
        write_whole(self.folder / name / f"{part}.json", text.encode())

    def calls_path(self, name: str, session: str) -> Path:
        """Give the file in which a session notes its calls."""
        return self.folder / name / f"{session}{calls.SUFFIX}"

    def calls(self, name: str, session: str) -> calls.Noted | None:
        """Read what a session noted of its calls; None where it noted nothing."""
        return calls.read(self.calls_path(name, session))

    def asked_by_others(self, name: str, session: str, plan: str) -> frozenset[int]:
        """List which requests of a plan other sessions of a run sent, by their place in it.

        Parameters
        ----------
        name, session
            The run, and the session that is not meant.
        plan
            The digest of the plan: a purge may cut the requests of a run anew.
        """
        paths = (self.folder / name).glob(f"*{calls.SUFFIX}")
        noted = (calls.read(one) for one in paths if one.stem != session)
        places = [one.places for one in noted if one is not None and one.plan == plan]
        return frozenset().union(*places)

    def touch(self, name: str, part: str) -> None:
        """Note that somebody is still at a run."""
        path = self.folder / name / f"{part}.json"
        if path.exists():
            os.utime(path)

    def idle_seconds(self, name: str) -> float:
        """Tell how long nobody has been at a run."""
        times = [one.stat().st_mtime for one in (self.folder / name).glob("*.json")]
        return time.time() - max(times, default=0.0)

    def names(self) -> list[str]:
        """List the runs, by the moment of planning; where a clock stands still, by age of files."""
        plans = self.folder.glob("*/plan.json")
        return [one.parent.name for one in sorted(plans, key=_age)]

    def load(self, name: str) -> Parts:
        """Read all parts of a run, the plan first, then its sessions from the oldest on.

        Warns
        -----
        DamagedRecord
            For each part that can't be read; it is left out.
        """
        paths = (one for one in (self.folder / name).glob("*.json") if one.name[0] != ".")
        ordered = sorted(paths, key=lambda one: (one.stem != "plan", one.stem))
        return {one.stem: record for one in ordered if (record := _read(one)) is not None}

    def has(self, name: str) -> bool:
        """Say whether there is anything of a run, also what can't be read."""
        return (self.folder / name).exists()

    def all(self) -> Iterator[tuple[str, Parts]]:
        """Give all runs whose plan can be read, the oldest first."""
        runs = ((name, self.load(name)) for name in self.names())
        return ((name, parts) for name, parts in runs if "plan" in parts)


def _age(plan: Path) -> tuple[str, int]:
    return plan.parent.name.partition("-")[0], plan.stat().st_mtime_ns


def _read(path: Path) -> dict[str, Any] | None:
    """Read one part; None, with a warning, for what is none."""
    shape = "plan" if path.stem == "plan" else "session"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        lacking = _lacks(record, _SHAPES[shape], shape)
    except (OSError, ValueError) as error:
        lacking = [f"{type(error).__name__}: {error}"]
    if not lacking:
        checked: dict[str, Any] = record
        return checked
    msg = f"{path} can't be read and is left out ({', '.join(lacking)}); answers are not touched"
    warnings.warn(msg, DamagedRecord, stacklevel=3)
    return None
