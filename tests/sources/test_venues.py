"""Which sources stand or fall together."""

from __future__ import annotations

import pytest

from apps.sources.venues import CCXT_SHARED, default_venue


@pytest.mark.parametrize(
    ("adapter", "source", "venue"),
    [
        ("coinbase_exchange", "coinbase_exchange", "coinbase"),
        ("coinbase_advanced", "coinbase_advanced", "coinbase"),
        ("binance", "binance_us", "binance"),
        ("kraken", "kraken_backup", "kraken"),
        ("generic", "desk", "desk"),
        ("chainlink", "chainlink_arbitrum", "chainlink"),
        ("uniswap_v3", "uniswap_base", "uniswap_base"),
    ],
)
def test_a_source_without_a_venue_takes_its_adapters(adapter: str, source: str, venue: str) -> None:
    """One exchange's APIs are one venue; adapters that reach many exchanges say nothing about independence."""
    assert default_venue(adapter, source=source, options={}) == venue


@pytest.mark.parametrize(
    ("exchange", "venue"),
    [("kraken", "kraken"), ("bitvavo", "bitvavo"), ("binanceus", "binance"), ("coinbaseexchange", "coinbase")],
)
def test_an_exchange_through_ccxt_is_that_exchange(exchange: str, venue: str) -> None:
    """Beside the built-in adapter, or under another of its names, it is no second opinion."""
    assert default_venue("ccxt", source="other", options={"exchange": exchange}) == venue


def test_names_at_ccxt_lead_to_venues_that_lead_no_further() -> None:
    """No venue stands for another one."""
    assert not set(CCXT_SHARED) & set(CCXT_SHARED.values())
