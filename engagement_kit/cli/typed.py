"""Words about a notebook's calls, as they are typed in a terminal."""

from __future__ import annotations

import re
from typing import Final

import click

_OPTIONS: Final = (
    "account", "also", "as_of", "base_url", "by", "clock", "contracted", "history", "max_age",
    "max_requests", "order", "overage", "per_minute", "profile", "service", "settle",
    "stop_after", "store", "threads",
)  # fmt: skip
# Not in paths: folders of a dataset are called so, as in account=acme/.
_ARGUMENT: Final = re.compile(
    rf"(?<![\w/\\(])({'|'.join(_OPTIONS)})=(?:\.\.\.|'([^']*)'|(?=(\w))|(?!['\"\[{{(]))"
)
_OWNERS: Final = re.compile(r"(?<![\w/\\(])owners=(?![\w'\"\[{(])")
_CALLS: Final = (
    (r"client\.run\(query, stop_after=(\d+)\)", r"run --stop-after \1"),
    (r"client\.run\(query\)", "engagement-kit run QUERY"),
    (r"client\.run\(resume=\.\.\.\)", "engagement-kit resume --store STORE"),
    (r"client\.(refresh|expiring)\((?:\.\.\.|store)\)", r"engagement-kit \1 STORE"),
    (r"now=client\.now\(\) \(--now in a terminal\)", "--now"),
    (r"ek\.(last|first)\(days=(\d+)\)", r"--\1 \2d"),
    (r"ek\.(last|first)\(hours=(\d+)\)", r"--\1 \2h"),
    (r"ek\.(last|first|between)\(\.\.\.\)", r"--\1"),
    (r"ek\.read_ids\(\.\.\.\), which gives its ids", "--ids FILE"),
    (r"ek\.read_ids\('([^']*)'\)", r"--ids \1"),
    (r"ek\.connect\(\.\.\., store='a folder'\), or store= here", "--store FOLDER"),
    (r"ek\.connect\((?:\"emulator\"|'emulator')(?:, [^)]*)?\)", "--emulator"),
    (r", or pass them to ek\.connect, or let it ask \(ask=True\)", ""),
    (r", as ek\.ConnectForm\(\) does in a notebook", ""),
    (r"(given as store=) to ek\.connect", r"\1"),
    (r"resume=False", "--no-resume"),
    (r"(?<!-)max_requests allows", "--max-requests allows"),
    (r"(?<!in Python )ek\.open\((STORE|store)\)\.follows", r"in Python ek.open(\1).follows"),
)
_AS_CALLED: Final = tuple((re.compile(call), typed) for call, typed in _CALLS)


def as_typed(text: str) -> str:
    """Name options as they are typed, where words name the arguments of a notebook's calls.

    Who wrote tweets is said where a query is written: where the command at hand has no such option,
    the one that has it is named.

    Examples
    --------
    >>> as_typed("let stored counts be older by max_age=..., or name it by account=birch")
    'let stored counts be older by --max-age, or name it by --account birch'
    >>> as_typed("counts/account=birch/q.yaml can't be read")
    "counts/account=birch/q.yaml can't be read"
    >>> as_typed("give the folder that was given as store=...; correct owners=, or log in")
    'give the folder that was given as --store; correct --owners of engagement-kit query, or log in'
    >>> as_typed("ask with by='hour' for that. Example: ek.last(days=7).")
    'ask with --by hour for that. Example: --last 7d.'
    """
    for call, typed in _AS_CALLED:
        text = call.sub(typed, text)
    text = _OWNERS.sub("--owners" if _has("owners") else "--owners of engagement-kit query", text)
    return _ARGUMENT.sub(_option, text)


def _option(found: re.Match[str]) -> str:
    name, value, goes_on = found.groups()
    behind = f" {value}" if value else " " if goes_on else ""
    return f"--{name.replace('_', '-')}{behind}"


def _has(name: str) -> bool:
    """Whether the command at hand has an option."""
    context = click.get_current_context(silent=True)
    return context is not None and any(one.name == name for one in context.command.params)
