"""What a file's ending says of it: one that promises another kind is refused, not written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engagement_kit.errors import TableError

_OTHERS: Final = {
    "parquet": (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xls", ".xlsx"),
    "csv": (".parquet", ".pq", ".tsv", ".json", ".jsonl", ".ndjson", ".xls", ".xlsx"),
}
_WRITER: Final = {".csv": "to_csv", ".parquet": "to_parquet", ".pq": "to_parquet"}


def must_fit(path: str | Path, kind: str) -> None:
    """Refuse a file whose ending says that something else is in it; no ending says nothing.

    Parameters
    ----------
    path
        The file that is to be written.
    kind
        ``parquet`` or ``csv``.

    Raises
    ------
    TableError
        Says who writes what the ending says. Nothing was written.

    Examples
    --------
    >>> must_fit("counts.parquet", "parquet")
    >>> must_fit("counts.csv", "parquet")
    Traceback (most recent call last):
    ...
    engagement_kit.errors.TableError: 'counts.csv' does not end as a parquet file does; nothing \
was written. Name it counts.parquet, or use to_csv
    """
    file = Path(path)
    ending = file.suffix.lower()
    if ending in _OTHERS[kind]:
        other = f", or use {_WRITER[ending]}" if ending in _WRITER else ""
        fit = file.with_suffix(f".{kind}").name
        msg = (
            f"{str(path)!r} does not end as a {kind} file does; nothing was written. "
            f"Name it {fit}{other}"
        )
        raise TableError(msg)
