from __future__ import annotations

from dataclasses import dataclass, fields

import pytest

from engagement_kit.emulator import Fault, Settings
from engagement_kit.emulator.service.meanings import meanings


@pytest.mark.parametrize("described", [Settings, Fault])
def test_each_has_a_meaning(described: type) -> None:
    """Every parameter has a meaning, in plain text."""
    found = meanings(described)
    assert list(found) == [one.name for one in fields(described)]
    for text in found.values():
        assert len(text) > 10
        assert text.endswith(".")
        assert not set("`\n") & set(text)


def test_names_that_share_a_text() -> None:
    """Parameters that are described together have the same text."""
    found = meanings(Settings)
    assert found["per_minute"] == found["per_second"]


def test_without_docstrings() -> None:
    """Where docstrings were taken away, texts are empty."""

    @dataclass
    class _Bare:
        one: int = 1

    _Bare.__doc__ = None
    assert meanings(_Bare) == {"one": ""}
