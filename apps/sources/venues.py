"""Which sources stand or fall together: the venue whose book a source shows.

Two sources of one venue are one opinion, whatever their addresses: Coinbase's three APIs print the same book (its
BTC-USDC is an alias of BTC-USD), Binance's mirrors answer from one engine, and Binance.US runs the same software under
the same name, so it fails with it. DefiLlama's ``coingecko:`` coins are CoinGecko's own prices. Chainlink's feeds are
one network's word, whichever node or chain they are read from. An exchange reached through ccxt is that exchange. An
operator who judges otherwise gives the source a venue of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

# Adapters that are not one venue but a way to reach many: there, every source stands for itself.
FAMILIES = frozenset({"generic", "uniswap_v3"})
SHARED: Mapping[str, str] = {
    "binance": "binance",
    "binance_us": "binance",
    "coinbase_exchange": "coinbase",
    "coinbase_advanced": "coinbase",
    "coinbase_spot": "coinbase",
    "coinbase_spot_v2": "coinbase",
    "defillama": "coingecko",
}
# ccxt's ids of exchanges that are, or show the books of, one that goes by another name.
CCXT_SHARED: Mapping[str, str] = {
    "bequant": "hitbtc",
    "binancecoinm": "binance",
    "binanceus": "binance",
    "binanceusdm": "binance",
    "bittrade": "htx",
    "bybiteu": "bybit",
    "bybitid": "bybit",
    "coinbaseexchange": "coinbase",
    "coinbaseinternational": "coinbase",
    "fmfwio": "hitbtc",
    "gateeu": "gate",
    "krakenfutures": "kraken",
    "kucoinfutures": "kucoin",
    "myokx": "okx",
    "okxus": "okx",
    "tokocrypto": "binance",
}


def default_venue(adapter: str, *, source: str, options: Mapping[str, object]) -> str:
    """Return the venue of a source that names none itself: its adapter's, its exchange's at ccxt, or its own slug.

    Its own slug where an adapter reaches many venues, and its options do not say which.
    """
    if adapter == "ccxt":
        exchange = str(options.get("exchange", source))
        return CCXT_SHARED.get(exchange, exchange)
    if adapter in FAMILIES:
        return source
    return SHARED.get(adapter, adapter)
