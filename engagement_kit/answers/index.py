"""What the answers of a store cover, without opening each of them again.

The index is a cache: ``STORE/index.arrow``, an Arrow stream and its SHA-256. What it says of a file
counts only while the file's size and time are as they were; a file that it does not know is looked
into. Delete it at any time: the next scan makes it anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engagement_kit.answers.answer import read_head, ref_of
from engagement_kit.answers.coverage import EDITION, known_of
from engagement_kit.answers.files import (
    SUFFIX,
    first_line,
    folder_of,
    list_packed,
    write_whole,
)
from engagement_kit.errors import StoreError
from engagement_kit.question.known import Known
from engagement_kit.question.micros import EPOCH, micros_of, moment_at

NAME: Final = "index.arrow"
ENOUGH: Final = 32
"""How many files must be new or gone before the index is written again."""

_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_WORDS: Final = pa.dictionary(pa.int32(), pa.string())
_SCHEMA: Final = pa.schema(
    [
        ("ref", pa.string()),
        ("size", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("covers", pa.bool_()),
        ("service", _WORDS),
        ("account", _WORDS),
        ("level", _WORDS),
        ("tweet_ids", pa.list_(_WORDS)),
        ("metrics", _WORDS),
        ("start", pa.int64()),
        ("end", pa.int64()),
        ("observed_us", pa.int64()),
        ("refused", pa.bool_()),
    ],
    # An index of another layout, or of another reading of first lines, is none.
    metadata={"layout": "1", "coverage": str(EDITION)},
)
_DAMAGE: Final = (LookupError, TypeError, ValueError, AttributeError)
_NO_INDEX: Final = (StoreError, OSError, pa.ArrowException, *_DAMAGE)


@dataclass
class Index:
    """What is known of files, a line each.

    Attributes
    ----------
    refs
        Their names.
    sizes, times
        Their sizes, and when they were last written, in nanoseconds.
    known
        What they cover as long as these two stand; None for failed answers.
    """

    refs: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    known: list[Known | None] = field(default_factory=list)

    def add(self, ref: str, size: int, time: int, known: Known | None) -> None:
        """Add a line."""
        self.refs.append(ref)
        self.sizes.append(size)
        self.times.append(time)
        self.known.append(known)


@dataclass(frozen=True)
class Look:
    """What a look at all files found.

    Attributes
    ----------
    known
        What the readable answers cover, by name.
    damaged
        Files and folders that can't be read.
    parts
        Parts that are being written, or were left.
    """

    known: tuple[Known, ...]
    damaged: tuple[Path, ...]
    parts: tuple[Path, ...]


def look(store: Path) -> Look:
    """Tell what all answers of a store cover; keep the index when much is new."""
    answers = store / "answers"
    listing = list_packed(answers)
    old, index = read_index(store / NAME), Index()
    line = {ref: at for at, ref in enumerate(old.refs)}
    damaged = list(listing.odd)
    pool: dict[Any, Any] = {}
    kept = 0
    for ref, size, time in listing.files:
        at = line.get(ref, -1)
        if at >= 0 and old.sizes[at] == size and old.times[at] == time:
            index.add(ref, size, time, old.known[at])
            kept += 1
            continue
        path = answers / folder_of(ref) / f"{ref}{SUFFIX}"
        try:
            index.add(ref, size, time, _shared(look_into(path), pool))
        except FileNotFoundError:  # moved away since it was listed
            continue
        except (StoreError, OSError):
            damaged.append(path)
    if len(index.refs) + len(old.refs) - 2 * kept > ENOUGH:
        # A store that may only be read, or a full disk: the next scan takes as long as this one.
        with suppress(*_NO_INDEX):
            write_whole(store / NAME, to_bytes(index))
    known = tuple(one for one in index.known if one is not None)
    return Look(known, tuple(sorted(damaged)), tuple(listing.parts))


def look_into(path: Path) -> Known | None:
    """Tell by its first line what one answer covers; None when it failed.

    Raises
    ------
    StoreError
        When it was damaged.
    OSError
        When it can't be read.
    """
    ref = path.name.removesuffix(SUFFIX)
    try:
        known = known_of(ref, read_head(first_line(path)))
    except _DAMAGE as error:
        msg = f"the first line is damaged ({error!r})"
        raise StoreError(msg) from error
    if known is not None:
        same_name(ref, ref_of(known.key, known.observed_at))
    return known


def same_name(ref: str, content: str) -> None:
    """Hold a file's name, which comes from its request and moment, against what is in it.

    Raises
    ------
    StoreError
        When they differ by more than the number of a second try.
    """
    name, _, number = ref.partition(".")
    if name != content or not (number == "" or number.isdecimal()):
        msg = f"the file holds the answer {content}; it was damaged or renamed"
        raise StoreError(msg)


def _shared(known: Known | None, pool: dict[Any, Any]) -> Known | None:
    """Share with other answers what is equal: the same tweets come again and again."""
    if known is None:
        return None
    ids = pool.get(known.tweet_ids)
    if ids is None:
        ids = tuple(pool.setdefault(one, one) for one in known.tweet_ids)
        pool[ids] = ids
    return replace(
        known,
        service=pool.setdefault(known.service, known.service),
        account=pool.setdefault(known.account, known.account),
        tweet_ids=ids,
        metrics=pool.setdefault(known.metrics, known.metrics),
    )


# --- the file -------------------------------------------------------------------------------------
def read_index(path: Path) -> Index:
    """Read the index; empty when there is none, or none that can be trusted."""
    try:
        raw = memoryview(path.read_bytes())
        stream, digest = raw[:-_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
        if hashlib.sha256(stream).digest() != digest:
            return Index()
        with pa.ipc.open_stream(pa.py_buffer(stream)) as reader:
            if not reader.schema.equals(_SCHEMA, check_metadata=True):
                return Index()
            return _from_table(reader.read_all().combine_chunks())
    except _NO_INDEX:
        return Index()


def to_bytes(index: Index) -> bytes:
    """Write the content of an index."""
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, _SCHEMA, options=options) as writer:
        writer.write_table(_to_table(index))
    stream: bytes = sink.getvalue().to_pybytes()
    return stream + hashlib.sha256(stream).digest()


def _to_table(index: Index) -> pa.Table:
    nothing = Known("", "", "", None, "", (), frozenset(), 0, 0, EPOCH)
    known = [one or nothing for one in index.known]
    offsets = [0, *accumulate(len(one.tweet_ids) for one in known)]
    ids = pa.array(chain.from_iterable(one.tweet_ids for one in known), pa.string())
    # Few of these differ: written as JSON, they are words, and a missing account is one too.
    names = {one: json.dumps(sorted(one)) for one in {one.metrics for one in known}}
    accounts = {one: json.dumps(one) for one in {one.account for one in known}}
    columns = {
        "ref": index.refs,
        "size": index.sizes,
        "mtime_ns": index.times,
        "covers": [one is not None for one in index.known],
        "service": [one.service for one in known],
        "account": [accounts[one.account] for one in known],
        "level": [one.level for one in known],
        "tweet_ids": pa.ListArray.from_arrays(offsets, ids.dictionary_encode()),
        "metrics": [names[one.metrics] for one in known],
        "start": [one.start for one in known],
        "end": [one.end for one in known],
        "observed_us": [micros_of(one.observed_at) for one in known],
        "refused": [one.refused for one in known],
    }
    return pa.table(columns, schema=_SCHEMA)


def _from_table(table: pa.Table) -> Index:
    """Make Known of lines; equal words, sets and tuples are one object."""
    if not len(table):
        return Index()
    column = {name: table.column(name).chunk(0) for name in table.column_names}
    words = {name for name in _SCHEMA.names if _SCHEMA.field(name).type == _WORDS}
    plain = {name: column[name].to_pylist() for name in {*column} - words - {"tweet_ids"}}
    known = map(
        Known,
        plain["ref"],
        (ref.rpartition("-")[0] for ref in plain["ref"]),
        _words(column["service"]),
        _words(column["account"], json.loads),
        _words(column["level"]),
        _tuples(column["tweet_ids"]),
        _words(column["metrics"], lambda text: frozenset(json.loads(text))),
        plain["start"],
        plain["end"],
        map(moment_at, plain["observed_us"]),
        plain["refused"],
    )
    found = [one if covers else None for one, covers in zip(known, plain["covers"], strict=True)]
    return Index(plain["ref"], plain["size"], plain["mtime_ns"], found)


def _words(coded: pa.DictionaryArray, read: Callable[[str], object] = str) -> list[Any]:
    """Turn a coded column into Python values, each read once."""
    values = np.array([*map(read, coded.dictionary.to_pylist())], dtype=object)
    found: list[Any] = values[_codes(coded)].tolist()
    return found


def _tuples(lists: pa.ListArray) -> Iterator[tuple[str, ...]]:
    """Turn lists of coded ids into tuples; those with the same codes are one object."""
    words = np.array(lists.values.dictionary.to_pylist(), dtype=object)
    codes = _codes(lists.values)
    text, wide = codes.tobytes(), codes.itemsize
    pool: dict[bytes, tuple[str, ...]] = {}
    for start, end in pairwise(lists.offsets.to_pylist()):
        key = text[start * wide : end * wide]
        if key not in pool:
            pool[key] = tuple(words[codes[start:end]])
        yield pool[key]


def _codes(coded: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Give the codes themselves; pyarrow's own way would import pandas."""
    if not len(coded):
        return np.empty(0, np.int32)
    codes = coded.indices
    return np.frombuffer(codes.buffers()[1], np.int32)[codes.offset : codes.offset + len(codes)]
