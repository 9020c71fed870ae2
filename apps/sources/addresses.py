"""Which network addresses a price request may reach: public ones, and hosts the operator lists. Looks nothing up."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
# Names that mean this machine or this network by convention: RFC 6761, 6762, 8375 and cloud metadata.
_LOCAL_NAMES = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa")

# Azure's platform services, metadata among them, at a public address that only virtual machines there reach:
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_PLATFORM = IPv4Address("168.63.129.16")
_NAT64 = IPv6Network("64:ff9b::/96")  # carries an IPv4 address in its last 32 bits
_NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")


def is_public(address: str) -> bool:
    """Return whether an IP address is on the public internet.

    Loopback, private, link-local (cloud metadata among them), shared (CGNAT), multicast, reserved and unspecified
    addresses are not; nor is an IPv6 address that carries such an IPv4 address (mapped, NAT64, 6to4, Teredo).
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address):
        return _is_public_v6(parsed)
    return _is_public_v4(parsed)


def _is_public_v4(address: IPv4Address) -> bool:
    return address.is_global and not (address.is_multicast or address.is_reserved or address == _PLATFORM)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.ipv4_mapped:
        return _is_public_v4(address.ipv4_mapped)
    if address in _NAT64:
        return _is_public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour and not _is_public_v4(address.sixtofour):
        return False
    if address.teredo or address in _NAT64_LOCAL:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_site_local)


def is_listed(host: str, port: int, allowed: Iterable[str]) -> bool:
    """Return whether ``host`` or ``host:port`` is among the allowed ones; IPv6 hosts with or without brackets."""
    bare = host.strip("[]").lower().rstrip(".")
    forms = {bare, f"{bare}:{port}", f"[{bare}]", f"[{bare}]:{port}"}
    return any(entry.lower() in forms for entry in allowed)


def url_fault(url: str, *, allowed: Iterable[str]) -> str:
    """Return why price requests may not go to this URL, empty when nothing in it forbids that.

    Judges what is written: scheme, user, and hosts that are private by their name or by any spelling of an address.
    What a name leads to is judged when it is asked.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as exc:
        return f"not a URL: {exc}"
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return "not a web address"
    if "@" in parts.netloc:
        return "a URL cannot hold a user or password"
    return "" if is_listed(parts.hostname, port, allowed) else _host_fault(parts.scheme, parts.hostname, port)


def _host_fault(scheme: str, host: str, port: int) -> str:
    if scheme == "http":
        return f"plain http to {host}:{port}, which PRICE_HOST_ALLOWLIST does not list"
    if is_private_by_name(host):
        return f"{host} is inside the network, and PRICE_HOST_ALLOWLIST does not list it"
    return ""


def is_private_by_name(host: str) -> bool:
    """Return whether a host is private as written: a private address in any spelling, or a name without a domain."""
    bare = host.strip("[]").rstrip(".").lower()
    try:
        bare = bare if ":" in bare else bare.encode("idna").decode()  # full-width digits spell addresses too
    except UnicodeError:
        return True
    if (address := _address(bare)) is not None:
        return not is_public(address)
    return "." not in bare or any(bare.endswith(f".{name}") for name in _LOCAL_NAMES)


def _address(host: str) -> str | None:
    """Return the address a host spells, None for a name. Knows ``127.1``, ``0x7f.1`` and ``2130706433`` too."""
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None
