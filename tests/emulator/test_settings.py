from __future__ import annotations

from typing import Any

import pytest

from engagement_kit.emulator import Settings


@pytest.mark.parametrize(
    "wrong",
    [{"profile": "newest"}, {"per_minute": 0}, {"per_second": -1}, {"per_minute": True}],
)
def test_wrong_values(wrong: dict[str, Any]) -> None:
    """A wrong value is refused with its name and the allowed ones."""
    with pytest.raises(ValueError, match=f"{next(iter(wrong))} is .*allowed"):
        Settings(**wrong)


def test_defaults() -> None:
    """By default history reaches 2014-09-01 and no limit is enforced."""
    assert Settings() == Settings(profile="reference", per_minute=None, per_second=None)
