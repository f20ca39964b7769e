"""A plan in words, line by line; `shown` puts them into a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from engagement_kit.question import metrics as registry
from engagement_kit.question import settling
from engagement_kit.question.amounts import duration, many, size
from engagement_kit.question.hours import iso
from engagement_kit.question.losses import CREATED_AFTER, PURGED, by_reason
from engagement_kit.question.price import by_account_text, signers
from engagement_kit.question.wanted import purged

if TYPE_CHECKING:
    from engagement_kit.question.plan import Plan

_NO_RATE: Final = "not known: per_minute= says how many requests a contract allows"
_OPEN: Final = "stored counts that go on growing; max_age= says how old they may be"


def lines(made: Plan) -> list[tuple[str, str]]:
    """Say the plan in words, as pairs of a label and a text."""
    price = made.price
    rows = [
        ("question", f"{made.query.endpoint}, {many(len(made.query.tweet_ids), 'tweet')}"),
        ("requests", _calls(made)),
        ("numbers", _numbers(made)),
        ("size", f"about {price.rows:,} rows from {size(price.bytes)} of answers"),
    ]
    if made.requests:
        rows.append(("time", _time(price.minutes)))
        rows.append(("accounts", by_account_text(made.by_account)))
    if made.query.rules.takes_period:
        rows.append(("reach of historical", f"profile {made.where.profile!r}"))
    return rows + notes(made)


def notes(made: Plan) -> list[tuple[str, str]]:
    """Give those lines that say how the plan came about, and what can't be had."""
    rows = [] if made.usage is None else made.usage.lines()
    rows += [] if made.due is None or not made.requests else made.due.lines()
    if made.too_old:
        wait = settling.in_words(made.freshness)
        what = f"counts seen less than {wait} after the end of their period"
        text = f"{what}; max_age= says how old they may be"
        rows.append(("asked again", text if made.query.rules.takes_period else _OPEN))
    if made.begun:
        rows.append(("goes on with", f"a run of {iso(made.now)} that was cut off"))
    if made.damaged:
        it = "it" if made.damaged == 1 else "them"
        text = f"{many(made.damaged, 'stored answer')}; a run sets {it} aside"
        rows.append(("damaged", f"{text}, and asks anew what is needed of {it}"))
    return rows + _unobtainable(made)


def numbers_asked(made: Plan) -> int:
    """Count the numbers that a plan's question asks for, those of purged tweets among them.

    It is what the receipt of its run counts, and `ek.total` of the table expects.
    """
    asked, left_out = made.price.asked, made.purged
    if left_out is None or made.query is made.whole:
        return asked
    return asked + purged(left_out, made.now).numbers_asked()


def _numbers(made: Plan) -> str:
    price, asked = made.price, numbers_asked(made)
    of = f" of {asked:,}" if asked != price.numbers else ""
    return f"{price.numbers:,}{of} to be had, {price.stored:,} of them stored already"


def _time(minutes: float | None) -> str:
    return _NO_RATE if minutes is None else f"{duration(minutes)} at the known rate"


def _calls(made: Plan) -> str:
    price = made.price
    more = f"; at most {price.extra:,} more if single tweets fail" if price.extra else ""
    if price.left == price.requests:
        return f"{price.requests:,}{more}"
    return f"{price.left:,} left of {price.requests:,}{more}"


def _unobtainable(made: Plan) -> list[tuple[str, str]]:
    """Say what can't be had, tweets with the same reason together."""
    rows = []
    left_out = made.purged
    if left_out is not None and made.query is not made.whole:
        text = f"{many(len(left_out.tweet_ids), 'tweet')}: {PURGED}"
        rows.append(("can't be had (purged)", text))
    for (status, reason, metrics), parts in by_reason(made.unobtainable).items():
        lost, names = many(sum(map(len, parts)), "tweet"), registry.in_words(metrics)
        label = "nothing to count" if reason == CREATED_AFTER else "can't be had"
        rows.append((f"{label} ({status})", f"{lost} x {names}: {reason}"))
    if made.unsigned:
        names = ", ".join(sorted({one for _, one in signers(made.unsigned) if one}))
        text = f"what the store does not hold of tweets of {names}: no keys of that account"
        rows.append(("can't be had (not_owned)", text))
    if made.refused:
        text = f"{many(made.refused, 'number')}: refused before as of another account's tweets"
        rows.append(("can't be had (not_owned)", f"{text}; say in owners= who wrote them"))
    return rows
