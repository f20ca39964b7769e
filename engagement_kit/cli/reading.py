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
from engagement_kit.errors import EngagementError

Command = TypeVar("Command", bound=Callable[..., Any])

STORE: Final = click.argument(
    "store", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
"""A raw store that is there."""
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
    from engagement_kit.question.tweet_ids import split

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
            return read_ids(path, column)
    return split(text_of(path))


_COLUMN: Final = "engagement_kit: the column of --ids"
_UNITS: Final = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_SPAN: Final = re.compile(r"([0-9]{1,12})\s*([smhdw])")


_IN_PARTS: Final = re.compile(r"client\.run\(query, stop_after=(\d+)\)")
_OPTIONS: Final = (
    "account", "as_of", "base_url", "contracted", "max_age", "max_requests", "order", "overage",
    "per_minute", "profile", "settle", "stop_after",
)  # fmt: skip
# Not in paths: folders of a dataset are called so, as in account=acme/.
_ARGUMENT: Final = re.compile(rf"(?<![\w/\\])({'|'.join(_OPTIONS)})=(?:\.\.\.)?(?=(\w)?)")


def as_typed(text: str) -> str:
    """Name options as they are typed, where words name the arguments of a notebook's calls.

    Examples
    --------
    >>> as_typed("let stored counts be older by max_age=..., or name it by account=birch")
    'let stored counts be older by --max-age, or name it by --account birch'
    >>> as_typed("counts/account=birch/q.yaml can't be read")
    "counts/account=birch/q.yaml can't be read"
    """
    text = _IN_PARTS.sub(r"run --stop-after \1", text).replace("resume=False", "--no-resume")
    text = text.replace("max_requests allows", "--max-requests allows")
    return _ARGUMENT.sub(lambda one: f"--{one[1].replace('_', '-')}{' ' if one[2] else ''}", text)


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
    """Read a file of text, such as one with tweet ids; a mark of its encoding is no part of it.

    ``-`` is stdin.

    Raises
    ------
    click.ClickException
        When it can't be read, or is no text.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        msg = f"{path} can't be read as text: {error}"
        raise click.ClickException(msg) from error


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


def span_of(text: str, option: str) -> timedelta:
    """Read a length of time: a whole number and its unit.

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
    if found is None:
        msg = f"{option} is {text!r}; allowed: a whole number and s, m, h, d or w, as in 90m or 7d."
        raise ValueError(msg)
    number, unit = found.groups()
    try:
        return int(number) * _UNITS[unit]
    except OverflowError:
        msg = f"{option} is {text!r}; no calendar is that long."
        raise ValueError(msg) from None


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
