"""Which addresses price requests may reach, and what of a URL is shown."""

from __future__ import annotations

import pytest

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters.base import PriceRequest
from apps.sources.addresses import is_listed, is_public
from apps.sources.urls import public_url, request_url

ASKS = (Ask("BTC/USD", "X"),)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_public_addresses_are_public(address: str) -> None:
    """Also when an IPv6 address carries them."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "168.63.129.16",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "localhost", ""),
    ],
)
def test_everything_else_is_not(address: str) -> None:
    """Private, special and embedded addresses, and what is no address."""
    assert not is_public(address)


def test_the_allow_list_takes_hosts_with_and_without_port() -> None:
    """A host alone opens all its ports, host:port one of them."""
    assert is_listed("127.0.0.1", 8900, ["127.0.0.1"])
    assert is_listed("Sim.Local.", 8900, ["sim.local:8900"])
    assert is_listed("::1", 80, ["[::1]:80"])
    assert not is_listed("127.0.0.1", 8901, ["127.0.0.1:8900"])
    assert not is_listed("a127.0.0.1", 80, ["127.0.0.1"])


def test_an_absolute_url_moves_below_the_base() -> None:
    """A source that is pointed at a simulator never leaves it."""
    request = PriceRequest("https://api.example/v1/t?id=X", ASKS, query=(("a", "b c"),))

    assert request_url("http://127.0.0.1:1/acme/", request) == "http://127.0.0.1:1/acme/v1/t?id=X&a=b+c"
    assert request_url("", request) == "https://api.example/v1/t?id=X&a=b+c"


def test_a_relative_url_needs_a_base() -> None:
    """Neither base nor absolute URL is the operator's mistake."""
    with pytest.raises(errors.SourceMisconfigured):
        request_url("", PriceRequest("/v1", ASKS))


def test_secrets_are_not_shown() -> None:
    """Users go, values of secret-looking parameters are hidden, the rest stays as sent."""
    assert public_url("https://u:p@a.example/x?apiKey=1&pair=A%2CB&access_token=2#f") == (
        "https://a.example/x?apiKey=hidden&pair=A,B&access_token=hidden"
    )
    assert public_url("https://a.example/x?pair=A%2CB") == "https://a.example/x?pair=A%2CB"
