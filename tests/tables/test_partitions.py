"""Answers become files: each in one, with those that may count the same numbers named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.known import Known
from engagement_kit.tables import partitions as module
from engagement_kit.tables.partitions import Partition, partitions

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def known(at: int, level: str = "hour", **more: Any) -> Known:
    """Tell of an answer; it was observed in its turn."""
    values: dict[str, Any] = {
        "ref": f"r{at:04d}", "key": f"k{at}", "service": "s", "account": None, "level": level,
        "tweet_ids": ("20", "21"), "metrics": frozenset({"likes"}), "start": 0, "end": 24,
        "observed_at": NOW + timedelta(minutes=at),
    }  # fmt: skip
    return Known(**(values | more))


def cut(several: list[Known], **options: Any) -> list[Partition]:
    """Cut, with the level as grain; sums of raw groupings are windows."""
    return partitions(several, lambda one: one.level or "window", **options)


def rivals(several: list[Known], **options: Any) -> dict[str, tuple[str, ...]]:
    """Give the rivals of each answer."""
    found = {}
    for one in cut(several, **options):
        found |= dict(zip(one.refs, one.rivals, strict=True))
    return found


@given(st.integers(0, 400), st.integers(0, 200))
def test_a_store_that_grows_keeps_its_full_partitions(many: int, more: int) -> None:
    """Each answer is in exactly one; later ones go into later files."""
    several = [known(at, "lifetime") for at in range(many + more)]
    before, after = cut(several[:many]), cut(several)
    assert [ref for one in after for ref in one.refs] == [one.ref for one in several]
    full = many // module.ANSWERS
    assert [one.name for one in before[:full]] == [one.name for one in after[:full]]


def test_who_may_count_the_same_numbers() -> None:
    """Those that share a tweet, a metric and an hour; lifetimes up to two moments do not."""
    base = known(0)
    others = {
        "same": known(1),
        "other tweets": known(1, tweet_ids=("22",)),
        "other metrics": known(1, metrics=frozenset({"replies"})),
        "later hours": known(1, start=24, end=30),
        "unknown hours": known(1, start=0, end=0),
        "other grain": known(1, "day"),
    }
    met = {name for name, other in others.items() if rivals([base, other])["r0000"]}
    assert met == {"same", "unknown hours"}
    assert rivals([known(0, "lifetime"), known(1, "lifetime")])["r0000"] == ()
    assert rivals([base, known(1)], history=True)["r0000"] == ()


def test_sums_are_held_against_the_same_request_alone() -> None:
    """A sum over other tweets is another number, though its row looks the same."""
    sums = [known(0, ""), known(1, ""), known(2, "", key="k0")]
    assert rivals(sums) == {"r0000": ("r0002",), "r0001": (), "r0002": ("r0000",)}


def test_a_new_rival_makes_a_new_file() -> None:
    """What an answer gives may have changed."""
    before, after = cut([known(0)]), cut([known(0), known(1)])
    assert before[0].name != after[0].name
    assert cut([known(0)])[0].name == before[0].name
