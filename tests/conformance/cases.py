"""Conformance cases as data: what a case says, and how it is read from YAML.

Nothing here knows the emulator: a case says what is sent and what must come back, by the fact
sheet alone. `filling` puts ids and moments in, `judging` compares, `asking` sends.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent
CERTAIN: Final = ("documented", "assumed")
# socket: only real HTTP can show it. emulator: a promise of the emulator, not of the API.
# frozen: the expected moments are literal. world: the expected counts are those of its tweets.
NEEDS: Final = frozenset({"socket", "emulator", "frozen", "world"})
ENDPOINTS: Final = ("totals", "28hr", "historical")
WINDOWED: Final = ENDPOINTS[1:]
ID_KINDS: Final = frozenset(
    (
        *("own", "foreign", "stranger", "foreign_aged", "unavailable", "old_unavailable"),
        *("protected", "aged", "nearly_aged", "video_aged", "nearly_video_aged", "very_old"),
        *("unknown", "future", "early_september", "early_history"),
        *("author_foreign", "author_stranger"),
    )
)
NO_ACCESS: Final = "Your account could not be authenticated. Reason: "
NO_ACCESS_REASONS: Final = ("Access token not found", "Unknown Authorization Type")
OURS: Final = "emulator: "

LEVELS: Final = {  # the values of group_by
    "tweet.id": "ids",
    "engagement.type": "types",
    "engagement.day": "days",
    "engagement.hour": "hours",
}
_TIMES: Final = ("engagement.day", "engagement.hour")
_FOUR: Final = (
    ("tweet.id", "engagement.type", "engagement.day", "engagement.hour"),
    ("engagement.type", "tweet.id", "engagement.day", "engagement.hour"),
)
_ALL: Final = [
    list(order) for count in (1, 2, 3, 4) for order in itertools.permutations(LEVELS, count)
]
ORDERS: Final = {
    # Fact sheet, section 4.3: any order and subset up to three, and two orders of four.
    "$orders.lawful": [o for o in _ALL if len(o) < 4 or tuple(o) in _FOUR],
    "$orders.unlawful": [o for o in _ALL if len(o) == 4 and tuple(o) not in _FOUR],
    "$orders.without_time": [o for o in _ALL if not set(o) & set(_TIMES)],
    "$orders.with_a_day": [o for o in _ALL if len(o) < 4 and set(o) & set(_TIMES) == {_TIMES[0]}],
    "$orders.with_an_hour": [o for o in _ALL if len(o) < 4 and set(o) & set(_TIMES) == {_TIMES[1]}],
    "$orders.with_both": [
        o for o in _ALL if set(_TIMES) <= set(o) and (len(o) < 4 or tuple(o) in _FOUR)
    ],
}

_WHO: Final = re.compile(r"(?:[A-Z]{2,4}|RFC \d+)(?=[,; ]|$)")
_ENTRY: Final = {"name", "source", "certain", "needs", "settings", "ask", "expect", "each"}
_ASK: Final = {
    *("endpoint", "method", "path", "headers", "credential", "signed_as", "times", "chunked"),
    *("same_signature", "ids", "types", "by", "groupings", "start", "end", "members", "without"),
    *("raw", "hex", "packed"),
}
_EXPECT: Final = {
    *("status", "errors", "lists", "keys", "shape", "exactly", "keys_at", "window", "echo"),
    *("values", "positive", "agree", "leaves", "sparse", "headers", "body"),
}


class MissingFact(Exception):
    """What a case needs and this place can't give; the text says what."""


@dataclass(frozen=True)
class Case:
    """One case as written: placeholders are not filled yet.

    Attributes
    ----------
    id : str
        File and name; unique.
    name, source, certain : str
        The fact in words, where it stands, and whether it is documented or assumed.
    expanded : bool
        Whether it comes from a matrix rather than from an entry of its own.
    needs : frozenset of str
        See `NEEDS`.
    settings : mapping
        The emulator's switches that differ from the default.
    ask, expect : mapping
        What is sent and what must come back.
    """

    id: str
    name: str
    source: str
    certain: str
    expanded: bool
    needs: frozenset[str]
    settings: Mapping[str, Any]
    ask: Mapping[str, Any]
    expect: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """What stands behind the placeholders at one place.

    Attributes
    ----------
    now : datetime
        The time of the asked service, UTC.
    ids : mapping of str to sequence of str
        Tweet ids by kind, as in "own".
    ours : bool
        Whether texts that no document has must begin with "emulator: ".
    """

    now: datetime
    ids: Mapping[str, Sequence[str]]
    ours: bool = True


@dataclass(frozen=True)
class Ask:
    """What is sent.

    Attributes
    ----------
    method, path : str
        The path stands behind the base URL's, as in "/totals".
    headers : mapping
        Without Authorization; None takes away what a library would add.
    credential : str
        See `asking`.
    body : bytes
    signed_as : str
        Scheme and host for the signature, where they are not those that are called.
    times : int
        How often it is sent; the last answer counts.
    same_signature : bool
        Whether all sendings carry the first one's signature.
    chunked : bool
        Whether the body goes in chunks.
    """

    method: str
    path: str
    headers: Mapping[str, str | None]
    credential: str
    body: bytes
    signed_as: str
    times: int
    same_signature: bool
    chunked: bool


@dataclass(frozen=True)
class Expect:
    """What must come back; see the README for the words.

    Attributes
    ----------
    status : int
    errors : str or tuple of str
        "none", "any", "ours", "unauthenticated", or the texts; those with "~" are patterns.
    ours : bool
        Whether texts that no document has must begin with "emulator: ".
    keys : tuple of str, optional
        The root keys. None: the groupings, the lists, and what goes with them.
    lists : mapping
        The side lists: all of them, with their ids.
    trees : mapping
        The levels of each grouping: "ids", "types", "days", "hours", or the keys themselves.
    exactly : mapping
        Groupings that are known to the last leaf.
    keys_at : mapping
        The keys of single objects, by path.
    ids, types : tuple of str
        The keys of the levels of that name.
    window : tuple of datetime, optional
        Gives the days and hours.
    echo : tuple of str, optional
        The root's start and end.
    values, positive, agree, leaves, sparse
        What is known of the counts.
    headers : mapping
        A pattern with "~", an exact value, or None for a header that must be absent.
    body : bool
        False if none may come.
    """

    status: int
    errors: str | tuple[str, ...] = "none"
    ours: bool = True
    keys: tuple[str, ...] | None = None
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    trees: Mapping[str, tuple[str | tuple[str, ...], ...]] = field(default_factory=dict)
    exactly: Mapping[str, Any] = field(default_factory=dict)
    keys_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    window: tuple[datetime, datetime] | None = None
    echo: tuple[str, str] | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    positive: tuple[str, ...] = ()
    agree: bool = False
    leaves: str = "strings"
    sparse: bool = False
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bool = True


@dataclass(frozen=True)
class Filled:
    """A case ready to be sent and judged."""

    id: str
    ask: Ask
    expect: Expect


@dataclass(frozen=True)
class Answer:
    """What came back: header names in lower case, the body as on the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def load_cases(folder: Path = HERE / "cases") -> tuple[Case, ...]:
    """Read all cases of a folder.

    Raises
    ------
    ValueError
        If an entry has an unknown word, or two cases have one id.
    """
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    cases: list[Case] = []
    for path in sorted(folder.glob("*.yaml")):
        entries = yaml.load(path.read_text(encoding="utf-8"), loader)  # noqa: S506 -- both are safe
        for entry in entries:
            cases += _expand(path.stem, entry)
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise ValueError(
                f"two cases are named {case.id!r}; of a matrix each needs its values in the name, "
                "in braces"
            )
        seen.add(case.id)
    return tuple(cases)


def _expand(stem: str, entry: dict[str, Any]) -> Iterator[Case]:
    """Yield an entry's case, or one for each combination of its matrix."""
    each = entry.get("each")
    if each is None:
        yield _case(stem, entry, expanded=False)
        return
    columns = [ORDERS[values] if isinstance(values, str) else values for values in each.values()]
    for chosen in itertools.product(*columns):
        yield _case(stem, _put(entry, dict(zip(each, chosen, strict=True))), expanded=True)


def _put(value: Any, chosen: dict[str, Any]) -> Any:
    """Put a combination's values where their names stand in braces."""
    if isinstance(value, dict):
        return {_put(key, chosen): _put(item, chosen) for key, item in value.items()}
    if isinstance(value, list):
        return [_put(item, chosen) for item in value]
    if not isinstance(value, str):
        return value
    for name, item in chosen.items():
        if value == f"{{{name}}}":
            return item
        text = ", ".join(item) if isinstance(item, list) else str(item)
        value = value.replace(f"{{{name}}}", text)
    return value


def _case(stem: str, entry: dict[str, Any], *, expanded: bool) -> Case:
    """Make a case of an entry, or refuse one with an unknown word."""
    ask, expect = entry.get("ask", {}), entry.get("expect", {})
    needs = frozenset(entry.get("needs", []))
    wrong = _wrong(entry, ask, expect, needs)
    if wrong:
        raise ValueError(f"{stem}, {entry.get('name')!r}: {'; '.join(wrong)}")
    source, certain = entry["source"], entry["certain"]
    slug = re.sub(r"[^a-z0-9]+", "-", entry["name"].lower()).strip("-")
    return Case(
        id=f"{stem}/{slug}",
        name=entry["name"],
        source=source,
        certain=certain,
        expanded=expanded,
        needs=needs,
        settings=entry.get("settings", {}),
        ask=ask,
        expect=expect,
    )


def _wrong(
    entry: dict[str, Any], ask: dict[str, Any], expect: dict[str, Any], needs: frozenset[str]
) -> list[str]:
    """Tell what is wrong with an entry, and what is allowed."""
    missing = [name for name in ("name", "source", "certain", "expect") if name not in entry]
    if missing or "status" not in expect:
        return [f"no {', '.join(missing) or 'status in expect'}"]
    unknown = [*(set(entry) - _ENTRY), *(set(ask) - _ASK), *(set(expect) - _EXPECT)]
    found = [f"unknown words {unknown}"] if unknown else []
    if needs - NEEDS:
        found.append(f"unknown needs {sorted(needs - NEEDS)}; allowed: {sorted(NEEDS)}")
    endpoint = ask.get("endpoint", ENDPOINTS[0])
    if endpoint not in ENDPOINTS:
        found.append(f"the endpoint is {endpoint!r}; allowed: {', '.join(ENDPOINTS)}")
    certain, source = entry["certain"], entry["source"]
    if certain not in CERTAIN:
        found.append(f"certain is {certain!r}; allowed: {', '.join(CERTAIN)}")
    if not (source.startswith("assumed: ") if certain == "assumed" else _WHO.match(source)):
        found.append(
            f"source is {source!r}; allowed: names of README.md, as 'REF, GRP', where it is "
            "documented, 'assumed: ' and on what grounds where it is not"
        )
    return found
