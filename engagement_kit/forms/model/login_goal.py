"""Where a login leads: the service that keys are for, who grants them, and the app that asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engagement_kit.client.client import Client
from engagement_kit.client.keys import keys_found, service_of
from engagement_kit.client.login import Walk
from engagement_kit.errors import CredentialsMissing, EngagementError
from engagement_kit.fetch.keys.secret import Secret

_NOT_CONNECTED: Final = (
    "Connect to the emulator first: then the login can be practised on its pages. Or choose the "
    "live API above."
)
_NO_PAGES: Final = "This emulator has no address, and so no page to agree on."


@dataclass(frozen=True)
class Goal:
    """Where a login leads.

    Attributes
    ----------
    base_url, service, auth_url
        The address of the API, its scheme and host, and who grants tokens.
    app
        Where the app's keys were found, in words; empty where they were not.
    made_up
        Key and secret of the emulator that the walk is practised on; None for real walks.
    trouble
        Why no walk can be begun; empty where one can.
    """

    base_url: str = ""
    service: str = ""
    auth_url: str = ""
    app: str = ""
    made_up: tuple[Secret, Secret] | None = field(default=None, repr=False)
    trouble: str = ""

    @property
    def practice(self) -> bool:
        """Whether the walk is practised: its keys are made up, and kept nowhere."""
        return self.made_up is not None

    @property
    def words(self) -> tuple[str, ...]:
        """What a person shall know before the walk."""
        if self.trouble:
            return (self.trouble,)
        if self.practice:
            return (
                f"Practice, on the pages of the emulator at {self.auth_url}.",
                "Its keys are made up, and kept nowhere.",
            )
        return (
            f"For {self.service}; tokens come from {self.auth_url}.",
            "Log in each account whose tweets are to be counted, once.",
        )


def goal_of(live: bool, client: Client | None, base_url: str = "") -> Goal:
    """Say where a login leads.

    Parameters
    ----------
    live
        To the live API, or whatever stands for it; else to the emulator of a client.
    client
        Who is connected.
    base_url
        Another address of the live API; empty for none.

    Examples
    --------
    >>> goal_of(live=False, client=None).trouble.split(":")[0]
    'Connect to the emulator first'
    """
    try:
        return _of_live(base_url) if live else _of_emulator(client)
    except EngagementError as error:  # an address that is none
        return Goal(trouble=str(error))


def _of_live(base_url: str) -> Goal:
    walk = Walk(base_url=base_url or None, keep="nowhere")
    app = _where_app(walk.base_url) if walk.has_app else ""
    return Goal(walk.base_url, walk.service, walk.auth_url, app)


def _where_app(base_url: str) -> str:
    """Say where the app's keys were found, as far as it is told."""
    try:
        return dict(keys_found(base_url).origins).get("app", "") or "one of the sources"
    except CredentialsMissing:  # of something else a half is missing
        return "one of the sources"


def _of_emulator(client: Client | None) -> Goal:
    emulator = None if client is None or client.closed else client.emulator
    if client is None or emulator is None:
        return Goal(trouble=_NOT_CONNECTED)
    keys = client.connection.credentials
    if emulator.in_process or keys.consumer_key is None or keys.consumer_secret is None:
        return Goal(trouble=_NO_PAGES)
    pair = keys.consumer_key, keys.consumer_secret
    service = service_of(emulator.base_url)
    return Goal(emulator.base_url, service, service, "the emulator: they are made up", pair)
