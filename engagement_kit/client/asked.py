"""What the runs of a store asked, as questions that can be asked again; by its records alone."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from engagement_kit.answers.runs import Runs
from engagement_kit.answers.store import Store
from engagement_kit.client.record import PLAN, Record
from engagement_kit.errors import DamagedRecord, EngagementError, NotInStore
from engagement_kit.question.hours import from_iso
from engagement_kit.question.pinning import pinned, signed_by, united
from engagement_kit.question.query import Query
from engagement_kit.question.where import Where


@dataclass(frozen=True)
class Asked:
    """What the runs of a store asked.

    Attributes
    ----------
    queries : tuple of Query
        Each question once, with a fixed period, in the order of their newest runs. Those that
        differ in their tweets alone are one.
    elsewhere : Counter of str
        How many runs asked other services, which this client does not speak to.
    """

    queries: tuple[Query, ...]
    elsewhere: Counter[str]


def asked(store: Store, where: Where) -> Asked:
    """Read what the runs of a store asked of a service.

    Parameters
    ----------
    store
        The raw store.
    where
        To whom the client speaks, and who signs by default.

    Raises
    ------
    NotInStore
        When the store holds no run, or none of this service.

    Warns
    -----
    DamagedRecord
        For each run whose record can't be read; it is left out.
    """
    elsewhere: Counter[str] = Counter()
    queries = tuple(united(_queries(store, where, elsewhere)))
    if queries:
        return Asked(queries, elsewhere)
    if elsewhere:
        names = ", ".join(sorted(elsewhere))
        msg = (
            f"all runs of {store.folder} asked {names}, and this client speaks to "
            f"{where.service}. Connect to that one; nothing was sent."
        )
        raise NotInStore(msg)
    msg = (
        f"{store.folder} holds no run to refresh; is it the folder given as store=...? "
        "Nothing was sent."
    )
    raise NotInStore(msg)


def _queries(store: Store, where: Where, elsewhere: Counter[str]) -> Iterator[Query]:
    """Give the question of each run with a fixed period, the oldest run first."""
    runs = Runs(store.folder)
    for name in runs.names():
        record = runs.load(name).get(PLAN)
        if record is None:
            continue
        try:
            service = str(record["where"]["service"])
            if service == where.service:
                yield _query(record, where)
                continue
        except (LookupError, TypeError, ValueError, AttributeError, EngagementError) as error:
            msg = f"the record of run {name} can't be read and is left out: {error}"
            warnings.warn(msg, DamagedRecord, stacklevel=4)
            continue
        elsewhere[service] += 1


def _query(record: Record, where: Where) -> Query:
    """Give the question of a run, of the account that signed then."""
    query = pinned(Query.from_dict(record["query"]), from_iso(record["now"]))
    names = dict(where.aliases)
    account = str(record["where"]["account"])
    same = names.get(account, account) == names.get(where.account, where.account)
    return query if same else signed_by(query, account)
