"""The way to the exchanges through the operator's proxy: one tunnel a connection, TLS end to end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Protocol
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import make_headers

MAX_HOSTS = 32
SCHEMES = ("http", "https")


class Holder(Protocol):
    """Who watches the sockets of an exchange."""

    def hold(self, sock: socket.socket | None) -> None:
        """Take note of the socket the exchange now waits on."""


def proxy_fault(url: str) -> str:
    """Return what is wrong with a proxy's URL, empty when it can work; never the URL itself."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "not a URL"
    if parts.scheme not in SCHEMES or not parts.hostname:
        return "expected http://[user:password@]host:port"
    return "" if port else "a proxy needs its port"


def proxy_pools(url: str, holder: Holder, *, tls: Callable[[], ssl.SSLContext]) -> urllib3.ProxyManager | None:
    """Return pools whose connections go through the proxy, None without one. Raises ValueError for an unusable URL.

    Only https goes through: plain http is for listed hosts, which are asked directly.
    """
    if not url:
        return None
    if fault := proxy_fault(url):
        raise ValueError(f"SOURCE_PROXY_URL: {fault}")
    parts = urlsplit(url)
    user = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}" if parts.username else None
    manager = urllib3.ProxyManager(
        f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
        num_pools=MAX_HOSTS,
        proxy_headers=make_headers(proxy_basic_auth=user) if user else None,
        ssl_context=tls(),
        proxy_ssl_context=tls(),
    )
    manager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _tunnel_pool(holder)}
    return manager


def _tunnel_pool(holder: Holder) -> type[HTTPSConnectionPool]:
    """Return urllib3's pool with watched connections; the address of the operator's own proxy is not judged."""

    class Tunnel(HTTPSConnection):
        def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # urllib3 types it as its base
            # TLS within TLS, to a proxy spoken to by https, is no socket and cannot be cut off; what it runs over can
            holder.hold(getattr(self.sock, "socket", self.sock))
            return super().getresponse()

    class TunnelPool(HTTPSConnectionPool):
        ConnectionCls = Tunnel

    return TunnelPool
