"""Answers held against what a case expects; deviations in words. Pure."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from cases import LEVELS, NO_ACCESS, NO_ACCESS_REASONS, OURS, Answer, Expect, Filled


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
