"""Do the parts that show forms in notebooks fit each other? Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning

_PARTNERS: Final[Mapping[int, Mapping[str, int]]] = {
    7: {"jupyterlab-widgets": 1, "widgetsnbextension": 3},
    8: {"jupyterlab-widgets": 3, "widgetsnbextension": 4},
}
"""Which major version of each part goes with which of ipywidgets: its own requirements."""
_USED_BY: Final = {
    "jupyterlab-widgets": "JupyterLab, Notebook 7 and Voila show",
    "widgetsnbextension": "Notebook 6 and nbclassic show",
}
_LEAST: Final = {"jupyterlab": 3, "notebook": 6}
"""Older ones take their parts from npm, where no version of ours is to be seen."""
_NEW: Final = "pip install --upgrade ipywidgets jupyterlab_widgets widgetsnbextension"
_THEN: Final = "then start the server anew and load the page again"
_SHOWING: Final = ("jupyterlab", "notebook", "voila")


@dataclass(frozen=True)
class WidgetsSeen:
    """What is installed of notebooks and their widgets.

    Attributes
    ----------
    installed
        Versions by name, names with hyphens.
    front_ends
        The parts that lie where JupyterLab looks for them: folder and version, the first counts.
    foreign_lab
        The ``jupyter-lab`` that a terminal would start, where it is another environment's.
    """

    installed: Mapping[str, str]
    front_ends: Sequence[tuple[str, str]] = ()
    foreign_lab: str = ""


def major(version: str) -> int:
    """Give the first number of a version; 0 where there is none.

    Examples
    --------
    >>> major("8.1.9"), major("odd")
    (8, 0)
    """
    first = version.partition(".")[0]
    return int(first) if first.isdecimal() else 0


def judged(seen: WidgetsSeen) -> Iterator[Finding]:
    """Say what does not fit."""
    found = [*_partners(seen.installed), *_front_ends(seen), *_old(seen.installed)]
    yield from found
    if not found:
        parts = [f"{name} {seen.installed[name]}" for name in _names(seen.installed)]
        yield ok("widgets", ", ".join(parts))
    yield from _elsewhere(seen)


def _names(installed: Mapping[str, str]) -> Iterator[str]:
    wanted = ("ipywidgets", *_USED_BY, *_SHOWING)
    return (one for one in wanted if one in installed)


def _partners(installed: Mapping[str, str]) -> Iterator[Finding]:
    there = installed.get("ipywidgets")
    if there is None:  # said of packages already
        return
    partners = _PARTNERS.get(major(there))
    if partners is None:
        why = "Which parts of JupyterLab go with it is not known."
        yield warning("widgets", f"ipywidgets {there} is installed", why, _NEW)
        return
    for name, wanted in partners.items():
        version = installed.get(name)
        needed = f"ipywidgets {there} needs {name.replace('-', '_')} {wanted}"
        why = f"Where {_USED_BY[name]} a form, it stays a line of text, or says 'Error'."
        remedy = f"{_NEW}; {_THEN}"
        if version is None:
            yield warning("widgets", f"{needed}, and none is installed", why, remedy)
        elif major(version) != wanted:
            yield problem("widgets", f"{needed}, and {version} is installed", why, remedy)


def _front_ends(seen: WidgetsSeen) -> Iterator[Finding]:
    """Compare the part that JupyterLab loads: an old one in another folder hides the new one."""
    partners = _PARTNERS.get(major(seen.installed.get("ipywidgets", "")), {})
    wanted = partners.get("jupyterlab-widgets")
    if wanted is None or not seen.front_ends:
        return
    folder, version = seen.front_ends[0]
    # The JavaScript's versions count otherwise: 3 of one is 5 of the other, 1 is 3.
    if {3: 5, 1: 3}[wanted] != major(version):
        what = f"JupyterLab loads version {version} of @jupyter-widgets/jupyterlab-manager, of "
        why = "It hides the one that goes with ipywidgets: forms stay lines of text."
        remedy = f"Move that folder away: {folder}; {_THEN}"
        yield warning("widgets", f"{what}{folder}", why, remedy)


def _old(installed: Mapping[str, str]) -> Iterator[Finding]:
    for name, least in _LEAST.items():
        version = installed.get(name)
        if version is not None and major(version) < least:
            what = f"{name} {version} is installed"
            why = f"Forms need {name} {least} or newer."
            yield problem("widgets", what, why, f"pip install --upgrade {name}")


def _elsewhere(seen: WidgetsSeen) -> Iterator[Finding]:
    """Say what can't be seen from here: the server may run in another environment."""
    if any(name in seen.installed for name in _SHOWING) and not seen.foreign_lab:
        return
    version = seen.installed.get("jupyterlab-widgets", "3")
    elsewhere = f"There it needs jupyterlab_widgets {major(version) or 3}, too."
    if seen.foreign_lab:
        what = f"jupyter-lab on PATH is another environment's: {seen.foreign_lab}"
        remedy = f"There: pip install 'jupyterlab_widgets>={major(version) or 3}'"
        yield note("widgets", what, f"This is a guess: it may show your forms. {elsewhere}", remedy)
        return
    what = "no JupyterLab, Notebook or Voila in this environment"
    why = f"They may run in another one, which can't be seen from here. {elsewhere}"
    yield note("widgets", what, why, "pip install 'engagement_kit[lab]'  # to have one here")
