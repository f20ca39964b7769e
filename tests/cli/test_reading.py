"""What stands on a command line is read, or refused in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engagement_kit.cli.reading import span_of


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        (" 6h", timedelta(hours=6)),
        ("3d", timedelta(days=3)),
        ("2 w", timedelta(weeks=2)),
        ("0m", timedelta(0)),
    ],
)
def test_spans_are_a_whole_number_and_a_unit(text: str, span: timedelta) -> None:
    """With or without a blank between them."""
    assert span_of(text, "--settle") == span


@pytest.mark.parametrize(
    "text", ["", "3", "d", "-3d", "1.5h", "3d12h", "7 days", "1e3s", "٣d", "999999999999w"]
)
def test_other_spans_are_refused_in_words(text: str) -> None:
    """The option is named, and what was written."""
    with pytest.raises(ValueError, match=r"--settle is .*"):
        span_of(text, "--settle")
