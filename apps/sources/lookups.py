"""What a URL's name leads to at this moment, for those who are about to save it. Rounds judge it again each time."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from apps.sources.addresses import DEFAULT_PORTS, is_listed, is_public
from apps.sources.names import addresses_of
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
    """Return the addresses of a name, none when there are none yet or the answer takes too long."""
    try:
        return addresses_of(host, port, timeout_s=LOOKUP_S)
    except (OSError, ValueError):
        return []
