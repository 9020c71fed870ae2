"""Replies for several tickers, where they differ from those for one: another call, arrays, rates, names."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.registry import adapter
from tests.sources.samples import NOW, NOW_MS, parse

MS = NOW_MS


def _bitmart_row(symbol: str, last: str) -> list[str]:
    return [symbol, last, "582.1", "4793098", "1", "1", "1", "0.01", "10.1", "1", "10.3", "2", str(MS)]


# slug, the tickers asked, the reply to a request for both, what the first has: price, bid, ask, volume
REPLIES = [
    (
        "coinbase_exchange",
        [f"T{index}-USD" for index in range(16)],
        {"T0-USD": {"stats_24hour": {"last": "10.2", "volume": "9.5"}}, "T1-USD": {"stats_24hour": {"last": "1"}}},
        ("10.2", None, None, "9.5"),
    ),
    (
        "coinbase_advanced",
        ["BTC-USD", "ETH-USD"],
        {
            "products": [
                {"product_id": "ETH-USD", "price": "7"},
                {"product_id": "BTC-USD", "price": "10.2", "volume_24h": "9.5", "best_bid_price": ""},
            ]
        },
        ("10.2", None, None, "9.5"),
    ),
    (
        "coinbase_spot_v2",
        ["BTC-USD", "ETH-USD"],
        {"data": {"currency": "USD", "rates": {"ETH": "0.5", "BTC": "0.00001", "EUR": "0.9"}}},
        ("100000", None, None, None),
    ),
    (
        "htx",
        ["btcusdt", "ethusdt"],
        {
            "status": "ok",
            "ts": MS,
            "data": [
                {"symbol": "ethusdt", "close": 7},
                {"symbol": "btcusdt", "close": 10.2, "bid": 10.1, "ask": 10.3, "amount": 9.5, "vol": 97},
            ],
        },
        ("10.2", "10.1", "10.3", "9.5"),
    ),
    (
        "bitmart",
        ["BTC_USDT", "ETH_USDT"],
        {"code": 1000, "data": [_bitmart_row("ETH_USDT", "7"), _bitmart_row("BTC_USDT", "10.2")]},
        ("10.2", "10.1", "10.3", "582.1"),
    ),
    (
        "bitso",
        ["btc_usd", "eth_usd"],
        {
            "success": True,
            "payload": [
                {"book": "eth_usd", "last": "7"},
                {"book": "btc_usd", "last": "10.2", "bid": "10.1", "ask": "10.3", "volume": "9.5"},
            ],
        },
        ("10.2", "10.1", "10.3", "9.5"),
    ),
    (
        "bitfinex",
        ["tBTCUST", "tDOGE:USD"],
        [
            ["fUSD", 0.001, 0.002, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
            ["tDOGE:USD", 1, 1, 1, 1, 1, 1, 0.07, 1, 1, 1],
            ["tBTCUST", 10.1, 5, 10.3, 5, 1, 1, 10.2, 9.5, 11, 9],
        ],
        ("10.2", "10.1", "10.3", "9.5"),
    ),
    (
        "upbit",
        ["KRW-BTC", "BTC-ETH"],
        [
            {"market": "BTC-ETH", "trade_price": 0.03, "trade_timestamp": MS},
            {"market": "KRW-BTC", "trade_price": 150000000.0, "acc_trade_volume_24h": 9.5, "trade_timestamp": MS},
        ],
        ("150000000", None, None, "9.5"),
    ),
]


@pytest.mark.parametrize(("slug", "tickers", "document", "first"), REPLIES, ids=lambda value: str(value)[:18])
def test_each_of_many_is_found_in_its_own_row(
    slug: str, tickers: list[str], document: object, first: tuple[str | None, ...]
) -> None:
    """Rows are matched by symbol and their cells taken from the right columns."""
    outcomes = parse(slug, json.dumps(document).encode(), tickers)

    assert isinstance(outcomes[0], Quote)
    assert isinstance(outcomes[1], Quote)
    found = (outcomes[0].price, outcomes[0].bid, outcomes[0].ask, outcomes[0].volume)
    assert found == tuple(None if text is None else Decimal(text) for text in first)
    assert outcomes[1].price != outcomes[0].price
    assert outcomes[0].source_time in {None, NOW}


@pytest.mark.parametrize(("slug", "tickers", "document", "_first"), REPLIES, ids=lambda value: str(value)[:18])
def test_one_that_is_left_out_is_missing(slug: str, tickers: list[str], document: object, _first: object) -> None:
    """A ticker without a row is missing; the others keep their quotes."""
    unknown = tickers[0].replace("BTC", "NOPE").replace("btc", "nope").replace("T0", "NOPE")

    outcomes = parse(slug, json.dumps(document).encode(), [unknown, *tickers[1:]])

    assert isinstance(outcomes[0], Miss)
    assert outcomes[0].code == MissCode.TICKER_MISSING
    assert isinstance(outcomes[1], Quote)


def test_a_rate_of_zero_is_a_price_of_zero() -> None:
    """No rate is divided by that is none."""
    body = b'{"data":{"currency":"USD","rates":{"BTC":"0","ETH":null,"SOL":"NaN"}}}'

    codes = [
        outcome.code
        for outcome in parse("coinbase_spot_v2", body, ["BTC-USD", "ETH-USD", "SOL-USD"])
        if isinstance(outcome, Miss)
    ]

    assert codes == [MissCode.PRICE_ZERO, MissCode.PRICE_NULL, MissCode.PRICE_NOT_A_NUMBER]


def test_rates_in_another_currency_are_another_pair() -> None:
    """The reply names its currency; a price in euros is none in dollars."""
    body = b'{"data":{"currency":"EUR","rates":{"BTC":"0.00001","ETH":"0.5"}}}'

    outcomes = parse("coinbase_spot_v2", body, ["BTC-USD", "ETH-USD"])

    assert all(isinstance(outcome, Miss) and outcome.code == MissCode.TICKER_MISSING for outcome in outcomes)


@pytest.mark.parametrize("flag", ["is_disabled", "trading_disabled", "cancel_only", "post_only", "auction_mode"])
def test_a_coinbase_product_that_does_not_trade_is_refused(flag: str) -> None:
    """Its price is the last one it had."""
    rows = [{"product_id": "A-USD", "price": "5", flag: True}, {"product_id": "B-USD", "price": "5", flag: False}]

    outcomes = parse("coinbase_advanced", json.dumps({"products": rows}).encode(), ["A-USD", "B-USD"])

    assert isinstance(outcomes[0], Miss)
    assert outcomes[0].code == MissCode.MARKET_HALTED
    assert isinstance(outcomes[1], Quote)


@pytest.mark.parametrize(
    ("slug", "tickers", "paths"),
    [
        ("bithumb", ["BTC_KRW", "ETH_KRW", "ETH_BTC"], ["/public/ticker/ALL_KRW", "/public/ticker/ALL_BTC"]),
        ("bithumb", ["KRW-BTC", "BTC_KRW", "BTC-ETH"], ["/v1/ticker", "/public/ticker/ALL_KRW"]),
        ("coinbase_spot_v2", ["A-USD", "B-USD", "A-EUR"], ["/v2/exchange-rates", "/v2/prices/A-EUR/spot"]),
        ("coinbase_spot_v2", ["A-USD"], ["/v2/prices/A-USD/spot"]),
        ("htx", ["btcusdt"], ["/market/detail/merged"]),
        ("bitmart", ["BTC_USDT", "ETH_USDT"], ["/spot/quotation/v3/tickers"]),
    ],
)
def test_tickers_are_shared_out_over_calls(slug: str, tickers: list[str], paths: list[str]) -> None:
    """One call a quote currency where that stands in the URL, the light call for one."""
    asks = [Ask(f"P{index}/USD", ticker) for index, ticker in enumerate(tickers)]

    assert [request.path for request in adapter(slug).build(asks)] == paths
