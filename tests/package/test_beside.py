"""What stands beside the code and speaks of it says what is so."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from building import ROOT
from packaging.requirements import Requirement

import engagement_kit as ek

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
DEPENDENCIES = CONTRIBUTING.split("## Dependencies")[1].split("\n## ")[0]


def test_the_citation_is_of_this_version() -> None:
    """Version, licence and address of CITATION.cff are those of the package."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["cff-version"] == "1.2.0"
    assert str(cited["version"]) == ek.__version__
    assert cited["license"] == SETTINGS["project"]["license"]
    assert cited["repository-code"] == SETTINGS["project"]["urls"]["Source"]
    assert {"message", "title", "authors"} <= set(cited)


def test_every_dependency_is_explained() -> None:
    """CONTRIBUTING says of each what it is for, and of each quiet one why it stays."""
    needed = [Requirement(line).name for line in SETTINGS["project"]["dependencies"]]
    quiet = SETTINGS["tool"]["engagement-kit"]["quiet"]
    words = set(re.findall(r"[\w-]+", DEPENDENCIES))
    assert needed
    assert {*needed, *quiet} - words == set()


def test_every_target_that_is_named_exists() -> None:
    """Each `make ...` of CONTRIBUTING and SECURITY is one of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    there = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    security = (ROOT / "SECURITY.md").read_text()
    named = {
        target
        for line in re.findall(r"`make ([a-z ]+)`", CONTRIBUTING + security)
        for target in line.split()
    }
    assert len(named) > 5
    assert named <= there
    assert named <= set(re.findall(r"[a-z]+", makefile.split(".PHONY:")[1]))


@pytest.mark.parametrize("extra", ["distributed", "engines", "fast", "keyring", "lab"])
def test_the_lowest_versions_are_those_of_every_extra(extra: str) -> None:
    """`make lowest` takes the lowest of each extra that a user may install."""
    assert f"--extra {extra}" in (ROOT / ".ci" / "lowest").read_text()
    assert extra in SETTINGS["project"]["optional-dependencies"]
