from __future__ import annotations

from pathlib import Path

from engagement_kit import emulator


def test_front_door() -> None:
    """The room exports seven names, sorted."""
    names = ["Account", "App", "Emulator", "Fault", "Settings", "World", "WorldClock"]
    assert emulator.__all__ == names
    assert all(hasattr(emulator, name) for name in emulator.__all__)


def test_independent_witness() -> None:
    """No module imports the kit outside this room, and none prints."""
    for path in Path(emulator.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        others = text.replace("engagement_kit.emulator", "")
        assert "import engagement_kit" not in others, path
        assert "from engagement_kit" not in others, path
        assert "print(" not in text, path
