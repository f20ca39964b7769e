"""How sure intervals are: where defaults differ, each docstring says so."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import engagement_kit as ek

ALIKE = [ek.insight.rates, ek.insight.compare, ek.plot.compare]


def _level(function: Callable[..., Any]) -> float:
    found: float = inspect.signature(function).parameters["level"].default
    return found


def test_what_is_made_to_be_compared_has_one_level() -> None:
    """Rates and comparisons, and the picture of these."""
    assert {_level(one) for one in ALIKE} == {0.9}


def test_the_other_level_is_told() -> None:
    """That of half-lives is promised as a least; its docstring has both numbers and the reason."""
    told = inspect.getdoc(ek.insight.half_life) or ""
    assert (
        f"The default is {_level(ek.insight.half_life)}, and {_level(ALIKE[0])} in `rates`" in told
    )
    assert "*Why 0.95.*" in told


@pytest.mark.parametrize("function", ALIKE[:2])
def test_whoever_reads_one_learns_of_the_other(function: Callable[..., Any]) -> None:
    """The docstrings of rates and comparisons name `half_life`."""
    assert "`half_life` has another one, and says why" in (inspect.getdoc(function) or "")
