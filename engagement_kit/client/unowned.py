"""Why numbers are not owned, told apart: no keys of the owner, or refused to the one named."""

from __future__ import annotations

from collections.abc import Iterable

from engagement_kit.question.amounts import many
from engagement_kit.question.plan import Plan
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import Lost
from engagement_kit.tables.schema import STATUS

_REFUSED = "refused to {0}, so another account's; correct owners=, or log in as their author"


def not_owned(made: Plan, base: Base, lost: Iterable[Lost]) -> tuple[str, ...]:
    """Say of how many tweets which keys were missing, and to whom how many were refused.

    Parameters
    ----------
    made
        The plan, which knew whose keys there are.
    base, lost
        What came, and the numbers without a count.

    Returns
    -------
    tuple of str
        One for each reason, the most tweets first.
    """
    people = made.where.owned(made.query)
    tweets: dict[str, set[int]] = {}
    for one in made.unobtainable:
        if one.status == "not_owned":
            tweets.setdefault(one.reason, set()).update(one.rows.tolist())
    for gap in lost:
        if gap.status != STATUS["not_owned"] or gap.foreseen:
            continue
        if gap.answer >= 0:
            reason = _REFUSED.format(base.answers[gap.answer][1])
        else:  # a part of what the store holds
            reason = f"no keys of account {people.accounts[people.code[gap.row]]}"
        tweets.setdefault(reason, set()).add(gap.row)
    order = sorted(tweets.items(), key=lambda one: (-len(one[1]), one[0]))
    return tuple(f"{many(len(rows), 'tweet')}: {reason}" for reason, rows in order)
