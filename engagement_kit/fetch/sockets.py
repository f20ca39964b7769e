"""Sessions of `requests` that never write what they send to a screen or a log."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


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
