from __future__ import annotations

import ast
from pathlib import Path

from engagement_kit import emulator


def test_front_door() -> None:
    """The room exports seven names, sorted."""
    names = ["Account", "App", "Emulator", "Fault", "Settings", "World", "WorldClock"]
    assert emulator.__all__ == names
    assert all(hasattr(emulator, name) for name in emulator.__all__)


def test_independent_witness() -> None:
    """No module imports the kit outside this room, and none prints; lines to paste are text."""
    for path in Path(emulator.__file__).parent.rglob("*.py"):
        code = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        imported = [one.name for part in code if isinstance(part, ast.Import) for one in part.names]
        imported += [part.module or "" for part in code if isinstance(part, ast.ImportFrom)]
        ours = [one for one in imported if one.partition(".")[0] == "engagement_kit"]
        assert all(one.startswith("engagement_kit.emulator") for one in ours), path
        called = [part.func for part in code if isinstance(part, ast.Call)]
        assert "print" not in [one.id for one in called if isinstance(one, ast.Name)], path
