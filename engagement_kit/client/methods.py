"""The methods paragraph of a paper, from a receipt: what was asked of whom, when, and what came.

It says what is known, and nothing else: what a receipt does not know is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from engagement_kit.question.amounts import many
from engagement_kit.question.rules import ID
from engagement_kit.question.where import Where
from engagement_kit.tables.fates import MEANINGS

if TYPE_CHECKING:
    from engagement_kit.client.receipt import Receipt
    from engagement_kit.client.scope import Scope

_NO_NAME: Final = Where().account
"""What an account is called whose name is not known."""
_NAMED: Final = 3
_BORN: Final = ", from the tweet's creation on"
_STEPS: Final = {
    "hour": "hour of the UTC clock",
    "day": "UTC day",
    "hour_of_day": "hour of the day (UTC), summed over the days",
    "total": "tweet and metric, summed over the period",
}


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
    if receipt.created_after:
        they = "it was" if receipt.created_after == 1 else "they were"
        yield (
            f"Of {many(receipt.created_after, 'tweet')} there is nothing to count: {they} created "
            "after the period."
        )
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
    purged = f" ({scope.purged:,} of them purged)" if scope.purged else ""
    return many(scope.tweets, "tweet") + purged


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
