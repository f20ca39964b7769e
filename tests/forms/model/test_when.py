"""Periods in words are those that are counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import engagement_kit as ek
from engagement_kit.client.client import Client
from engagement_kit.forms.model.when import when_words
from engagement_kit.question.wanted import resolve

NOW = datetime(2026, 6, 1, 12, 34, tzinfo=UTC)
ID = "2050491494400000000"  # 2026-05-02


@pytest.mark.parametrize(
    ("period", "by", "words"),
    [
        (ek.last(days=1), "day", "now 2026-05-31 00:00 up to 2026-06-01 00:00 UTC"),
        (ek.last(days=1), "hour", "now 2026-05-31 12:00 up to 2026-06-01 12:00 UTC"),
        (ek.last(hours=30), "hour", "now 2026-05-31 06:00 up to 2026-06-01 12:00 UTC"),
        (ek.last(days=2), "total", "now 2026-05-30 00:00 up to 2026-06-01 00:00 UTC"),
        (ek.last(days=1_000_000), "day", "days that are over: now up to 2026-06-01 00:00 UTC"),
        (ek.first(days=7), "day", "Each UTC day that this touches is taken whole."),
        (ek.between("2026-01-01", "2026-01-03"), "day", "From 2026-01-01 00:00 up to 2026-01-03"),
        (ek.between("0999-01-01", "0999-01-02"), "day", "From 0999-01-01 00:00 up to 0999-01-02"),
    ],
)
def test_what_a_period_means_now(period: Any, by: Any, words: str) -> None:
    """From when to when, by the rule of its table; the end is not counted."""
    wanted = resolve(ek.Query("historical", ID, ["replies"], by=by, period=period), NOW)
    said = when_words(period, "historical", wanted)
    assert words in said
    assert ("not counted" in said) != isinstance(period, type(ek.first(days=1)))


def test_days_are_taken_whole_in_daily_tables_alone() -> None:
    """By the hour the first days of a tweet are counted from its hour."""
    query = ek.Query("historical", ID, ["replies"], by="hour", period=ek.first(days=7))
    assert "whole" not in when_words(query.period, "historical", resolve(query, NOW))


def test_endpoints_with_a_period_of_their_own(client: Client) -> None:
    """What is said of 28hr is what its table holds, the running hour among it."""
    assert when_words(None, "totals") == "Each tweet's whole life up to now, always."
    query = ek.Query("28hr", ek.sample_ids(client, 40)[-1:], ["impressions"])
    table = client.run(query, progress=False).to_pandas()
    said = when_words(None, "28hr", client.plan(query).wanted)
    assert (
        f"now {table['start'].min():%Y-%m-%d %H:%M} up to {table['end'].max():%Y-%m-%d %H:%M}"
        in said
    )


def test_before_it_is_planned_nothing_untrue_is_said() -> None:
    """Relative periods stay relative, without a moment."""
    assert when_words(ek.last(days=1), "historical") == (
        "The last 1 day that are over. It moves with time."
    )
