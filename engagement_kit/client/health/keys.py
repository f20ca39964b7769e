"""Are the keys that were found fit to sign? Names and places alone, never a value. Pure."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from engagement_kit.client.health.finding import Finding, note, ok, problem, warning

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_LOGIN: Final = "engagement-kit login"
_NONE: Final = (
    'Requests to it need keys. ek.connect("emulator") starts an emulator, and needs none.'
)


@dataclass(frozen=True)
class Place:
    """A file that holds keys.

    Attributes
    ----------
    path
        Where it is.
    mode
        Its mode; 0 where others can't get at it.
    is_keys_file
        Whether it is the kit's own, which is not read while it is open to others.
    trouble
        Why it was not read, in the words of ``ek.connect``; empty where it was.
    """

    path: str
    mode: int
    is_keys_file: bool
    trouble: str = ""


@dataclass(frozen=True)
class KeysSeen:
    """What was found of keys, without any value.

    Attributes
    ----------
    service
        For which service was looked, as in "https://data-api.twitter.com".
    lines
        What counts and where it stands, as `Credentials.lines` says it; empty where none do.
    passed_over
        What was found and not taken, and why.
    of_other_apps
        Those of them that hold keys of another app.
    missing
        Which halves of pairs are missing, by name.
    files
        The files that hold keys.
    """

    service: str
    lines: tuple[tuple[str, str], ...] = ()
    passed_over: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    files: tuple[Place, ...] = ()
    of_other_apps: frozenset[str] = frozenset()


def judged(seen: KeysSeen) -> Iterator[Finding]:
    """Say what is wrong with what was found.

    Examples
    --------
    >>> [one.seen for one in judged(KeysSeen("https://data-api.twitter.com"))]
    ['no keys for https://data-api.twitter.com']
    """
    if seen.lines:
        said = "; ".join(f"{label}: {where}" for label, where in seen.lines)
        yield ok("keys", f"for {seen.service}: {said}")
    elif seen.missing:
        yield problem(
            "keys",
            f"half of a pair: {', '.join(seen.missing)} missing, for {seen.service}",
            "Nothing can be signed with it.",
            f"Set what is missing beside the other half, or get new keys: {_LOGIN}",
        )
    elif not seen.passed_over:
        yield note("keys", f"no keys for {seen.service}", _NONE, f"{_LOGIN}  # to go live")
    yield from _files(seen.files)
    yield from _passed(seen)


def _files(files: Sequence[Place]) -> Iterator[Finding]:
    for one in files:
        if not one.mode & _OTHERS:
            continue
        what = f"{one.path} has mode {one.mode:o}: other users of this machine may get at it"
        close = f"chmod 600 '{one.path}'"
        if one.is_keys_file:
            yield problem("keys file", what, "It is not read until it is closed.", close)
        else:
            yield warning("keys in .env", what, "Whoever reads it can sign in your name.", close)


def _passed(seen: KeysSeen) -> Iterator[Finding]:
    """Tell what was not taken; without other keys to sign with, that is why nothing works."""
    said = {one.trouble for one in seen.files if one.mode & _OTHERS}
    for one in seen.passed_over:
        if one in said:
            continue
        two_apps = one in seen.of_other_apps
        why = (
            "Tokens of one app can't be signed with the keys of another; the first app counts."
            if two_apps
            else "What it holds is not used."
        )
        remedy = "Take out the keys that you don't mean, then look: engagement-kit keys"
        if not two_apps:
            remedy = "Mend that source, or take it away, then look: engagement-kit keys"
        if seen.lines:
            yield warning("keys", f"not taken: {one}", why, remedy)
        else:
            yield problem("keys", f"not taken: {one}", f"{why} Nothing else can sign.", remedy)
