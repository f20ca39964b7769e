"""What is noted of a refresh that has begun."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engagement_kit.answers.refreshes import Begun

NOW = datetime(2026, 6, 1, 12, 34, 56, 7, tzinfo=UTC)


def test_each_service_has_its_own_note(tmp_path: Path) -> None:
    """To the microsecond; when the last one has ended nothing is left behind."""
    begun = Begun(tmp_path)
    begun.begin("live", NOW)
    begun.begin("emulator/standard-0", NOW.replace(hour=1))
    assert (begun.at("live"), begun.at("other")) == (NOW, None)
    begun.end("live")
    assert (begun.at("live"), begun.at("emulator/standard-0")) == (None, NOW.replace(hour=1))
    begun.end("emulator/standard-0")
    begun.end("emulator/standard-0")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{", '{"live": 3}', '{"live": "2026-06-01T12:00"}'])
def test_a_damaged_note_is_as_none(text: str, tmp_path: Path) -> None:
    """And is replaced by the next."""
    (tmp_path / "refresh.json").write_text(text)
    begun = Begun(tmp_path)
    assert begun.at("live") is None
    begun.begin("live", NOW)
    assert begun.at("live") == NOW
