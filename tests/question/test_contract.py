"""The accounts of a month, against the number that the contract names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engagement_kit.question.contract import Usage, usage
from engagement_kit.question.known import Known

NOW = datetime(2026, 11, 1, 0, 30, tzinfo=UTC)


def known(account: str | None, at: datetime, service: str = "s", *, refused: bool = False) -> Known:
    """Tell of an answer that an account signed at a moment."""
    none: frozenset[str] = frozenset()
    return Known("r", "k", service, account, "day", ("20",), none, 0, 0, at, refused)


def count(*answers: Known, planned: tuple[str | None, ...] = (), most: int = 2) -> Usage:
    """Count the accounts of November."""
    ids = {"12": "Acme"}
    return usage(answers, planned, now=NOW, service="s", contracted=most, aliases=ids)


def test_only_what_an_account_signed_this_month_counts() -> None:
    """App-only names no account; other services have contracts of their own; refusals count."""
    found = count(
        known("acme", NOW),
        known("birch", NOW - timedelta(hours=1)),  # October
        known("cedar", NOW, service="other"),
        known(None, NOW),
        known("dune", NOW, refused=True),
        planned=("ember", None),
    )
    assert found.before == {"acme", "dune"}
    assert found.new == {"ember"}
    assert (found.month, found.over, found.exceeds) == ("2026-11", 1, True)


def test_months_are_those_of_utc() -> None:
    """An answer of half an hour ago by the clock of another zone is of this month all the same."""
    zone = timezone(timedelta(hours=-5))
    assert count(known("acme", NOW.astimezone(zone))).before == {"acme"}
    late = usage([], ["acme"], now=NOW.astimezone(zone), service="s", contracted=1)
    assert late.month == "2026-11"


def test_an_account_is_one_however_it_is_written() -> None:
    """By its name in any case, and by its user id where that is known."""
    found = count(known("12", NOW), known("ACME", NOW), planned=("acme",), most=1)
    assert (len(found.all), found.new, found.over) == (1, frozenset(), 0)
    turned = count(known("ACME", NOW), planned=("12",), most=1)
    assert (turned.new, turned.over) == (frozenset(), 0)


def test_accounts_that_signed_before_cost_no_more() -> None:
    """Beyond the contract already, and nobody new: said, but no reason to stop."""
    found = count(*(known(name, NOW) for name in "abc"), planned=("a", "b"))
    assert (found.over, found.exceeds) == (1, False)


@pytest.mark.parametrize(
    ("most", "said"),
    [
        (20, "3 of 20 accounts in 2026-11, counted from this store"),
        (2, "3 of 2 accounts in 2026-11, counted from this store: 1 too many, which is billed"),
        (1, "3 of 1 account in 2026-11, counted from this store: 2 too many, which are billed"),
    ],
)
def test_it_is_said_in_a_line(most: int, said: str) -> None:
    """How many of how many, from where that is known, and what is too many."""
    assert str(count(known("a", NOW), planned=("b", "c"), most=most)) == said


def test_who_is_too_many_is_named() -> None:
    """Only where somebody new brings accounts that are too many."""
    over = count(known("a", NOW), planned=("b", "c"))
    assert over.lines() == [("contract", str(over)), ("first time this month", "b, c")]
    kept = count(known("a", NOW), planned=("b",))
    assert kept.lines() == [("contract", str(kept))]
