"""An emulator from start to stop: a world and its service behind a socket, or in this process."""

from __future__ import annotations

import atexit
import html
import threading
from collections.abc import Mapping, Sequence
from reprlib import repr as _shown  # short, whatever the value
from types import TracebackType
from typing import Any, Final, Self

from engagement_kit.emulator.api.limits import BASE_PATH
from engagement_kit.emulator.api.settings import Settings
from engagement_kit.emulator.service.adapter import EmulatorAdapter
from engagement_kit.emulator.service.faults import Fault, Faults
from engagement_kit.emulator.service.packing import Response
from engagement_kit.emulator.service.record import Record
from engagement_kit.emulator.service.server import LOOPBACK, Server
from engagement_kit.emulator.service.service import Service
from engagement_kit.emulator.world.clock import WorldClock
from engagement_kit.emulator.world.world import World

# A name that no network resolves (RFC 2606), so that a request never strays to a real service.
IN_PROCESS_URL: Final = "http://emulator.invalid"
_LAST_PORT: Final = 65_535
_JOIN_S: Final = 5.0  # how long `stop` waits for the accepting thread


class Emulator:
    """Serve a world on this machine, from construction until `stop`.

    Parameters
    ----------
    world : World, optional
        The truth; the standard world by default.
    clock : WorldClock, optional
        The world's time; follows real time by default.
    settings : Settings, optional
        Switches.
    port : int
        0 takes any free port.
    faults : sequence of Fault
        What goes wrong from the start.
    in_process : bool
        Open no socket: requests reach it by `adapter` and `respond` alone.

    Attributes
    ----------
    url : str
        As in "http://127.0.0.1:40123". In a browser it is a page that shows tweets and requests,
        and has switches for clock, faults and settings.
    base_url : str
        `url` with "/insights/engagement", to which an endpoint's name is added.
    name : str
        The world's stable name, as in "emulator/standard-0".
    world, clock, in_process
        As given.

    Raises
    ------
    OSError
        If the port is taken.
    TypeError, ValueError
        If an argument is not what it must be: said at once, not by the first request.

    Examples
    --------
    >>> with Emulator() as emulator:
    ...     emulator.name
    'emulator/standard-0'
    """

    def __init__(
        self,
        world: World | None = None,
        clock: WorldClock | None = None,
        settings: Settings | None = None,
        port: int = 0,
        *,
        faults: Sequence[Fault] = (),
        in_process: bool = False,
    ) -> None:
        _check(world=world, clock=clock, settings=settings, port=port, faults=faults)
        self.world = world or World()
        self.clock = clock or WorldClock()
        self._service = Service(
            self.world, self.clock, settings or Settings(), faults=faults, in_process=in_process
        )
        self.name = self._service.name
        self.in_process = in_process
        self._stopping = threading.Lock()
        self._stopped = False
        self._server = None if in_process else Server((LOOPBACK, port), self._service)
        self.url = (
            f"http://{LOOPBACK}:{self._server.server_port}" if self._server else IN_PROCESS_URL
        )
        self.base_url = self.url + BASE_PATH
        if self._server is not None:
            self._start(self._server)

    def _start(self, server: Server) -> None:
        """Accept connections in a thread of its own."""
        self._thread = threading.Thread(
            target=server.serve_forever,
            # How long `stop` may have to wait for the accepting thread, in seconds.
            kwargs={"poll_interval": 0.05},
            name=f"{self.name} on {self.url}",
            daemon=True,
        )
        self._thread.start()
        atexit.register(self.stop)

    @property
    def settings(self) -> Settings:
        """The switches in force."""
        return self._service.state.settings

    @property
    def faults(self) -> Faults:
        """What goes wrong, to be added to and taken from at any time."""
        return self._service.state.faults

    @property
    def requests_served(self) -> int:
        """How many requests have been answered so far, whatever the status."""
        return self._service.requests_served

    @property
    def log(self) -> list[Record]:
        """The newest requests, oldest first, without secrets."""
        return self._service.log

    def change(self, **settings: Any) -> None:
        """Change some switches while it runs; budgets of requests start anew.

        Parameters
        ----------
        **settings
            Members of `Settings`, with their new values.

        Raises
        ------
        ValueError
            If a name is unknown or a value is not allowed; nothing is changed then.
        """
        self._service.state.change(settings)

    def reset(self) -> None:
        """Go back to the start: clock, switches, faults, budgets, tokens, nonces and log."""
        self._service.state.reset()

    def respond(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Answer one request without the socket; see `Service.respond`.

        Parameters
        ----------
        method, target
            As in the first line of a request: ``POST``, and a path with its query.
        headers
            Names in any case; ``Host`` is needed.
        body
            The bytes as they would be sent.

        Returns
        -------
        Response
            Status, headers, and bytes as they would come.
        """
        return self._service.respond(method, target, headers, body)

    def adapter(self) -> EmulatorAdapter:
        """Return a transport adapter for `requests`, by which a session reaches this emulator.

        Mount it for any address, the live one too: nothing leaves this process.

        Examples
        --------
        >>> import requests
        >>> emulator = Emulator(in_process=True)
        >>> with requests.Session() as session:
        ...     session.mount("https://data-api.twitter.com", emulator.adapter())
        ...     session.get("https://data-api.twitter.com/emulator/state").json()["name"]
        'emulator/standard-0'
        """
        return EmulatorAdapter(self._service, is_running=lambda: not self._stopped)

    def environment(self, account: str | None = None, app: str | None = None) -> dict[str, str]:
        """Return address and made-up keys as environment variables, for clients elsewhere.

        Parameters
        ----------
        account : str, optional
            Whose tokens; the first account's by default.
        app : str, optional
            Which app's keys, by name; the first app's by default.

        Returns
        -------
        dict of str to str
            Names of variables, with their values.

        Raises
        ------
        ValueError
            If there is no such account or app.

        Examples
        --------
        >>> emulator = Emulator(in_process=True)
        >>> keys = emulator.environment("birch", app="research")
        >>> keys["TWITTER_CONSUMER_KEY"] == emulator.world.apps[1].consumer_key
        True
        """
        grants = self._service.state.grants
        maker = grants.find_app(app or self.world.app.name)
        owner = grants.find_account(account or self.world.accounts[0].name)
        token = grants.token(maker, owner)
        return {
            "ENGAGEMENT_KIT_BASE_URL": self.base_url,
            "TWITTER_CONSUMER_KEY": maker.consumer_key,
            "TWITTER_CONSUMER_SECRET": maker.consumer_secret,
            "TWITTER_ACCESS_TOKEN": token.token,
            "TWITTER_ACCESS_TOKEN_SECRET": token.secret,
            "TWITTER_BEARER_TOKEN": grants.bearer(maker),
        }

    def revoke(self, account: str, app: str | None = None) -> None:
        """Revoke the token of an app for an account, as the account's owner can.

        From then on it is refused. A new login (`engagement-kit login`) gives a new token.

        Parameters
        ----------
        account : str
            The account's name.
        app : str, optional
            The app's name; the first app's by default.

        Raises
        ------
        ValueError
            If there is no such account or app.
        """
        grants = self._service.state.grants
        maker = grants.find_app(app or self.world.app.name)
        grants.revoke(maker, grants.find_account(account))

    def enable(self, app: str, *, enabled: bool = True) -> None:
        """Enable an app for the Engagement API, or take that back: then its calls get 403.

        Parameters
        ----------
        app
            The app's name, as in the world.
        enabled
            False takes it back.

        Raises
        ------
        ValueError
            If there is no such app.
        """
        grants = self._service.state.grants
        grants.enable(grants.find_app(app), enabled=enabled)

    def stop(self) -> None:
        """Stop serving and end all threads; does nothing the second time."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            if self._server is None:
                return
            atexit.unregister(self.stop)
            self._server.shutdown()
            self._thread.join(_JOIN_S)
            self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else self.url
        return f"<Emulator {self.name}: {state}>"

    def _repr_html_(self) -> str:
        """Show it in a notebook, with a link to its page while there is one."""
        shown = html.escape(repr(self))
        if self._stopped or self.in_process:
            return f"<code>{shown}</code>"
        link = f'<a href="{self.url}/" target="_blank" rel="noopener noreferrer">its page</a>'
        return f"<code>{shown}</code>, all data invented; {link}"


def _check(
    *, world: object, clock: object, settings: object, port: object, faults: Sequence[object]
) -> None:
    """Refuse arguments of a wrong kind."""
    kinds = {
        "world": (world, World, "a World, as in World(seed=1)"),
        "clock": (clock, WorldClock, "a WorldClock, as in WorldClock(frozen=moment)"),
        "settings": (settings, Settings, 'Settings, as in Settings(zeros="sparse")'),
    }
    for name, (value, kind, allowed) in kinds.items():
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} is {_shown(value)}; it must be {allowed}.")
    listed = isinstance(faults, list | tuple)
    if not listed or not all(isinstance(one, Fault) for one in faults):
        raise TypeError(f'faults is {_shown(faults)}; it must be a list, as in [Fault("slow")].')
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= _LAST_PORT:
        raise ValueError(f"port is {_shown(port)}; allowed: 0 (any free one) to {_LAST_PORT}.")
