"""What stands on a command line is read, or refused in words."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click
import pytest

from engagement_kit.cli.reading import span_of, text_of, understood


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


def test_the_mark_of_an_encoding_is_no_part_of_a_text(tmp_path: Path) -> None:
    """A file that begins with a mark of its encoding reads as one without."""
    with_mark, without = tmp_path / "with", tmp_path / "without"
    with_mark.write_text("20\n21", encoding="utf-8-sig")
    without.write_text("20\n21", encoding="utf-8")
    assert text_of(with_mark) == text_of(without) == "20\n21"


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    """A file that is no text is named, without a traceback."""
    path = tmp_path / "ids.bin"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(click.ClickException, match=r"ids\.bin can't be read as text"):
        text_of(path)


def test_what_is_wrong_with_an_option_is_a_usage_error() -> None:
    """A value that can't be understood is told as click tells it."""
    with pytest.raises(click.UsageError, match="--within is 'soon'"), understood():
        span_of("soon", "--within")
