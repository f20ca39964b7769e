"""Tweet ids in a file: CSV, Parquet, JSONL, or text, with no digit lost."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from engagement_kit.errors import Problem, QueryError, UnusableFile
from engagement_kit.question.tweet_ids import MAX_ID, SHORT, clean, is_rounded, read, split

KINDS: Final = (".csv", ".parquet", ".jsonl", ".ndjson", ".txt")
_USUAL: Final = ("tweet_id", "id_str", "tweetid", "id", "status_id", "post_id")
TRIED: Final = 50
"""So many first values tell what a column holds."""
_SEPARATORS: Final = ",;\t|"
_UTF_8: Final = "utf-8-sig"
_LOOKED_AT: Final = 1000
"""So many first bytes tell how a text is written."""


@dataclass(frozen=True)
class Columns:
    """What a file or a frame holds.

    Attributes
    ----------
    source
        Its name.
    values
        Each column's values, by name.
    guess
        The column that most likely holds the ids.
    """

    source: str
    values: Mapping[str, Sequence[object]]
    guess: str


def columns_of(name: str, content: bytes) -> Columns:
    """Read the columns of a file.

    Parameters
    ----------
    name
        Its name, whose ending says what it is: CSV, Parquet, JSONL, or text with ids.
    content
        Its bytes.

    Returns
    -------
    Columns
        Text stays text; whole numbers stay whole.

    Raises
    ------
    UnusableFile
        When it is of another kind or can't be read.
    """
    ending = PurePath(name).suffix.lower()
    readers = {
        ".csv": _csv, ".parquet": _parquet, ".jsonl": _jsonl, ".ndjson": _jsonl, ".txt": _text,
    }  # fmt: skip
    if ending not in readers:
        msg = f"{name}: ids are read from files that end in {', '.join(KINDS)}"
        raise UnusableFile(msg)
    try:
        values = readers[ending](content)
    except Exception as error:
        msg = f"{name} can't be read as {ending[1:]}: {error}"
        raise UnusableFile(msg) from error
    if not values:
        msg = f"{name} is empty: no tweet id is in it"
        raise UnusableFile(msg)
    return Columns(name, values, guess(values))


def read_ids(path: str | Path, column: str | None = None) -> list[str]:
    r"""Read tweet ids from a file, as text.

    Parameters
    ----------
    path
        A file that ends in ``.csv``, ``.parquet``, ``.jsonl``, ``.ndjson`` or ``.txt``. A CSV may
        be parted by commas, semicolons, tabs or bars, with or without a head; of JSONL, values
        within others have dotted names, such as ``tweet.id``.
    column
        Which column holds them. Without it, the one that is called as ids usually are, else the
        one that looks most like ids.

    Returns
    -------
    list of str
        Each id once, in the order of the file.

    Raises
    ------
    UnusableFile
        When it is of another kind, or can't be read.
    QueryError
        When there is no such column, or it holds what is no tweet id: a spreadsheet's
        ``2.06138E+18``, for one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tweets.csv"
    ...     _ = file.write_text("tweet_id,text\n697506383516729344,hello\n20,first\n")
    ...     read_ids(file)
    ['697506383516729344', '20']
    """
    return ids_of(columns_in(Path(path)), column)


def columns_in(path: Path) -> Columns:
    """Read the columns of a file where it lies; see `columns_of`.

    Raises
    ------
    UnusableFile
        When it is of another kind or can't be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        msg = f"{path} can't be read: {error.strerror or error}"
        raise UnusableFile(msg) from error
    return columns_of(path.name, content)


def ids_of(found: Columns, column: str | None = None) -> list[str]:
    """Read the ids of one column; all that is none is refused.

    Raises
    ------
    QueryError
        When there is no such column, or it holds what is no tweet id.
    """
    if column is not None and column not in found.values:
        why = f"no column of {found.source}; allowed: {', '.join(found.values)}"
        raise QueryError((Problem("column", repr(column), why),))
    chosen = column or found.guess
    values = [one for one in found.values[chosen] if not is_empty(one)]
    ids, _, problems = clean(values)
    if problems:
        others = [name for name in found.values if name != chosen]
        hint = f"It was read from the column {chosen!r} of {found.source}."
        hint += f" Others: {', '.join(others)}." if others else ""
        raise QueryError(
            tuple(
                Problem(one.field, one.value, one.why, f"{one.hint} {hint}".strip())
                for one in problems
            )
        )
    return list(ids)


def is_empty(value: object) -> bool:
    """Whether a cell holds nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def guess(values: Mapping[str, Sequence[object]]) -> str:
    """Name the column that most likely holds tweet ids: by its name, else by its first values.

    Ids that became floats are no ids any more, but their column is the one that is meant: it is
    named rather than one of short numbers, so that a person is told what happened to the ids.

    Examples
    --------
    >>> guess({"when": ["2026"], "Tweet id": ["20"]}), guess({"a": ["x"], "b": [206138494996]})
    ('Tweet id', 'b')
    """
    named = _usual_name(values)
    likeliest = max(values, key=lambda name: _likeness(values[name]))
    if named is None or (not _likeness(values[named]) and share_of_lost(values[likeliest])):
        return likeliest
    return named


def _usual_name(values: Iterable[str]) -> str | None:
    """Find a column that is called as ids usually are; None where there is none."""
    names = list(values)
    by_depth = sorted(names, key=lambda name: name.count("."))  # user.id is deeper than id
    plain = {_plain(name.rpartition(".")[2]): name for name in reversed(by_depth)}
    plain |= {_plain(name): name for name in reversed(names)}
    return next((plain[usual] for usual in _USUAL if usual in plain), None)


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _likeness(values: Sequence[object]) -> float:
    """Tell how much values look like ids; ids that lost their digits count half."""
    tried = list(values[:TRIED])
    return (_long_ids(tried) / len(tried) if tried else 0.0) + share_of_lost(tried) / 2


def _long_ids(values: Sequence[object]) -> int:
    return sum(len(one) > SHORT for one in read(values).ids)


def share_of_lost(values: Sequence[object]) -> float:
    """Tell how many of the first values were ids before they became floats."""
    tried = values[:TRIED]
    return sum(map(_lost_digits, tried)) / len(tried) if len(tried) else 0.0


def _lost_digits(value: object) -> bool:
    if isinstance(value, str):
        return is_rounded(value.strip())
    return isinstance(value, float) and value.is_integer() and 10**SHORT <= value <= MAX_ID


def _csv(content: bytes) -> dict[str, Sequence[object]]:
    """Read cells as text: a number column with an empty cell would lose digits."""
    text = decoded(content)
    # Strict: a quote that is not closed would swallow the rows behind it without a word.
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=_separator(text), strict=True)
    rows = [row for row in reader if any(cell.strip() for cell in row)]
    if not rows:
        return {}
    # Where the first row holds ids it is no head, and they are wanted, too.
    head = [] if _long_ids(rows[0]) else rows.pop(0)
    width = max(map(len, [head, *rows]))
    head += [f"column {at + 1}" for at in range(len(head), width)]
    places = places_of(head)
    return {name: [row[at] for row in rows if at < len(row)] for name, at in places.items()}


def _separator(text: str) -> str:
    """Tell what parts the cells of a CSV, by its first line."""
    first = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_SEPARATORS, key=first.count)


def decoded(content: bytes) -> str:
    """Read bytes as text; what is no UTF-8 is no part of an id, and does not matter.

    Raises
    ------
    ValueError
        When it is no text.

    Examples
    --------
    >>> decoded("697506383516729344".encode("utf-16")), decoded("20".encode("utf-16-be"))
    ('697506383516729344', '20')
    """
    encoding = _encoding(content)
    text = content.decode(encoding, errors="replace" if encoding == _UTF_8 else "strict")
    if "\0" in text:
        msg = "it is no text"
        raise ValueError(msg)
    return text


def _encoding(content: bytes) -> str:
    """Tell UTF-16, which Windows and spreadsheets write, from UTF-8.

    By its mark, or, where that is missing, by the zeros: of digits every other byte is one.
    """
    if content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    first = content[:_LOOKED_AT]
    high, low = first[::2], first[1::2]
    for zeros, others, name in ((low, high, "utf-16-le"), (high, low, "utf-16-be")):
        if 2 * zeros.count(0) > len(zeros) and not others.count(0):
            return name
    return _UTF_8


def places_of(names: Iterable[object]) -> dict[str, int]:
    """Give each column a name of its own, and its place."""
    found: dict[str, int] = {}
    for at, name in enumerate(map(str, names)):
        found[name if name not in found else f"{name} (column {at + 1})"] = at
    return found


def _parquet(content: bytes) -> dict[str, Sequence[object]]:
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    return {name: table.column(name).to_pylist() for name in table.column_names}


def _jsonl(content: bytes) -> dict[str, Sequence[object]]:
    columns: dict[str, list[object]] = {}
    # Not splitlines(): a tweet's text may hold what Unicode calls the end of a line.
    for number, line in enumerate(content.decode(_encoding(content)).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            msg = f"line {number}: {error}"
            raise ValueError(msg) from error
        for name, value in _cells(row, ""):
            columns.setdefault(name, []).append(value)
    return dict(columns)


def _cells(value: object, name: str) -> Iterator[tuple[str, object]]:
    """Walk over the texts and numbers of a JSON value; those within others have dotted names."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _cells(one, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for one in value:
            yield from _cells(one, name)
    elif isinstance(value, str | int | float):
        yield name or "id", value


def _text(content: bytes) -> dict[str, Sequence[object]]:
    return {"ids": split(decoded(content))}
