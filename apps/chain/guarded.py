"""HTTP that reaches checked addresses only, for endpoints that somebody typed into a form.

The check is made where the socket is made and the connection goes to an address that was checked, so neither a name
that leads elsewhere the next time nor a redirect gets past it. Certificates are verified against the name as ever.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

# Returns the addresses a host and port may be reached at; raises OSError when it may not be, or has none.
Resolve = Callable[[str, int], list[str]]
DEFAULT_PORT = 443
FALLBACK_CONNECT_S = 5.0


def guard(session: requests.Session, resolve: Resolve) -> None:
    """Let a session reach only what ``resolve`` returns: no redirects, no proxy of the environment."""
    adapter = _GuardedAdapter(resolve)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    session.max_redirects = 0
    session.trust_env = False


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._resolve)


def _pool_classes(resolve: Resolve) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, resolve)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, resolve)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _connected(connection: HTTPConnection, resolve: Resolve) -> socket.socket:
    port = connection.port or DEFAULT_PORT
    timeout_s = connection.timeout if isinstance(connection.timeout, int | float) else FALLBACK_CONNECT_S
    try:
        (address, *_) = resolve(connection.host.strip("[]"), port)
        sock = socket.create_connection((address, port), timeout=timeout_s)
    except OSError as exc:
        raise NewConnectionError(connection, str(exc)) from exc
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
