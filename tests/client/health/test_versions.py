"""Packages that do not fit the kit, and widgets that do not fit each other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import pytest

from engagement_kit.client.health import packages_seen
from engagement_kit.client.health.finding import Finding
from engagement_kit.client.health.surroundings import SurroundingsSeen
from engagement_kit.client.health.surroundings import judged as surroundings_judged
from engagement_kit.client.health.versions import (
    PackagesSeen,
    of_http,
    of_packages,
    of_python,
)
from engagement_kit.client.health.widgets import WidgetsSeen, judged

SEEN = PackagesSeen(
    python="3.12.3",
    where="/home/me/.venv",
    kit="1.0",
    needs_python=">=3.11",
    needs=("pandas>=2.2", "requests>=2.32", "numba>=0.60; extra == 'fast'"),
    installed={"pandas": "2.3.1", "requests": "2.32.0"},
)
FITTING = {
    "ipywidgets": "8.1.5", "jupyterlab-widgets": "3.0.13", "widgetsnbextension": "4.0.13",
    "jupyterlab": "4.2.1",
}  # fmt: skip


def levels(findings: Sequence[Finding]) -> list[str]:
    """List how bad they are."""
    return [one.level for one in findings]


def test_what_fits() -> None:
    """New enough packages and Python are fine; an extra that is left away is not missed."""
    assert levels([*of_python(SEEN), *of_packages(SEEN), *of_http(SEEN)]) == ["ok", "ok"]


@pytest.mark.parametrize(
    ("installed", "level", "words", "remedy"),
    [
        ({"pandas": "2.1.0", "requests": "2.32"}, "problem", "pandas 2.1.0", "'pandas>=2.2'"),
        ({"pandas": "2.3"}, "problem", "requests is not installed", "'requests>=2.32'"),
        (
            {"pandas": "2.3", "requests": "2.33", "numba": "0.59"},
            "warning", "numba 0.59", "'numba>=0.60'",
        ),
    ],
)  # fmt: skip
def test_old_and_missing_packages(
    installed: Mapping[str, str], level: str, words: str, remedy: str
) -> None:
    """What the kit needs is a problem, what an extra needs a warning; the command is given."""
    (found,) = of_packages(replace(SEEN, installed=installed))
    assert found.level == level
    assert words in found.seen
    assert found.remedy == f"pip install --upgrade {remedy}"


def test_an_old_python() -> None:
    """It is told which one is needed."""
    (found,) = of_python(replace(SEEN, python="3.9.1"))
    assert (found.level, ">=3.11" in found.remedy) == ("problem", True)


def test_a_kit_that_was_not_installed() -> None:
    """Without metadata nothing can be compared, which is no fault."""
    assert levels([*of_packages(replace(SEEN, needs=()))]) == ["note"]


def test_another_library_in_the_place_of_urllib3_and_one_that_is_there_twice() -> None:
    """Both are told, with the command that mends it."""
    seen = replace(SEEN, installed={**SEEN.installed, "urllib3-future": "2.9"}, twice=("requests",))
    first, second = of_http(seen)
    assert "pip uninstall -y urllib3-future" in first.remedy
    assert "requests is installed twice" in second.seen
    assert levels([first, second]) == ["warning", "warning"]


@pytest.mark.parametrize(
    ("changed", "level", "words"),
    [
        ({"jupyterlab-widgets": "1.1.10"}, "problem", "needs jupyterlab_widgets 3, and 1.1.10"),
        ({"widgetsnbextension": "3.6.9"}, "problem", "needs widgetsnbextension 4, and 3.6.9"),
        ({"jupyterlab-widgets": None}, "warning", "needs jupyterlab_widgets 3, and none"),
        ({"ipywidgets": "7.8.1"}, "problem", "ipywidgets 7.8.1 needs jupyterlab_widgets 1"),
        ({"ipywidgets": "9.0"}, "warning", "ipywidgets 9.0"),
        ({"jupyterlab": "2.3.2"}, "problem", "jupyterlab 2.3.2"),
        ({"notebook": "5.7"}, "problem", "notebook 5.7"),
        ({"jupyterlab": None}, "note", "no JupyterLab, Notebook or Voila in this environment"),
    ],
)
def test_widgets_that_do_not_fit(changed: Mapping[str, str | None], level: str, words: str) -> None:
    """Each mismatch is told; what can't be seen from here is said to be so."""
    installed = {name: one for name, one in {**FITTING, **changed}.items() if one is not None}
    found = next(one for one in judged(WidgetsSeen(installed)) if one.level != "ok")
    assert found.level == level
    assert words in found.seen
    assert found.remedy


def test_a_part_that_hides_the_right_one() -> None:
    """JupyterLab loads the first that it finds: an old one in the user's folder wins."""
    old, new = ("/home/me/.local/share", "3.1.4"), ("/home/me/.venv/share", "5.0.13")
    (found,) = judged(WidgetsSeen(FITTING, (old, new)))
    assert (found.level, old[0] in found.remedy) == ("warning", True)
    assert levels([*judged(WidgetsSeen(FITTING, (new, old)))]) == ["ok"]


def test_a_lab_of_another_environment_is_called_a_guess() -> None:
    """It is a note, and says what that environment needs."""
    found = [*judged(WidgetsSeen(FITTING, (), "/usr/bin/jupyter-lab"))][-1]
    assert found.level == "note"
    assert "guess" in found.why
    assert "jupyterlab_widgets>=3" in found.remedy


def test_this_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is read off the metadata; a foreign jupyter-lab on PATH is seen."""
    seen = packages_seen.packages()
    assert seen.installed["pandas"] == metadata.version("pandas")
    assert any(one.startswith("pandas") for one in seen.needs)
    assert seen.needs_python
    foreign = tmp_path / "jupyter-lab"
    foreign.write_text("#!/bin/sh\n")
    foreign.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert packages_seen.widgets(seen).foreign_lab == str(foreign)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert packages_seen.widgets(seen).foreign_lab == ""


def test_the_part_that_jupyterlab_loads_is_found_where_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jupyter's own order of folders counts; a file that can't be read is passed over."""
    part = "labextensions/@jupyter-widgets/jupyterlab-manager"
    for folder, content in (("odd", "{"), ("old", '{"version": "3.1.4"}')):
        (tmp_path / folder / part).mkdir(parents=True)
        (tmp_path / folder / part / "package.json").write_text(content)
    monkeypatch.setenv("JUPYTER_PATH", f"{tmp_path / 'odd'}{os.pathsep}{tmp_path / 'old'}")
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    seen = packages_seen.widgets(replace(SEEN, installed=FITTING))
    assert seen.front_ends[0] == (str(tmp_path / "old" / part), "3.1.4")
    assert "warning" in levels([*judged(seen)])


def test_a_package_that_is_there_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one folder it is odd; one that an earlier folder hides is as usual."""
    for folder, version in (("a", "1.0"), ("a", "2.0"), ("b", "3.0")):
        about = tmp_path / folder / f"twin-{version}.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text(f"Name: twin\nVersion: {version}\n")
    for folder, twice in (("b", ()), ("a", ("twin",))):
        monkeypatch.syspath_prepend(str(tmp_path / folder))
        assert packages_seen.packages().twice == twice


def test_letters_and_zones() -> None:
    """A terminal of few letters is a note, zones without names are a warning."""
    found = [*surroundings_judged(SurroundingsSeen(False, "ascii", "cp1252"))]
    assert levels(found) == ["warning", "note", "note"]
    assert found[0].remedy == "pip install tzdata"
    assert levels([*surroundings_judged(packages_seen.surroundings())])[0] in {"ok", "note"}
