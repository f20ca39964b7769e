"""A body is read the same by the fast reader and the general one, or the fast one declines."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engagement_kit.answers import envelope
from engagement_kit.errors import EngagementError
from engagement_kit.question.rules import Levels
from engagement_kit.tables.readers.body import Body, fastest, read_body
from engagement_kit.tables.readers.columns import Columns

A, B = "1500000000000000000", "1500000000000000001"
HOURS = {"2026-05-01": {"00": "1", "01": "2"}, "2026-05-02": {"17": "3"}}
BY_HOUR = ("tweet.id", "engagement.type", "engagement.day", "engagement.hour")
Levels_ = dict[str, Levels]


def never(*_: Any) -> None:
    """Decline everything: what is left is the general reader."""


def shown(columns: Columns) -> list[Any]:
    """Give columns as plain values, so that they can be compared."""
    words = [columns.tweets, columns.metrics, columns.levels]
    numbers = (columns.tweet, columns.metric, columns.day, columns.hour)
    values = [
        value if good else None for value, good in zip(columns.value, columns.good, strict=True)
    ]
    return [*words, *(one.tolist() for one in numbers), values]


def same_from_both(raw: bytes, levels: Levels_) -> bool:
    """Hold the fast reader against the general one; say whether it was used."""
    try:
        general = read_body(raw, levels, scanner=never)
    except EngagementError as error:
        with pytest.raises(type(error)):
            read_body(raw, levels, scanner=fastest())
        return False
    fast = read_body(raw, levels, scanner=fastest())
    assert [*fast.parts.groupings] == [*general.parts.groupings]
    for part in ("start", "end", "errors", "unavailable", "unsupported", "unknown"):
        assert getattr(fast.parts, part) == getattr(general.parts, part)
    for name in general.parts.groupings:
        assert read(fast, name, levels) == read(general, name, levels)
    return bool(fast.read)


def read(body: Body, name: str, levels: Levels_) -> Any:
    """Read a grouping; a refusal is an outcome as well."""
    try:
        return shown(body.columns(name, levels.get(name)))
    except EngagementError as error:
        return type(error)


def compact(payload: Any) -> bytes:
    """Write JSON as the API does."""
    return json.dumps(payload, separators=(",", ":")).encode()


REGULAR: list[tuple[Any, Levels_]] = [
    ({"g": {A: {"replies": HOURS}}}, {}),
    ({"g": {A: {"replies": HOURS}}}, {"g": BY_HOUR}),
    ({"g": {A: {"replies": HOURS}, B: {"likes": HOURS}}, "h": {A: {"replies": "6"}}}, {}),
    ({"start": "2026-05-01T00:00:00Z", "end": "2026-05-03T00:00:00Z", "g": {"replies": "1"}}, {}),
    ({"g": {"replies": "1"}, "unavailable_tweet_ids": [A], "errors": ["a, b"]}, {}),
    ({"errors": [{"title": "in a list"}], "g": {A: "1"}}, {}),
    ({"g": {"replies": {"10": "1", "11": "2"}}}, {"g": ("engagement.type", "tweet.id")}),
    ({"g": {"2026-05-01": {"10": "1"}}}, {"g": ("engagement.hour",)}),
    ({"by tweet & more": {A: {"replies": "007"}}, "else": 3}, {}),
    ({"täglich": {A: {"replies": "1"}}, "errors": ["kein Zugriff: ä{}"]}, {}),
]
ODD: list[bytes] = [
    b"", b"{}", b"[]", b"null", b'{"g":{}}', b'{"g":{"2000":{}}}', b'{"g":{"2000":{"a":"1"}}',
    b'{"g":{"2000":{"a":"1"}}}}', b'{"g":{"2000":{"a":"1"}},"g":{"2000":{"a":"2"}}}',
    b'{"errors":[":{}"],"g":{"2000":{"a":"1"}}}', b'{"errors":["}{"],"g":{"2000":{"a":"1"}}}',
    b'{"errors":{"g":{"a":"1"}}}', b'{"g":{"a":"1"},"errors":"\\"x\\":{"}',
    b'{"g":{"10":"1","11":"2"}}', b'{"g":{"17":{"2026-05-01":"1"}}}', b'{"g":{"a":1}}',
    b'{"g":{"a":"-1"}}', b'{"g":{"a":null}}', b'{"g":{"\xc3\xa4":"1"}}', b'{"g":{"a":"1"},"b":tru}',
    b'{"start":{"a":"1"},"g":{"a":"1"}}', b'[{"g":{"a":"1"}}]', b' {"g":{"a":"1"}}\n',
    b'{"g":{"a":"1"}}{"h":{"a":"1"}}', b'{"g":{"a":"1"},"h":{"b":{}}}', b'{"g":{"":"1"}}',
    b'{"g":{"a":{"b":{"c":{"d":{"e":"1"}}}}}}', b'{"g":{"2026-02-30":"1"}}', b"\xef\xbb\xbf{}",
    b'{":":{"a":"1"}}', b'{"a":"b":{"c":"1"}}', b'{"g" :{"a":"1"}}',
    b'{"g":{"a":"9999999999999999999"}}',
]  # fmt: skip


@pytest.mark.parametrize(("payload", "levels"), REGULAR)
def test_regular_bodies_are_read_fast(payload: Any, levels: Levels_) -> None:
    """Window, side lists, words and unknown keys are the same as from the general reader."""
    assert same_from_both(compact(payload), levels)


@pytest.mark.parametrize("raw", ODD)
@pytest.mark.parametrize("levels", [{}, {"g": ("engagement.type",)}, {"g": BY_HOUR}])
def test_odd_bodies_are_read_the_same(raw: bytes, levels: Levels_) -> None:
    """Braces in words, names that stand twice, no JSON: the same rows, or the same error."""
    same_from_both(raw, levels)


@pytest.mark.parametrize(("payload", "levels"), REGULAR)
@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_printed_bodies_are_read_fast(payload: Any, levels: Levels_, indent: Any) -> None:
    """Space between texts makes no difference, nor whether a body is text or bytes."""
    printed = json.dumps(payload, indent=indent)
    assert same_from_both(printed.encode() + b"\n", levels)
    assert read_body(printed, levels).read


@pytest.mark.parametrize("escaped", [False, True])
def test_names_of_groupings_may_be_in_any_language(escaped: bool) -> None:
    """Written out or escaped: only keys and counts must be plain."""
    payload = {"täglich \\ {}": {A: {"replies": "1"}}, "errors": ["ä{}"]}
    raw = json.dumps(payload, separators=(",", ":"), ensure_ascii=escaped).encode()
    assert same_from_both(raw, {})
    assert [*read_body(raw, {}).read] == ["täglich \\ {}"]


def test_printed_samples_are_read_the_same() -> None:
    """Each sample, as it was printed and as it came over the wire."""
    used = 0
    for path in sorted((Path(__file__).parents[2] / "samples").glob("*.json")):
        raw = path.read_bytes()
        same_from_both(raw, {})
        try:
            payload = json.loads(raw)
        except ValueError:
            continue
        used += same_from_both(compact(payload), {})
    assert used >= 5


def mutated(raw: bytes, chance: random.Random) -> bytes:
    """Change a body in one to three places."""
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        kind = chance.randrange(5)
        if kind == 0:
            changed[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del changed[at : at + chance.randint(1, 12)]
        elif kind == 2:
            changed[at:at] = chance.choice([b'"', b"{", b"}", b":", b",", b"0", b"[", b" ", b"\\"])
        elif kind == 3:
            changed[at:at] = changed[at // 2 : at // 2 + chance.randint(1, 30)]
        else:
            changed[at] = chance.choice(b'{}[]":,0123456789-. ')
        if not changed:
            break
    return bytes(changed)


def hold_mutations(rounds: int, seed: int) -> None:
    """Hold the two against each other on mutated bodies."""
    chance = random.Random(seed)  # noqa: S311 -- nothing secret
    bodies = [(compact(payload), levels) for payload, levels in REGULAR]
    bodies += [(json.dumps(payload, indent=1).encode(), levels) for payload, levels in REGULAR]
    for _ in range(rounds):
        raw, levels = chance.choice(bodies)
        same_from_both(mutated(raw, chance), levels)


def test_mutated_bodies_are_read_the_same() -> None:
    """A fast reader either agrees with the general one or declines."""
    hold_mutations(3_000, seed=1)


@pytest.mark.long
def test_100_000_mutated_bodies_are_read_the_same() -> None:
    """As above, and many more."""
    hold_mutations(100_000, seed=2)


def test_an_envelope_keeps_its_counts_where_the_general_reader_read(
    body: Callable[[str], bytes],
) -> None:
    """What is not regular is there as JSON."""
    raw = body("28hr-hourly.200")
    assert read_body(raw, {}, scanner=never).parts == envelope.read(raw)
