"""The picture of the design is what its script draws, and says the truth about the rooms."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from types import ModuleType

import pytest
from public import DOCS, ROOT

KIT = ROOT / "engagement_kit"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """Give the script that draws."""
    spec = importlib.util.spec_from_file_location("design", DOCS / "pictures" / "design.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_picture_is_what_the_script_draws(script: ModuleType) -> None:
    """The committed picture is up to date."""
    assert (DOCS / "pictures" / "design.svg").read_text(encoding="utf-8") == script.picture()


def test_the_rooms_are_those_of_the_walls(script: ModuleType) -> None:
    """The picture has the layers that `lint-imports` holds, in their order."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = config["tool"]["importlinter"]["contracts"]
    whole = next(one for one in contracts if one.get("containers") == ["engagement_kit"])
    walls = [tuple(re.split(r" [|:] ", layer)) for layer in whole["layers"]]
    assert list(script.LAYERS) == walls


def test_every_folder_of_the_kit_is_in_the_picture_and_on_the_page(script: ModuleType) -> None:
    """No room is left out: each folder is drawn, and told of."""
    folders = {one.parent.name for one in KIT.glob("*/__init__.py")}
    assert folders == script.FOLDERS | {"emulator"}
    page = (DOCS / "design.md").read_text(encoding="utf-8")
    assert [one for one in sorted(folders) if f"| `{one}/` |" not in page] == []
