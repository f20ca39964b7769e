"""Ids and moments put into a case, so that it can be sent and judged. Pure."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cases import ID_KINDS, LEVELS, WINDOWED, Ask, Case, Expect, Facts, Filled, MissingFact

_ID: Final = re.compile(r"\$([a-z_]+)\.(\d+)")
_MANY: Final = re.compile(r"\$([a-z_]+)\.(\d+)-(\d+)")
_MOMENT: Final = re.compile(r"\$(now|hour|next|today)((?:[+-]\d+[dhms])*)(:date|:bare)?")
_LEFT: Final = re.compile(r"\$[a-z]|Z:[a-z]|-\d\d:[a-z]")  # also a misspelt form of a moment
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
    value = _ID.sub(lambda found: _id(found[1], int(found[2]), facts), value)
    if _LEFT.search(value):
        raise ValueError(f"{value!r} has a placeholder that means nothing; see the README")
    return value


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
    if kind not in ID_KINDS:
        raise ValueError(f"${kind}.{place}: no such kind of id; there are {sorted(ID_KINDS)}")
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
