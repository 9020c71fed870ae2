"""What is peculiar to one exchange: names, errors under 200, several tickers in one call."""

from __future__ import annotations

import json

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources.registry import UnknownAdapter, adapter
from tests.sources.samples import parse, parse_one


def _kraken(*keys: str) -> bytes:
    rows = {key: {"c": [str(index + 1), "1"]} for index, key in enumerate(keys)}
    return json.dumps({"error": [], "result": rows}).encode()


ERRORS_IN_BODIES = [
    ("kraken", 200, {"error": ["EQuery:Unknown asset pair"]}, MissCode.UNKNOWN_TICKER),
    ("kraken", 200, {"error": ["EGeneral:Too many requests"]}, MissCode.RATE_LIMITED),
    ("kraken", 200, {"error": ["EAPI:Rate limit exceeded"]}, MissCode.RATE_LIMITED),
    ("kraken", 200, {"error": ["EService:Unavailable"]}, MissCode.SERVER_ERROR),
    ("kraken", 200, {"error": ["EGeneral:Invalid arguments"]}, MissCode.ERROR_IN_BODY),
    ("okx", 200, {"code": "51001", "msg": "Instrument ID does not exist"}, MissCode.UNKNOWN_TICKER),
    ("okx", 200, {"code": "50001", "msg": "Service temporarily unavailable"}, MissCode.SERVER_ERROR),
    ("okx", 200, {"code": "1", "msg": "no", "data": []}, MissCode.ERROR_IN_BODY),
    ("okx", 503, {"code": "50001", "msg": "busy"}, MissCode.SERVER_ERROR),
    ("bybit", 200, {"retCode": 10006, "retMsg": "Too many visits!"}, MissCode.RATE_LIMITED),
    ("bybit", 200, {"retCode": 10001, "retMsg": "category wrong"}, MissCode.ERROR_IN_BODY),
    ("bybit", 200, {"retCode": 10016, "retMsg": "Server error."}, MissCode.SERVER_ERROR),
    ("bybit", 200, {"retCode": 0, "result": {"category": "linear", "list": []}}, MissCode.UNEXPECTED_SHAPE),
    ("kucoin", 200, {"code": "429000", "msg": "Too Many Requests"}, MissCode.RATE_LIMITED),
    ("kucoin", 429, {"code": "429000", "msg": "Too Many Requests"}, MissCode.RATE_LIMITED),
    ("kucoin", 200, {"code": "400100", "msg": "bad"}, MissCode.ERROR_IN_BODY),
    ("kucoin", 200, {"code": "400302", "msg": "Our services are not offered there"}, MissCode.GEO_BLOCKED),
    ("kucoin", 200, {"code": "400999", "msg": "Our services are unavailable in the U.S."}, MissCode.GEO_BLOCKED),
    ("bitget", 400, {"code": "32022", "msg": "not supported in your country or region"}, MissCode.GEO_BLOCKED),
    ("binance", 429, {"code": -1003, "msg": "Too much request weight used"}, MissCode.RATE_LIMITED),
    ("binance", 200, {"code": -1000, "msg": "unknown"}, MissCode.ERROR_IN_BODY),
    ("binance", 451, {"code": 0, "msg": "Service unavailable from a restricted location"}, MissCode.GEO_BLOCKED),
    ("binance", 503, {"code": -1001, "msg": "Internal error"}, MissCode.SERVER_ERROR),
    ("bitstamp", 200, {"error": "Order not found"}, MissCode.ERROR_IN_BODY),
    ("bitstamp", 404, {"status": "error", "reason": "x"}, MissCode.UNKNOWN_TICKER),
    ("gemini", 400, {"result": "error", "reason": "InvalidSymbol", "message": "x"}, MissCode.UNKNOWN_TICKER),
    ("gemini", 429, {"result": "error", "reason": "RateLimit", "message": "x"}, MissCode.RATE_LIMITED),
    ("gemini", 200, {"result": "error", "reason": "Odd", "message": "x"}, MissCode.ERROR_IN_BODY),
    ("coinbase_exchange", 200, {"message": "odd"}, MissCode.ERROR_IN_BODY),
    ("coinbase_exchange", 404, {"message": "NotFound"}, MissCode.UNKNOWN_TICKER),
    ("binance_us", 400, {"code": -1121, "msg": "Invalid symbol."}, MissCode.UNKNOWN_TICKER),
    ("binance_us", 418, {"code": -1003, "msg": "IP banned until 1"}, MissCode.BANNED),
    ("mexc", 400, {"code": -1121, "msg": "Invalid symbol."}, MissCode.UNKNOWN_TICKER),
    ("mexc", 400, {"code": 10007, "msg": "bad symbol"}, MissCode.UNKNOWN_TICKER),
    ("mexc", 200, {"code": 510, "msg": "Requests are too frequent"}, MissCode.RATE_LIMITED),
    ("mexc", 400, {"code": -1128, "msg": "Combination of optional parameters invalid."}, MissCode.ERROR_IN_BODY),
    ("coinbase_advanced", 404, {"error": "NOT_FOUND", "message": "x"}, MissCode.UNKNOWN_TICKER),
    ("coinbase_advanced", 400, {"error": "INVALID_ARGUMENT", "message": "ProductID"}, MissCode.UNKNOWN_TICKER),
    ("coinbase_advanced", 429, {"error": "RESOURCE_EXHAUSTED", "message": "x"}, MissCode.RATE_LIMITED),
    ("coinbase_advanced", 200, {"trades": [], "best_bid": "", "best_ask": ""}, MissCode.MARKET_HALTED),
    ("coinbase_spot_v2", 404, {"errors": [{"id": "not_found", "message": "x"}]}, MissCode.UNKNOWN_TICKER),
    ("coinbase_spot_v2", 400, {"errors": [{"id": "invalid", "message": "x"}]}, MissCode.UNKNOWN_TICKER),
    ("coinbase_spot_v2", 429, {"errors": [{"id": "rate_limit_exceeded", "message": "x"}]}, MissCode.RATE_LIMITED),
    ("coinbase_spot_v2", 200, {"errors": [{"id": "odd", "message": "x"}]}, MissCode.ERROR_IN_BODY),
    ("coinbase_spot_v2", 500, {"errors": []}, MissCode.SERVER_ERROR),
    ("gate", 400, {"label": "INVALID_CURRENCY_PAIR", "message": "x"}, MissCode.UNKNOWN_TICKER),
    ("gate", 429, {"label": "TOO_MANY_REQUESTS", "message": "x"}, MissCode.RATE_LIMITED),
    ("gate", 400, {"label": "TOO_BUSY", "message": "x"}, MissCode.SERVER_ERROR),
    ("gate", 403, {"label": "FORBIDDEN", "message": "not in your region"}, MissCode.GEO_BLOCKED),
    ("bitfinex", 500, ["error", 10020, "symbol: invalid"], MissCode.UNKNOWN_TICKER),
    ("bitfinex", 500, ["error", 11010, "ratelimit: error"], MissCode.RATE_LIMITED),
    ("bitfinex", 503, ["error", 20060, "maintenance"], MissCode.SERVER_ERROR),
    ("bitfinex", 500, ["error", 10000, "odd"], MissCode.SERVER_ERROR),
    ("bitfinex", 200, ["error"], MissCode.ERROR_IN_BODY),
    ("bitfinex", 429, {"error": "ERR_RATE_LIMIT"}, MissCode.RATE_LIMITED),
    ("htx", 200, {"status": "error", "err-code": "base-symbol-error", "err-msg": "x"}, MissCode.UNKNOWN_TICKER),
    ("htx", 200, {"status": "error", "err-code": "rate-too-many-requests", "err-msg": "x"}, MissCode.RATE_LIMITED),
    (
        "htx",
        200,
        {"status": "error", "err-code": "x", "err-msg": "request limit"},
        MissCode.RATE_LIMITED,
    ),
    ("htx", 200, {"status": "error", "err-code": "gateway-internal-error", "err-msg": "x"}, MissCode.SERVER_ERROR),
    ("htx", 200, {"status": "ok", "ch": "odd", "tick": {"close": 1}}, MissCode.UNEXPECTED_SHAPE),
    ("cryptocom", 400, {"code": 40004, "message": "Invalid instrument_name"}, MissCode.UNKNOWN_TICKER),
    ("cryptocom", 400, {"code": 40004, "message": "Missing or invalid argument"}, MissCode.ERROR_IN_BODY),
    ("cryptocom", 429, {"code": 42901, "message": "RATE_LIMIT"}, MissCode.RATE_LIMITED),
    ("cryptocom", 401, {"code": 10003, "message": "IP_ILLEGAL"}, MissCode.BANNED),
    ("cryptocom", 500, {"code": 10001, "message": "SYS_ERROR"}, MissCode.SERVER_ERROR),
    ("bitget", 400, {"code": "40034", "msg": "Parameter NOSUCH does not exist"}, MissCode.UNKNOWN_TICKER),
    ("bitget", 429, {"code": "429", "msg": "Too Many Requests"}, MissCode.RATE_LIMITED),
    ("bitget", 400, {"code": "40018", "msg": "Invalid IP"}, MissCode.BANNED),
    ("bitget", 200, {"code": "40200", "msg": "Server upgrade"}, MissCode.SERVER_ERROR),
    ("upbit", 404, {"error": {"name": 404, "message": "Code not found"}}, MissCode.UNKNOWN_TICKER),
    ("upbit", 429, {"error": {"name": "too_many_requests", "message": "x"}}, MissCode.RATE_LIMITED),
    ("upbit", 418, {"error": {"name": "too_many_requests", "message": "x"}}, MissCode.BANNED),
    ("upbit", 400, {"error": {"name": "validation_error", "message": "x"}}, MissCode.ERROR_IN_BODY),
    ("bithumb", 404, {"error": {"name": 404, "message": "Code not found"}}, MissCode.UNKNOWN_TICKER),
    ("bithumb", 200, {"status": "5500", "message": "Invalid Parameter"}, MissCode.UNKNOWN_TICKER),
    ("bithumb", 200, {"status": "5900", "message": "Unknown Error"}, MissCode.SERVER_ERROR),
    ("bithumb", 429, {"error": {"name": "too_many_requests", "message": "x"}}, MissCode.RATE_LIMITED),
    ("bitmart", 400, {"code": 70002, "message": "symbol is invalid"}, MissCode.UNKNOWN_TICKER),
    ("bitmart", 200, {"code": 30013, "message": "Request too many requests"}, MissCode.RATE_LIMITED),
    ("bitmart", 403, {"code": 30010, "message": "IP forbidden"}, MissCode.BANNED),
    ("bitmart", 503, {"code": 30014, "message": "Service unavailable"}, MissCode.SERVER_ERROR),
    ("lbank", 200, {"result": "false", "error_code": 10008, "msg": "Invalid Trading Pair"}, MissCode.UNKNOWN_TICKER),
    ("lbank", 200, {"result": "false", "error_code": "10004", "msg": "Too frequent"}, MissCode.RATE_LIMITED),
    ("lbank", 200, {"result": "false", "error_code": 10017, "msg": "Server Error"}, MissCode.SERVER_ERROR),
    ("lbank", 200, {"result": "false", "error_code": 10003, "msg": "Invalid parameter"}, MissCode.ERROR_IN_BODY),
    ("bitso", 400, {"success": False, "error": {"code": "0301", "message": "x"}}, MissCode.UNKNOWN_TICKER),
    ("bitso", 429, {"success": False, "error": {"code": "0200", "message": "x"}}, MissCode.RATE_LIMITED),
    ("bitso", 420, {"success": False, "error": {"code": "1", "message": "Enhance Your Calm"}}, MissCode.RATE_LIMITED),
    ("bitso", 200, {"success": False, "error": {"code": "0304", "message": "x"}}, MissCode.ERROR_IN_BODY),
]


@pytest.mark.parametrize(("slug", "status", "document", "code"), ERRORS_IN_BODIES)
def test_an_exchanges_own_words_have_a_code(slug: str, status: int, document: object, code: MissCode) -> None:
    """Limits, unknown tickers and illness are told apart under any status."""
    outcome = parse_one(slug, json.dumps(document).encode(), "NOSUCH", status=status)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


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
