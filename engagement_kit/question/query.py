"""The Query: what a person asks, of any size, checked at birth. No clock, no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import Problem, QueryError
from engagement_kit.question import checks, query_files, query_shown
from engagement_kit.question import owners as people_of
from engagement_kit.question.owners import Owners
from engagement_kit.question.periods import Last, Period
from engagement_kit.question.rules import DAY, ENDPOINTS, HOUR, ID, TYPE, Endpoint, Levels
from engagement_kit.question.tweet_ids import as_numbers, clean, short_note

By = Literal["hour", "day", "hour_of_day", "total"]

LEVELS_BY: Final[dict[str, Levels]] = {
    "hour": (ID, TYPE, DAY, HOUR),
    "day": (ID, TYPE, DAY),
    "hour_of_day": (ID, TYPE, HOUR),
    "total": (ID, TYPE),
}
"""What each plain word means as a ``group_by``."""
_DEFAULT_PERIOD: Final = Last(28 * 24)
_KEY_LENGTH: Final = 16


@dataclass(frozen=True, init=False)
class Query:
    """A question to one endpoint of the Engagement API.

    Parameters
    ----------
    endpoint : {'totals', '28hr', 'historical'}
        Lifetime counts; the last 28 hours; any period.
    tweet_ids
        Ids as text or int, tweet URLs, a column, or one text with many. Repeats are left out.
    metrics
        Wire names or what people call them; None for all that the endpoint offers.
    by : {'hour', 'day', 'hour_of_day', 'total'}, optional
        One row per tweet, metric and what? The default is total on totals, hour on 28hr and day
        on historical. All in UTC.
    groupings
        Instead of `by`: up to three raw groupings as the API knows them, ``{name: [values]}``.
    period
        On historical only: ``ek.last(days=28)`` (the default), ``ek.first(days=7)`` of each tweet,
        or ``ek.between(start, end)``, end exclusive.
    owners
        Who wrote the tweets: one account; a mapping of tweet id to account; or a column as long
        as the given ids, with one owner for each, null where it is not known. A Series whose index
        holds the ids is read by these. An owner is a name, with or without ``@``, the address of
        its page, or a user id. Each account signs for its own tweets. None, and
        tweets of which nothing is said: the connected account.

    Attributes
    ----------
    notes : tuple of str
        How spellings were understood, and how many repeated ids were left out.

    Raises
    ------
    QueryError
        With every problem at once.

    Examples
    --------
    >>> query = Query("totals", ["697506383516729344"], metrics=["Likes", "retweets"])
    >>> query.metrics
    ('favorites', 'retweets')
    >>> query.notes
    ("'Likes' was understood as favorites",)

    An owner for each tweet, as ``df["author"]`` beside ``df["id"]``:

    >>> Query("28hr", ["20", "21", "20"], owners=["@acme", None, "acme"]).owners
    (('20', 'acme'),)
    """

    endpoint: str
    tweet_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    by: str | None
    groupings: tuple[tuple[str, Levels], ...]
    period: Period | None
    owners: str | tuple[tuple[str, str], ...] | None
    notes: tuple[str, ...] = field(compare=False)

    def __init__(
        self,
        endpoint: str,
        tweet_ids: object,
        metrics: str | Iterable[str] | None = None,
        *,
        by: By | None = None,
        groupings: Mapping[str, Any] | None = None,
        period: Period | None = None,
        owners: Owners = None,
    ) -> None:
        problems: list[Problem] = []
        said: object = endpoint  # whatever a file or a form holds
        where = ENDPOINTS.get(said) if isinstance(said, str) else None
        if isinstance(tweet_ids, Iterator):  # looked at twice
            tweet_ids = list(tweet_ids)
        if where is None:
            problems.append(checks.endpoint_problem(endpoint))
        ids, duplicates, id_problems = clean(tweet_ids)
        problems += id_problems or checks.none_given(ids)
        names, notes = checks.metrics(metrics, where, problems)
        raw = checks.groupings(groupings, where, problems)
        plain = checks.by(by, raw, where, problems)
        span = checks.period(period, plain, where, problems)
        people = people_of.check(owners, tweet_ids, ids, problems)
        if problems:
            raise QueryError(tuple(problems))
        repeated = f"{duplicates} repeated tweet ids were left out" if duplicates else ""
        notes += tuple(filter(None, (repeated, short_note(ids))))
        values: dict[str, Any] = {
            "endpoint": endpoint,
            "tweet_ids": ids,
            "metrics": names,
            "by": plain,
            "groupings": raw,
            "period": span or (_DEFAULT_PERIOD if where and where.takes_period else None),
            "owners": people,
            "notes": notes,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @cached_property
    def numbers(self) -> npt.NDArray[np.int64]:
        """The tweet ids as whole numbers, for arithmetic only: in tables they stay text."""
        return as_numbers(self.tweet_ids)

    @property
    def rules(self) -> Endpoint:
        """What the endpoint allows."""
        return ENDPOINTS[self.endpoint]

    @property
    def wanted_groupings(self) -> tuple[tuple[str, Levels], ...]:
        """The groupings that the tables of this query are read by: raw, or what `by` means."""
        if self.by is None:
            return self.groupings
        return ((self.by, LEVELS_BY[self.by]),)

    def owner_of(self, tweet_id: str) -> str | None:
        """Name the account that wrote a tweet, or None where the query does not say.

        Parameters
        ----------
        tweet_id
            One of the query's ids, as text.

        Returns
        -------
        str or None
            A name or a user id, as it was given.
        """
        if self.owners is None or isinstance(self.owners, str):
            return self.owners
        return self._owner_by_tweet.get(tweet_id)

    @cached_property
    def owner_codes(self) -> tuple[npt.NDArray[np.int64], tuple[str | None, ...]]:
        """The owner of each tweet as a position, and the owners' names; None: not named."""
        if not isinstance(self.owners, tuple):
            return np.zeros(len(self.tweet_ids), dtype=np.int64), (self.owners,)
        names: dict[str | None, int] = {}
        owner_of = self._owner_by_tweet.get
        codes = [names.setdefault(owner_of(one), len(names)) for one in self.tweet_ids]
        return np.array(codes, dtype=np.int64), tuple(names)

    @cached_property
    def _owner_by_tweet(self) -> dict[str, str]:
        return dict(self.owners) if isinstance(self.owners, tuple) else {}

    def without(self, tweet_ids: Collection[str]) -> Query | None:
        """Give the same question of the other tweets; None where none is left.

        Parameters
        ----------
        tweet_ids
            Ids to leave out, as text; those that the query does not have change
            nothing.

        Returns
        -------
        Query or None
            The rest, in the same order.

        Examples
        --------
        >>> Query("totals", ["20", "21"]).without({"20"}).tweet_ids
        ('21',)
        """
        gone = frozenset(tweet_ids)
        if not gone:  # as in most plans, and there may be a million tweets
            return self
        kept = tuple(one for one in self.tweet_ids if one not in gone)
        if not kept:
            return None
        if len(kept) == len(self.tweet_ids):
            return self
        owners = self.owners
        if isinstance(owners, tuple):
            owners = tuple(pair for pair in owners if pair[0] not in gone) or None
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        made = object.__new__(type(self))
        for name, value in {**values, "tweet_ids": kept, "owners": owners}.items():
            object.__setattr__(made, name, value)
        return made

    def to_dict(self) -> dict[str, Any]:
        """Write the query as plain data; `from_dict` reads it.

        Returns
        -------
        dict
            Only what is set, ids as text.

        Examples
        --------
        >>> Query("totals", "20", metrics=["replies"]).to_dict()
        {'endpoint': 'totals', 'tweet_ids': ['20'], 'metrics': ['replies'], 'by': 'total'}
        """
        data: dict[str, Any] = {
            "endpoint": self.endpoint,
            "tweet_ids": list(self.tweet_ids),
            "metrics": list(self.metrics),
        }
        if self.by is not None:
            data["by"] = self.by
        else:
            data["groupings"] = {name: list(levels) for name, levels in self.groupings}
        if self.period is not None:
            data["period"] = self.period.to_dict()
        if self.owners is not None:
            data["owners"] = self.owners if isinstance(self.owners, str) else dict(self.owners)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Query:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        data
            A mapping, as `to_dict` gives it.

        Returns
        -------
        Query
            Equal to the one that was written.

        Raises
        ------
        QueryError
            When the data are no query; with every problem at once.
        """
        values, problems = query_files.members_of(data)
        if values.keys() >= query_files.REQUIRED:
            try:
                query = cls(**values)
            except QueryError as error:
                problems += error.problems
        if problems:
            raise QueryError(tuple(problems))
        return query

    def to_yaml(self) -> str:
        """Write the query as YAML, ids quoted so that no reader makes numbers of them.

        Examples
        --------
        >>> print(Query("28hr", "20", metrics=["replies"]).to_yaml())
        endpoint: 28hr
        tweet_ids:
        - '20'
        metrics:
        - replies
        by: hour
        <BLANKLINE>
        """
        return query_files.as_yaml(self.to_dict())

    def save(self, path: str | Path) -> Path:
        """Write the query as a YAML file; more than 100 ids go to a text file beside it.

        Parameters
        ----------
        path
            Where to write it. A file that is there is written over.

        Returns
        -------
        Path
            The YAML file. The ids' file is named in it, with a hash that `load` checks.
        """
        return query_files.save(self.to_dict(), Path(path))

    def to_files(self, name: str) -> tuple[str, dict[str, bytes]]:
        """Give what `save` would write under a name.

        Parameters
        ----------
        name
            The name of the YAML file, without a folder.

        Returns
        -------
        text : str
            The YAML.
        ids : dict of str to bytes
            The file with the ids that it names, and what is in it; empty up to 100 ids.
        """
        return query_files.as_files(self.to_dict(), name)

    @classmethod
    def load(cls, path: str | Path) -> Query:
        """Read a query from a YAML file, or from one of JSON whose name ends so.

        Parameters
        ----------
        path
            The file, as `save` wrote it; a file of ids is looked for beside it.

        Returns
        -------
        Query
            Equal to the one that was saved.

        Raises
        ------
        QueryError
            When the file is no query, or its ids' file is missing or was changed.
        """
        source = Path(path)
        return cls.from_text(query_files.text_of(source), source)

    @classmethod
    def from_text(cls, text: str, source: Path) -> Query:
        """Read a query from the text of a file, as `load` does.

        Parameters
        ----------
        text
            YAML, or JSON where the name of `source` ends so.
        source
            Where it is from; a file of ids is looked for beside it.

        Returns
        -------
        Query
            Equal to the one that was saved.

        Raises
        ------
        QueryError
            As `load`.

        Examples
        --------
        >>> query = Query("totals", ["20"])
        >>> Query.from_text(query.to_yaml(), Path("q.yaml")) == query
        True
        """
        return cls.from_dict(query_files.data_of(text, source))

    @cached_property
    def key(self) -> str:
        """A hash of the canonical form: the same question has the same key.

        Examples
        --------
        >>> Query("totals", ["20", "21"]).key == Query("totals", "21 20").key
        True
        """
        data = self.to_dict()
        data["tweet_ids"] = sorted(self.tweet_ids)
        text = json.dumps(data, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_LENGTH]

    def __repr__(self) -> str:
        """One line; never the whole list of ids."""
        return query_shown.query_text(self)

    def _repr_html_(self) -> str:
        return query_shown.query(self)
