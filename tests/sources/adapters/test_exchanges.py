"""What is peculiar to one exchange: names, errors under 200, several tickers in one call."""

from __future__ import annotations

import json

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.registry import UnknownAdapter, adapter
from tests.sources.adapters.exchange_errors import ERRORS_IN_BODIES
from tests.sources.adapters.recorded_exchanges import ERRORS
from tests.sources.samples import parse, parse_one
from tests.sources.wires import exchanges_b, exchanges_c


def _kraken(*keys: str) -> bytes:
    rows = {key: {"c": [str(index + 1), "1"]} for index, key in enumerate(keys)}
    return json.dumps({"error": [], "result": rows}).encode()


@pytest.mark.parametrize(("slug", "status", "document", "code"), ERRORS_IN_BODIES)
def test_an_exchanges_own_words_have_a_code(slug: str, status: int, document: object, code: MissCode) -> None:
    """Limits, unknown tickers and illness are told apart under any status."""
    outcome = parse_one(slug, json.dumps(document).encode(), "NOSUCH", status=status)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


@pytest.mark.parametrize("code", [MissCode.UNKNOWN_TICKER, MissCode.RATE_LIMITED])
def test_every_exchanges_own_words_are_tried(code: MissCode) -> None:
    """No exchange's way of not knowing a ticker, or of asking for patience, goes untested."""
    tried = {slug for slug, _, _, said in ERRORS_IN_BODIES if said is code}
    tried |= {file.partition("/")[0] for file, _, _, said in ERRORS if said is code}

    assert {wire.slug for wire in (*exchanges_b.WIRES, *exchanges_c.WIRES)} - tried == set()


def test_a_country_block_is_told_apart_from_a_ban() -> None:
    """Bybit's 403 is a ten-minute ban, unless CloudFront's page speaks of the country."""
    page = b"The Amazon CloudFront distribution is configured to block access from your country."

    codes = [
        outcome.code
        for body in (page, b"Forbidden")
        if isinstance(outcome := parse_one("bybit", body, "X", status=403), Miss)
    ]

    assert codes == [MissCode.GEO_BLOCKED, MissCode.BANNED]


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("XBTUSD", "XXBTZUSD"),
        ("BTCUSD", "XXBTZUSD"),
        ("BTC/USD", "XXBTZUSD"),
        ("XBT/USD", "BTC/USD"),
        ("ETHUSD", "XETHZUSD"),
        ("ETHXBT", "XETHXXBT"),
        ("ETHBTC", "XETHXXBT"),
        ("USDTUSD", "USDTZUSD"),
        ("DOGEUSD", "XDGUSD"),
        ("BTCUSDT", "XBTUSDT"),
        ("SOLUSD", "SOLUSD"),
        ("AIOZUSD", "AIOZUSD"),
        ("EURUSD", "ZEURZUSD"),
    ],
)
def test_krakens_names_for_a_pair_are_known(asked: str, key: str) -> None:
    """The canonical name of what was asked is found among other rows."""
    outcome = parse("kraken", _kraken("OTHERUSD", key), [asked, "X"])[0]

    assert isinstance(outcome, Quote)
    assert str(outcome.price) == "2"


@pytest.mark.parametrize(
    ("asked", "key"),
    [("AIOUSD", "AIOZUSD"), ("BTUSD", "XBTUSD"), ("ETHUSD", "XETHZEUR"), ("XBTUSD", "WBTCUSD"), ("SOLUSD", "XSOLZUSD")],
)
def test_krakens_prefixes_are_not_stripped_blindly(asked: str, key: str) -> None:
    """A name that only looks alike is another pair."""
    outcome = parse_one("kraken", _kraken(key), asked)

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.WRONG_PAIR


def test_rows_are_matched_by_symbol_whatever_their_order() -> None:
    """Binance sorts its rows; positions mean nothing."""
    rows = [
        {"symbol": name, "lastPrice": price, "closeTime": 1_795_521_600_000} for name, price in (("A", "1"), ("B", "2"))
    ]

    outcomes = parse("binance", json.dumps(rows).encode(), ["B", "A", "C"])

    assert [str(outcome.price) if isinstance(outcome, Quote) else outcome.code for outcome in outcomes] == [
        "2",
        "1",
        MissCode.TICKER_MISSING,
    ]


def test_two_rows_of_one_symbol_are_refused() -> None:
    """Choosing one of two prices would be a guess; other rows stand."""
    rows = [
        {"symbol": name, "lastPrice": price, "closeTime": 1_795_521_600_000}
        for name, price in (("A", "1"), ("A", "2"), ("B", "3"))
    ]

    outcomes = parse("binance", json.dumps(rows).encode(), ["A", "B"])

    assert isinstance(outcomes[0], Miss)
    assert outcomes[0].code == MissCode.UNEXPECTED_SHAPE
    assert isinstance(outcomes[1], Quote)


def test_one_bad_row_leaves_the_others() -> None:
    """A null price, or a row that is no object, spoils nothing else."""
    body = b'{"code":"200000","data":{"ticker":[null,3,{"symbol":"A","last":null},{"symbol":"B","last":"3"}]}}'

    outcomes = parse("kucoin", body, ["A", "B"])

    assert isinstance(outcomes[0], Miss)
    assert isinstance(outcomes[1], Quote)


def test_geminis_feed_for_many_has_prices_only() -> None:
    """pricefeed names pairs in capitals and has neither book nor volume."""
    body = b'[{"pair":"BTCUSD","price":"84000.5","percentChange24h":"0.1"},{"pair":"ETHUSD","price":"2000"}]'

    outcomes = parse("gemini", body, ["btcusd", "ethusd"])

    assert [(outcome.price, outcome.bid) for outcome in outcomes if isinstance(outcome, Quote)] != []
    assert all(isinstance(outcome, Quote) and outcome.bid is None for outcome in outcomes)


@pytest.mark.parametrize("moment", ["null", '""', '"yesterday"', "-5", "1E40", "true", "[]"])
def test_a_time_that_is_none_is_refused(moment: str) -> None:
    """A row whose time cannot be read must not look fresh."""
    outcome = parse_one("binance", f'{{"symbol":"A","lastPrice":"1","closeTime":{moment}}}'.encode(), "A")

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.TIME_MALFORMED


@pytest.mark.parametrize(
    ("slug", "tickers", "requests"),
    [
        ("binance", 250, 3),
        ("kraken", 250, 3),
        ("okx", 250, 1),
        ("bybit", 250, 1),
        ("kucoin", 250, 1),
        ("bitstamp", 250, 1),
        ("gemini", 250, 1),
        ("coinbase_exchange", 7, 7),
        ("coinbase_exchange", 250, 1),
        ("binance_us", 250, 3),
        ("mexc", 250, 1),
        ("coinbase_advanced", 250, 3),
        ("gate", 250, 1),
        ("bitfinex", 250, 3),
        ("htx", 250, 1),
        ("cryptocom", 250, 1),
        ("bitget", 250, 1),
        ("upbit", 250, 3),
        ("bithumb", 250, 3),
        ("bitmart", 250, 1),
        ("lbank", 250, 1),
        ("bitso", 250, 1),
    ],
)
def test_many_tickers_take_few_requests(slug: str, tickers: int, requests: int) -> None:
    """One call asks for everything where the exchange allows it."""
    name = adapter(slug).ticker_for("XXX/USD")
    asks = [Ask(f"T{index}/USD", name.replace("XXX", f"T{index}")) for index in range(tickers)]

    assert len(adapter(slug).build(asks)) == requests


@pytest.mark.parametrize(
    ("slug", "pair", "ticker"),
    [
        ("binance", "USDC/USD", "USDCUSDT"),
        ("binance", "ETH/BTC", "ETHBTC"),
        ("kraken", "DOGE/USD", "XDGUSD"),
        ("kraken", "ETH/BTC", "ETHXBT"),
        ("kraken", "USDT/USD", "USDTUSD"),
        ("okx", "SOL/USD", "SOL-USDT"),
        ("gemini", "ETH/EUR", "etheur"),
        ("binance_us", "ETH/USD", "ETHUSD"),
        ("bitfinex", "BTC/USDT", "tBTCUST"),
        ("bitfinex", "USDC/USD", "tUDCUSD"),
        ("bitfinex", "DOGE/USD", "tDOGE:USD"),
        ("bitfinex", "LINK/USDT", "tLINK:UST"),
        ("upbit", "BTC/KRW", "KRW-BTC"),
        ("upbit", "ETH/BTC", "BTC-ETH"),
        ("bithumb", "ETH/BTC", "BTC-ETH"),
        ("bitso", "BTC/MXN", "btc_mxn"),
    ],
)
def test_default_symbols_follow_each_exchanges_habit(slug: str, pair: str, ticker: str) -> None:
    """Names of money and coins differ by exchange."""
    assert adapter(slug).ticker_for(pair) == ticker


def test_an_unknown_slug_names_those_there_are() -> None:
    """A typo is answered with the list."""
    with pytest.raises(UnknownAdapter, match="coinbase_exchange"):
        adapter("coinbase")
