"""The options that commands share which ask the API: to whom they speak, and by which rules.

They are called as the arguments of ``ek.connect``, ``client.plan`` and ``client.run``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import reduce, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from engagement_kit.cli.places import folder_of
from engagement_kit.cli.reading import BASE_URL, Command, span_of, told, understood
from engagement_kit.cli.saying import note
from engagement_kit.errors import CredentialsMissing
from engagement_kit.question.rules import PROFILES

if TYPE_CHECKING:
    from engagement_kit.client.client import Client
    from engagement_kit.question.query import Query


def span(_: click.Context, option: click.Parameter, text: str | None) -> timedelta | None:
    """Read an option that is a length of time."""
    with understood():
        return None if text is None else span_of(text, option.opts[0])


def _settle(text: str | None, *, learnt: bool = False) -> Any:
    """Read a span, spans of metrics, or the word ``learnt``."""
    if text is None or (learnt and text.strip() == "learnt"):
        return text
    try:
        if "=" not in text:
            return span_of(text, "--settle")
        pairs = [one.partition("=") for one in text.split(",")]
        return {name.strip(): span_of(span, f"--settle {name.strip()}") for name, _, span in pairs}
    except ValueError as error:
        near = "Did you mean learnt? " if learnt and text.strip().startswith("learn") else ""
        also = "Also allowed: metric=span, as in favorites=3d,url_clicks=1d"
        msg = f"{error} {near}{also}{', and learnt' if learnt else ''}."
        raise ValueError(msg) from None


def settling(*, learnt: bool = False) -> Callable[[Command], Command]:
    """Make the option ``--settle``; None where it is not given."""

    def read(_: click.Context, __: click.Parameter, text: str | None) -> Any:
        with understood():
            return _settle(text, learnt=learnt)

    more = "; or learnt, from past refreshes" if learnt else ""
    return click.option(
        "--settle",
        metavar="SPAN",
        callback=read,
        help="How long after its end a period may be revised, as in 3d, or of single metrics as in "
        f"favorites=3d,url_clicks=1d{more}. The default: 7d.",
    )


MAX_AGE: Final = click.option(
    "--max-age",
    metavar="SPAN",
    callback=span,
    help="Do not ask what was seen so recently, as in 6h.",
)
MAX_REQUESTS: Final = click.option(
    "--max-requests",
    metavar="N",
    type=click.IntRange(0),
    help="The budget, in calls; what takes more is refused.",
)
STOP_AFTER: Final = click.option(
    "--stop-after",
    metavar="N",
    type=click.IntRange(1),
    help="Stop after so many calls; the same again goes on.",
)
ORDER: Final = click.option(
    "--order", type=click.Choice(["deadline"]), help="Ask first what can soon no more be had."
)


def resuming(words: str) -> Callable[[Command], Command]:
    """Make the option ``--no-resume``, with what it says of what is gone on with."""
    return click.option("--resume/--no-resume", default=True, show_default=True, help=words)


RESUME: Final = resuming("Go on with an unfinished run of the same query, or plan anew.")


def _looked_at(_: click.Context, __: click.Parameter, shown: bool | None) -> bool:
    return sys.stderr.isatty() if shown is None else shown


def _saved(context: click.Context, _: click.Parameter, place: str) -> Any:
    return None if context.resilient_parsing else read_query(place)


PROGRESS: Final = click.option(
    "--progress/--no-progress",
    default=None,
    callback=_looked_at,
    help="Say on stderr how far it is; by default in a terminal only.",
)
QUERY: Final = click.argument("query", metavar="QUERY", callback=_saved)
"""A query that was saved."""

_STORE: Final = click.option(
    "--store",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    callback=folder_of,
    help="The folder for raw answers.",
)
EMULATOR: Final = (
    click.option(
        "--emulator", is_flag=True, help="Ask an emulator instead: INVENTED data, no keys."
    ),
    click.option(
        "--clock", metavar="ISO", help="With --emulator: its clock stands there; else real time."
    ),
)
ACCOUNT: Final = click.option(
    "--account", default="", metavar="NAME", help="Who signs where nobody is named, as in connect."
)


def _connection(*, of_run: bool) -> tuple[Callable[[Command], Command], ...]:
    """Make the options of a connection; where a run has its own, what is not given is None."""

    def otherwise(value: object) -> dict[str, Any]:
        return {} if of_run else {"default": value, "show_default": True}

    return (
        *EMULATOR,
        BASE_URL,
        ACCOUNT,
        click.option(
            "--profile",
            type=click.Choice(PROFILES),
            **otherwise(PROFILES[0]),
            help="How far historical reaches: since 2014-09-01, or 365 days.",
        ),
        click.option(
            "--threads",
            metavar="N",
            type=click.IntRange(1),
            **otherwise(4),
            help="So many requests at once.",
        ),
        click.option(
            "--per-minute", metavar="N", type=float, help="The contract's rate of requests."
        ),
        click.option(
            "--contracted",
            metavar="N",
            type=click.IntRange(0),
            help="The contract's accounts a month.",
        ),
        click.option(
            "--overage",
            type=click.Choice(["warn", "stop"]),
            **otherwise("warn"),
            help="What to do before more accounts sign.",
        ),
    )


_CONNECTION_NAMES: Final = (
    "store", "emulator", "clock", "base_url", "account", "profile", "threads", "per_minute",
    "contracted", "overage",
)  # fmt: skip
_RULE_NAMES: Final = ("max_age", "settle", "order", "resume", "max_requests", "stop_after")
_SECTIONS: Final = {"Whom it asks": _CONNECTION_NAMES[1:], "By which rules": _RULE_NAMES}


class AskingCommand(click.Command):
    """A command with many options: its help lists those that commands share below their own.

    It notes when it sends, by `saying.sent`: whoever stops it before knows that nothing was sent.
    """

    says_when_it_sends: Final = True

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options of the command itself, and then those of each section."""
        shared = {name for names in _SECTIONS.values() for name in names}
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        own = [one.name for one in options if one.name not in shared]
        for heading, names in {"Options": own, **_SECTIONS}.items():
            found = [one for one in options if one.name in names]
            rows = [row for one in found if (row := one.get_help_record(ctx)) is not None]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def bundled(command: Command, name: str, members: tuple[str, ...]) -> Command:
    """Hand several options to a command as one mapping; those that it does not have are left out.

    Examples
    --------
    >>> bundled(lambda **options: options, "rules", ("order", "settle"))(order=None, yes=True)
    {'rules': {'order': None}, 'yes': True}
    """

    @wraps(command)
    def calling(**options: Any) -> Any:
        bundle = {one: options.pop(one) for one in members if one in options}
        return command(**{name: bundle}, **options)

    return cast(Command, calling)


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    return reduce(lambda made, option: option(made), reversed(options), command)


def connecting(*, store: bool = True, of_run: bool = False) -> Callable[[Command], Command]:
    """Give a command all that says to whom it speaks, as ``connection``.

    Parameters
    ----------
    store
        Whether ``--store`` is an option; else the command names a store by itself.
    of_run
        Whether a run that is there has its own of all that; then there are no defaults.
    """

    def decorated(command: Command) -> Command:
        made = bundled(command, "connection", _CONNECTION_NAMES[0 if store else 1 :])
        return _with(made, *([_STORE] if store else []), *_connection(of_run=of_run))

    return decorated


def ruled(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Give a command some of the rules of plan and run, as ``rules``; None is not among them."""

    def decorated(command: Command) -> Command:
        @wraps(command)
        def some(*, rules: Mapping[str, Any], **others: Any) -> Any:
            given = {name: one for name, one in rules.items() if one is not None}
            return command(rules=given, **others)

        made = bundled(cast(Command, some), "rules", _RULE_NAMES)
        return _with(made, *options)

    return decorated


@contextmanager
def connected(connection: Mapping[str, Any]) -> Iterator[Client]:
    """Connect as the options say; errors of ours are told, and that data are invented."""
    from engagement_kit.client.connect import connect

    options = dict(connection)
    to = "emulator" if options.pop("emulator") else "live"
    with told(), ExitStack() as stack:
        try:
            client = stack.enter_context(connect(to, **options))
        except CredentialsMissing:
            if not options["account"]:
                note("Without keys there is the emulator, with invented data: --emulator")
            raise
        if client.source == "emulator":
            note("EMULATOR: the numbers are invented.")
        yield client


def read_query(place: str) -> Query:
    """Load a saved query; ``-`` is stdin, and a file of ids is then looked for in this folder."""
    from engagement_kit.question.query import Query

    with told():
        if place == "-":
            return Query.from_text(sys.stdin.read(), Path(place))
        return Query.load(place)
