"""Which sources stand or fall together."""

from __future__ import annotations

import pytest

from apps.sources.venues import default_venue


@pytest.mark.parametrize(
    ("adapter", "source", "venue"),
    [
        ("coinbase_exchange", "coinbase_exchange", "coinbase"),
        ("coinbase_advanced", "coinbase_advanced", "coinbase"),
        ("binance", "binance_us", "binance"),
        ("kraken", "kraken_backup", "kraken"),
        ("generic", "desk", "desk"),
    ],
)
def test_a_source_without_a_venue_takes_its_adapters(adapter: str, source: str, venue: str) -> None:
    """One exchange's APIs are one venue; adapters that reach many exchanges say nothing about independence."""
    assert default_venue(adapter, source=source) == venue
