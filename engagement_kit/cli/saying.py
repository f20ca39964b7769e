"""What a command says: words for a person, or one JSON object for a machine.

Without ``--json`` words go to stdout, and notes about the work to stderr. With it both go to
stderr, and stdout gets one object at the end, also where the command ends with an error.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.typed import as_typed
from engagement_kit.errors import ConnectionBroken, QueryError

if TYPE_CHECKING:
    import pandas as pd

    from engagement_kit.fetch.steps import Step

FLAG: Final = "--json"
_NO_CALLS: Final = frozenset({"found", "paused", "resumed", "stopped"})
"""Kinds of a `Step` that tell of no call."""


@dataclass
class Saying:
    """What one command says.

    Attributes
    ----------
    for_machine
        Whether stdout is for one JSON object.
    members
        What that object holds so far.
    sent
        Whether requests may have been sent, or something else was done that is kept.
    """

    for_machine: bool = False
    members: dict[str, Any] = field(default_factory=dict)
    sent: bool = False

    @classmethod
    def asked_by(cls, arguments: Sequence[str]) -> Saying:
        """Look for ``--json``: before they are parsed, for their errors are said so, too.

        Examples
        --------
        >>> Saying.asked_by(["plan", "q.yaml", "--json"]).for_machine
        True
        >>> Saying.asked_by(["plan", "--", "--json"]).for_machine
        False
        """
        options = arguments[: arguments.index("--")] if "--" in arguments else arguments
        return cls(FLAG in options)

    def fail(self, error: BaseException, said: str) -> None:
        """Note with which error the command ends."""
        problems = error.problems if isinstance(error, QueryError) else ()
        self.members["error"] = {
            "kind": type(error).__name__,
            "said": said,
            "problems": [
                {**asdict(one), "why": as_typed(one.why), "hint": as_typed(one.hint)}
                for one in problems
            ],
            **_detail_of(error),
        }

    def end(self) -> None:
        """Write the object, where a machine reads; a command that gave nothing writes none."""
        if self.for_machine and self.members:
            click.echo(json.dumps(self.members, indent=1, default=_plain))
            self.members = {}

    @contextmanager
    def hearing_warnings(self) -> Iterator[None]:
        """Say warnings as one line each, without the place in our code."""

        def said(message: Warning | str, *_: object, **__: object) -> None:
            words = as_typed(str(message))
            self.members.setdefault("warnings", []).append(words)
            click.echo(f"Warning: {words}", err=True)

        with warnings.catch_warnings():
            warnings.showwarning = said
            yield


def _detail_of(error: BaseException) -> dict[str, str]:
    """Give the words of the library that failed, where there are some."""
    detail = error.detail if isinstance(error, ConnectionBroken) else ""
    return {"detail": detail} if detail else {}


def _current() -> Saying:
    context = click.get_current_context(silent=True)
    found = None if context is None else context.find_object(Saying)
    return found or Saying()


def say(words: str) -> None:
    """Say what a person wants to know: on stdout, but for a machine that reads there."""
    click.echo(words, err=_current().for_machine)


def note(words: str) -> None:
    """Say something about the work, on stderr."""
    click.echo(words, err=True)


def for_machine() -> bool:
    """Whether stdout is for one JSON object."""
    return _current().for_machine


def sent() -> None:
    """Note that requests were sent, so that Ctrl-C says what is true."""
    _current().sent = True


def stepped(one: Step) -> None:
    """Note it where a step tells of a call: for ``on_step=``.

    That nobody gets through is said, unless progress says it.
    """
    if one.kind not in _NO_CALLS:
        sent()
    if one.kind == "no_answer" and not _shows_progress():
        note(as_typed(one.text))


def _shows_progress() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.params.get("progress"))


def give(**members: Any) -> None:
    """Add members to the object; nothing is done where nobody reads it."""
    saying = _current()
    if saying.for_machine:
        saying.members.update(members)


def give_now(**members: Any) -> None:
    """Write the object at once: for a command that goes on until it is stopped."""
    give(**members)
    _current().end()


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Give a table as plain data: a mapping for each row, moments as ISO text, null for nothing."""
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return found


def _plain(value: Any) -> Any:
    """Write what JSON does not know."""
    if isinstance(value, datetime):
        from engagement_kit.question.hours import iso

        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return dict(value) if isinstance(value, Mapping) else str(value)
