"""Queries as files: YAML or JSON, and beyond some ids a file of its own for these. Plain data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import checks
from engagement_kit.question.periods import period_from_dict

INLINE_IDS: Final = 100
"""So many ids stand in a saved query itself; more go to a file beside it."""
REQUIRED: Final = frozenset({"endpoint", "tweet_ids"})
"""What a query's plain data must hold."""
_MEMBERS: Final = ("endpoint", "tweet_ids", "metrics", "by", "groupings", "period", "owners")
_LINE_ENDS: Final = ("\x85", "\u2028", "\u2029")
"""What ends a line for YAML, besides a line feed."""


def as_yaml(data: dict[str, Any]) -> str:
    """Write plain data as YAML that is read as the same."""
    import yaml

    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    if any(end in text for end in _LINE_ENDS):  # written as they are, they are read as blanks
        text = yaml.safe_dump(data, sort_keys=False)
    return text


def as_files(data: dict[str, Any], name: str) -> tuple[str, dict[str, bytes]]:
    """Write a query's plain data as a YAML file of some name, and the file of ids beside it."""
    ids = data["tweet_ids"]
    if len(ids) <= INLINE_IDS:
        return as_yaml(data), {}
    kept = "".join(f"{tweet_id}\n" for tweet_id in ids).encode()
    beside = Path(name).with_suffix(".ids.txt").name
    named = {"file": beside, "sha256": hashlib.sha256(kept).hexdigest()}
    return as_yaml({**data, "tweet_ids": named}), {beside: kept}


def save(data: dict[str, Any], target: Path) -> Path:
    """Write a query's plain data to a file, which is given back, and many ids to one beside it."""
    text, ids = as_files(data, target.name)
    for name, kept in ids.items():
        target.with_name(name).write_bytes(kept)  # no system's own line ends: see the hash
    target.write_text(text, encoding="utf-8")
    return target


def text_of(source: Path) -> str:
    """Read the text of a file.

    Raises
    ------
    QueryError
        When it can't be read, or is no text.
    """
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from error


def data_of(text: str, source: Path) -> dict[str, Any]:
    """Read the plain data of a query from the text of a file, with the ids of the one beside it.

    Parameters
    ----------
    text
        YAML, or JSON where the name of `source` ends so.
    source
        Where it is from.

    Raises
    ------
    QueryError
        When the text holds no mapping, or the file of ids is missing or was changed.
    """
    import yaml

    try:
        data = json.loads(text) if source.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise _unreadable(source, error) from error
    if not isinstance(data, dict):
        raise QueryError((Problem("file", str(source), "holds no query (a mapping)"),))
    if isinstance(data.get("tweet_ids"), dict):
        data["tweet_ids"] = _ids_beside(source, data["tweet_ids"])
    return data


def members_of(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Take the arguments of a query out of plain data; what is wrong with these is told beside.

    Examples
    --------
    >>> members_of({"endpoint": "totals", "tweet_ids": ["20"]})
    ({'endpoint': 'totals', 'tweet_ids': ['20']}, [])
    >>> values, problems = members_of({"endpoint": "totals", "tweets": ["20"]})
    >>> values, [one.field for one in problems]
    ({'endpoint': 'totals'}, ['tweets', 'tweet_ids'])
    """
    problems = [checks.unknown_key(key, _MEMBERS) for key in data if key not in _MEMBERS]
    needed = (key for key in _MEMBERS if key in REQUIRED)
    problems += [checks.missing_key(key) for key in needed if key not in data]
    values = {key: value for key, value in data.items() if key in _MEMBERS}
    if values.get("period") is not None:
        try:
            values["period"] = period_from_dict(values["period"])
        except QueryError as error:
            problems += error.problems
            del values["period"]
    return values, problems


def _unreadable(source: Path, error: Exception) -> QueryError:
    return QueryError((Problem("file", str(source), f"can't be read: {error}"),))


def _ids_beside(source: Path, named: Mapping[str, Any]) -> list[str]:
    """Read the ids' file that a saved query names, and hold it against its hash."""
    ids_file = source.parent / str(named.get("file", ""))
    try:
        text = ids_file.read_bytes()
    except OSError as error:
        why = "the file with the tweet ids can't be read"
        raise QueryError((Problem("tweet_ids", str(ids_file), why),)) from error
    if hashlib.sha256(text).hexdigest() != named.get("sha256"):
        why = "the file with the tweet ids was changed since the query was saved"
        hint = "Save the query again, or write the new hash into it."
        raise QueryError((Problem("tweet_ids", str(ids_file), why, hint),))
    return text.decode("ascii", errors="replace").split()
