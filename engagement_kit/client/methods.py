"""The methods paragraph of a paper, from a receipt: what was asked of whom, when, and what came.

It says what is known, and nothing else: what a receipt does not know is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engagement_kit.answers.answer import Answer
from engagement_kit.question.hours import iso, moment
from engagement_kit.question.periods import First
from engagement_kit.question.price import many
from engagement_kit.question.query import Query
from engagement_kit.question.rules import ID, Levels
from engagement_kit.question.work import Where
from engagement_kit.tables.assemble import Base
from engagement_kit.tables.fates import MEANINGS
from engagement_kit.tables.times import HOUR_US

if TYPE_CHECKING:
    from engagement_kit.client.receipt import Receipt

Span = tuple[datetime, datetime]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NO_NAME: Final = Where().account
"""What an account is called whose name is not known."""
_NAMED: Final = 3
_BORN: Final = "; of a tweet created within the period, from then on"
_STEPS: Final = {
    "hour": "hour of the UTC clock",
    "day": "UTC day",
    "hour_of_day": "hour of the day (UTC), summed over the days",
    "total": "tweet and metric, summed over the period",
}


@dataclass(frozen=True)
class Scope:
    """What the numbers of a receipt are about, as far as it is known.

    Attributes
    ----------
    endpoint, metrics
        Of the question.
    tweets
        How many were asked for.
    by, groupings
        One row per tweet, metric and what; or raw groupings instead.
    level
        What one number counts: ``hour``, ``day`` or ``lifetime``; empty for raw groupings that
        were answered as they were written.
    period
        From the first to the last moment that is counted of any tweet, end exclusive; None for
        lifetimes, and where it is not known.
    each
        The period in words where each tweet has its own; else empty.
    observed
        When the first and the last count was observed; None when there is none.
    running
        Counts of an hour or a day that was not over when it was observed.
    credentials, accounts
        The kinds of keys, and the accounts, that signed for the counts.
    """

    endpoint: str
    tweets: int
    metrics: tuple[str, ...]
    by: str | None = None
    groupings: tuple[tuple[str, Levels], ...] = ()
    level: str = ""
    period: Span | None = None
    each: str = ""
    observed: Span | None = None
    running: int = 0
    credentials: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Write as plain data, for JSON; moments as text, UTC."""
        return {
            "endpoint": self.endpoint,
            "tweets": self.tweets,
            "metrics": list(self.metrics),
            "by": self.by,
            "groupings": {name: list(levels) for name, levels in self.groupings},
            "period": None if self.period is None else [iso(one) for one in self.period],
            "period_of_each_tweet": self.each,
            "observed": None if self.observed is None else [iso(one) for one in self.observed],
            "running": self.running,
            "credentials": list(self.credentials),
            "signed_by": list(self.accounts),
        }


def scope_of_base(query: Query, base: Base) -> Scope:
    """Say what the numbers of a run are about.

    Parameters
    ----------
    query
        What was asked.
    base
        What came; counts beyond what was wanted tell nothing here.
    """
    span = base.wanted.spans[base.row, base.col]
    inside = (base.hour >= span[:, 0]) & (base.hour < span[:, 1])
    counted = np.flatnonzero(inside & base.good)
    used = np.unique(base.answer[counted])
    signers = {base.answers[at][1] for at in used.tolist()}
    when = np.array([one for _, _, one in base.answers], dtype=np.int64)
    wanted, lifetime = base.wanted, base.wanted.level == "lifetime"
    ends = (base.hour[counted].astype(np.int64) + wanted.step) * HOUR_US
    running = 0 if lifetime else int((ends > when[base.answer[counted]]).sum())
    # On 28hr the API chooses the window: only of what it counted is it known.
    rows = np.unique(base.row[counted]) if query.endpoint == "28hr" else slice(None)
    edges = wanted.asked[rows]
    known = len(edges) and not lifetime
    return Scope(
        level=wanted.level,
        period=(moment(int(edges[:, 0].min())), moment(int(edges[:, 1].max()))) if known else None,
        observed=_span(when[used]),
        running=running,
        **_asked(query),
        **_signed(signers),
    )


def scope_of_written(query: Query, table: pa.Table, answers: Iterable[Answer]) -> Scope:
    """Say what the numbers are about that were answered as they were asked.

    Parameters
    ----------
    query, table
        What was asked, and one of the tables that came.
    answers
        Those that it was read from, with their own words on the period.
    """
    counted = table.filter(pc.is_valid(table.column("value")))
    seen = counted.column("observed_at").cast(pa.int64()).drop_null().to_numpy()
    spans = [span for one in answers if (span := _asked_of(one)) is not None]
    first, last = zip(*spans, strict=True) if spans else ((), ())
    still = pc.sum(pc.invert(counted.column("complete"))).as_py()
    return Scope(
        period=(min(first), max(last)) if spans else None,
        observed=_span(seen),
        running=0 if query.endpoint == "totals" else still or 0,
        **_asked(query),
        **_signed(set(counted.column("account").unique().to_pylist())),
    )


def _asked_of(answer: Answer) -> Span | None:
    """Give the period that an answer counts; on totals there is none."""
    request = answer.request
    if answer.window is None and request.start is not None and request.end is not None:
        return request.start, request.end
    return answer.window


def _asked(query: Query) -> dict[str, Any]:
    each = str(query.period) if isinstance(query.period, First) else ""
    return {
        "endpoint": query.endpoint,
        "tweets": len(query.tweet_ids),
        "metrics": query.metrics,
        "by": query.by,
        "groupings": query.groupings,
        "each": each,
    }


def _signed(accounts: Iterable[str | None]) -> dict[str, Any]:
    """Say which keys signed: those of no account are app-only."""
    named = tuple(sorted(one for one in accounts if one is not None))
    kinds = (*(["user"] if named else []), *(["app"] if None in accounts else []))
    return {"credentials": kinds, "accounts": named}


def _span(micros: Any) -> Span | None:
    if not len(micros):
        return None
    first, last = (
        _EPOCH + timedelta(microseconds=int(one)) for one in (micros.min(), micros.max())
    )
    return first, last


# --- in words -------------------------------------------------------------------------------------
def paragraph(receipt: Receipt) -> str:
    """Write the methods paragraph; see `Receipt.methods`."""
    return " ".join(_sentences(receipt))


def _sentences(receipt: Receipt) -> Iterator[str]:
    scope = receipt.scope
    yield from _opening(receipt)
    if scope is not None:
        yield from _counted(scope)
        yield from _seen(scope, receipt)
        yield from _signers(scope)
    yield _fates(receipt)
    if scope is not None and scope.running:
        unit = scope.level if scope.level in {"hour", "day"} else "period"
        yield f"{_of(scope.running, 'count')} of {_a(unit)} that was not over when observed."
    if receipt.findings:
        yield (
            f"Also kept: {many(receipt.findings, 'count')} where none was expected (before the "
            "tweet was created, or beyond what could be asked)."
        )
    yield "A missing number is not a zero: sums of the kit are null where a piece is missing."
    if scope is not None and any(ID not in levels for _, levels in scope.groupings):
        yield ("Sums over tweets leave out those that are unavailable or too old, as the API does.")
    if receipt.answered:
        yield _checks(receipt)


def _opening(receipt: Receipt) -> Iterator[str]:
    """Say where the counts are from; of a receipt without any, what was asked."""
    scope = receipt.scope
    api = "the enterprise Engagement API of X (formerly Twitter)"
    kit = f"engagement_kit {receipt.kit_version}"
    if receipt.source == "emulator":
        yield f"INVENTED DATA: this is of an emulator of {api}, not of real tweets."
    what = "Counts" if scope is None else f"Counts of {_list(scope.metrics)} of {_tweets(scope)}"
    end = "" if scope is None else f", endpoint POST insights/engagement/{scope.endpoint},"
    whose = "that emulator" if receipt.source == "emulator" else api
    did = "taken from" if receipt.answered else "asked of"
    yield f"{what} were {did} {whose}{end} with {kit}."


def _counted(scope: Scope) -> Iterator[str]:
    """Say what one count is of, and for which period."""
    if scope.groupings:
        named = [f'"{name}" ({", ".join(levels)})' for name, levels in scope.groupings]
        yield f"The groupings were {_list(named)}."
    if scope.endpoint == "totals":
        yield "Each count is of the whole life of a tweet, up to the moment it was observed."
        if "video_views" in scope.metrics:
            yield "On this endpoint video_views are those of all tweets with the same video."
        return
    if scope.by in _STEPS:
        yield f"There is a count for each {_STEPS[scope.by]}."
    if scope.each:
        unit = "UTC days that they touch" if scope.level == "day" else "UTC hours"
        yield f"Counted are the {scope.each} of each tweet, in whole {unit}."
    if scope.period is not None:
        lies = "All of that lies" if scope.each else "The period is"
        start, end = map(_minute, scope.period)
        yield f"{lies} from {start} to {end} UTC, end exclusive."


def _seen(scope: Scope, receipt: Receipt) -> Iterator[str]:
    if scope.observed is not None:
        first, last = scope.observed
        if _second(first) == _second(last):
            yield f"All counts were observed at {_second(first)} UTC."
        else:
            yield f"They were observed from {_second(first)} to {_second(last)} UTC."
    elif receipt.planned_at is not None:
        yield f"It was asked as of {_second(receipt.planned_at)} UTC."


def _signers(scope: Scope) -> Iterator[str]:
    if not scope.credentials:
        return
    whose = many(len(scope.accounts), "account")
    names = [one for one in scope.accounts if one != _NO_NAME]
    if names and len(scope.accounts) <= _NAMED:
        whose += f": {', '.join(names)}"
    kinds = {"user": f"OAuth 1.0a user context ({whose})", "app": "app-only keys"}
    yield f"Requests were signed with {_list([kinds[one] for one in scope.credentials])}."


def _fates(receipt: Receipt) -> str:
    asked, level = receipt.asked, "" if receipt.scope is None else receipt.scope.level
    each = {
        "hour": f" (one for each tweet, metric and hour{_BORN})",
        "day": f" (one for each tweet, metric and day{_BORN})",
        "lifetime": " (one for each tweet and metric)",
    }.get(level, "")
    numbers = f"{many(asked, 'number')} asked for{each}"
    lost = _list([_lost(name, count) for name, count in receipt.fates.items()], "; ")
    if not receipt.missing:
        return f"Of {numbers}, {'all' if asked != 1 else 'it'} {_was(asked)} answered."
    if not receipt.answered:
        return f"Of {numbers}, none was answered: {lost}."
    answered, missing = receipt.answered, receipt.missing
    return (
        f"Of {numbers}, {answered:,} {_was(answered)} answered and {missing:,} "
        f"{'is' if missing == 1 else 'are'} missing: {lost}."
    )


def _lost(name: str, count: int) -> str:
    meaning = MEANINGS.get(name)
    return f"{count:,} {name}" + (f" ({meaning})" if meaning else "")


def _checks(receipt: Receipt) -> str:
    passed, failed = receipt.checks.passed, len(receipt.checks.failed)
    made = passed + failed
    if not made:
        return "No sums came along to hold the counts against."
    sums = f"{many(made, 'sum')} that came along"
    if failed:
        return f"Of {sums} in the answers, {passed:,} agree with the counts and {failed:,} not."
    return f"Held against {sums} in the answers, the counts agree."


def _tweets(scope: Scope) -> str:
    return many(scope.tweets, "tweet")


def _of(count: int, noun: str) -> str:
    return f"{many(count, noun)} {'is' if count == 1 else 'are'}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiouh' else 'a'} {noun}"


def _minute(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M}"


def _second(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _list(words: Sequence[str], apart: str = ", ") -> str:
    """Write words as a list in a sentence.

    Examples
    --------
    >>> _list(["a"]), _list(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{apart.join(words[:-1])}{'; ' if apart == '; ' else ' '}and {words[-1]}"
