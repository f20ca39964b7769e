"""Looks what is installed, and what this process was given by its system."""

from __future__ import annotations

import json
import locale
import platform
import shutil
import sys
import warnings
import zoneinfo
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path
from typing import Final

from engagement_kit.client.health.surroundings import SurroundingsSeen
from engagement_kit.client.health.versions import PackagesSeen, normal
from engagement_kit.client.health.widgets import WidgetsSeen
from engagement_kit.version import VERSION

_NAME: Final = "engagement_kit"
_FRONT_END: Final = "@jupyter-widgets/jupyterlab-manager/package.json"
_ZONE: Final = "Europe/Berlin"


def packages() -> PackagesSeen:
    """Look what is installed, and what the kit needs."""
    installed: dict[str, str] = {}
    twice = []
    for one in metadata.distributions():
        name = normal(one.metadata["Name"] or "")
        # The first one on the path is the one that is imported.
        if installed.setdefault(name, one.version) != one.version and _beside(one, name):
            twice.append(name)
    try:
        needs = tuple(metadata.requires(_NAME) or ())
        python = str(metadata.metadata(_NAME).json.get("requires_python", ""))
    except metadata.PackageNotFoundError:
        needs, python = (), ""
    return PackagesSeen(
        platform.python_version(), sys.prefix, VERSION, python, needs, installed,
        tuple(sorted(set(twice))),
    )  # fmt: skip


def _beside(one: metadata.Distribution, name: str) -> bool:
    """Say whether the first of a name stands in the same folder: else it only hides another."""
    return one.locate_file("") == metadata.distribution(name).locate_file("")


def widgets(installed: PackagesSeen) -> WidgetsSeen:
    """Look what would show forms."""
    return WidgetsSeen(installed.installed, tuple(_front_ends()), _foreign_lab())


def _front_ends() -> Iterator[tuple[str, str]]:
    """Find the widgets' part in the folders where JupyterLab looks, in its order."""
    try:
        paths = import_module("jupyter_core.paths")
    except ImportError:  # no Jupyter is here
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of its own moving to other folders
        roots = paths.jupyter_path("labextensions")
    for root in roots:
        path = Path(root) / _FRONT_END
        try:
            yield str(path.parent), str(json.loads(path.read_text(encoding="utf-8"))["version"])
        except (OSError, ValueError, LookupError, TypeError):
            continue


def _foreign_lab() -> str:
    """Name the ``jupyter-lab`` that a terminal would start, where it is not this environment's."""
    found = shutil.which("jupyter-lab")
    if found is None or Path(found).absolute().parent == Path(sys.executable).absolute().parent:
        return ""
    return found


def surroundings() -> SurroundingsSeen:
    """Look at time zones and letters."""
    try:
        zoneinfo.ZoneInfo(_ZONE)
        zones = True
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        zones = False
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return SurroundingsSeen(zones, encoding, locale.getpreferredencoding(False))
