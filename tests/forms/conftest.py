"""Forms that must never show a fault of their own, whatever a test does to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import engagement_kit as ek

# The tests are no package; what several of them share is imported by its name.
sys.path.append(str(Path(__file__).parent))

MakeForm = Callable[..., ek.RequestForm]


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder: forms keep files beside the notebook."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)


@pytest.fixture
def make_form() -> Iterator[MakeForm]:
    """Make forms whose fault line is still empty when the test ends."""
    made: list[ek.RequestForm] = []

    def make(*given: Any, **options: Any) -> ek.RequestForm:
        made.append(ek.RequestForm(*given, **{"keep": None, **options}))
        return made[-1]

    yield make
    for form in made:
        if form.running is not None:
            form.running.stop()
            form.running.wait(60)
        assert not form._fault.value
