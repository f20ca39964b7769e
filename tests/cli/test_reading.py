"""What stands on a command line is read, or refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engagement_kit.cli.reading import span_of


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90m", timedelta(minutes=90)),
        (" 6h", timedelta(hours=6)),
        ("3d", timedelta(days=3)),
        ("0m", timedelta(0)),
    ],
)
def test_spans_are_whole_minutes_hours_or_days(text: str, span: timedelta) -> None:
    """A number and one letter."""
    assert span_of(text, "--settle") == span


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "1.5h", "3w", "3d12h", "٣d", "99999999d"])
def test_other_spans_are_refused_in_words(text: str) -> None:
    """The option is named, what was written, and what is allowed."""
    with pytest.raises(ValueError, match=r"--settle is .*; allowed: .* as in 90m, 6h or 3d"):
        span_of(text, "--settle")
