"""Which adapters there are, by slug."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from apps.pricing.types import SourceSpec
from apps.sources.adapters.base import Adapter
from apps.sources.adapters.binance import Binance
from apps.sources.adapters.bitstamp import Bitstamp
from apps.sources.adapters.bybit import Bybit
from apps.sources.adapters.coinbase_exchange import CoinbaseExchange
from apps.sources.adapters.gemini import Gemini
from apps.sources.adapters.generic import Generic
from apps.sources.adapters.kraken import Kraken
from apps.sources.adapters.kucoin import Kucoin
from apps.sources.adapters.okx import Okx

_BUILT_IN: tuple[Adapter, ...] = (
    Binance(),
    CoinbaseExchange(),
    Kraken(),
    Okx(),
    Bybit(),
    Kucoin(),
    Bitstamp(),
    Gemini(),
)
_BY_SLUG: Mapping[str, Adapter] = MappingProxyType({each.slug: each for each in (*_BUILT_IN, Generic())})


class UnknownAdapter(LookupError):
    """No adapter has this slug."""


def adapters() -> Mapping[str, Adapter]:
    """Return every adapter by slug; ``generic`` is among them, without options."""
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
