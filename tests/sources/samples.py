"""Sample replies as bytes, with the price, time or symbol a test wants, and what an adapter reads in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from apps.pricing.types import Ask, Miss, Quote
from apps.sources.adapters.base import PriceRequest, Reply
from apps.sources.registry import adapter
from tests.sources.wires import WIRES, Wire

__all__ = ["GONE", "NOW", "NOW_MS", "WIRES", "Wire", "bare", "good_body", "parse", "parse_one"]

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
NOW_MS = 1_795_521_600_000
GONE = "\x00GONE\x00"  # as the price: the field is left out, an array ends before it
RAW = "\x00RAW\x00"  # a JSON string that is replaced by bare text: NaN, 1E999999, unquoted numbers


def good_body(wire: Wire, *, price: object = "84000.5", time_ms: int = NOW_MS, symbol: str = "") -> bytes:
    """Return a reply with one price; text wrapped in RAW stands in the JSON without quotes."""
    text = json.dumps(_without_gone(wire.body(symbol or wire.ticker, price, time_ms)))
    marker = json.dumps(RAW)[1:-1]
    return text.replace(f'"{marker}', "").replace(f'{marker}"', "").encode()


def _without_gone(node: object) -> object:
    if isinstance(node, dict):
        return {key: _without_gone(value) for key, value in node.items() if value != GONE}
    if isinstance(node, list):
        kept = node[: node.index(GONE)] if GONE in node else node
        return [_without_gone(value) for value in kept]
    return node


def bare(text: str) -> str:
    """Return a marker that ``good_body`` turns into unquoted text."""
    return f"{RAW}{text}{RAW}"


def parse(
    slug: str, body: bytes, tickers: Sequence[str], *, status: int = 200, received_at: datetime = NOW
) -> list[Quote | Miss]:
    """Return what an adapter reads in a body that answers its first request for the tickers."""
    asks = [Ask(pair=f"P{index}/USD", ticker=ticker) for index, ticker in enumerate(tickers)]
    request: PriceRequest = adapter(slug).build(asks)[0]
    reply = Reply(status=status, headers={}, body=body, received_at=received_at)
    return list(adapter(slug).parse(request, reply))


def parse_one(slug: str, body: bytes, ticker: str, *, status: int = 200, received_at: datetime = NOW) -> Quote | Miss:
    """Return what an adapter reads in a body that answers for one ticker."""
    (outcome,) = parse(slug, body, [ticker], status=status, received_at=received_at)
    return outcome
