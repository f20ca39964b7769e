"""Looks which keys there are, where they stand, and who may read them; no value comes out."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from engagement_kit.client.health.keys import KeysSeen, Place
from engagement_kit.client.keys import Given, address_and_sources, service_of
from engagement_kit.errors import CredentialsMissing
from engagement_kit.fetch.keys import keys_file
from engagement_kit.fetch.keys.apart import apart
from engagement_kit.fetch.keys.chain import combined, missing_halves, of_one_app, of_other_apps
from engagement_kit.fetch.keys.sources import Found

_OTHERS_ENTER: Final = stat.S_IXGRP | stat.S_IXOTH
_OTHERS_READ: Final = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
_ENV_FILE: Final = "the file "


@apart
def look(base_url: str | None = None) -> tuple[str, KeysSeen]:
    """Look for keys as ``ek.connect`` does.

    Returns
    -------
    base_url : str
        The address that they are for.
    seen : KeysSeen
        What was found.

    Raises
    ------
    QueryError
        When the address can't be one.
    """
    address, founds = address_and_sources(Given(), base_url)
    service = service_of(address)
    files = tuple(_files(founds, os.environ))
    troubles = tuple(one.trouble for one in founds if one.trouble)
    try:
        keys = combined(founds, service=service)
    except CredentialsMissing:
        fits = of_one_app(founds)
        parts = {name for one in fits for name in one.parts}
        missing = missing_halves(parts, accounts=any(one.accounts for one in fits))
        return address, KeysSeen(service, (), troubles, missing, files)
    lines = tuple(keys.origins) or (("keys", keys.found_in),)
    others = frozenset(of_other_apps(founds))
    return address, KeysSeen(service, lines, keys.passed_over, (), files, others)


def _files(founds: Sequence[Found], environment: Mapping[str, str]) -> Iterator[Place]:
    """Find the files that hold keys, and how far others get at them."""
    if sys.platform == "win32":  # there a user's profile is closed by itself
        return
    kept = keys_file.place(environment)
    if kept.is_file():
        words = keys_file.KeysFile(kept).words
        trouble = next((one.trouble for one in founds if one.source == words), "")
        mode = stat.S_IMODE(kept.stat().st_mode)
        yield Place(str(kept), mode, is_keys_file=True, trouble=trouble)
    for one in founds:
        path = Path(one.source.removeprefix(_ENV_FILE).partition(", names with")[0])
        if one.source.startswith(_ENV_FILE) and one.parts and path.is_file():
            yield Place(str(path), _open_to_others(path), is_keys_file=False)


def _open_to_others(path: Path) -> int:
    """Give a file's mode where others may read or write it; 0 where they can't get there."""
    mode = stat.S_IMODE(path.stat().st_mode)
    closed = any(not one.stat().st_mode & _OTHERS_ENTER for one in path.resolve().parents)
    return 0 if closed or not mode & _OTHERS_READ else mode
