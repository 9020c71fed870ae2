"""In which order the hosts of a source are asked."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from apps.pricing.types import MissCode, SourceSpec
from apps.sources.hosts import Hosts

SPEC = SourceSpec("venue", "binance", "https://a", Decimal(1), 1, mirrors=("https://b", "https://c"))


def urls_of(hosts: Hosts, code: MissCode = MissCode.TIMEOUT) -> list[str]:
    """Return the hosts a request would go to when each fails with the code."""
    found = [hosts.url]
    while hosts.move_on(code):
        found.append(hosts.url)
    return found


def test_mirrors_follow_in_their_order() -> None:
    """Each once, until the next retry begins again."""
    hosts = Hosts(SPEC)

    assert urls_of(hosts) == ["https://a", "https://b", "https://c"]
    hosts.restart()
    assert hosts.url == "https://a"


def test_the_one_that_answered_last_comes_first() -> None:
    """The others keep their order behind it; once begun, the order stands."""
    hosts = Hosts(SPEC)
    hosts.prefer(2)
    assert urls_of(hosts) == ["https://c", "https://a", "https://b"]

    hosts.prefer(0)
    assert hosts.url == "https://b"


def test_a_mirror_that_is_gone_from_the_configuration_is_not_preferred() -> None:
    """The memory may be older than the list."""
    hosts = Hosts(replace(SPEC, mirrors=()))
    hosts.prefer(2)

    assert urls_of(hosts) == ["https://a"]


def test_a_ban_is_not_gone_round() -> None:
    """Rate limits, bans and keys belong to the source, not to one host of it."""
    for code in (MissCode.RATE_LIMITED, MissCode.BANNED, MissCode.KEY_REFUSED, MissCode.UNKNOWN_TICKER):
        assert urls_of(Hosts(SPEC), code) == ["https://a"]


def test_a_key_goes_to_its_own_host_only() -> None:
    """A key is bound to the host it was set for."""
    assert urls_of(Hosts(replace(SPEC, sealed_key="sealed"))) == ["https://a"]
