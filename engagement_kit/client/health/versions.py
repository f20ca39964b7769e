"""Do the installed packages fit the kit? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning

if TYPE_CHECKING:
    from packaging.requirements import Requirement

INSTALL: Final = "pip install --upgrade"
_STANDS_IN: Final = "urllib3-future"


@dataclass(frozen=True)
class PackagesSeen:
    """What is installed, and what the kit asks for.

    Attributes
    ----------
    python
        The interpreter's version, as in "3.12.3".
    where
        The environment's folder.
    kit
        The kit's version.
    needs_python
        What the kit asks of the interpreter, as in ">=3.11"; empty where it is not known.
    needs
        The kit's requirements as its metadata has them: ``name>=1; extra == 'lab'``. Empty where
        it runs from a folder without having been installed.
    installed
        Versions by name, as `normal` writes names; a name with several versions stands in `twice`.
    twice
        Names that are installed more than once in this environment.
    """

    python: str
    where: str
    kit: str
    needs_python: str
    needs: tuple[str, ...]
    installed: Mapping[str, str]
    twice: tuple[str, ...] = ()


def normal(name: str) -> str:
    """Write the name of a package in the one way.

    Examples
    --------
    >>> normal("Jupyterlab_Widgets")
    'jupyterlab-widgets'
    """
    from packaging.utils import canonicalize_name

    return str(canonicalize_name(name))


def of_python(seen: PackagesSeen) -> Iterator[Finding]:
    """Judge the interpreter."""
    from packaging.specifiers import SpecifierSet

    said = f"Python {seen.python} in {seen.where}"
    if seen.python in SpecifierSet(seen.needs_python, prereleases=True):
        yield ok("python", said)
    else:
        remedy = f"Make an environment with a Python {seen.needs_python}, and install there."
        yield problem(
            "python", said, f"The kit needs Python {seen.needs_python}; older ones fail.", remedy
        )


def of_packages(seen: PackagesSeen) -> Iterator[Finding]:
    """Judge what the kit needs: what is missing, and what is older than the kit was tried with."""
    if not seen.needs:
        why = "What it needs stands in the package's metadata, which only an installation has."
        yield note(
            "packages",
            "the kit was not installed, it is run from a folder",
            why,
            "pip install -e .",
        )
        return
    lacks = [*_lacks(seen)]
    yield from lacks
    if not lacks:
        count = sum(one.marker is None for one in _requirements(seen.needs))
        yield ok("packages", f"engagement_kit {seen.kit}, and {count} packages that are new enough")


def _requirements(needs: Sequence[str]) -> Iterator[Requirement]:
    from packaging.requirements import Requirement

    yield from map(Requirement, needs)


def _lacks(seen: PackagesSeen) -> Iterator[Finding]:
    said = set()
    for one in _requirements(seen.needs):
        # Markers of ours name extras alone: what is in one may be left away, but not be too old.
        must, name = one.marker is None, normal(one.name)
        there = seen.installed.get(name)
        asked = f"{one.name}{one.specifier}"
        if there is None:
            if must:
                why = "The kit needs it."
                yield problem("packages", f"{one.name} is not installed", why, _mend(asked))
        elif not one.specifier.contains(there, prereleases=True) and name not in said:
            said.add(name)
            what = f"{one.name} {there} is installed; needed: {one.specifier}"
            why = "The kit is tried with that and newer; what older ones do is not known."
            make = problem if must else warning
            yield make("packages", what, why, _mend(asked))


def _mend(asked: str) -> str:
    return f"{INSTALL} '{asked}'"


def of_http(seen: PackagesSeen) -> Iterator[Finding]:
    """Judge what stands in the place of the libraries that send."""
    other = seen.installed.get(_STANDS_IN)
    if other is not None:
        what = f"{_STANDS_IN} {other} is installed (it comes with niquests); it replaces urllib3"
        why = (
            "Connections, limits and errors are then another library's than the kit is tried with."
        )
        remedy = f"pip uninstall -y {_STANDS_IN}; pip install --force-reinstall urllib3"
        yield warning("packages", what, why, remedy)
    for name in seen.twice:
        what = f"{name} is installed twice in this environment, in two versions"
        why = "Which of them is imported depends on the order of folders."
        remedy = f"pip uninstall -y {name}; pip uninstall -y {name}; pip install {name}"
        yield warning("packages", what, why, remedy)
