"""The command ``engagement-kit`` itself: its commands in the order of the trip, and how each ends.

A command's module is imported when it is named or listed; heavy libraries are imported by none
of them before it runs.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from traceback import walk_tb
from typing import Any, Final, NoReturn

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import Told
from engagement_kit.cli.saying import FLAG, Saying
from engagement_kit.interrupted import STOPPED

_KEPT: Final = "Interrupted.\nWhat was done is kept. Give the same command again to go on."
_JSON: Final = click.Option(
    [FLAG],
    is_flag=True,
    expose_value=False,
    help="Write one JSON object to stdout, and all words to stderr.",
)


class Door(click.Group):
    """A group that finds its commands by name, and says how each of them ended.

    Parameters
    ----------
    trip
        Headings, and below each the commands: a name, and the module in which a command of that
        name stands.
    """

    def __init__(
        self, *args: Any, trip: Mapping[str, Mapping[str, str]] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.trip: Final = trip or {}
        self._modules: Final = {
            name: module for part in self.trip.values() for name, module in part.items()
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in the order of the trip."""
        del ctx
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; each gets the option ``--json``."""
        del ctx
        if cmd_name not in self._modules:
            return None
        module = importlib.import_module(self._modules[cmd_name])
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        if not any(FLAG in one.opts for one in command.params):
            command.params.append(_JSON)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named; of one that there is not, say which is near."""
        near = get_close_matches(args[0], self._modules, n=1)
        if near and args[0] not in self._modules:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]}?")
        name, command, rest = super().resolve_command(ctx, args)
        saying = ctx.find_object(Saying)
        if saying is not None:
            saying.sent = not getattr(command, "says_when_it_sends", False)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands below their headings."""
        room = max(map(len, self._modules), default=0)
        limit = formatter.width - 6 - room
        for heading, part in self.trip.items():
            found = [(name, self.get_command(ctx, name)) for name in part]
            rows = [
                (name.ljust(room), one.get_short_help_str(limit))
                for name, one in found
                if one is not None
            ]
            with formatter.section(heading):
                formatter.write_dl(rows)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command, say what went wrong, and end with a code of `Exit`."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        given = sys.argv[1:] if args is None else list(args)
        saying = Saying.asked_by(given)
        try:
            with saying.hearing_warnings():
                code = self._ended(saying, given, prog_name, complete_var, extra)
                saying.end()
                sys.stdout.flush()
        except BrokenPipeError:  # whoever read has enough, as `head` has
            _nobody_reads()
        except OSError as error:
            if not _is_of_stdout(error):
                raise
            click.echo(f"Error: stdout can't be written: {error.strerror or error}", err=True)
            _nobody_reads()
        except KeyboardInterrupt as error:  # before click looks for it, or after
            click.echo(err=True)
            code = _interrupted(saying, error)
        sys.exit(code)

    def _ended(
        self,
        saying: Saying,
        args: Sequence[str],
        prog_name: str | None,
        complete_var: str | None,
        extra: Mapping[str, Any],
    ) -> int:
        options = {"standalone_mode": False, "obj": saying, **extra}
        try:
            code = super().main(args, prog_name, complete_var, **options)
        except Told as error:
            error.show()
            saying.fail(error.error, error.message)
            return error.exit_code
        except click.ClickException as error:
            error.show()
            saying.fail(error, error.format_message())
            return error.exit_code
        except click.Abort as error:
            return _aborted(saying, error)
        return code if isinstance(code, int) else Exit.DONE


def _aborted(saying: Saying, error: click.Abort) -> int:
    """Tell Ctrl-C, with what the work left word of, from a No to a question."""
    why = error.__cause__ or error.__context__
    if not isinstance(why, KeyboardInterrupt):
        said = "\n".join(["Aborted!", *getattr(error, "__notes__", ())])
        click.echo(said, err=True)
        saying.fail(error, said)
        return Exit.UNFINISHED
    return _interrupted(saying, why)


def _interrupted(saying: Saying, error: KeyboardInterrupt) -> int:
    """Say what there is after Ctrl-C, and what to do next."""
    notes = getattr(error, "__notes__", ())
    said = "\n".join(["Interrupted.", *notes]) if notes else _KEPT if saying.sent else STOPPED
    click.echo(said, err=True)
    saying.fail(error, said)
    saying.end()
    return Exit.INTERRUPTED


def _is_of_stdout(error: OSError) -> bool:
    """Say whether stdout can't be written, as on a full disk: all that is printed is by one call.

    Files are written by others.
    """
    called = (frame.f_code for frame, _ in walk_tb(error.__traceback__))
    return any(one is click.echo.__code__ for one in called)


def _nobody_reads() -> NoReturn:
    """End without another word: what is left to be written goes nowhere."""
    from os import devnull, dup2

    with open(devnull, "wb") as nowhere:  # noqa: PTH123 -- it is no file of ours
        dup2(nowhere.fileno(), sys.stdout.fileno())
    sys.exit(Exit.UNFINISHED)
