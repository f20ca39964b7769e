"""Tables without some tweets: Parquet files that were written before tweets were purged."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engagement_kit.answers.files import sync_folder
from engagement_kit.answers.gone import ABOUT, CUT, DROPPED, SURE, Gone
from engagement_kit.errors import QueryError
from engagement_kit.question.query import Query
from engagement_kit.tables import parquet
from engagement_kit.tables.aside import written_aside
from engagement_kit.tables.schema import SCHEMA

_ID: Final = "tweet_id"
_KEY: Final = "request_key"
ID_NAMES: Final = re.compile(r"(?:^|[_ .])(?:tweet|status|post)?[_ ]?ids?(?:_str)?$", re.IGNORECASE)
"""What columns of ids are called."""
ARROW: Final = b"ARROW:schema"
_PANDAS: Final = b"pandas"
_WIDE: Final = 64
Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Redaction:
    """What is to be taken out of tables.

    Attributes
    ----------
    gone
        The tweets.
    keys
        Keys of requests that changed, each with the new one.
    summed
        Keys of requests whose sums over tweets count some of the tweets.
    queries
        Keys of questions that named some of them: sums over tweets in what was made of these go.
    """

    gone: Gone
    keys: Mapping[str, str] = field(default_factory=dict)
    summed: Collection[str] = ()
    queries: Collection[str] = ()

    @cached_property
    def words(self) -> pa.Array:
        """The ids as texts."""
        return pa.array(sorted(self.gone.ids), pa.string())

    @cached_property
    def numbers(self) -> pa.Array:
        """The ids as whole numbers."""
        return pa.array(sorted(map(int, self.gone.ids)), pa.int64())

    @cached_property
    def sure(self) -> pa.Array:
        """Those that are no count, in whatever column."""
        return pa.array(sorted(int(one) for one in self.gone.ids if len(one) >= SURE), pa.int64())


def dictionaries_anew(table: pa.Table) -> pa.Table:
    """Make the dictionaries of coded columns of the words that are still used, and no other."""
    for at, one in enumerate(table.schema):
        if pa.types.is_dictionary(one.type):
            plain = table.column(at).cast(one.type.value_type)
            coded = plain.combine_chunks().dictionary_encode()
            if isinstance(coded, pa.ChunkedArray):
                coded = coded.combine_chunks() if coded.num_chunks else pa.array([], one.type)
            table = table.set_column(at, one, coded.cast(one.type))
    return table


# --- Parquet --------------------------------------------------------------------------------------
def redact_parquet(
    path: Path, redaction: Redaction, query: str = "", *, dry_run: bool = False
) -> bool:
    """Take tweets out of a Parquet file: rows, words, statistics, and what it says of itself.

    Parameters
    ----------
    path
        The file; columns that we do not know are kept.
    redaction
        What is to be taken out.
    query
        The key of the question, where the file itself does not tell.
    dry_run
        Only tell whether it would change.

    Returns
    -------
    bool
        Whether it changed.

    Raises
    ------
    OSError, ValueError, pyarrow.ArrowException
        When it can't be read, or holds an id in a way that can't be rewritten.
    TableError
        When it can't be written.
    """
    with pq.ParquetFile(path) as plain:
        schema, said = plain.schema_arrow, plain.metadata.metadata or {}
    about, new = _about(said, redaction)
    own = about.get("query_key") or query
    whole = own in redaction.queries or _named(about, redaction.gone)
    with opened(path, schema) as file:
        changes = new is not None or any(
            _changes(one, redaction, whole=whole) for one in groups(file)
        )
        if not changes or dry_run:
            return changes
        with written_aside(path) as aside:
            _write(file, aside, schema, (said if new is None else new), redaction, whole=whole)
            synced(aside)
    sync_folder(path.parent)
    return True


def opened(path: Path, schema: pa.Schema) -> pq.ParquetFile:
    """Open a file so that words come as they are kept, those that no row has among them."""
    texts = [one.name for one in schema if is_text(one.type)]
    return pq.ParquetFile(path, read_dictionary=texts)


def groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    """Read a file a group of rows at a time."""
    for at in range(file.metadata.num_row_groups):
        yield file.read_row_group(at)


def is_text(kind: pa.DataType) -> bool:
    """Say whether a column holds texts, coded or not."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    views = pa.types.is_string_view(kind)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or views)


def _about(
    said: Mapping[bytes, bytes], redaction: Redaction
) -> tuple[dict[str, Any], dict[bytes, bytes] | None]:
    """Read what a file of ours says of itself; give all its words anew if they name a tweet."""
    gone, new = redaction.gone, dict(said)
    about: dict[str, Any] = json.loads(said.get(parquet.METADATA_KEY, b"{}"))
    left = _about_without(about, gone)
    if left != about:
        new[parquet.METADATA_KEY] = json.dumps(left, sort_keys=True).encode()
    for key, value in said.items():
        if key not in {parquet.METADATA_KEY, ARROW, _PANDAS} and gone.may_be_in(value):
            new[key] = gone.json_bytes(value) or b""
    return about, None if new == said else new


def _about_without(about: dict[str, Any], gone: Gone) -> dict[str, Any]:
    if not isinstance(about.get("query"), dict):
        return about
    try:
        query = Query.from_dict(about["query"])
    except QueryError:
        kept = gone.json(about)
        return kept if kept is not DROPPED else {}
    if gone.ids.isdisjoint(query.tweet_ids):
        return about
    left = query.without(gone.ids)
    text = {"query": left.to_dict(), "query_key": left.key} if left else dict.fromkeys(_ASKED)
    return {**about, **text}


_ASKED: Final = ("query", "query_key")


def _named(about: Mapping[str, Any], gone: Gone) -> bool:
    query = about.get("query")
    return isinstance(query, dict) and not gone.ids.isdisjoint(query.get("tweet_ids", ()))


def _changes(table: pa.Table, redaction: Redaction, *, whole: bool) -> bool:
    keep = _kept(table, redaction, whole=whole)
    if not keep.all() or any(_words_change(one, redaction) for one in _texts_of(table)):
        return True
    fields = zip(table.schema, table.columns, strict=True)
    short = redaction.gone.ids - redaction.gone.long
    return any(
        (short and ID_NAMES.search(one.name) and _named_in(column, redaction).any())
        if is_text(one.type)
        else not pa.types.is_nested(one.type) and _loses(column, one, redaction).any()
        for one, column in fields
    )


def _kept(table: pa.Table, redaction: Redaction, *, whole: bool) -> Bits:
    """Say which rows stay: none of a tweet that goes, and no sum that counts one."""
    keep = np.ones(table.num_rows, dtype=bool)
    for name in dict.fromkeys(table.column_names):
        at = table.schema.get_all_field_indices(name)[0]
        keep &= ~_about_gone(table.column(at), name, redaction)
    if {_ID, _KEY} <= set(table.column_names):
        summed = _true(pc.is_null(table.column(_ID)))
        if not whole:
            keys = table.column(_KEY).cast(pa.string())
            summed &= _true(
                pc.is_in(keys, value_set=pa.array(sorted(redaction.summed), pa.string()))
            )
        keep &= ~summed
    return keep


def _about_gone(column: pa.ChunkedArray, name: str, redaction: Redaction) -> Bits:
    """Say which rows are about a tweet that goes, by a column that says which tweet that is."""
    if name.lower() not in ABOUT:
        return np.zeros(len(column), dtype=bool)
    return _named_in(column, redaction)


def _named_in(column: pa.ChunkedArray, redaction: Redaction) -> Bits:
    """Say which rows of a column of ids hold one: as text, as a whole number, or as bytes.

    Raises
    ------
    ValueError
        When it holds one as a number that is not exact: it may be a neighbour's.
    """
    kind, gone = column.type, redaction.gone
    if is_text(kind):
        return _true(pc.is_in(column.cast(pa.string()), value_set=redaction.words))
    if pa.types.is_integer(kind):
        return _true(pc.is_in(column.cast(pa.int64(), safe=False), value_set=redaction.numbers))
    if pa.types.is_floating(kind):
        near = {float(one) for one in gone.ids}
        if any(one in near for one in column.unique().to_pylist()):
            msg = "a column holds an id as a floating-point number, which is not exact"
            raise ValueError(msg)
    if pa.types.is_decimal(kind):
        return np.array([str(one) in gone.ids for one in column.to_pylist()], dtype=bool)
    if is_bytes(kind):
        words = {one.encode() for one in gone.ids}
        return np.array([one in words for one in column.to_pylist()], dtype=bool)
    return np.zeros(len(column), dtype=bool)


def is_bytes(kind: pa.DataType) -> bool:
    """Say whether a column holds bytes."""
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)


def _loses(column: pa.ChunkedArray, one: pa.Field, redaction: Redaction) -> Bits:
    """Say which values of a column that is no text go, though their rows stay."""
    kind = one.type
    if ID_NAMES.search(one.name) or one.name.lower() in ABOUT:
        return _named_in(column, redaction)
    if pa.types.is_integer(kind) and kind.bit_width == _WIDE:
        return _true(pc.is_in(column.cast(pa.int64(), safe=False), value_set=redaction.sure))
    return np.zeros(len(column), dtype=bool)


def _true(bits: pa.ChunkedArray) -> Bits:
    found: Bits = pc.fill_null(bits, False).to_numpy().astype(bool)
    return found


def _texts_of(table: pa.Table) -> Iterator[pa.ChunkedArray]:
    return (one for one in table.columns if is_text(one.type) or pa.types.is_nested(one.type))


def words_of(column: pa.ChunkedArray) -> list[Any]:
    """List the words of a column, those that no row has among them."""
    if pa.types.is_dictionary(column.type):
        return [word for one in column.chunks for word in one.dictionary.to_pylist()]
    words: list[Any] = column.unique().to_pylist() if is_text(column.type) else column.to_pylist()
    return words


def _words_change(column: pa.ChunkedArray, redaction: Redaction) -> bool:
    return any(_word(one, redaction) != one for one in words_of(column))


def _word(word: Any, redaction: Redaction) -> Any:
    """Give a word of a column as it is to be; an id that no row has is nobody's word."""
    if isinstance(word, str):
        if word in redaction.gone.long:
            return None
        return redaction.keys.get(word) or redaction.gone.cut(word)
    if isinstance(word, list | dict):
        kept = redaction.gone.json(word)
        return None if kept is DROPPED else kept
    return word


def _write(
    file: pq.ParquetFile,
    aside: Path,
    schema: pa.Schema,
    said: Mapping[bytes, bytes],
    redaction: Redaction,
    *,
    whole: bool,
) -> None:
    """Write what is left of a file, a group of rows at a time, in the same columns."""
    plain = schema.remove_metadata()
    with _writer(aside, plain, said) as writer:
        rows = 0
        for group in groups(file):
            keep = _kept(group, redaction, whole=whole)
            left = _reworded(group.filter(pa.array(keep)), plain, redaction)
            rows += left.num_rows
            if left.num_rows:
                writer.write_table(left, row_group_size=parquet.ROW_GROUP)
        if not rows:
            writer.write_table(plain.empty_table())


def _writer(aside: Path, schema: pa.Schema, said: Mapping[bytes, bytes]) -> pq.ParquetWriter:
    if schema.equals(SCHEMA) and parquet.METADATA_KEY in said:
        return parquet.writer(aside, json.loads(said[parquet.METADATA_KEY]))
    kept = {key: value for key, value in said.items() if key != ARROW}
    return pq.ParquetWriter(aside, schema.with_metadata(kept), compression="zstd")


def _reworded(table: pa.Table, schema: pa.Schema, redaction: Redaction) -> pa.Table:
    columns = []
    for at, one in enumerate(schema):
        column = table.column(at)
        if is_text(one.type):
            column = _recoded(column, one, redaction)
        elif pa.types.is_nested(one.type):
            if _words_change(column, redaction):
                words = [_word(it, redaction) for it in column.to_pylist()]
                column = pa.chunked_array([words], one.type)
        elif (lost := _loses(column, one, redaction)).any():
            column = _emptied(column, one, lost)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _emptied(column: pa.ChunkedArray, one: pa.Field, lost: Bits) -> pa.ChunkedArray:
    if not one.nullable:
        msg = f"column {one.name} holds an id, and may hold no null in its place"
        raise ValueError(msg)
    return pc.if_else(pa.array(lost), pa.scalar(None, column.type), column)


def _recoded(column: pa.ChunkedArray, one: pa.Field, redaction: Redaction) -> pa.ChunkedArray:
    """Write a column of texts with other words, in a dictionary of those that are used.

    Words that have an order keep it, also those that no row has.
    """
    kind, of_ids = one.type, ID_NAMES.search(one.name) is not None
    is_coded = pa.types.is_dictionary(column.type)
    ordered = pa.types.is_dictionary(kind) and kind.ordered and is_coded

    def new(word: Any) -> Any:
        left = None if of_ids and word in redaction.gone.ids else _word(word, redaction)
        return CUT if left is None and word is not None and not one.nullable else left

    if ordered:
        coded = column.unify_dictionaries().combine_chunks()
    else:
        coded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.unify_dictionaries().combine_chunks()
    words = pa.array([new(it) for it in coded.dictionary.to_pylist()], pa.string())
    plain = pa.chunked_array([words.take(coded.indices)])
    if not pa.types.is_dictionary(kind):
        return plain.cast(kind)
    if not ordered:
        return plain.dictionary_encode().cast(kind)
    kept = pa.array([*dict.fromkeys(it for it in words.to_pylist() if it is not None)], pa.string())
    codes = pc.index_in(plain, value_set=kept).combine_chunks()
    codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
    made = pa.DictionaryArray.from_arrays(
        codes.cast(kind.index_type), kept.cast(kind.value_type), ordered=True
    )
    return pa.chunked_array([made])


def synced(path: Path) -> None:
    """Make what was written to a file outlast a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
