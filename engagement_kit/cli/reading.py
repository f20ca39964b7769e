"""Reading what stands on a command line, and saying in words what is wrong with it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.saying import note
from engagement_kit.cli.typed import as_typed
from engagement_kit.errors import EngagementError

Command = TypeVar("Command", bound=Callable[..., Any])

STORE: Final = click.argument(
    "store", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
"""A raw store that is there."""
STORE_OR_TABLE: Final = click.argument(
    "source", metavar="SOURCE", type=click.Path(exists=True, path_type=Path)
)
"""A raw store, or Parquet."""
BASE_URL: Final = click.option(
    "--base-url", metavar="URL", help="Another address of the API, up to /insights/engagement."
)

DRY_RUN: Final = click.option(
    "--dry-run", is_flag=True, help="Say what it takes or would do; nothing is sent or changed."
)


def _storage_options(_: click.Context, option: click.Parameter, text: str) -> dict[str, Any]:
    with understood():
        return object_of(text, option.opts[0], '{"key": "..."}')


STORAGE_OPTIONS: Final = click.option(
    "--storage-options",
    metavar="JSON",
    default="{}",
    callback=_storage_options,
    help="Options for fsspec, as an object.",
)


def ids_option(*, required: bool = False) -> Callable[[Command], Command]:
    """Make the options ``--ids`` and ``--column``: the command gets the ids as a list, or None."""
    file = click.option(
        "--ids",
        metavar="FILE",
        required=required,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
        callback=_ids_of,
        help="Tweet ids: a text file, CSV, Parquet or JSONL, or - for stdin.",
    )
    column = click.option(
        "--column",
        metavar="NAME",
        is_eager=True,  # read before the file, which needs it
        expose_value=False,
        callback=_column_of,
        help="The column of --ids; by default the one that looks like ids.",
    )
    return lambda command: file(column(command))


def _column_of(context: click.Context, _: click.Parameter, name: str | None) -> None:
    context.meta[_COLUMN] = name


def _ids_of(context: click.Context, _: click.Parameter, path: Path | None) -> list[str] | None:
    from engagement_kit.question.id_files import KINDS, read_ids
    from engagement_kit.question.tweet_ids import read, short_note, split

    column: str | None = context.meta.get(_COLUMN)
    if path is None:
        if column is not None:
            msg = "--column goes with --ids"
            raise click.UsageError(msg)
        return None
    if column is not None and str(path) == "-":
        msg = "--column goes with a file: stdin is read as text with ids"
        raise click.UsageError(msg)
    if column is not None or path.suffix.lower() in {*KINDS} - {".txt"}:
        with told():
            ids = read_ids(path, column)
    else:
        ids = split(text_of(path))
    if context.info_name not in _NOTES_ITSELF and (doubt := short_note(read(ids).ids)):
        note(doubt)
    return ids


def _owners_of(_: click.Context, __: click.Parameter, path: Path | None) -> dict[str, str] | None:
    from engagement_kit.question.owner_files import read_owners

    with told():
        return None if path is None else read_owners(path)


OWNERS: Final = click.option(
    "--owners",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    callback=_owners_of,
    help="Who wrote which tweet: a CSV, Parquet or JSONL file with tweet ids and their owners.",
)
_NOTES_ITSELF: Final = ("query",)
"""A query says by itself what is odd with its ids."""
_COLUMN: Final = "engagement_kit: the column of --ids"
_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_ANY: Final = "a whole number and s, m, h, d or w, as in 90m or 7d"
_WHOLE_HOURS: Final = "a whole number and h, d or w, as in 48h or 28d"
_SPAN: Final = re.compile(r"([0-9]{1,12})\s*([smhdw])")


class Wrong(click.ClickException):
    """What is named can't be used; said without how the command is used, which is no matter."""

    exit_code = Exit.WRONG


class Told(click.ClickException):
    """An error of ours, which click says and ends with."""

    def __init__(self, error: EngagementError) -> None:
        super().__init__(as_typed(str(error)))
        self.error, self.ends_with = error, Exit.of(error)

    @property
    def exit_code(self) -> Exit:  # type: ignore[override]
        """With what the command ends."""
        return self.ends_with


@contextmanager
def told() -> Iterator[None]:
    """Say an error of ours in words, without a traceback; `Exit` has the codes."""
    try:
        yield
    except EngagementError as error:
        raise Told(error) from None


@contextmanager
def understood() -> Iterator[None]:
    """Say what is wrong with an option as click says it, with how the command is used."""
    try:
        yield
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def text_of(path: Path) -> str:
    """Read a file of text with tweet ids; a mark of its encoding is no part of it.

    ``-`` is stdin.

    Raises
    ------
    Wrong
        When it can't be read, or is no text.
    """
    from engagement_kit.question.id_files import decoded

    try:
        if str(path) == "-":
            return decoded(sys.stdin.buffer.read())
        return decoded(path.read_bytes())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        msg = f"{path} can't be read as text: {why}"
        raise Wrong(msg) from error


def names_of(text: str | None) -> list[str] | None:
    """Read names that are apart by commas.

    Examples
    --------
    >>> names_of("impressions, favorites")
    ['impressions', 'favorites']
    """
    return None if text is None else [one.strip() for one in text.split(",")]


def moment_of(text: str, option: str = "--clock") -> datetime:
    """Read a moment with a time zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        msg = f"{option} is {text!r}; allowed: a moment with a zone, as in 2026-06-01T12:00Z."
        raise ValueError(msg)
    return moment


def span_of(text: str, option: str, *, hours: bool = False) -> timedelta:
    """Read a length of time: a whole number and its unit.

    Parameters
    ----------
    text
        What was typed.
    option
        Of which option.
    hours
        Whether it is to be whole hours, at least one.

    Raises
    ------
    ValueError
        When it is none; the text says what is allowed.

    Examples
    --------
    >>> span_of("90m", "--within"), span_of("3d", "--within")
    (datetime.timedelta(seconds=5400), datetime.timedelta(days=3))
    """
    found = _SPAN.fullmatch(text.strip())
    allowed = _WHOLE_HOURS if hours else _ANY
    if found is None:
        msg = f"{option} is {text!r}; allowed: {allowed}."
        raise ValueError(msg)
    number, unit = found.groups()
    try:
        span = int(number) * _UNITS[unit]
    except OverflowError:
        msg = f"{option} is {text!r}; no calendar is that long."
        raise ValueError(msg) from None
    if hours and (not span or span % _UNITS["h"]):
        msg = f"{option} is {text!r}; the API counts whole hours; allowed: {allowed}."
        raise ValueError(msg)
    return span


def object_of(text: str, option: str, example: str) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        members = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        msg = f"{option} {text!r} is no JSON object; allowed: as in '{example}'."
        raise ValueError(msg)
    return members
