"""What a result gives to a form: its first rows, a quick plot, and files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.client.result import Result
from engagement_kit.errors import EngagementError
from engagement_kit.forms.model.exploring import FORMS, Form, View, contents_of, draw, reasons
from engagement_kit.question.amounts import few, size
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.schema import INVENTED, to_pandas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN: Final = 8
_NAMED: Final = 6
_COLUMNS: Final = (
    "tweet_id", "metric", "grain", "start", "end", "hour_of_day", "value", "status", "complete",
)  # fmt: skip
_LATER: Final = "created after the period: there is nothing to count"
_COUNTED: Final = ("value", "metric", "tweet_id")
"""What a count of a tweet has."""
_PLOTTED_ROWS: Final = 5_000_000
"""Larger tables are not drawn in passing; the Explorer or code can."""
_USUAL: Final[dict[str, Form]] = {
    "hour": "over_time", "day": "over_time", "hour_of_day": "hour_of_day",
}  # fmt: skip
_ENDING: Final = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,7}")
FORMATS: Final = {"Parquet": ".parquet", "CSV": ".csv"}


@dataclass(frozen=True)
class Glance:
    """A result at a glance.

    Attributes
    ----------
    head, rows
        Names of columns and the first rows, as text.
    words
        How many rows there are, and of what.
    missing
        Numbers without a count: how many, which status, what that means, and of which tweets. Last,
        with none, tweets that were created after the period.
    cut
        Where all tweets without a count are, if not all of them are named; else empty.
    tables
        Names of the tables that can be exported; the query's own first.
    """

    words: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    missing: tuple[tuple[str, str, str, str], ...]
    cut: str
    tables: tuple[str, ...]


def glance(result: Result) -> Glance:
    """Look at a result: rows with a count first, ids as text."""
    table = result.to_arrow()
    counted = table.filter(pc.is_valid(table.column("value")))
    shown = (counted if counted.num_rows else table).slice(0, _SHOWN)
    head = tuple(one for one in _COLUMNS if shown.column(one).null_count < shown.num_rows)
    cells = [[_cell(one) for one in shown.column(name).to_pylist()] for name in head]
    emulator = f" {INVENTED}." if result.source == "emulator" else ""
    later = result.plan.wanted.created_after()
    nothing = ("0", "out_of_range", _LATER, few(later, _NAMED))
    missing = table.num_rows - counted.num_rows
    without = f", {missing:,} of them without a count" if missing else ""
    lost = {name: _tweets(table, name, frozenset(later)) for name in result.receipt.fates}
    cut = any(len(ids) > _NAMED for ids in (*lost.values(), later))
    return Glance(
        words=f"{table.num_rows:,} rows{without}.{emulator}",
        head=head,
        rows=tuple(zip(*cells, strict=True)),
        missing=(
            *(
                (f"{count:,}", name, MEANINGS[name], few(lost[name], _NAMED))
                for name, count in result.receipt.fates.items()
            ),
            *((nothing,) if later else ()),
        ),
        cut="all of them: form.result.missing" if cut else "",
        tables=result.tables,
    )


def _tweets(table: pa.Table, status: str, later: frozenset[str]) -> list[str]:
    """Give the tweets with a status; none in tables of all tweets together."""
    held = table.filter(pc.equal(table.column("status"), status)).column("tweet_id")
    return [one for one in pc.unique(held).to_pylist() if one and one not in later]


def _cell(value: Any) -> str:
    if value is None:
        return "null"
    return f"{value:%Y-%m-%d %H:%M}" if hasattr(value, "strftime") else str(value)


def plots_of(result: Result) -> list[tuple[str, Form]]:
    """Give the plots that a result's own table can give, by what people call them."""
    table = result.to_arrow()
    if table.num_rows > _PLOTTED_ROWS:
        return []
    for name in _COUNTED:
        table = table.filter(pc.is_valid(table.column(name)))
    return [(FORMS[form], form) for form, why in reasons(contents_of(table)).items() if not why]


def quick_plot(result: Result, form: Form | None = None) -> tuple[Figure | None, str]:
    """Draw a result in passing: over time, by the hour of the day, or its top tweets.

    Parameters
    ----------
    result
        Of a run.
    form
        One of `plots_of`; None: the one that fits the grain.

    Returns
    -------
    Figure or None
        None where there is nothing to draw.
    str
        The figure in words, or why there is none.
    """
    from matplotlib.figure import Figure

    table = result.to_arrow()
    if table.num_rows > _PLOTTED_ROWS:
        return None, f"no plot of {table.num_rows:,} rows in passing; ek.Explorer(table) draws it"
    frame = to_pandas(table)
    counted = frame[frame[[*_COUNTED]].notna().all(axis=1)]
    if not len(counted):
        return None, "no plot: there is no count of a tweet"
    metric = next(name for name in result.plan.query.metrics if (counted["metric"] == name).any())
    form = form or _USUAL.get(str(frame["grain"].iloc[0]), "top")
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    try:
        axes = draw(View(metric, form), frame, figure.subplots())
    except EngagementError as error:
        return None, f"no plot: {error}"
    return figure, f"Plot: {' '.join(axes.get_title(loc='left').split())}"


def export(result: Result, path: str, kind: str, which: str | None) -> str:
    """Write a table to a file.

    Parameters
    ----------
    result
        Where the table is from.
    path
        The file; the ending of its kind is added where it has none.
    kind
        ``Parquet`` or ``CSV``.
    which
        Which table; None for the query's own.

    Returns
    -------
    str
        Where it is now, and how large, in words.

    Raises
    ------
    EngagementError
        When it can't be written.
    """
    if not path.strip():
        msg = "name a file to write to"
        raise EngagementError(msg)
    try:
        target = _target(path.strip(), file_name(result, kind, which), FORMATS[kind])
        was_there = target.exists()
        write = result.to_csv if kind == "CSV" else result.to_parquet
        written = write(target, which).resolve()
        done = "replaced" if was_there else "written"
        return f"{done}: {written} ({size(written.stat().st_size)})"
    except (OSError, ValueError, RuntimeError) as error:  # also: no such home, no such name
        if isinstance(error, EngagementError):
            raise
        msg = f"{path.strip()} can't be written: {getattr(error, 'strerror', '') or error}"
        raise EngagementError(msg) from error


def _target(path: str, name: str, ending: str) -> Path:
    """Give the file that a path means: one in it where it is a folder, with its ending always."""
    target = Path(path).expanduser()
    if path.endswith(("/", "\\", "..")) or target.is_dir():
        return target / name
    return with_ending(target, ending)


def with_ending(path: Path, ending: str) -> Path:
    """Give a path the ending of its kind: in place of that of another kind, else behind it.

    A path without a name, such as a folder's ``..``, stays as it is.

    Raises
    ------
    EngagementError
        For an ending of a file that can't be written; a dot and figures are none, as in ``v1.2``.
    """
    if not path.name:
        return path
    if path.suffix.lower() == ending:
        return path
    if path.suffix.lower() in FORMATS.values():
        return path.with_suffix(ending)
    if _ENDING.fullmatch(path.suffix):
        kinds = " and ".join(f"{kind} ({one})" for kind, one in FORMATS.items())
        msg = (
            f"{path.name}: {path.suffix} can't be written, but {kinds}; choose a format, and name "
            f"the file {path.stem}, without an ending"
        )
        raise EngagementError(msg)
    return path.with_name(path.name + ending)


def file_name(result: Result, kind: str, which: str | None = None) -> str:
    """Name a file after question and table, so that the next one does not overwrite it."""
    query = result.plan.query
    table = re.sub(r"[^\w-]+", "_", which or result.tables[0])
    return f"engagement-{query.endpoint}-{query.key}-{table}{FORMATS[kind]}"
