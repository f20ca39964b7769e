"""The commands about keys: ``login``, ``logout`` and ``keys``."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from engagement_kit.cli.exits import Exit
from engagement_kit.cli.reading import BASE_URL, told
from engagement_kit.cli.saying import for_machine, give, rows_of, say

if TYPE_CHECKING:
    from engagement_kit.fetch.keys.credentials import Credentials


@click.command(short_help="Log in an account, and keep its keys.")
@BASE_URL
@click.option("--auth-url", metavar="URL", help="Who grants tokens, where it is somebody else.")
@click.option(
    "--callback",
    is_flag=True,
    help="Let the browser come back by itself, instead of typing a PIN. Its address must be "
    "registered with the app: http://127.0.0.1:PORT/callback.",
)
@click.option("--port", type=click.IntRange(0, 65_535), help="Of the callback; 8766 by default.")
@click.option(
    "--keep",
    type=click.Choice(["file", "keyring"]),
    default="file",
    show_default=True,
    help="Where: in the keys file, or in the system's keyring.",
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page.")
def login(*, browser: bool, port: int | None, **options: Any) -> None:
    """Log in an account, and keep its keys. Once for each account.

    The app's consumer key and secret are asked for, unless the environment or an earlier login
    has them. Then the account's owner agrees on a page of the service.

    \b
    engagement-kit login
    engagement-kit login --callback
    engagement-kit login --base-url http://127.0.0.1:8765/insights/engagement
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client import login as walks

    if port is not None:
        options["port"] = port
    with told():
        walks.login(
            **options,
            ask_text=lambda words: _asked(words, default="", show_default=False),
            ask_secret=lambda words: _asked(words, hide_input=True),
            say=say,
            open_page=webbrowser.open if browser else lambda _: None,
        )
    named = options["base_url"]
    say("Try them: engagement-kit keys --try" + (f" --base-url {named}" if named else ""))


def _asked(words: str, **options: Any) -> str:
    """Ask in the terminal; where there is none, say so."""
    try:
        return str(click.prompt(words.rstrip(": "), err=for_machine(), **options))
    except click.Abort:
        if sys.stdin.isatty():  # a person ended it
            raise
    raise EOFError


@click.command(short_help="Forget the keys of an account.")
@click.argument("account", required=False)
@click.option("--all", "everything", is_flag=True, help="All accounts, and the app's keys.")
@BASE_URL
def logout(account: str | None, *, everything: bool, base_url: str | None) -> None:
    """Forget the keys of ACCOUNT, from the keys file and the system's keyring.

    The service does not learn of it: to revoke what was granted, the account's owner goes to the
    account's settings.

    \b
    engagement-kit logout acme
    engagement-kit logout --all --base-url http://127.0.0.1:8765/insights/engagement
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client.logout import logout as forget
    from engagement_kit.client.logout import service_asked

    if (account is None) != everything:
        msg = "name an account, or give --all"
        raise click.UsageError(msg)
    with told():
        gone = forget(account, base_url=base_url)
        service = service_asked(base_url)
    give(forgotten=list(gone), service=service)
    say(f"forgotten: {', '.join(gone) or 'nothing was kept of any account'}; for {service}")


def _who_signs(keys: Credentials) -> Iterator[str]:
    """Say whose user ids are known, and who signs where nobody is named."""
    ids = {name: number for number, name in keys.aliases.items() if name != number}
    if ids:
        yield "user ids: " + ", ".join(f"{name} {number}" for name, number in ids.items())
    if keys.account:
        yield f"signs by default: {keys.account}"


@click.command(short_help="Say which keys are found, and try them.")
@BASE_URL
@click.option("--try", "trying", is_flag=True, help="Send one request by each of them.")
@click.option("--tweet", metavar="ID", help="The tweet to try them on; with --try.")
def keys(*, base_url: str | None, trying: bool, tweet: str | None) -> None:
    """Say which keys are found, and where; never a value.

    With --try, one request is sent by each credential: whether it is accepted, and what it may ask.
    Ends with 3 where one is refused, with 1 where no answer tells.

    \b
    engagement-kit keys
    engagement-kit keys --try --tweet 2061384949969226276
    """  # noqa: D301 -- click needs the backspace: it keeps the lines below apart
    from engagement_kit.client.connect import connect

    if tweet is not None and not trying:
        msg = "--tweet goes with --try"
        raise click.UsageError(msg)
    with told(), connect(base_url=base_url) as client:
        found = client.connection.credentials
        say(f"for {client.connection.base_url}")
        say(str(found))
        for line in _who_signs(found):
            say(f"  {line}")
        give(
            base_url=client.connection.base_url,
            accounts=list(found.users),
            account=found.account,
            credentials=list(found.kinds),
            found_in=found.found_in,
        )
        if not trying:
            return
        tried = client.try_keys(tweet)
    say("Tried")
    give(tried=rows_of(tried.to_pandas()))
    for one in tried:
        may = f": may ask {one.may}" if one.may else ""
        say(f"  {one.credential}: {one.outcome}{may}. {one.said}")
    if not tried.all_accepted:
        refused = any(one.outcome == "refused" for one in tried)
        raise click.exceptions.Exit(Exit.KEYS if refused else Exit.UNFINISHED)
