"""The front door: short, sorted, lazy, documented; and the examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import engagement_kit as ek

MODULES = [one.name for one in pkgutil.walk_packages(ek.__path__, "engagement_kit.")]


def test_all_names_are_there_sorted_and_documented() -> None:
    """`__all__` is sorted, each name can be imported, and each says what it is for."""
    assert ek.__all__ == sorted(ek.__all__)
    for name in ek.__all__:
        assert getattr(ek, name).__doc__, name
    assert dir(ek) == ek.__all__


def test_the_import_is_cheap() -> None:
    """Importing the kit loads none of the heavy libraries."""
    heavy = "pandas", "numpy", "requests", "matplotlib", "pyarrow"
    code = f"import sys, engagement_kit; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name: str) -> None:
    """Every example in a docstring gives what it says."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
