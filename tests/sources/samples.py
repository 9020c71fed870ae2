"""Replies written by hand in the wire format of each built-in exchange, and the rows a test wants changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.pricing.types import Ask, Miss, Quote
from apps.sources.adapters.base import PriceRequest, Reply
from apps.sources.registry import adapter

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
NOW_MS = 1_795_521_600_000
RAW = "\x00RAW\x00"  # a JSON string that is replaced by bare text: NaN, 1E999999, unquoted numbers


@dataclass(frozen=True, slots=True)
class Wire:
    """One exchange's way to say a price: ``body(symbol, price, time_ms)`` answers a request for one ticker.

    symbol: what the body calls the pair; None where bodies do not name it.
    """

    slug: str
    ticker: str
    other: str
    body: Callable[[str, object, int], object]
    names_pair: bool = True


def _kraken(symbol: str, price: object, _time_ms: int) -> object:
    row = {"a": ["84001.1", "1", "1.0"], "b": ["83999.9", "1", "1.0"], "c": [price, "0.1"], "v": ["10", "1234.5"]}
    return {"error": [], "result": {symbol: row}}


def _gemini(symbol: str, price: object, time_ms: int) -> object:
    volume = {symbol[:3].upper(): "1234.5", symbol[3:].upper(): "1.0", "timestamp": time_ms}
    return {"bid": "83999.9", "ask": "84001.1", "last": price, "volume": volume}


WIRES: tuple[Wire, ...] = (
    Wire(
        "binance",
        "BTCUSDT",
        "ETHUSDT",
        lambda symbol, price, time_ms: {
            "symbol": symbol,
            "lastPrice": price,
            "bidPrice": "83999.9",
            "askPrice": "84001.1",
            "volume": "1234.5",
            "closeTime": time_ms,
        },
    ),
    Wire(
        "coinbase_exchange",
        "BTC-USD",
        "ETH-USD",
        lambda _symbol, price, time_ms: {
            "price": price,
            "bid": "83999.9",
            "ask": "84001.1",
            "volume": "1234.5",
            "time": datetime.fromtimestamp(time_ms // 1000, UTC).isoformat().replace("+00:00", ".000000000Z"),
        },
        names_pair=False,
    ),
    Wire("kraken", "XBTUSD", "XETHZUSD", _kraken),
    Wire(
        "okx",
        "BTC-USDT",
        "ETH-USDT",
        lambda symbol, price, time_ms: {
            "code": "0",
            "msg": "",
            "data": [
                {
                    "instType": "SPOT",
                    "instId": symbol,
                    "last": price,
                    "bidPx": "83999.9",
                    "askPx": "84001.1",
                    "vol24h": "1234.5",
                    "ts": str(time_ms),
                }
            ],
        },
    ),
    Wire(
        "bybit",
        "BTCUSDT",
        "ETHUSDT",
        lambda symbol, price, time_ms: {
            "retCode": 0,
            "retMsg": "OK",
            "result": {
                "category": "spot",
                "list": [
                    {
                        "symbol": symbol,
                        "lastPrice": price,
                        "bid1Price": "83999.9",
                        "ask1Price": "84001.1",
                        "volume24h": "1234.5",
                    }
                ],
            },
            "time": time_ms,
        },
    ),
    Wire(
        "kucoin",
        "BTC-USDT",
        "ETH-USDT",
        lambda symbol, price, time_ms: {
            "code": "200000",
            "data": {
                "time": time_ms,
                "ticker": [{"symbol": symbol, "last": price, "buy": "83999.9", "sell": "84001.1", "vol": "1234.5"}],
            },
        },
    ),
    Wire(
        "bitstamp",
        "btcusd",
        "ethusd",
        lambda symbol, price, time_ms: {
            "timestamp": str(time_ms // 1000),
            "last": price,
            "bid": "83999.9",
            "ask": "84001.1",
            "volume": "1234.5",
            "pair": f"{symbol[:3]}/{symbol[3:]}".upper(),
        },
    ),
    Wire("gemini", "btcusd", "ethusd", _gemini),
)


def good_body(wire: Wire, *, price: object = "84000.5", time_ms: int = NOW_MS, symbol: str = "") -> bytes:
    """Return a reply with one price; text wrapped in RAW stands in the JSON without quotes."""
    text = json.dumps(wire.body(symbol or wire.ticker, price, time_ms))
    marker = json.dumps(RAW)[1:-1]
    return text.replace(f'"{marker}', "").replace(f'{marker}"', "").encode()


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
