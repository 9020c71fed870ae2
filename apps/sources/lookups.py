"""What a URL's name leads to at this moment, for those who are about to save it. Rounds judge it again each time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

from apps.sources.addresses import DEFAULT_PORTS, is_listed, is_public
from oracle_project import env

LOOKUP_S = 2.0  # a form waits no longer; who knows nothing by then says nothing


def lookup_fault(url: str, *, allowed: Iterable[str]) -> str:
    """Return why the URL's name must not be asked, empty when it leads to public addresses, to none, or cannot be told.

    Behind a proxy nothing is looked up: the proxy's answer is the one that counts.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    if env.text("SOURCE_PROXY_URL") or is_listed(host, port, allowed):
        return ""
    private = [address for address in _lookup(host, port) if not is_public(address)]
    return f"{host} leads to {private[0]}, which PRICE_HOST_ALLOWLIST does not list" if private else ""


def _lookup(host: str, port: int) -> list[str]:
    """Return the addresses of a name, none when there are none or the answer takes too long."""
    found: list[str] = []

    def look() -> None:
        try:
            found.extend(str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            return  # a name that does not resolve yet may be saved

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(LOOKUP_S)
    return list(found)
