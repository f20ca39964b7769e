"""What a plan costs: calls, time, rows and bytes, known before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from engagement_kit.errors import BudgetExceeded
from engagement_kit.question.amounts import FEW, many
from engagement_kit.question.batches import Requests
from engagement_kit.question.hours import HOURS_A_DAY, Hours
from engagement_kit.question.request import Request
from engagement_kit.question.riding import is_mixed
from engagement_kit.question.rules import DAY, HOUR, ID, TYPE, CredentialKind, Levels, fineness
from engagement_kit.question.wanted import Wanted

_MOST_EXTRA: Final = 50
"""Finding every bad tweet of a batch of 25 by halves takes at most 48 calls more."""
_LEAST_EXTRA: Final = 50
_NUMBER_BYTES: Final = {"lifetime": 25, "day": 19, "hour": 12}
"""What one count takes in an answer's JSON, measured on dense answers."""


@dataclass(frozen=True)
class Price:
    """What a plan costs.

    Attributes
    ----------
    requests
        Calls to the API.
    left
        Those of them that are still to be made: of a run that was cut off, an earlier session
        made the others.
    extra
        At most so many more calls: to find single tweets that make a batch fail, should any do; and
        to ask the public metrics of tweets app-only that turn out to be somebody else's.
    extra_app_only
        How many of those are for the latter.
    numbers
        Single counts that can be had, stored ones among them; what a stored answer refuses is not.
    asked
        Single counts that are asked for, whether they can be had or not: one for each tweet, metric
        and hour of the period (or day; one for a lifetime), from the tweet's creation on.
    stored
        Counts that the store holds already.
    rows
        Rows of the table, about; those of what can't be had are not among them.
    bytes
        Size of the answers that are to come, unpacked, about; the store keeps them packed.
    minutes
        How long the calls take at the known rate; None where none is known.
    accounts
        Accounts whose keys will sign.
    """

    requests: int
    left: int
    extra: int
    numbers: int
    stored: int
    rows: int
    bytes: int
    minutes: float | None
    accounts: tuple[str, ...]
    extra_app_only: int = 0
    asked: int = 0


def signers(requests: Sequence[Request]) -> frozenset[tuple[CredentialKind, str | None]]:
    """Say who signs requests, without making each of them."""
    parts = requests.batches if isinstance(requests, Requests) else requests
    return frozenset((one.credential, one.account) for one in parts)


def by_account(requests: Sequence[Request]) -> dict[str | None, int]:
    """Count requests by who signs, without making each of them; None: app-only."""
    counts: dict[str | None, int] = {}
    for one in requests.batches if isinstance(requests, Requests) else requests:
        size = 1 if isinstance(one, Request) else len(one.pieces)
        counts[one.account] = counts.get(one.account, 0) + size
    return in_order(counts)


def _apart(wanted: Wanted, requests: Sequence[Request]) -> int:
    """Count the requests of totals of which a refusal leaves public metrics to ask app-only."""
    if not wanted.public:
        return 0
    parts = requests.batches if isinstance(requests, Requests) else ()  # as written: in one piece
    mixed = (one for one in parts if one.credential == "user" and is_mixed(one.metrics))
    return sum(len(one.pieces) for one in mixed)


def in_order(counts: Mapping[str | None, int]) -> dict[str | None, int]:
    """Put counts by account in order: the most first, app-only last."""
    return dict(sorted(counts.items(), key=lambda one: (one[0] is None, -one[1], one[0] or "")))


def by_account_text(counts: Mapping[str | None, int]) -> str:
    """Say in a line how many requests each account signs.

    Notes
    -----
    The number comes first: an account may be known by its id alone, which is a number too.

    Examples
    --------
    >>> by_account_text({"acme": 12, "birch": 3, None: 2})
    '12 requests by acme, 3 by birch; 2 app-only'
    >>> by_account_text({None: 1})
    '1 request app-only'
    """
    named = [(name, n) for name, n in counts.items() if name is not None]
    rest = [n for _, n in named[FEW:]]
    if rest:
        named = [*named[:FEW], (many(len(rest), "more account"), sum(rest))]
    texts = [f"{n:,} by {name}" for name, n in named]
    if named:
        texts[0] = f"{many(named[0][1], 'request')} by {named[0][0]}"
    parts = [", ".join(texts)] if texts else []
    app = counts.get(None)
    if app is not None:
        parts.append(f"{f'{app:,}' if texts else many(app, 'request')} app-only")
    return "; ".join(parts)


def price_of(
    wanted: Wanted,
    requests: Sequence[Request],
    stored: int,
    per_minute: float | None,
    refused: int = 0,
) -> Price:
    """Price the requests of a plan, beside the numbers that are stored, or refused, already."""
    numbers, calls = wanted.numbers() - refused, len(requests)
    apart = _apart(wanted, requests)
    return Price(
        requests=calls,
        left=calls,
        extra=min(calls * _MOST_EXTRA, max(_LEAST_EXTRA, calls // 10)) + apart,
        numbers=numbers,
        stored=stored,
        rows=_rows(wanted),
        bytes=(numbers - stored) * _NUMBER_BYTES[wanted.level],
        minutes=None if per_minute is None else calls / per_minute,
        accounts=tuple(sorted({one for _, one in signers(requests) if one})),
        extra_app_only=apart,
        asked=wanted.numbers_asked(),
    )


def affordable(price: Price, max_requests: int) -> Price:
    """Hold a price against a budget; what is over of it may go into finding bad tweets.

    Parameters
    ----------
    price
        What a plan costs.
    max_requests
        The budget, for what is left of it.

    Raises
    ------
    BudgetExceeded
        When it takes more.
    """
    if price.left > max_requests:
        msg = (
            f"the plan takes {many(price.left, 'request')}, and max_requests allows "
            f"{max_requests:,}. Ask for fewer tweets or a shorter period, or allow more; nothing "
            f"was sent. In parts: client.run(query, stop_after={max(1, max_requests)}) stops after "
            "so many, and the same again goes on."
        )
        raise BudgetExceeded(msg)
    return replace(price, extra=min(price.extra, max_requests - price.left))


def _rows(wanted: Wanted) -> int:
    """Estimate the rows of the query's own table, the finest where there are several."""
    finest = max((levels for _, levels in wanted.query.wanted_groupings), key=fineness)
    return rows_of(wanted, finest)


def rows_of(wanted: Wanted, levels: Levels) -> int:
    """Estimate the rows that a table of some levels will have, those without a count left out.

    Parameters
    ----------
    wanted
        The question at a moment.
    levels
        What tells its rows apart.

    Returns
    -------
    int
        Exact for tables by tweet and metric, unless something fails.
    """
    held = set(levels)
    sizes = np.array([len(names) for names in wanted.kinds])
    spans, filled = wanted.by_kind, wanted.by_kind[..., 0] < wanted.by_kind[..., 1]
    if ID not in held:
        spans, filled = _together(spans, filled, axis=0)
    if TYPE not in held:
        spans, filled = _together(spans, filled, axis=1)
        sizes = np.ones(1, dtype=np.int64)
    timed = wanted.level != "lifetime" and DAY in held
    unit = 1 if HOUR in held else HOURS_A_DAY
    lengths = -(-spans[..., 1] // unit) - spans[..., 0] // unit if timed else filled
    rows = int(((lengths * filled).sum(axis=0) * sizes).sum())
    if HOUR in held and not timed:
        hours = int((((spans[..., 1] - spans[..., 0]) * filled).sum(axis=0) * sizes).sum())
        return min(rows * HOURS_A_DAY, hours)
    return rows


def _together(
    spans: Hours, filled: npt.NDArray[np.bool_], axis: int
) -> tuple[Hours, npt.NDArray[np.bool_]]:
    """Put tweets, or metrics, together: from the first hour of any to the last."""
    some = np.asarray(filled.any(axis=axis, keepdims=True))
    late = np.iinfo(np.int64).max
    begins = np.where(filled, spans[..., 0], late).min(axis=axis, keepdims=True)
    ends = np.where(filled, spans[..., 1], 0).max(axis=axis, keepdims=True)
    return np.stack([np.where(some, begins, 0), ends], axis=-1), some
