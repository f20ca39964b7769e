"""What a person says of tweets in a file: who wrote which, or which group each is of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from engagement_kit.errors import Problem, QueryError, UnusableFile
from engagement_kit.question.id_files import Columns, columns_in, is_empty
from engagement_kit.question.owners import account_name
from engagement_kit.question.tweet_ids import each

_OWNERS: Final = (
    "owner", "account", "author", "username", "user_name", "screen_name", "handle", "user",
    "author_username", "author_id", "user_id",
)  # fmt: skip
_GROUPS: Final = ("group", "groups", "campaign", "team", "label", "name")


def read_owners(path: str | Path) -> dict[str, str]:
    r"""Read who wrote which tweet.

    Parameters
    ----------
    path
        A CSV, Parquet or JSONL file, as `read_ids` reads them. The column with the owners is called
        as such columns usually are (``owner``, ``account``, ``author``, ``username``), or is the
        only one beside the ids.

    Returns
    -------
    dict of str to str
        Tweet ids, and their owners: names or user ids. Rows without an owner are left out.

    Raises
    ------
    UnusableFile
        When it can't be read, or rows have no tweet id.
    QueryError
        When no column is clearly that of the owners, or a tweet has two.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tweets.csv"
    ...     _ = file.write_text("tweet_id,owner\n697506383516729344,acme\n20,@jack\n")
    ...     read_owners(file)
    {'697506383516729344': 'acme', '20': 'jack'}
    """
    return _beside_ids(Path(path), "owners", _OWNERS, account_name)


def read_groups(path: str | Path) -> dict[str, str]:
    """Read which group each tweet is of, from a file as for `read_owners`.

    The column with the names is called ``group``, ``campaign``, ``team`` or ``label``, or is the
    only one beside the ids.

    Raises
    ------
    UnusableFile, QueryError
        As `read_owners`.
    """
    return _beside_ids(Path(path), "groups", _GROUPS, lambda value: (str(value).strip(), ""))


def _beside_ids(
    path: Path,
    field: str,
    usual: Sequence[str],
    read: Callable[[object], tuple[str | None, str]],
) -> dict[str, str]:
    """Read a column that stands beside tweet ids; cells that hold nothing are left out."""
    found = columns_in(path)
    ids, cells = found.values[found.guess], found.values[_column(found, field, usual)]
    if len(ids) != len(cells) or any(is_empty(one) for one in ids):
        msg = f"{path.name} has rows without a tweet id, or with that alone: give each row both"
        raise UnusableFile(msg)
    pairs: dict[str, str] = {}
    problems: dict[str, Problem] = {}
    for tweet_id, raw, cell in zip(each(ids), ids, cells, strict=True):
        name, why = (None, "") if is_empty(cell) else read(cell)
        where, why = (f"{cell!r}", why) if tweet_id else (f"{raw!r}", "this is no tweet id")
        known = pairs.setdefault(tweet_id, name) if tweet_id and name else name
        if not why and name and known and known.casefold() != name.casefold():
            where, why = f"tweet {tweet_id}", f"it stands twice, as of {known} and of {name}"
        if why:
            problems.setdefault(why, Problem(field, f"{where} in {path.name}", why))
    if problems:
        raise QueryError(tuple(problems.values()))
    return pairs


def _column(found: Columns, field: str, usual: Sequence[str]) -> str:
    """Name the column that stands beside the ids."""
    others = [name for name in found.values if name != found.guess]
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(others)}
    named = [plain[one] for one in usual if one in plain]
    if not named and len(others) != 1:
        why = f"no column has the {field}; there are: {', '.join(found.values)}"
        raise QueryError((Problem(field, found.source, why, f"Call that column {usual[0]}."),))
    return named[0] if named else others[0]
