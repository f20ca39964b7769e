"""All that came out: what was written, logged and warned of, and what an error shows."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import faulthandler
import http.client
import io
import json
import logging
import pickle
import pprint
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self

_LOUDEST, _LONGEST = 1, 10**6
_OURS = ("/tests/", "/click/testing.py")


class Captured:
    """Takes all that is said meanwhile, with every library as talkative as it can be.

    Attributes
    ----------
    text
        All that was said, at the end.
    """

    def __init__(self) -> None:
        self._out = io.StringIO()
        self._stack = contextlib.ExitStack()
        self.text = ""

    def __enter__(self) -> Self:
        enter = self._stack.enter_context
        enter(contextlib.redirect_stdout(self._out))
        enter(contextlib.redirect_stderr(self._out))
        self._warned = enter(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        enter(self._loud_logs())
        enter(self._loud_http())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        warned = "\n".join(f"{one.message} {one}" for one in self._warned)
        self.text = f"{self._out.getvalue()}\n{warned}"

    @contextlib.contextmanager
    def _loud_logs(self) -> Iterator[None]:
        """Hear every logger that there is, at its lowest level."""
        handler = logging.StreamHandler(self._out)
        # The emulator may be in this process: what it says of its own made-up keys is not ours.
        handler.addFilter(lambda record: record.name != "oauthlib.oauth1.rfc5849.signature")
        handler.setFormatter(logging.Formatter("%(name)s %(message)s %(threadName)s %(args)r"))
        known = logging.root.manager.loggerDict.values()
        loggers = [logging.root, *(one for one in known if isinstance(one, logging.Logger))]
        before = [(one, one.level, one.propagate) for one in loggers]
        logging.root.addHandler(handler)
        for one in loggers:
            one.setLevel(_LOUDEST)
            one.propagate = True
        try:
            yield
        finally:
            logging.root.removeHandler(handler)
            for one, level, propagate in before:
                one.setLevel(level)
                one.propagate = propagate

    @contextlib.contextmanager
    def _loud_http(self) -> Iterator[None]:
        """Let http.client print what it sends, as is often advised."""
        before = http.client.HTTPConnection.debuglevel
        http.client.HTTPConnection.debuglevel = 1
        try:
            yield
        finally:
            http.client.HTTPConnection.debuglevel = before


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Give an error with its causes and contexts, those too that a plain traceback leaves out."""
    seen: set[int] = set()
    left = [error]
    while left:
        one = left.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            left += [one.__cause__, one.__context__]


def bare_of_tests(error: BaseException) -> BaseException:
    """Take the tests' frames out of an error and all behind it: they hold what was planted."""
    for one in chain_of(error):
        frames = [*traceback.walk_tb(one.__traceback__)]
        left = None
        for frame, line in reversed(frames):
            if not any(one in frame.f_code.co_filename for one in _OURS):
                left = TracebackType(left, frame, frame.f_lasti, line)
        one.__traceback__ = left
    return error


def shown_of(error: BaseException) -> dict[str, str]:
    """Show an error in every way that people and their tools have."""
    bare_of_tests(error)
    ways: dict[str, Callable[[BaseException], object]] = {
        "str": str,
        "repr": repr,
        "format": lambda one: "".join(traceback.format_exception(one)),
        "pickle": pickle.dumps,
        "locals": _with_locals,
        "notebook": _of_notebook,
        "rich": _of_rich,
        "deep": lambda one: "\n".join(_deep(one)),
    }
    return {
        name: "\n".join(_tried(way, one) for one in chain_of(error)) for name, way in ways.items()
    }


def _tried(way: Callable[[Any], object], value: object) -> str:
    """Show a value in some way; what can't be shown so gives its reason, in words."""
    try:
        return str(way(value))
    except Exception as why:  # noqa: BLE001 -- any refusal is fine; its words are looked at too
        return f"{why!r}"


def _with_locals(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def _of_notebook(error: BaseException) -> str:
    """Write it as `%xmode Verbose` does."""
    from IPython.core.ultratb import VerboseTB

    writer = VerboseTB(theme_name="nocolor", long_header=False)
    told = writer.structured_traceback(type(error), error, error.__traceback__)
    return str(writer.stb2text(told))


def _of_rich(error: BaseException) -> str:
    """Give the locals as `rich` shows them: it looks into containers by itself."""
    from rich.traceback import Traceback

    told = Traceback.extract(
        type(error), error, error.__traceback__,
        show_locals=True, locals_max_string=_LONGEST, locals_max_length=_LONGEST,
    )  # fmt: skip
    nodes = [
        (name, node)
        for stack in told.stacks
        for frame in stack.frames
        for name, node in (frame.locals or {}).items()
    ]
    return "\n".join(f"{name} = {node.render(_LONGEST)}" for name, node in nodes)


def _deep(error: BaseException) -> Iterator[str]:
    """Write what a collector of errors would send home: attributes of errors, and of all locals."""
    yield _tried(pprint.pformat, [error.args, vars(error)])
    seen: dict[int, object] = {}  # frames share much
    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            if id(value) not in seen:
                seen[id(value)] = value
                yield _tried(pprint.pformat, value)
                yield from () if callable(value) else ways_of(value)


def ways_of(value: object) -> Iterator[str]:
    """Show a value, and what it consists of, in every way there is."""
    yield from (_tried(way, value) for way in _WAYS)
    yield from (_tried(pprint.pformat, one) for one in _parts(value))


def _parts(value: object) -> Iterator[object]:
    """Give what a browser of objects shows: attributes by name, also private ones and slots."""
    for name in dir(value):
        if not name.startswith("__"):
            with contextlib.suppress(Exception):
                one = getattr(value, name)
                yield one
                if hasattr(one, "__dict__") and not isinstance(one, type):
                    yield vars(one)


def _as_notebooks_do(value: object) -> str:
    from IPython.lib.pretty import pretty

    return str(pretty(value))


def _as_rich_does(value: object) -> str:
    from rich.pretty import pretty_repr

    return str(pretty_repr(value))


def _as_workers_do(value: object) -> bytes:
    import cloudpickle

    return bytes(cloudpickle.dumps(value))


_WAYS: tuple[Callable[[Any], object], ...] = (
    repr,
    str,
    format,
    ascii,
    lambda one: f"{one!r:>9} {one}",
    lambda one: [one],
    lambda one: {"a": (one,)},
    pprint.pformat,
    vars,
    pickle.dumps,
    lambda one: pickle.dumps(one, 0),
    copy.copy,
    copy.deepcopy,
    json.dumps,
    lambda one: json.dumps(one, default=str),
    lambda one: json.dumps(one, default=vars),
    dataclasses.asdict,
    dataclasses.astuple,
    lambda one: one._repr_html_(),
    lambda one: one._repr_mimebundle_(),
    _as_notebooks_do,
    _as_rich_does,
    _as_workers_do,
)


def stacks() -> str:
    """Write where all threads are, as a crash would."""
    with tempfile.TemporaryFile() as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read().decode()
