"""What a name leads to, for who is about to save it."""

from __future__ import annotations

import socket
import time

import pytest

from apps.sources import lookups
from apps.sources.lookups import lookup_fault


def resolving_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> None:
    """Let every name lead to these addresses."""
    found = [(socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, 443)) for ip in ips]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)


@pytest.mark.parametrize(
    "ip", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "::ffff:10.0.0.1", "fd00::1"]
)
def test_one_private_address_is_enough(monkeypatch: pytest.MonkeyPatch, ip: str) -> None:
    """Also among public ones, and in IPv6."""
    resolving_to(monkeypatch, "93.184.215.14", ip)

    assert f"leads to {ip}" in lookup_fault("https://api.example.com/v1", allowed=[])
    assert lookup_fault("https://api.example.com/v1", allowed=["api.example.com"]) == ""


def test_a_public_name_and_one_that_does_not_resolve_are_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host may be named before it exists."""
    resolving_to(monkeypatch, "93.184.215.14")
    assert lookup_fault("https://api.example.com/v1", allowed=[]) == ""

    def nothing(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    assert lookup_fault("https://api.example.com/v1", allowed=[]) == ""


def test_behind_a_proxy_nothing_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our name servers may not know what the proxy's do."""
    resolving_to(monkeypatch, "10.0.0.1")
    monkeypatch.setenv("SOURCE_PROXY_URL", "http://proxy:3128")

    assert lookup_fault("https://api.example.com", allowed=[]) == ""


def test_a_form_does_not_wait_for_slow_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows nothing in time says nothing."""
    monkeypatch.setattr(lookups, "LOOKUP_S", 0.1)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: time.sleep(1) or [])
    started = time.monotonic()

    assert lookup_fault("https://api.example.com", allowed=[]) == ""
    assert time.monotonic() - started < 0.9
