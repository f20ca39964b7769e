"""Numbers, names, sizes and times in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engagement_kit.question.amounts import FEW, beyond, duration, few, few_lines, many, size


@pytest.mark.parametrize(
    ("bytes_", "said"),
    [
        (0, "0 bytes"), (9, "9 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (9_940, "9.9 kB"),
        (10_000, "10 kB"), (10_400, "10 kB"), (1_000_000, "1.0 MB"), (2_500_000_000, "2.5 GB"),
        (1, "1 byte"), (9_960, "10 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
        (12_300_000_000, "12 GB"), (4_000_000_000_000, "4.0 TB"), (3 * 10**15, "3,000 TB"),
    ],
)  # fmt: skip
def test_a_size_is_said_as_people_do(bytes_: int, said: str) -> None:
    """By thousands, with a digit behind the point below ten."""
    assert size(bytes_) == said


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "about 1 second"), (0.5, "about 30 seconds"), (1, "about 1.0 minutes"),
        (99.9, "about 99.9 minutes"), (100, "about 1.7 hours"), (5_999, "about 100.0 hours"),
        (6_000, "about 4.2 days"), (14_400, "about 10.0 days"),
    ],
)  # fmt: skip
def test_a_duration_is_said_as_people_do(minutes: float, said: str) -> None:
    """Seconds below a minute, at least one; minutes, hours and days up to a hundred."""
    assert duration(minutes) == said


def test_a_few_names_and_how_many_more() -> None:
    """Five are named, in the order given, and of one there is no plural."""
    assert few("edcba") == "e, d, c, b, a"
    assert few("fedcba") == "f, e, d, c, b and 1 more"
    assert few(["20", 3, None], most=2, written=repr) == "'20', 3 and 1 more"
    assert [many(0, "tweet"), many(1, "tweet"), many(2, "tweet")] == [
        "0 tweets", "1 tweet", "2 tweets",
    ]  # fmt: skip


def test_no_more_is_written_than_is_shown() -> None:
    """Of a million values that are no ids, none is put into words but the first."""
    written: list[object] = []

    def keep(value: object) -> str:
        written.append(value)
        return str(value)

    assert few(range(1_000_000), written=keep) == "0, 1, 2, 3, 4 and 999,995 more"
    assert written == list(range(FEW))


@given(st.lists(st.text("ab", min_size=1)), st.integers(1, 8))
def test_lines_are_those_shown_and_one_for_the_rest(texts: list[str], most: int) -> None:
    """All are shown, or the first few and a line that counts the others."""
    lines = few_lines(texts, most)
    if len(texts) <= most:
        assert lines == texts
    else:
        assert lines == [*texts[:most], beyond(len(texts), most)]
        assert lines[-1] == f"and {len(texts) - most} more"
