"""Errors of what handles secrets: they come out without the frames in which those stood."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from engagement_kit.errors import EngagementError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def apart(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a function's errors come out bare: no frames of its own, no cause, no context.

    A traceback may show what each frame holds: notebooks do it after ``%xmode Verbose``, collectors
    of errors by themselves. Keys stand in the frames of what is given them in plain, and of the
    libraries that sign and send, whatever ends a call: also Ctrl-C while an answer is awaited.

    Notes
    -----
    It must be a function, and no ``with`` block: what a block raises anew has the first error as
    its context, with all its frames.

    Examples
    --------
    >>> @apart
    ... def check(key: str) -> None:
    ...     raise ValueError("this can be no key")
    >>> try:
    ...     check("abc")
    ... except ValueError as error:
    ...     [frame.name for frame in traceback.extract_tb(error.__traceback__)][1:]
    ['alone']
    """

    @functools.wraps(function)
    def alone(*given: _P.args, **named: _P.kwargs) -> _R:
        try:
            return function(*given, **named)
        except BaseException as error:  # noqa: BLE001 -- it is raised again below
            bare = error
        del given, named  # this frame is shown
        frames = traceback.extract_tb(bare.__traceback__)[1:]
        bare.__traceback__ = bare.__cause__ = bare.__context__ = None
        if isinstance(bare, Exception) and not isinstance(bare, EngagementError):
            # Errors of ours say all in words; of any other it helps to know where it came from.
            way = ", ".join(f"{one.name} ({one.filename}:{one.lineno})" for one in frames)
            bare.add_note(f"Frames that held secrets are left out: {way}")
        try:
            raise bare
        finally:
            del bare  # a frame must not hold the error that holds it

    return alone
