"""Clocks that are off, by a Date header and by what a store kept."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.client.health.clocks import Said, of_answers, of_service, skew_of

NOW = 1_780_000_000.0


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [
        (0.0, "ok", "within a second"),
        (40.0, "ok", "within 39 s"),
        (100.0, "warning", "1.6 minutes ahead"),
        (-100.0, "warning", "1.7 minutes behind"),
        (20 * 60.0, "problem", "20.0 minutes ahead"),
        (-20 * 60.0, "problem", "20.0 minutes behind"),
        (7200.0, "problem", "2.0 hours ahead, compared with a test (local time taken for UTC?)"),
        (
            -19_800.0,
            "problem",
            "5.5 hours behind, compared with a test (local time taken for UTC?)",
        ),
        (3 * 86_400.0, "problem", "3.0 days ahead"),
    ],
)
def test_a_clock_that_is_off(ahead: float, level: str, words: str) -> None:
    """Beyond a minute it is odd, beyond five signatures are refused; a zone is guessed."""
    said = Said("a test", formatdate(NOW, usegmt=True), NOW + ahead, NOW + ahead)
    (found,) = of_service(said)
    assert found.level == level
    assert words in found.seen
    assert bool(found.remedy) == (level != "ok")


@given(st.floats(-1e6, 1e6), st.floats(0, 30), st.floats(0, 1), st.floats(0, 0.999))
def test_what_whole_seconds_and_a_slow_answer_explain_is_no_skew(
    ahead: float, took: float, share: float, fraction: float
) -> None:
    """The told skew is never larger than the true one, and short of it by the wait at most."""
    written = NOW + fraction + share * took
    said = Said("a test", formatdate(int(written), usegmt=True), NOW + fraction + ahead,
                NOW + fraction + ahead + took)  # fmt: skip
    skew = skew_of(said)
    assert skew is not None
    assert abs(skew) <= abs(ahead) + 1e-3
    assert abs(skew - ahead) <= took + 1.001


def test_an_answer_that_a_cache_kept_is_older_than_it_came() -> None:
    """Its Age header is added to its Date."""
    kept = Said("a cache", formatdate(NOW - 3600, usegmt=True), NOW, NOW, 3600.0)
    assert skew_of(kept) == 0.0
    assert skew_of(replace(kept, age=0.0)) == 3599.0


def test_a_date_that_can_not_be_read_says_nothing() -> None:
    """No time, no judgement."""
    (found,) = of_service(Said("a test", "yesterday", NOW, NOW))
    assert (found.level, "not compared" in found.seen) == ("ok", True)


def test_answers_that_were_dated_wrongly() -> None:
    """The worst one is named, and how many there are; without any live answer nothing is said."""
    (found,) = of_answers([("a", 0.0), ("b", 1200.0), ("c", -90.0)])
    assert found.level == "warning"
    assert "2 of 3" in found.seen
    assert "20.0 minutes ahead at the worst (b)" in found.seen
    assert [one.level for one in of_answers([("a", 3.0)])] == ["ok"]
    assert list(of_answers([])) == []
