"""The fast readers of counts, held against the general reader: its very rows, or None."""

from __future__ import annotations

import itertools
import json
import random
from datetime import date, timedelta
from importlib.util import find_spec
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engagement_kit.answers.envelope import read
from engagement_kit.errors import UnreadableAnswer
from engagement_kit.tables.readers.reshape import read_leaves
from engagement_kit.tables.readers.scan import scan
from engagement_kit.tables.readers.scanned import Key, Scanned, Scanner

SCANNERS: list[Scanner] = [scan]
if find_spec("numba") is not None:
    from engagement_kit.tables.readers.kernel import scan as kernel

    SCANNERS.append(kernel)
every_scanner = pytest.mark.parametrize("scanner", SCANNERS)

Rows = list[tuple[tuple[str, ...], int | None]]
Levels = tuple[tuple[Key, tuple[str, ...]], ...]

TWEETS = (Key.WORD, tuple(str(1_500_000_000_000_000_000 + 7**k) for k in range(5)))
METRICS = (Key.WORD, ("impressions", "replies", "user_profile_clicks", "likes", "url_clicks"))
DAYS = (Key.DAY, tuple(f"2026-05-{day:02}" for day in range(1, 6)))
HOURS = (Key.HOUR, tuple(f"{hour:02}" for hour in range(0, 24, 5)))
ORDERS: list[Levels] = [
    order
    for depth in range(1, 5)
    for order in itertools.permutations((TWEETS, METRICS, DAYS, HOURS), depth)
]
AROUND = ((b"", b""), (b'{"g":', b"}"), (b'"', b'"}'), (b"{{", b'"1"}}}'), (b"12", b"34"))


def make(levels: Levels, rng: random.Random, *, keep: float = 1, shuffled: bool = False) -> bytes:
    """Write a regular body; some counts are left out, with the objects that have none left."""

    def nested(depth: int) -> Any:
        if depth == len(levels):
            return str(rng.randrange(10 ** rng.choice((1, 1, 2, 4, 8, 9, 18))))
        keys = list(levels[depth][1])
        if shuffled:
            rng.shuffle(keys)
        last = depth == len(levels) - 1
        found = {k: nested(depth + 1) for k in keys if not last or rng.random() < keep}
        return {key: value for key, value in found.items() if value != {}}

    return json.dumps(nested(0), separators=(",", ":")).encode()


def kinds_of(levels: Levels) -> tuple[Key, ...]:
    """Give the kinds of the keys, from the outside in."""
    return tuple(kind for kind, _ in levels)


def general(body: bytes, depth: int) -> Rows | None:
    """Read with the general reader; None when the body is no object of JSON."""
    try:
        read(body)
        nested = read(b'{"g":' + body + b"}").groupings["g"]
    except (UnreadableAnswer, KeyError):
        return None
    found = read_leaves(nested, tuple(f"level {at}" for at in range(depth)))
    return list(zip(found.paths, found.values, strict=True))


def as_text(kind: Key, words: tuple[str, ...], key: int) -> str:
    """Write a key as the body had it."""
    if kind is Key.WORD:
        return words[key]
    return (date(1970, 1, 1) + timedelta(key)).isoformat() if kind is Key.DAY else f"{key:02}"


def rows(found: Scanned, kinds: tuple[Key, ...]) -> Rows:
    """Turn what a scanner gives into rows; look at its types on the way."""
    columns = []
    for kind, column, words in zip(kinds, found.columns, found.words, strict=True):
        assert column.dtype == ("int8" if kind is Key.HOUR else "int32")
        columns.append([as_text(kind, words, key) for key in column.tolist()])
        assert words == (tuple(dict.fromkeys(columns[-1])) if kind is Key.WORD else ())
    assert found.values.dtype == "int64"
    return list(zip(zip(*columns, strict=True), found.values.tolist(), strict=True))


def agrees(
    scanner: Scanner,
    body: bytes,
    kinds: tuple[Key, ...],
    around: tuple[bytes, bytes] = (b"", b""),
) -> bool:
    """Hold a scanner against the general reader; tell whether it gave rows."""
    before, behind = around
    whole = before + body + behind
    found = scanner(whole, len(before), kinds)
    if found is None:
        return False
    assert rows(found, kinds) == general(whole[len(before) : found.last], len(kinds)), whole
    return True


def mutate(body: bytes, other: bytes, rng: random.Random) -> bytes:
    """Spoil a body in one place, in one of many ways."""
    at, to = sorted((rng.randrange(len(body) + 1), rng.randrange(len(body) + 1)))
    near = min(at + rng.randrange(1, 12), len(body))
    then = 2 * near - at
    flipped = bytes(byte ^ (1 << rng.randrange(8)) for byte in body[at : at + 1])
    piece = rng.choice((b'""', b"{}", b"},{", b'":{"', b"null", b'","', b'"a":"1",'))
    return rng.choice(
        (
            body[:at] + flipped + body[at + 1 :],
            body[:at] + body[near:],
            body[:at] + rng.randbytes(1) + body[at:],
            body[:at] + rng.choice('{}[]",:\\ -.0123456789eE').encode() + body[at + 1 :],
            body[:at] + piece + body[at:],
            body[:at] + body[near:then] + body[at:near] + body[then:],
            body[:at] + body[to:],
            body[:to] + body[at:],
            body[:at] + other[at:],
            body[:at],
        )
    )


def hold_against_mutations(scanner: Scanner, rounds: int) -> int:
    """Hold a scanner against spoilt bodies; give how many of them it still read."""
    rng = random.Random(20260501)  # noqa: S311 -- the same bodies on each run
    given_rows = 0
    for _ in range(rounds):
        levels = tuple(
            (kind, tuple(rng.sample(keys, rng.randrange(1, 4))))
            for kind, keys in rng.choice(ORDERS)
        )
        other = make(levels, rng, keep=rng.choice((1, 0.6)), shuffled=rng.random() < 0.5)
        body = make(levels, rng, keep=rng.choice((1, 0.6)))
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            body = mutate(body, other, rng)
        given_rows += agrees(scanner, body, kinds_of(levels), rng.choice(AROUND))
    return given_rows


@every_scanner
@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("keep", [1, 0.5])
def test_regular_bodies_of_every_order_are_read(
    scanner: Scanner, keep: float, shuffled: bool
) -> None:
    """Each order of one to four levels gives the rows of the general reader."""
    for seed, levels in enumerate(ORDERS):
        rng = random.Random(seed)  # noqa: S311
        body = make(levels, rng, keep=keep, shuffled=shuffled)
        if body != b"{}":
            for around in AROUND:
                assert agrees(scanner, body, kinds_of(levels), around), body


@every_scanner
def test_thousands_of_different_keys_are_read(scanner: Scanner) -> None:
    """Many keys in one object, and in many objects of different keys."""
    for width in (1, 9, 19):
        many = {f"{k:0{width}}": str(k) for k in range(20_000)}
        body = json.dumps(many, separators=(",", ":")).encode()
        assert agrees(scanner, body, (Key.WORD,))
    parts = {f"k{k}": {str(n): "1" for n in range(k, k + 9 + k % 3)} for k in range(3000)}
    body = json.dumps(parts, separators=(",", ":")).encode()
    assert agrees(scanner, body, (Key.WORD, Key.WORD))


@every_scanner
@pytest.mark.parametrize(
    ("body", "kinds", "value"),
    [
        (b'{"a":"007"}', (Key.WORD,), 7),
        (b'{"a":"999999999999999999"}', (Key.WORD,), 10**18 - 1),
        (b'{"a":"000000000123456789"}', (Key.WORD,), 123456789),
        (b'{"a,b{":"5"}', (Key.WORD,), 5),
        (b'{"2024-02-29":{"23":"5"}}', (Key.DAY, Key.HOUR), 5),
        (b'{"0001-01-01":"5"}', (Key.DAY,), 5),
    ],
)
def test_rare_but_regular_bodies_are_read(
    scanner: Scanner, body: bytes, kinds: tuple[Key, ...], value: int
) -> None:
    """Leading zeros, the longest counts, signs within a key, leap days."""
    assert agrees(scanner, body, kinds)
    found = scanner(body, 0, kinds)
    assert found is not None
    assert found.values.tolist() == [value]


@every_scanner
@pytest.mark.parametrize(
    ("body", "kinds", "behind"),
    [
        (b'{"a":"1"}', (Key.WORD,), b',"b":{"c":"1"}'),
        (b'{"a":{"b":"1"}}', (Key.WORD, Key.WORD), b',"b":{"c":{"d":"1"}}'),
        (b'{"a":{"b":"1"}}', (Key.WORD, Key.WORD), b"}}"),
        (b'{"a":{"b":"1"}}', (Key.WORD, Key.WORD), b""),
    ],
)
def test_what_stands_behind_an_object_is_not_looked_at(
    scanner: Scanner, body: bytes, kinds: tuple[Key, ...], behind: bytes
) -> None:
    """The reader says where the object ends, and somebody else reads on."""
    for before in (b"", b'{"g":', b"}}"):
        found = scanner(before + body + behind, len(before), kinds)
        assert found is not None
        assert (found.values.tolist(), found.last) == ([1], len(before + body))


@every_scanner
@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        (b"{}", (Key.WORD,)),
        (b"{", (Key.WORD,)),
        (b"}", (Key.WORD,)),
        (b"", (Key.WORD,)),
        (b'{"a":{}}', (Key.WORD, Key.WORD)),
        (b'{"a":{"b":"1"},"c":{}}', (Key.WORD, Key.WORD)),
        (b'{"a":"1","a":"2"}', (Key.WORD,)),
        (b'{"a":"1","b":"1","a":"2"}', (Key.WORD,)),
        (b'{"a":{"x":"1"},"b":{"x":"1"},"a":{"y":"1"}}', (Key.WORD, Key.WORD)),
        (b'{"a":{"x":{"p":"1"},"x":{"q":"1"}}}', (Key.WORD, Key.WORD, Key.WORD)),
        (b'{"a":""}', (Key.WORD,)),
        (b'{"":"1"}', (Key.WORD,)),
        (b'{"a":"1000000000000000000"}', (Key.WORD,)),
        (b'{"a":"-1"}', (Key.WORD,)),
        (b'{"a":"1.0"}', (Key.WORD,)),
        (b'{"a":1}', (Key.WORD,)),
        (b'{"a":null,"b":"1"}', (Key.WORD,)),
        (b'{"a":["1"]}', (Key.WORD,)),
        (b'{"a":"1","b":2}', (Key.WORD,)),
        (b'{"a": "1"}', (Key.WORD,)),
        (b'{"a":"1" }', (Key.WORD,)),
        (b'{"a":"1",}', (Key.WORD,)),
        (b'{"\\u0061":"1"}', (Key.WORD,)),
        (b'{"a\x01":"1"}', (Key.WORD,)),
        (b'{"a\x00":"1"}', (Key.WORD,)),
        ('{"é":"1"}'.encode(), (Key.WORD,)),
        (b'{"a":"1"}', (Key.WORD, Key.WORD)),
        (b'{"a":{"b":"1"}}', (Key.WORD,)),
        (b'{"a":{"b":"1"},"c":"2"}', (Key.WORD, Key.WORD)),
        (b'{"a":"2","c":{"b":"1"}}', (Key.WORD, Key.WORD)),
        (b'{"2026-02-30":"1"}', (Key.DAY,)),
        (b'{"0000-01-01":"1"}', (Key.DAY,)),
        (b'{"2026-W18-5":"1"}', (Key.DAY,)),
        (b'{"20260501":"1"}', (Key.DAY,)),
        (b'{"24":"1"}', (Key.HOUR,)),
        (b'{"1":"1"}', (Key.HOUR,)),
        (b'{"a":"1"}', ()),
    ],
)
def test_what_is_not_regular_is_declined(
    scanner: Scanner, body: bytes, kinds: tuple[Key, ...]
) -> None:
    """Each of these is for the general reader, whatever stands around it."""
    for before, behind in AROUND:
        whole = before + body + behind
        assert scanner(whole, len(before), kinds) is None


@every_scanner
def test_spoilt_bodies_give_the_same_rows_or_none(scanner: Scanner) -> None:
    """Two thousand bodies, each spoilt in one to three places; some stay regular."""
    assert hold_against_mutations(scanner, 2_000) > 0


@pytest.mark.long
@every_scanner
def test_very_many_spoilt_bodies_give_the_same_rows_or_none(scanner: Scanner) -> None:
    """A hundred thousand spoilt bodies."""
    assert hold_against_mutations(scanner, 100_000) > 0


keys_of_any_kind = st.sampled_from(
    ["a", "b", "20", "2026-05-01", "2026-02-30", "00", "23", "24", "", "é", 'q"', "\\", "a,b", "{"]
)
counts_of_any_kind = st.one_of(
    st.integers(0, 10**20).map(str),
    st.sampled_from(["007", "", "-1", "1.5", "x", None, 1, 2.5, True, {}, [], ["1"], "0" * 20]),
)


@every_scanner
@settings(max_examples=300)
@given(
    nested=st.recursive(
        counts_of_any_kind,
        lambda inner: st.dictionaries(keys_of_any_kind, inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    kinds=st.lists(st.sampled_from(Key), min_size=1, max_size=4).map(tuple),
    ascii_only=st.booleans(),
)
def test_odd_json_gives_the_same_rows_or_none(
    scanner: Scanner, nested: Any, kinds: tuple[Key, ...], ascii_only: bool
) -> None:
    """JSON that is odd in its keys, its counts and its depth."""
    body = json.dumps(nested, separators=(",", ":"), ensure_ascii=ascii_only).encode()
    agrees(scanner, body, kinds)


@every_scanner
@settings(max_examples=300)
@given(
    body=st.lists(
        st.sampled_from([b"{", b"}", b'"', b":", b",", b"1", b"a", b'{"a":', b'"a":"1"', b"\\"]),
        max_size=30,
    ).map(b"".join),
    kinds=st.lists(st.just(Key.WORD), min_size=1, max_size=3).map(tuple),
)
def test_heaps_of_signs_give_the_same_rows_or_none(
    scanner: Scanner, body: bytes, kinds: tuple[Key, ...]
) -> None:
    """Signs of JSON in any order, with or without sense."""
    agrees(scanner, body, kinds)
