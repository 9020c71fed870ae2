"""Which adapters there are, by slug."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from apps.pricing.types import SourceSpec
from apps.sources.adapters.base import Adapter
from apps.sources.adapters.binance import Binance
from apps.sources.adapters.binance_us import BinanceUs
from apps.sources.adapters.bitfinex import Bitfinex
from apps.sources.adapters.bitget import Bitget
from apps.sources.adapters.bithumb import Bithumb
from apps.sources.adapters.bitmart import Bitmart
from apps.sources.adapters.bitso import Bitso
from apps.sources.adapters.bitstamp import Bitstamp
from apps.sources.adapters.bybit import Bybit
from apps.sources.adapters.ccxt_exchange import Ccxt
from apps.sources.adapters.chainlink import Chainlink
from apps.sources.adapters.coinbase_advanced import CoinbaseAdvanced
from apps.sources.adapters.coinbase_exchange import CoinbaseExchange
from apps.sources.adapters.coinbase_spot_v2 import CoinbaseSpotV2
from apps.sources.adapters.coincap import CoinCap
from apps.sources.adapters.coingecko import CoinGecko
from apps.sources.adapters.coinmarketcap import CoinMarketCap
from apps.sources.adapters.coinpaprika import CoinPaprika
from apps.sources.adapters.cryptocom import Cryptocom
from apps.sources.adapters.cryptocompare import CryptoCompare
from apps.sources.adapters.defillama import DefiLlama
from apps.sources.adapters.dia import Dia
from apps.sources.adapters.gate import Gate
from apps.sources.adapters.gemini import Gemini
from apps.sources.adapters.generic import Generic
from apps.sources.adapters.htx import Htx
from apps.sources.adapters.kaiko import Kaiko
from apps.sources.adapters.kraken import Kraken
from apps.sources.adapters.kucoin import Kucoin
from apps.sources.adapters.lbank import Lbank
from apps.sources.adapters.messari import Messari
from apps.sources.adapters.mexc import Mexc
from apps.sources.adapters.okx import Okx
from apps.sources.adapters.pyth import Pyth
from apps.sources.adapters.uniswap_v3 import UniswapV3
from apps.sources.adapters.upbit import Upbit

_BUILT_IN: tuple[Adapter, ...] = (
    Binance(),
    BinanceUs(),
    CoinbaseExchange(),
    CoinbaseAdvanced(),
    CoinbaseSpotV2(),
    Kraken(),
    Okx(),
    Bybit(),
    Kucoin(),
    Gate(),
    Bitstamp(),
    Bitfinex(),
    Gemini(),
    Htx(),
    Mexc(),
    Cryptocom(),
    Bitget(),
    Upbit(),
    Bithumb(),
    Bitmart(),
    Lbank(),
    Bitso(),
    CoinGecko(),
    CoinMarketCap(),
    CryptoCompare(),
    CoinPaprika(),
    CoinCap(),
    Messari(),
    Kaiko(),
    Dia(),
    DefiLlama(),
    UniswapV3(),
    Chainlink(),
    Pyth(),
)
_BY_SLUG: Mapping[str, Adapter] = MappingProxyType({each.slug: each for each in (*_BUILT_IN, Ccxt(), Generic())})


class UnknownAdapter(LookupError):
    """No adapter has this slug."""


def adapters() -> Mapping[str, Adapter]:
    """Return every adapter by slug; ``ccxt`` and ``generic`` are among them, without options."""
    return _BY_SLUG


def built_in() -> tuple[Adapter, ...]:
    """Return the adapters that work without options."""
    return _BUILT_IN


def adapter(slug: str) -> Adapter:
    """Return the adapter of a slug. Raises UnknownAdapter, naming those there are."""
    try:
        return _BY_SLUG[slug]
    except KeyError as exc:
        raise UnknownAdapter(f"no adapter {slug!r}; there are {', '.join(_BY_SLUG)}") from exc


def adapter_of(spec: SourceSpec) -> Adapter:
    """Return the adapter a source uses, with the source's options."""
    return adapter(spec.adapter).with_options(spec.options)
