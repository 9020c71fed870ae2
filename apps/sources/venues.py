"""Which sources stand or fall together: the venue whose book a source shows.

Two sources of one venue are one opinion, whatever their addresses: Coinbase's three APIs print the same book (its
BTC-USDC is an alias of BTC-USD), Binance's mirrors answer from one engine, and Binance.US runs the same software under
the same name, so it fails with it. DefiLlama's ``coingecko:`` coins are CoinGecko's own prices. An operator who judges
otherwise gives the source a venue of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

# Adapters that are not one venue but a way to reach many: there, every source stands for itself.
FAMILIES = frozenset({"generic", "ccxt", "chainlink", "uniswap_v3"})
SHARED: Mapping[str, str] = {
    "binance": "binance",
    "binance_us": "binance",
    "coinbase_exchange": "coinbase",
    "coinbase_advanced": "coinbase",
    "coinbase_spot": "coinbase",
    "coinbase_spot_v2": "coinbase",
    "defillama": "coingecko",
}


def default_venue(adapter: str, *, source: str) -> str:
    """Return the venue of a source that names none itself: its adapter's, or its own slug where an adapter has many."""
    if adapter in FAMILIES:
        return source
    return SHARED.get(adapter, adapter)
