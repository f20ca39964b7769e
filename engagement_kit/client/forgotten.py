"""Purged tweets in a result: rows without a count in memory, and nothing at all in files."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.answers import exported, tombstones
from engagement_kit.answers.answer import Answer
from engagement_kit.answers.forget import by_new_names
from engagement_kit.answers.gone import Gone
from engagement_kit.answers.store import Store
from engagement_kit.errors import EngagementError, Problem, QueryError, StoreError
from engagement_kit.fetch.steps import Failure
from engagement_kit.question.plan import Plan, without
from engagement_kit.question.query import Query
from engagement_kit.question.rules import Levels
from engagement_kit.question.tweet_ids import clean
from engagement_kit.question.wanted import purged
from engagement_kit.tables.assemble import gather
from engagement_kit.tables.derive import derive, grain_for
from engagement_kit.tables.fates import losses
from engagement_kit.tables.redact import dictionaries_anew
from engagement_kit.tables.schema import SCHEMA, build


def purged_in(store: Store, tweet_ids: Iterable[str]) -> frozenset[str]:
    """Tell which of some tweets were purged from a store."""
    return tombstones.read(store.folder).of(tweet_ids)


def refuse_purged(store: Store, tweet_id: object) -> None:
    """Refuse to ask for a tweet that was purged; what is no id is for others to tell.

    Raises
    ------
    QueryError
        When it was.
    """
    if purged_in(store, clean(tweet_id)[0]):
        why = "it was purged from the store, and is not asked again; take another tweet, or none"
        raise QueryError((Problem("tweet_id", "a purged tweet", why),))


def loaded(store: Store, ref: str) -> Answer:
    """Load an answer of a result; a purge since may have written it anew, under another name.

    Raises
    ------
    StoreError
        When it is gone or damaged.
    """
    try:
        return store.load(ref)
    except StoreError as error:
        gone = isinstance(error.__cause__, FileNotFoundError)
        if gone and len(tombstones.read(store.folder)):
            msg = (
                "tweets were purged from the store since this was asked, and answers were written "
                "anew: run the cell again; what is stored is not asked"
            )
            raise StoreError(msg) from error
        raise


# --- what was purged since ------------------------------------------------------------------------
def without_purged(made: Plan, store: Store, gone: Collection[str]) -> Plan:
    """Take tweets that were purged since out of a plan; what it reused serves by its new names."""
    names = {*by_new_names(store, (one.ref for one in made.reused))}
    return without(made, gone, [one for one in store.known() if one.ref in names])


def failures_without(failures: Iterable[Failure], gone: frozenset[str]) -> tuple[Failure, ...]:
    """Take purged tweets out of requests that failed, and out of what was said of them."""
    cut = Gone(gone).cut
    left = []
    for one in failures:
        request = one.request.without(gone)
        if request.tweet_ids:
            said = str(one.error)
            error = one.error if cut(said) == said else EngagementError(cut(said))
            left.append(replace(one, request=request, error=error))
    return tuple(left)


# --- in memory ------------------------------------------------------------------------------------
def with_purged(made: Plan, table: pa.Table, levels: Levels) -> pa.Table:
    """Put rows for the numbers of purged tweets into a table, in the order of the question.

    Sums over tweets leave purged ones out, and list them, as those that the API leaves out.
    """
    whole, left_out = made.whole, made.purged
    if whole is None or left_out is None or whole is made.query:
        return table
    wanted = purged(left_out, made.now)
    base = gather(wanted, ())
    cells = derive(base, losses(base), levels)
    source = table.column("source")[0].as_py() if table.num_rows else None
    lost = build(cells, grain_for(wanted, levels), endpoint=left_out.endpoint, source=source)
    both = pa.concat_tables([table, lost]).unify_dictionaries().combine_chunks()
    place = {one: at for at, one in enumerate(whole.tweet_ids)}
    coded = both.column("tweet_id").combine_chunks()
    places = [place.get(one, len(place)) for one in coded.dictionary.to_pylist()]
    codes = coded.indices.fill_null(len(places)).to_numpy(zero_copy_only=False)
    order = np.argsort(np.array([*places, -1], dtype=np.int64)[codes], kind="stable")
    return both.take(pa.array(order))


def purged_numbers(
    made: Plan, fates: dict[str, int], asked: int, later: int
) -> tuple[dict[str, int], int, int]:
    """Add purged tweets to what a receipt counts: fates, numbers asked, tweets created after."""
    left_out = made.purged
    if left_out is None or made.whole is made.query:
        return fates, asked, later
    wanted = purged(left_out, made.now)
    lost = wanted.numbers_asked()
    later += len(wanted.created_after())
    return ({"purged": lost} if lost else {}) | fates, asked + lost, later


# --- for files ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Kept:
    """What files may hold of a result.

    Attributes
    ----------
    query
        The question without purged tweets; None where all of them are.
    gone
        The purged tweets.
    summed
        Whether sums over tweets count some of them: the tweets were purged after they were asked.
    """

    query: Query | None
    gone: Collection[str]
    summed: bool

    def rows(self, table: pa.Table) -> pa.Table:
        """Leave out the rows of purged tweets, and their ids among the words."""
        if not self.gone:
            return table
        ids = table.column("tweet_id")
        keep = pc.invert(pc.is_in(ids.cast(pa.string()), value_set=pa.array(sorted(self.gone))))
        if self.summed:
            keep = pc.and_(keep, pc.is_valid(ids))
        return dictionaries_anew(table.filter(keep)).cast(SCHEMA)


def kept_of(made: Plan, store: Store) -> Kept:
    """Say what is left of a result's question, by the tombstones of its store."""
    since = purged_in(store, made.query.tweet_ids)
    left_out = made.purged
    gone = since.union(left_out.tweet_ids if left_out else ())
    return Kept(made.query.without(gone), gone, summed=bool(since))


def for_file(
    made: Plan, store: Store, kind: exported.Kind, path: str | Path, table: pa.Table
) -> pa.Table:
    """Take purged tweets out of a table of a result that goes to a file, and note where that is."""
    kept = kept_of(made, store)
    exported.note(store.folder, kind, path, made.query if kept.query else None)
    return kept.rows(table)
