"""Conformance cases as data: read from YAML, filled with real ids and moments, and judged.

Nothing here knows the emulator: a case says what is sent and what must come back, by the fact
sheet alone. Nothing here has a socket: `asking` sends.
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import yaml

HERE: Final = Path(__file__).parent
CERTAIN: Final = ("documented", "assumed")
# socket: only real HTTP can show it. emulator: a promise of the emulator, not of the API.
# frozen: the expected moments are literal. world: the expected counts are those of its tweets.
NEEDS: Final = frozenset({"socket", "emulator", "frozen", "world"})
WINDOWED: Final = ("28hr", "historical")
NO_ACCESS: Final = "Your account could not be authenticated. Reason: "
NO_ACCESS_REASONS: Final = ("Access token not found", "Unknown Authorization Type")
OURS: Final = "emulator: "

LEVELS: Final = {  # fact sheet, section 4.3: the values of group_by
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


# --- reading ----------------------------------------------------------------------------------


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
            raise ValueError(f"two cases are named {case.id!r}")
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
    ask, expect = entry.get("ask", {}), entry["expect"]
    needs = frozenset(entry.get("needs", []))
    unknown = [*(set(entry) - _ENTRY), *(set(ask) - _ASK), *(set(expect) - _EXPECT)]
    unknown += [*(needs - NEEDS)]
    if unknown or "status" not in expect:
        raise ValueError(f"{stem}, {entry.get('name')!r}: unknown {unknown}, or no status")
    source, certain = entry["source"], entry["certain"]
    if certain not in CERTAIN or "fact sheet " not in source:
        raise ValueError(f"{stem}, {entry['name']!r}: {certain!r}, {source!r}")
    if (certain == "assumed") != source.startswith("assumed: "):
        raise ValueError(f"{stem}, {entry['name']!r}: is it documented or assumed?")
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


# --- filling ----------------------------------------------------------------------------------

_ID: Final = re.compile(r"\$([a-z_]+)\.(\d+)")
_MANY: Final = re.compile(r"\$([a-z_]+)\.(\d+)-(\d+)")
_MOMENT: Final = re.compile(r"\$(now|hour|next|today)((?:[+-]\d+[dhms])*)(:date|:bare)?")
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def fill(case: Case, facts: Facts) -> Filled:
    """Put ids and moments into a case.

    Raises
    ------
    MissingFact
        If there are too few ids of a kind.
    """
    asked = {
        "ids": ["$own.0", "$own.1"],
        "types": ["favorites"],
        **({} if "groupings" in case.ask else {"by": ["tweet.id", "engagement.type"]}),
        **case.ask,
    }
    asked = _fill(asked, facts)
    expected = _fill(dict(case.expect), facts)
    return Filled(case.id, _ask(asked), _expect(asked, expected, facts))


def _fill(value: Any, facts: Facts) -> Any:
    """Replace the placeholders in any nested value."""
    if isinstance(value, dict):
        return {_fill(key, facts): _fill(item, facts) for key, item in value.items()}
    if isinstance(value, list):
        return [new for item in value for new in _fill_item(item, facts)]
    if not isinstance(value, str) or "$" not in value:
        return value
    value = _MOMENT.sub(lambda found: _moment(found, facts.now), value)
    return _ID.sub(lambda found: _id(found[1], int(found[2]), facts), value)


def _fill_item(item: Any, facts: Facts) -> list[Any]:
    """Fill an item of a list: "$own.0-249" becomes 250 of them."""
    many = _MANY.fullmatch(item) if isinstance(item, str) else None
    if not many:
        return [_fill(item, facts)]
    kind, first, last = many[1], int(many[2]), int(many[3])
    _id(kind, last, facts)  # first, so that a lack is told as a whole
    return [_id(kind, place, facts) for place in range(first, last + 1)]


def _id(kind: str, place: int, facts: Facts) -> str:
    """Return one id of a kind."""
    known = facts.ids.get(kind, ())
    if place >= len(known):
        raise MissingFact(f"needs {place + 1} of the ids {kind!r}, there are {len(known)}")
    return known[place]


def _moment(found: re.Match[str], now: datetime) -> str:
    """Write a moment such as "$next-28d", the next whole hour less 28 days."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    base = {
        "now": now.replace(microsecond=0),
        "hour": hour,
        "next": hour if hour == now else hour + timedelta(hours=1),
        "today": hour.replace(hour=0),
    }[found[1]]
    for sign, number, unit in re.findall(r"([+-])(\d+)([dhms])", found[2]):
        step = timedelta(**{_UNITS[unit]: int(number)})
        base = base + step if sign == "+" else base - step
    form = {":date": "%Y-%m-%d", ":bare": "%Y-%m-%dT%H:%M:%S"}.get(found[3], "%Y-%m-%dT%H:%M:%SZ")
    return base.strftime(form)


def _ask(asked: dict[str, Any]) -> Ask:
    """Make the request of a filled case."""
    body = _body(asked)
    headers: dict[str, str | None] = {
        "Accept-Encoding": "gzip",
        "Content-Type": "application/json",
    }
    if asked.get("packed"):
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body) if asked["packed"] == "gzip" else body
    return Ask(
        method=asked.get("method", "POST"),
        path=asked.get("path", f"/{asked.get('endpoint', 'totals')}"),
        headers={**headers, **asked.get("headers", {})},
        credential=asked.get("credential", "user"),
        body=body,
        signed_as=asked.get("signed_as", ""),
        times=asked.get("times", 1),
        same_signature=asked.get("same_signature", False),
        chunked=asked.get("chunked", False),
    )


def _body(asked: dict[str, Any]) -> bytes:
    """Write the request's body."""
    if "hex" in asked:
        return bytes.fromhex(asked["hex"])
    if "raw" in asked:
        return str(asked["raw"]).encode()
    members: dict[str, Any] = {
        "tweet_ids": [_number(one) for one in asked["ids"]],
        "engagement_types": asked["types"],
        "groupings": {name: {"group_by": by} for name, by in _groupings(asked).items()},
        **{name: asked[name] for name in ("start", "end") if name in asked},
        **asked.get("members", {}),
    }
    kept = {name: value for name, value in members.items() if name not in asked.get("without", [])}
    return json.dumps(kept).encode()


def _number(one: Any) -> Any:
    """Turn {number: "123"} into a JSON number; leave all else."""
    return int(one["number"]) if isinstance(one, dict) and "number" in one else one


def _groupings(asked: dict[str, Any]) -> dict[str, Any]:
    """Return the groupings by name; one given by its levels alone is named "g"."""
    return {"g": asked["by"]} if "by" in asked else dict(asked["groupings"])


def _expect(asked: dict[str, Any], told: dict[str, Any], facts: Facts) -> Expect:
    """Make the expectation of a filled case; what it leaves open follows from the request."""
    status = told["status"]
    good = status == 200
    endpoint = asked.get("endpoint", "totals")
    window = _window(told.get("window"), facts.now, endpoint) if good else None
    echo = tuple(told["echo"]) if "echo" in told else window and tuple(map(_iso, window))
    lists = {name: tuple(ids) for name, ids in told.get("lists", {}).items()}
    gone = lists.get("unavailable_tweet_ids", ())
    exactly = told.get("exactly", {})
    errors = told.get("errors", "none" if good else "ours")
    ids = [str(_number(one)) for one in asked["ids"]] if good else []
    return Expect(
        status=status,
        errors=errors if isinstance(errors, str) else tuple(errors),
        ours=facts.ours,
        keys=tuple(told["keys"]) if "keys" in told else None,
        lists=lists,
        trees=_trees(asked, told) if good else {},
        exactly=exactly,
        keys_at={path: tuple(keys) for path, keys in told.get("keys_at", {}).items()},
        ids=tuple(dict.fromkeys(one for one in ids if one not in gone)),
        types=tuple(dict.fromkeys(asked["types"])) if good else (),
        window=window,
        echo=echo,  # type: ignore[arg-type]
        values=told.get("values", {}),
        positive=tuple(told.get("positive", ())),
        agree=told.get("agree", False),
        leaves=told.get("leaves", "strings"),
        sparse=told.get("sparse", False),
        headers={name.lower(): value for name, value in told.get("headers", {}).items()},
        body=told.get("body", True),
    )


def _trees(
    asked: dict[str, Any], told: dict[str, Any]
) -> dict[str, tuple[str | tuple[str, ...], ...]]:
    """Return the levels of each grouping; the order of the values is the nesting order."""
    trees: dict[str, Any] = {
        name: tuple(LEVELS.get(level, level) for level in by)
        for name, by in _groupings(asked).items()
        if name not in told.get("exactly", {})
    }
    for name, levels in told.get("shape", {}).items():
        trees[name] = tuple(
            level if isinstance(level, str) else tuple(map(str, level)) for level in levels
        )
    return trees


def _window(
    told: Sequence[str] | None, now: datetime, endpoint: str
) -> tuple[datetime, datetime] | None:
    """Return the window; by default that of /28hr, or the last four weeks."""
    if endpoint not in WINDOWED:
        return None
    if told is None:
        # Fact sheet, section 5.1: the running hour is in, and the oldest one as a whole.
        start = "$hour-28h" if endpoint == "28hr" else "$next-28d"
        told = _fill([start, "$next"], Facts(now, {}))
    first, last = (datetime.fromisoformat(text) for text in told)
    return first, last


def _iso(moment: datetime) -> str:
    """Write a moment as the echo does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- judging ----------------------------------------------------------------------------------


def judge(case: Filled, answer: Answer) -> list[str]:
    """Return in words how an answer deviates from a case; empty if it conforms."""
    expect = case.expect
    if not expect.body:
        found = ["a body came, none was expected"] if answer.body else []
        return [*_judge_status(expect, answer, None), *found, *_judge_headers(expect, answer)]
    try:
        root = json.loads(_unpacked(answer))
    except (ValueError, zlib.error, EOFError, OSError) as problem:
        return [*_judge_status(expect, answer, None), f"the body is not JSON: {problem}"]
    if not isinstance(root, dict):
        return [*_judge_status(expect, answer, root), "the body is not a JSON object"]
    wrong = _judge_status(expect, answer, root)
    if wrong:
        return wrong  # all else would only repeat it
    return [
        *_judge_headers(expect, answer),
        *_judge_root(expect, root),
        *_judge_errors(expect, root.get("errors")),
        *_judge_lists(expect, root),
        *_judge_groupings(expect, root),
        *_judge_counts(expect, root),
    ]


def _unpacked(answer: Answer) -> bytes:
    """Undo the compression that the answer names."""
    packed = answer.headers.get("content-encoding", "").lower() == "gzip"
    return gzip.decompress(answer.body) if packed else answer.body


def _judge_status(expect: Expect, answer: Answer, root: Any) -> list[str]:
    """Compare the status; the answer's own words help to see why it differs."""
    if answer.status == expect.status:
        return []
    said = root.get("errors") if isinstance(root, dict) else None
    return [f"status {answer.status} instead of {expect.status}" + (f", {said}" if said else "")]


def _judge_headers(expect: Expect, answer: Answer) -> Iterator[str]:
    """Compare the headers that the case names."""
    for name, wanted in expect.headers.items():
        value = answer.headers.get(name)
        if wanted is None or value is None:
            if value != wanted:
                yield f"header {name} is {value!r} instead of {wanted!r}"
        elif not _fits(wanted, value):
            yield f"header {name} is {value!r}, which is not {wanted!r}"


def _fits(wanted: str, text: str) -> bool:
    """Tell whether a text is the wanted one, or fits the pattern behind "~"."""
    if wanted.startswith("~"):
        return re.fullmatch(wanted[1:], text, re.DOTALL) is not None
    return wanted == text


def _judge_root(expect: Expect, root: dict[str, Any]) -> Iterator[str]:
    """Compare the root's keys, and the echo of start and end."""
    keys = {*expect.trees, *expect.exactly, *expect.lists}
    keys |= {"start", "end"} if expect.echo else set()
    keys |= {"errors"} if expect.errors != "none" else set()
    if expect.keys is not None:
        keys = set(expect.keys)
    if root.keys() != keys:
        yield f"root keys {sorted(root)} instead of {sorted(keys)}"
    for name, wanted in zip(("start", "end"), expect.echo or (), strict=False):
        if name in root and root[name] != wanted:
            yield f"{name} is {root[name]!r} instead of {wanted!r}"


def _judge_errors(expect: Expect, errors: Any) -> Iterator[str]:
    """Compare the texts of `errors`."""
    if expect.errors == "none":
        return  # the root's keys tell
    if not (isinstance(errors, list) and errors and all(isinstance(e, str) for e in errors)):
        yield f"errors is {errors!r} instead of a list of texts"
        return
    if isinstance(expect.errors, tuple):
        fit = len(errors) == len(expect.errors) and all(map(_fits, expect.errors, errors))
        if not fit:
            yield f"errors are {errors} instead of {list(expect.errors)}"
        return
    for text in errors:
        if expect.errors == "unauthenticated" and not _is_unauthenticated(text, ours=expect.ours):
            yield f"the text {text!r} is not that of a 401"
        if expect.errors == "ours" and expect.ours and not text.startswith(OURS):
            yield f"the text {text!r} is not documented and does not begin with {OURS!r}"


def _is_unauthenticated(text: str, *, ours: bool) -> bool:
    """Tell whether a text begins as documented, and goes on as documented or as ours."""
    if not text.startswith(NO_ACCESS):
        return False
    reason = text.removeprefix(NO_ACCESS)
    return not ours or reason in NO_ACCESS_REASONS or reason.startswith(OURS)


def _judge_lists(expect: Expect, root: dict[str, Any]) -> Iterator[str]:
    """Compare the side lists; the order of their ids has no meaning."""
    for name, wanted in expect.lists.items():
        found = root.get(name)
        texts = found if isinstance(found, list) else [None]
        if not all(isinstance(one, str) for one in texts) or sorted(texts) != sorted(wanted):
            yield f"{name} is {found} instead of {list(wanted)}"


def _judge_groupings(expect: Expect, root: dict[str, Any]) -> Iterator[str]:
    """Compare the nesting and the leaves of each grouping."""
    for name, wanted in expect.exactly.items():
        if name in root and root[name] != wanted:
            yield f"{name} is {root[name]} instead of {wanted}"
    for name, levels in expect.trees.items():
        if name in root:
            found = list(_judge_level(expect, root[name], levels, ()))
            yield from (f"{name}{text}" for text in found[:3])
            if len(found) > 3:
                yield f"{name}: {len(found) - 3} deviations more"
    for path, wanted_keys in expect.keys_at.items():
        node = _at(root, path)
        keys = sorted(node) if isinstance(node, dict) else node
        if keys != sorted(wanted_keys):
            yield f"{path} has the keys {keys} instead of {sorted(wanted_keys)}"


def _judge_level(
    expect: Expect,
    node: Any,
    levels: tuple[str | tuple[str, ...], ...],
    above: tuple[tuple[Any, str], ...],
) -> Iterator[str]:
    """Compare one object and all below it."""
    where = "/" + "/".join(key for _, key in above) if above else ""
    if not levels:
        yield from _judge_leaf(expect, node, above, where)
        return
    if levels == ("anything",):  # the case says the rest in other words
        return
    if not isinstance(node, dict):
        yield f"{where} is {node!r} instead of an object"
        return
    wanted = _keys(expect, levels[0], above)
    if expect.sparse:
        if set(node) - set(wanted) or (above and not node):
            yield f"{where} has the keys {sorted(node)}, allowed: some of {sorted(wanted)}"
    elif set(node) != set(wanted):
        yield f"{where} has the keys {_short(node)} instead of {_short(wanted)}"
        return
    for key, below in node.items():
        yield from _judge_level(expect, below, levels[1:], (*above, (levels[0], key)))


def _judge_leaf(
    expect: Expect, leaf: Any, above: tuple[tuple[Any, str], ...], where: str
) -> Iterator[str]:
    """Compare the form of a count: a decimal string, or a number where the case says so."""
    of_retweets = ("types", "retweets") in above
    as_number = expect.leaves == "numbers" or (expect.leaves == "mixed" and of_retweets)
    if as_number:
        good = isinstance(leaf, int) and not isinstance(leaf, bool) and leaf >= 0
    else:
        good = isinstance(leaf, str) and re.fullmatch(r"0|[1-9][0-9]*", leaf) is not None
    if not good:
        yield f"{where} is {leaf!r} instead of a count as {'number' if as_number else 'text'}"
    elif expect.sparse and int(leaf) == 0:
        yield f"{where} is {leaf!r}, a zero that should be left out"


def _keys(
    expect: Expect, level: str | tuple[str, ...], above: tuple[tuple[Any, str], ...]
) -> Sequence[str]:
    """Return the keys of a level; days and hours are those of the window, under what is above."""
    if not isinstance(level, str):
        return level
    if level in ("ids", "types"):
        return expect.ids if level == "ids" else expect.types
    if expect.window is None:
        raise ValueError(f"the case has the level {level!r} and no window")
    first, last = expect.window
    buckets = [
        {"days": f"{hour:%Y-%m-%d}", "hours": f"{hour:%H}"}
        for hour in (
            first + timedelta(hours=h) for h in range((last - first) // timedelta(hours=1))
        )
        if all(kind not in LEVELS.values() or _is_in(hour, kind, key) for kind, key in above)
    ]
    return list(dict.fromkeys(bucket[level] for bucket in buckets))


def _is_in(hour: datetime, kind: str, key: str) -> bool:
    """Tell whether an hour lies under the key of a level above."""
    form = {"days": "%Y-%m-%d", "hours": "%H"}.get(kind)
    return form is None or hour.strftime(form) == key


def _short(keys: Any) -> str:
    """Write keys, the middle left out where there are many."""
    texts = sorted(keys)
    return str(texts) if len(texts) < 9 else f"[{texts[0]!r}, ... {len(texts)} ..., {texts[-1]!r}]"


def _at(root: Any, path: str) -> Any:
    """Return what stands at a path, or None."""
    for key in path.split("/"):
        root = root.get(key) if isinstance(root, dict) else None
    return root


def _judge_counts(expect: Expect, root: dict[str, Any]) -> Iterator[str]:
    """Compare what the case knows of the counts themselves."""
    if not (expect.values or expect.positive or expect.agree):
        return
    leaves = {path: leaf for name in expect.trees for path, leaf in _leaves(root.get(name), name)}
    for pattern, wanted in expect.values.items():
        found = {leaf for path, leaf in leaves.items() if fnmatchcase(path, pattern)}
        if found != {wanted}:
            yield f"{pattern} is {sorted(map(str, found))[:5]} instead of {wanted!r}"
    for pattern in expect.positive:
        if not _sum(leaf for path, leaf in leaves.items() if fnmatchcase(path, pattern)):
            yield f"{pattern} is 0 in sum; a positive sum was expected"
    sums = {
        name: _sum(leaf for path, leaf in leaves.items() if path.startswith(f"{name}/"))
        for name in expect.trees
    }
    if expect.agree and len(set(sums.values())) > 1:
        yield f"the groupings' sums differ: {sums}"


def _leaves(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield each leaf with its path."""
    if not isinstance(node, dict):
        yield path, node
        return
    for key, below in node.items():
        yield from _leaves(below, f"{path}/{key}")


def _sum(leaves: Iterator[Any]) -> int:
    """Add counts of either form; what is no count was judged elsewhere."""
    return sum(int(leaf) for leaf in leaves if re.fullmatch(r"-?[0-9]+", str(leaf)))
