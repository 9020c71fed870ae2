"""The simulated exchanges. A further one is a file with a subclass of Exchange, and a line in EXCHANGES."""

from __future__ import annotations

from simulator.exchanges.acme import Acme
from simulator.exchanges.base import Exchange
from simulator.exchanges.binance import Binance, BinanceUs
from simulator.exchanges.bitfinex import Bitfinex
from simulator.exchanges.bitget import Bitget
from simulator.exchanges.bithumb import Bithumb
from simulator.exchanges.bitmart import Bitmart
from simulator.exchanges.bitso import Bitso
from simulator.exchanges.bitstamp import Bitstamp
from simulator.exchanges.bybit import Bybit
from simulator.exchanges.chainlink import Chainlink
from simulator.exchanges.coinbase_advanced import CoinbaseAdvanced
from simulator.exchanges.coinbase_exchange import CoinbaseExchange
from simulator.exchanges.coinbase_spot_v2 import CoinbaseSpotV2
from simulator.exchanges.coincap import CoinCap
from simulator.exchanges.coingecko import CoinGecko
from simulator.exchanges.coinmarketcap import CoinMarketCap
from simulator.exchanges.coinpaprika import CoinPaprika
from simulator.exchanges.cryptocom import Cryptocom
from simulator.exchanges.cryptocompare import CryptoCompare
from simulator.exchanges.defillama import DefiLlama
from simulator.exchanges.dia import Dia
from simulator.exchanges.gate import Gate
from simulator.exchanges.gemini import Gemini
from simulator.exchanges.htx import Htx
from simulator.exchanges.kaiko import Kaiko
from simulator.exchanges.kraken import Kraken
from simulator.exchanges.kucoin import Kucoin
from simulator.exchanges.lbank import Lbank
from simulator.exchanges.messari import Messari
from simulator.exchanges.mexc import Mexc
from simulator.exchanges.okx import Okx
from simulator.exchanges.pyth import Pyth
from simulator.exchanges.uniswap_v3 import UniswapV3
from simulator.exchanges.upbit import Upbit

EXCHANGES: tuple[type[Exchange], ...] = (
    Binance,
    BinanceUs,
    CoinbaseExchange,
    CoinbaseAdvanced,
    CoinbaseSpotV2,
    Kraken,
    Okx,
    Bybit,
    Kucoin,
    Gate,
    Bitstamp,
    Bitfinex,
    Gemini,
    Htx,
    Mexc,
    Cryptocom,
    Bitget,
    Upbit,
    Bithumb,
    Bitmart,
    Lbank,
    Bitso,
    CoinGecko,
    CoinMarketCap,
    CryptoCompare,
    CoinPaprika,
    CoinCap,
    Messari,
    Kaiko,
    Dia,
    DefiLlama,
    UniswapV3,
    Chainlink,
    Pyth,
    Acme,
)


def all_exchanges() -> dict[str, Exchange]:
    """Return one of each exchange, by slug."""
    return {exchange.slug: exchange() for exchange in EXCHANGES}
