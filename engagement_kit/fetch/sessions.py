"""Sessions of `requests` that never write what they send to a screen or a log."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from engagement_kit.fetch.keys.secret import Secret, scrubbed

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

# Up to the last "@": where an address is none, a password may hold anything.
_USER: Final = re.compile(r"(?<=//)[^'\"]*@|[^\s'\"/]+:[^\s'\"/]*@")


def without_users(text: str) -> str:
    """Take users and passwords out of the addresses in a text: those of proxies, say.

    Of a proxy whose address can't be read, a library may name a piece alone.

    Examples
    --------
    >>> without_users("Failed to parse: http://somebody:secret@proxy:port")
    'Failed to parse: http://***@proxy:port'
    """
    users = (one.rpartition("@")[0].partition("//") for one in getproxies().values())
    held = [piece for scheme, _, rest in users for piece in re.split("[:/?#]", rest or scheme)]
    return scrubbed(_USER.sub("***@", text), map(Secret, held))


def discreet(
    session: requests.Session, url: str, adapter: BaseAdapter | None = None
) -> requests.Session:
    """Make a session one for a service, that writes nothing of what it sends.

    Parameters
    ----------
    session
        A new one; it is changed, and given back.
    url
        Of the service. A proxy of the environment can't reach one on this machine's own loopback.
    adapter
        Carries the requests instead of a socket: an emulator in this process.

    Returns
    -------
    requests.Session
        The same session.
    """
    session.trust_env = urlsplit(url).hostname not in LOOPBACK
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Discreet())
    if adapter is not None:
        session.mount(url, adapter)
    return session


class _Connection(HTTPConnection):
    # `http.client.HTTPConnection.debuglevel = 1`, often advised for finding faults, would print
    # each header of every connection, Authorization among them.
    debuglevel = 0


class _SafeConnection(HTTPSConnection):
    debuglevel = 0


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class _Discreet(HTTPAdapter):
    """Connects by connections that print nothing."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _silence(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        _silence(manager)
        return manager


def _silence(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SafePool}
