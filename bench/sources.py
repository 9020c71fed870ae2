"""The sources a fetch measurement asks, and the same requests as plain URLs for those who fetch without us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.pricing.types import Ask, SourceSpec
from apps.sources.registry import adapter
from apps.sources.urls import request_url
from bench.exchange import base_of

ADAPTERS = ("okx", "binance")  # all tickers in one body, and lists of at most a hundred


@dataclass(frozen=True, slots=True)
class Lane:
    """One source and what to ask of it: for us, and as URLs with the symbols wanted from them for the others."""

    spec: SourceSpec
    asks: tuple[Ask, ...]
    urls: tuple[str, ...]
    wanted: frozenset[str]


def pair_of(number: int) -> str:
    """Return the numbered pair's name."""
    return f"{base_of(number)}/USDT"


def source_slug(number: int) -> str:
    """Return the numbered source's slug."""
    return f"source-{number:02d}"


def lanes_of(exchange_url: str, *, sources: int, pairs: int, delay_ms: int) -> list[Lane]:
    """Return so many lanes of so many pairs each, over an exchange that answers after ``delay_ms``."""
    return [_lane(exchange_url, number, pairs=pairs, delay_ms=delay_ms) for number in range(sources)]


def source_spec(exchange_url: str, number: int, *, delay_ms: int) -> SourceSpec:
    """Return the numbered source; even ones speak OKX, odd ones Binance."""
    return SourceSpec(
        slug=source_slug(number),
        adapter=ADAPTERS[number % len(ADAPTERS)],
        base_url=f"{exchange_url}/{delay_ms}/{number}",
        timeout_s=Decimal(8),
        max_attempts=2,
    )


def _lane(exchange_url: str, number: int, *, pairs: int, delay_ms: int) -> Lane:
    spec = source_spec(exchange_url, number, delay_ms=delay_ms)
    speaks = adapter(spec.adapter)
    asks = tuple(Ask(pair_of(n), speaks.ticker_for(pair_of(n))) for n in range(pairs))
    urls = tuple(request_url(spec.base_url, request) for request in speaks.build(asks))
    return Lane(spec, asks, urls, frozenset(ask.ticker for ask in asks))


def quotes_of(lanes: Sequence[Lane]) -> int:
    """Return how many quotes a round over these lanes brings."""
    return sum(len(lane.asks) for lane in lanes)
