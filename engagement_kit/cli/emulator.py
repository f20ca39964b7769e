"""The command ``emulator``: the API on this machine, with invented data."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from engagement_kit.cli.reading import moment_of, object_of
from engagement_kit.cli.saying import give_now, say
from engagement_kit.question.rules import PROFILES

if TYPE_CHECKING:
    from engagement_kit.emulator import Emulator

_DEFAULT_PORT: Final = 8765
# Held equal to the emulator's own by a test: to read them there would make every command slow.
_NATURES: Final = ("standard", "heavy_tails", "campaigns")


class _WithSwitches(click.Command):
    """A command whose help ends with all switches and faults, read off the emulator itself."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from engagement_kit.emulator.api.settings import CHOICES
        from engagement_kit.emulator.service.faults import MEANINGS

        del ctx
        own_options = {parameter.name for parameter in self.params}
        switches = [
            (name, ", ".join(values)) for name, values in CHOICES.items() if name not in own_options
        ]
        with formatter.section("Switches for --set, the default first"):
            formatter.write_dl([*switches, ("public_url", "as in https://data-api.twitter.com")])
        with formatter.section('Kinds for --fault, as in {"kind": "slow", "nth": [2, 3]}'):
            formatter.write_dl(list(MEANINGS.items()))
        with formatter.section("What else a fault may have"):
            conditions = "nth, rate, times: which requests; tweet_id, endpoint: of which; seconds"
            formatter.write_text(conditions)


@click.command(cls=_WithSwitches, short_help="Run the emulator by itself.")
@click.option(
    "--port",
    default=_DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="0 takes any free port.",
)
@click.option("--seed", default=0, show_default=True, help="Another seed is another world.")
@click.option("--accounts", default=3, show_default=True, help="How many accounts, 1 to 32.")
@click.option("--world", default="standard", show_default=True, type=click.Choice(_NATURES))
@click.option("--clock", metavar="ISO", help="Begin at this moment, as in 2026-06-01T12:00Z.")
@click.option("--running", is_flag=True, help="Let the clock run on from there; else it stands.")
@click.option("--profile", default="reference", show_default=True, type=click.Choice(PROFILES))
@click.option("--revised", is_flag=True, help="Young counts are revised for seven days.")
@click.option("--undone", is_flag=True, help="Likes are taken back; hours may be negative.")
@click.option("--per-minute", type=int, help="Requests a minute and endpoint; none: no limit.")
@click.option("--per-second", type=int, help="Requests a second and endpoint; none: no limit.")
@click.option("--set", "switches", metavar="NAME=VALUE", multiple=True, help="A switch; see below.")
@click.option(
    "--fault", "faults", metavar="JSON", multiple=True, help="What goes wrong; see below."
)
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the lines to a file, whole once the emulator answers: for scripts.",
)
def emulator(port: int, env_file: Path | None, **options: Any) -> None:
    """Run the emulator by itself: the Engagement API on this machine, with invented data.

    Prints its address and made-up keys as environment lines, then serves until it is stopped
    (Ctrl-C). Any client of the API works against it; only the host differs.

    \b
    engagement-kit emulator --clock 2026-06-01T12:00Z
    engagement-kit emulator --set zeros=sparse --fault '{"kind": "server_error", "nth": 3}'
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    try:
        running = _emulator(port, **options)
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        msg = f"port {port} can't be used ({error.strerror}); another: --port 0 takes any free one"
        raise click.ClickException(msg) from error
    with running:
        # Heard from before the first line on: whoever reads it may stop us at once.
        asked_to_stop = _signals()
        lines = "\n".join(_lines(running))
        say(lines)
        give_now(
            name=running.name,
            url=running.url,
            base_url=running.base_url,
            environment=running.environment(),
            accounts=[account.name for account in running.world.accounts],
        )
        if env_file is not None:
            _write_whole(env_file, lines + "\n")
        # In steps: on some platforms a wait without an end hears no signal.
        while not asked_to_stop.wait(1.0):
            pass
    click.echo(f"stopped after {running.requests_served} requests", err=True)


def _emulator(port: int, **options: Any) -> Emulator:
    """Start an emulator as the options say."""
    from engagement_kit.emulator import Emulator, Fault, Settings, World, WorldClock

    world = World(
        options["seed"],
        options["accounts"],
        nature=options["world"],
        revised=options["revised"],
        undone=options["undone"],
    )
    clock = WorldClock(frozen=moment_of(options["clock"]) if options["clock"] else None)
    if options["running"]:
        clock.follow()
    named = {name: options[name] for name in ("profile", "per_minute", "per_second")}
    switches = dict(_switch(text) for text in options["switches"])
    own = [name for name in named if name in switches]
    if own:
        msg = f"{own[0]} has an option of its own: --{own[0].replace('_', '-')}"
        raise ValueError(msg)
    settings = Settings(**named).changed(switches)
    faults = [
        Fault.from_dict(object_of(text, "--fault", '{"kind": "reset"}'))
        for text in options["faults"]
    ]
    return Emulator(world, clock, settings, port, faults=faults)


def _lines(running: Emulator) -> list[str]:
    """Write address and keys as lines that a shell can read."""
    first, *others = [account.name for account in running.world.accounts]
    lines = [
        f"# engagement_kit's emulator: invented data, world {running.name}, {running.clock!r}",
        f"# a page to look at it and steer it: {running.url}/",
        f"# state, clock, faults and log: {running.url}/emulator/",
        "# tokens by a login, too:",
        f"# engagement-kit login --base-url {running.base_url}",
        f"# account {first}:",
        *(f"export {name}={value}" for name, value in running.environment().items()),
    ]
    for account in others:
        lines += [f"# account {account}:"]
        lines += [
            f"# export {name}={value}"
            for name, value in running.environment(account).items()
            if "ACCESS" in name
        ]
    return lines


def _signals() -> threading.Event:
    """Return what is set when somebody asks us to stop."""
    asked = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    return asked


def _write_whole(path: Path, text: str) -> None:
    """Write aside and rename: whoever waits for the file finds it whole."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def _switch(text: str) -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not equals:
        msg = f"--set {text!r} has no value; allowed: NAME=VALUE, as in zeros=sparse."
        raise ValueError(msg)
    return name.strip(), value.strip()
