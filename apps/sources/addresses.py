"""Which network addresses a price request may reach: public ones, and hosts the operator lists. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

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
    return address.is_global and not address.is_multicast and not address.is_reserved


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
