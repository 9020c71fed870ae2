"""The simulated exchanges. A further one is a file with a subclass of Exchange, and a line in EXCHANGES."""

from __future__ import annotations

from simulator.exchanges.acme import Acme
from simulator.exchanges.base import Exchange
from simulator.exchanges.binance import Binance, BinanceUs
from simulator.exchanges.bitstamp import Bitstamp
from simulator.exchanges.bybit import Bybit
from simulator.exchanges.coinbase_exchange import CoinbaseExchange
from simulator.exchanges.gemini import Gemini
from simulator.exchanges.kraken import Kraken
from simulator.exchanges.kucoin import Kucoin
from simulator.exchanges.okx import Okx

EXCHANGES: tuple[type[Exchange], ...] = (
    Binance,
    BinanceUs,
    CoinbaseExchange,
    Kraken,
    Okx,
    Bybit,
    Kucoin,
    Bitstamp,
    Gemini,
    Acme,
)


def all_exchanges() -> dict[str, Exchange]:
    """Return one of each exchange, by slug."""
    return {exchange.slug: exchange() for exchange in EXCHANGES}
