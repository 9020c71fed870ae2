"""Every exchange: the recorded shapes, the errors, and prices that agree with each other."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from simulator.faults import Fault, Mode
from simulator.quotes import Desk
from simulator.state import Simulation
from tests.conftest import RECORDED_DIR, require

PRODUCTS = "/api/v3/brokerage/market/products"

NATIVE = "0x0000000000000000000000000000000000000000"
LINK = "coingecko:chainlink"
PYTH_ETH = "0xff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace"
ETHEREUM = {"ids": "ethereum", "vs_currencies": "usd", "include_last_updated_at": "true"}

# our call, the recorded reply it must look like, and where in both the row stands
SHAPES = [
    ("binance", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}, "ticker_24hr_BTCUSDT.json", []),
    ("binance", "/api/v3/ticker/24hr", {"symbols": '["BTCUSDT"]'}, "ticker_24hr_symbols_BTCUSDT_ETHUSDT.json", [0]),
    ("binance", "/api/v3/ticker/24hr", {}, "ticker_24hr_all_trimmed_gct.json", [0]),
    ("binance", "/api/v3/ticker/bookTicker", {"symbol": "BTCUSDT"}, "ticker_bookTicker_BTCUSDT.json", []),
    ("binance", "/api/v3/ticker/price", {"symbols": '["BTCUSDT"]'}, "ticker_price_symbols_live_2026-09-25.json", [0]),
    ("binance", "/api/v3/ticker/24hr", {"symbol": "NOPE"}, "error_invalid_symbol.json", []),
    ("coinbase_exchange", "/products/stats", {}, "products_stats_all_2026-07-27.json", ["NEAR-USD", "stats_24hour"]),
    ("coinbase_exchange", "/products/NO-PE/ticker", {}, "error_404_notfound.json", []),
    ("kraken", "/0/public/Ticker", {"pair": "XBTUSD"}, "ticker_XBTUSD_live_2026-09-25.json", []),
    ("kraken", "/0/public/Ticker", {"pair": "XBTUSD"}, "ticker_XBTUSD_live_2026-09-25.json", ["result"]),
    ("kraken", "/0/public/Ticker", {"pair": "XBTUSD"}, "ticker_XBTUSD_live_2026-09-25.json", ["result", "XXBTZUSD"]),
    ("okx", "/api/v5/market/ticker", {"instId": "BTC-USDT"}, "ticker_BTC-USDT_2023-01-04.json", []),
    ("okx", "/api/v5/market/ticker", {"instId": "BTC-USDT"}, "ticker_BTC-USDT_2023-01-04.json", ["data", 0]),
    ("okx", "/api/v5/market/tickers", {"instType": "SPOT"}, "tickers_all_SPOT_2026-07-27.json", ["data", 0]),
    ("bybit", "/v5/market/tickers", {"category": "spot", "symbol": "BTCUSDT"}, "v5_tickers_spot_BTCUSDT.json", []),
    (
        "bybit",
        "/v5/market/tickers",
        {"category": "spot", "symbol": "BTCUSDT"},
        "v5_tickers_spot_BTCUSDT.json",
        ["result", "list", 0],
    ),
    ("bybit", "/v5/market/tickers", {"category": "spot", "symbol": "X"}, "error_10001_not_supported_symbols.json", []),
    ("kucoin", "/api/v1/market/orderbook/level1", {"symbol": "BTC-USDT"}, "level1_BTC-USDT_2023-01-01.json", ["data"]),
    ("kucoin", "/api/v1/market/stats", {"symbol": "NO-PE"}, "error_100001_symbol_not_exists.json", []),
    ("bitstamp", "/api/v2/ticker/btcusd/", {}, "ticker_btcusd_gct.json", []),
    ("bitstamp", "/api/v2/ticker/", {}, "ticker_all_2026-07-27.json", [0]),
    ("gemini", "/v1/pubticker/btcusd", {}, "v1_pubticker_BTCUSD.json", []),
    ("gemini", "/v1/pubticker/btcusd", {}, "v1_pubticker_BTCUSD.json", ["volume"]),
    ("gemini", "/v1/pubticker/bla", {}, "error_v1_pubticker_invalid_symbol.json", []),
    ("mexc", "/api/v3/ticker/24hr", {}, "ticker_24hr_all.json", [0]),
    ("mexc", "/api/v3/ticker/price", {"symbol": "BTCUSDT"}, "ticker_price_BTCUSDT_live_2026-09-25.json", []),
    ("gate", "/api/v4/spot/tickers", {"currency_pair": "BTC_USDT"}, "tickers_BTC_USDT_live_2026-09-25.json", [0]),
    ("gate", "/api/v4/spot/tickers", {"currency_pair": "NO_PE"}, "error_invalid_currency_delisted.json", []),
    ("htx", "/market/detail/merged", {"symbol": "btcusdt"}, "detail_merged_gramusdt_live_2026-09-25.json", []),
    ("htx", "/market/detail/merged", {"symbol": "btcusdt"}, "detail_merged_gramusdt_live_2026-09-25.json", ["tick"]),
    ("htx", "/market/detail/merged", {"symbol": "nope"}, "error_invalid_symbol.json", []),
    ("htx", "/market/tickers", {}, "market_tickers_2021.json", []),
    ("htx", "/market/tickers", {}, "market_tickers_2021.json", ["data", 0]),
    ("cryptocom", "/public/get-tickers", {}, "get-tickers_all_2026-07-27.json", []),
    ("cryptocom", "/public/get-tickers", {}, "get-tickers_all_2026-07-27.json", ["result", "data", 0]),
    ("bitget", "/api/v2/spot/market/tickers", {}, "tickers_GRAMUSDT_live_2026-09-25.json", []),
    ("bitget", "/api/v2/spot/market/tickers", {}, "tickers_GRAMUSDT_live_2026-09-25.json", ["data", 0]),
    ("bitget", "/api/v2/spot/market/tickers", {"symbol": "NOPE"}, "error_40034_param.json", []),
    ("upbit", "/v1/ticker", {"markets": "KRW-BTC"}, "ticker_KRW-BTC_2018.json", [0]),
    ("upbit", "/v1/ticker", {}, "error_400.json", []),
    ("upbit", "/v1/ticker", {}, "error_400.json", ["error"]),
    ("bithumb", "/public/ticker/ALL_KRW", {}, "public_ticker_all_2019.json", []),
    ("bithumb", "/public/ticker/ALL_KRW", {}, "public_ticker_all_2019.json", ["data", "BTC"]),
    ("bithumb", "/public/ticker/NO_PE", {}, "error_5100.json", []),
    ("bitmart", "/spot/quotation/v3/ticker", {"symbol": "BTC_USDT"}, "v3_ticker_BTC_USDT.json", []),
    ("bitmart", "/spot/quotation/v3/ticker", {"symbol": "BTC_USDT"}, "v3_ticker_BTC_USDT.json", ["data"]),
    ("bitmart", "/spot/quotation/v3/ticker", {"symbol": "NO_PE"}, "error_50000.json", []),
    ("bitso", "/ticker", {"book": "btc_mxn"}, "ticker_btc_mxn_2018.json", []),
    ("bitso", "/ticker", {"book": "btc_mxn"}, "ticker_btc_mxn_2018.json", ["payload"]),
    ("bitso", "/ticker", {"book": "no_pe"}, "error_unknown_orderbook.json", []),
    ("bitso", "/ticker", {"book": "no_pe"}, "error_unknown_orderbook.json", ["error"]),
    ("coinbase_spot_v2", "/v2/prices/BTC-USD/spot", {}, "prices_BTC-USD_spot_2021.json", ["data"]),
    ("coinbase_spot_v2", "/v2/prices/NO-PE/spot", {}, "error_not_found.json", ["errors", 0]),
    ("coinbase_advanced", f"{PRODUCTS}/BTC-USD", {}, "market_product_BTC-USD.json", []),
    ("coinbase_advanced", f"{PRODUCTS}/BTC-USD/ticker", {}, "market_products_ticker_BTC-USD_2026-04-07.json", []),
    (
        "coinbase_advanced",
        f"{PRODUCTS}/BTC-USD/ticker",
        {},
        "market_products_ticker_BTC-USD_2026-04-07.json",
        ["trades", 0],
    ),
]
SHAPES += [
    ("coingecko", "/simple/price", ETHEREUM, "simple_price_last_updated_2026-07-27.json", ["ethereum"]),
    ("coincap", "/assets/bitcoin", {}, "v3_assets_bitcoin_2025-08-11.json", ["data"]),
    ("dia", f"/assetQuotation/Bitcoin/{NATIVE}", {}, "assetQuotation_Bitcoin_BTC_2024-12-10.json", []),
    ("defillama", f"/prices/current/{LINK}", {}, "prices_current_coingecko_ids_2025-03-06.json", ["coins", LINK]),
    ("pyth", "/v2/updates/price/latest", {"ids[]": PYTH_ETH}, "hermes_latest_price_2026-07-27.json", ["parsed", 0]),
    (
        "pyth",
        "/v2/updates/price/latest",
        {"ids[]": PYTH_ETH},
        "hermes_latest_price_2026-07-27.json",
        ["parsed", 0, "price"],
    ),
]

# a call that no ticker answers, and the reply's status
UNKNOWN = [
    ("binance", "/api/v3/ticker/price", {"symbols": '["BTCUSDT","NOPE"]'}, 400, "-1121"),
    ("binance", "/api/v3/ticker/price", {"symbols": "BTCUSDT"}, 400, "-1100"),
    ("kraken", "/0/public/Ticker", {"pair": "XBTUSD,NOPE"}, 200, "EQuery:Unknown asset pair"),
    ("okx", "/api/v5/market/ticker", {"instId": "NO-PE"}, 200, "51001"),
    ("kucoin", "/api/v1/market/orderbook/level1", {"symbol": "NO-PE"}, 200, "100001"),
    ("bitstamp", "/api/v2/ticker/nope/", {}, 404, "404"),
    ("gemini", "/v2/ticker/nope", {}, 400, "not a valid symbol"),
    ("acme", "/markets/NO_PE", {}, 404, "no_such_market"),
    ("mexc", "/api/v3/ticker/24hr", {"symbol": "NOPE"}, 400, "-1121"),
    ("gate", "/api/v4/spot/tickers", {"currency_pair": "NO_PE"}, 400, "INVALID_CURRENCY_PAIR"),
    ("bitfinex", "/v2/ticker/tNOPE", {}, 500, "symbol: invalid"),
    ("bitfinex", "/v2/tickers", {"symbols": "tNOPE"}, 200, "[]"),
    ("cryptocom", "/public/get-tickers", {"instrument_name": "NO_PE"}, 400, "Invalid instrument_name"),
    ("upbit", "/v1/ticker", {"markets": "KRW-BTC,KRW-NOPE"}, 404, "Code not found"),
    ("bithumb", "/public/ticker/ALL_NOPE", {}, 400, "5500"),
    ("bitmart", "/spot/quotation/v3/ticker", {"symbol": "NO_PE"}, 400, "symbol is invalid"),
    ("lbank", "/v2/ticker/24hr.do", {"symbol": "no_pe"}, 200, "10008"),
    ("bitso", "/ticker", {"book": "no_pe"}, 400, "Unknown OrderBook no_pe"),
    ("coinbase_advanced", f"{PRODUCTS}/NO-PE/ticker", {}, 404, "NOT_FOUND"),
    ("coinbase_spot_v2", "/v2/prices/NO-PE/spot", {}, 404, "not_found"),
    ("coinbase_spot_v2", "/v2/exchange-rates", {"currency": "NOPE"}, 400, "Invalid currency"),
    ("okx", "/nowhere", {}, 404, "Not Found"),
    ("coingecko", "/simple/price", {"ids": "nope", "vs_currencies": "usd"}, 200, "{}"),
    ("coinmarketcap", "/v2/cryptocurrency/quotes/latest", {"id": "1,99999999"}, 400, "Invalid value"),
    ("cryptocompare", "/data/pricemultifull", {"fsyms": "NOPE", "tsyms": "USD"}, 200, "does not exist"),
    ("coinpaprika", "/tickers/nope", {}, 404, "id not found"),
    ("coincap", "/assets/nope", {}, 404, "nope not found"),
    ("messari", "/assets/nope/metrics/market-data", {}, 404, "Asset not found"),
    ("kaiko", "/trades.v2/spot_exchange_rate/no/pe", {}, 404, "not found"),
    ("dia", f"/assetQuotation/Nope/{NATIVE}", {}, 404, "not found"),
    ("defillama", "/prices/current/nope", {}, 200, '{"coins":{}}'),
    ("pyth", "/v2/updates/price/latest", {"ids[]": "0x99"}, 404, "Price ids not found: 0x99"),
]


def ask(world: Simulation, slug: str, path: str, query: dict[str, str]) -> tuple[int, str, Desk]:
    """Return status, body and desk of one call."""
    source = world.sources[slug]
    desk = source.desk(world.market, world.clock())
    reply = source.answer(desk, path, query)
    return reply.status, reply.payload(), desk


def dig(document: Any, path: list[str | int]) -> Any:
    """Return what stands at a path."""
    for step in path:
        document = document[step]
    return document


def kind(value: object) -> str:
    """Return the JSON type of a value."""
    return "number" if isinstance(value, int | float) else type(value).__name__


@pytest.mark.parametrize(("slug", "path", "query", "file", "row"), SHAPES)
def test_replies_have_the_recorded_shape(  # noqa: PLR0917 - a table of five columns
    world: Simulation, slug: str, path: str, query: dict[str, str], file: str, row: list[str | int]
) -> None:
    """Every recorded key is there, no other, and of the recorded JSON type."""
    recorded = dig(json.loads((require(RECORDED_DIR) / slug / file).read_text()), row)

    ours = dig(json.loads(ask(world, slug, path, query)[1]), row)

    assert set(ours) == set(recorded)
    assert {key: kind(value) for key, value in ours.items()} == {key: kind(value) for key, value in recorded.items()}


@pytest.mark.parametrize(
    ("slug", "path", "file", "row"),
    [
        ("kucoin", "/api/v1/market/allTickers", "allTickers_2026-07-27.json", ["data", "ticker", 0]),
        ("coinbase_exchange", "/products/BTC-USD/ticker", "ticker_NEAR-USD_2026-07-27.json", []),
        ("lbank", "/v2/ticker/24hr.do?all", "v2_supplement_ticker_24hr_btc_usdt_2024-03-13.json", []),
        ("lbank", "/v2/ticker/24hr.do?all", "v2_supplement_ticker_24hr_btc_usdt_2024-03-13.json", ["data", 0]),
        (
            "lbank",
            "/v2/ticker/24hr.do?all",
            "v2_supplement_ticker_24hr_btc_usdt_2024-03-13.json",
            ["data", 0, "ticker"],
        ),
    ],
)
def test_replies_have_at_least_the_keys_of_trimmed_recordings(
    world: Simulation, slug: str, path: str, file: str, row: list[str | int]
) -> None:
    """Where the recording was trimmed, its keys are a part of ours."""
    recorded = dig(json.loads((require(RECORDED_DIR) / slug / file).read_text()), row)

    path, _, all_of_them = path.partition("?")
    query = {"symbol": all_of_them} if all_of_them else {}

    assert set(recorded) <= set(dig(json.loads(ask(world, slug, path, query)[1]), row))


@pytest.mark.parametrize(("slug", "path", "query", "status", "words"), UNKNOWN)
def test_unknown_tickers_get_the_exchanges_own_error(  # noqa: PLR0917 - a table of five columns
    world: Simulation, slug: str, path: str, query: dict[str, str], status: int, words: str
) -> None:
    """Status and code are those of the real exchange, and no price counts as served."""
    got_status, body, desk = ask(world, slug, path, query)

    assert got_status == status
    assert words in body
    assert not desk.given


@pytest.mark.parametrize("name", ["XBTUSD", "XXBTZUSD", "XBT/USD", "BTC/USD", "BTCUSD", "xbtusd"])
def test_kraken_takes_any_of_its_names(world: Simulation, name: str) -> None:
    """The answer stands under the canonical name."""
    result = json.loads(ask(world, "kraken", "/0/public/Ticker", {"pair": name})[1])["result"]

    assert list(result) == ["XXBTZUSD"]


def test_kraken_can_answer_under_readable_names(world: Simulation) -> None:
    """assetVersion=1 changes the keys."""
    query = {"pair": "XDGUSD,XBTUSD", "assetVersion": "1"}

    assert set(json.loads(ask(world, "kraken", "/0/public/Ticker", query)[1])["result"]) == {"DOGE/USD", "BTC/USD"}


def test_every_source_quotes_all_tickers_with_a_sound_book(world: Simulation) -> None:
    """For every ticker: 0 < low <= bid <= last <= ask <= high, and within 20 bps of the walk."""
    for source in world.sources.values():
        for quote in source.desk(world.market, world.clock()).quotes():
            assert 0 < quote.low <= quote.bid <= quote.last <= quote.ask <= quote.high, quote
            assert quote.bid < quote.ask


def test_sources_agree_but_for_their_bias(world: Simulation) -> None:
    """BTC/USD lies within 3 bps of the start price everywhere, and not all say the same."""
    prices = [
        quote.last
        for source in world.sources.values()
        for quote in source.desk(world.market, world.clock()).quotes()
        if str(quote.pair) == "BTC/USD"
    ]

    assert len(set(prices)) >= 5
    assert all(abs(price / Decimal(84050) - 1) < Decimal("0.0003") for price in prices)


def test_acme_prices_are_json_numbers(world: Simulation) -> None:
    """The made-up exchange writes numbers, digit for digit."""
    body = ask(world, "acme", "/markets/BTC_USD", {})[1]

    assert '"price":84058.4,' in body or '"price":84058.41,' in body


def test_delisted_pairs_vanish_from_lists(world: Simulation) -> None:
    """The mode delisted takes the pair's rows away and leaves the others."""
    world.sources["binance"].fault = Fault(Mode.DELISTED, pairs=frozenset({"BTC/USDT"}))

    symbols = {row["symbol"] for row in json.loads(ask(world, "binance", "/api/v3/ticker/price", {})[1])}

    assert "BTCUSDT" not in symbols
    assert "ETHUSDT" in symbols


def test_bitfinex_rows_of_funding_stand_among_the_others(world: Simulation) -> None:
    """ALL has rows of other columns, lists have not."""
    rows = json.loads(ask(world, "bitfinex", "/v2/tickers", {"symbols": "ALL"})[1])
    listed = json.loads(ask(world, "bitfinex", "/v2/tickers", {"symbols": "tBTCUST,tDOGE:USD,tNOPE"})[1])

    assert {(row[0][0], len(row)) for row in rows} == {("f", 17), ("t", 11)}
    assert [row[0] for row in listed] == ["tBTCUST", "tDOGE:USD"]


def test_bitmart_rows_are_the_cells_of_its_objects(world: Simulation) -> None:
    """All symbols come as arrays of 13 cells in the order of the object's keys."""
    one = json.loads(ask(world, "bitmart", "/spot/quotation/v3/ticker", {"symbol": "BTC_USDT"})[1])["data"]
    rows = json.loads(ask(world, "bitmart", "/spot/quotation/v3/tickers", {})[1])["data"]

    assert next(row for row in rows if row[0] == "BTC_USDT") == list(one.values())


def test_the_wons_prices_follow_the_dollars(world: Simulation) -> None:
    """BTC in won over tether in won is about BTC in tether."""
    rows = json.loads(ask(world, "bithumb", "/public/ticker/ALL_KRW", {})[1])["data"]

    implied = Decimal(rows["BTC"]["closing_price"]) / Decimal(rows["USDT"]["closing_price"])

    assert abs(implied / (Decimal(84050) / Decimal("0.99937")) - 1) < Decimal("0.002")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"method": "eth_chainId", "params": []}', '"result":"0x1"'),
        ('{"method": "eth_sendRawTransaction", "params": ["0x"]}', "-32601"),
        ('{"method": "eth_call", "params": [{"data": "0xfeaf968c"}, "latest"]}', '"result":"0x"'),
        ('{"method": "eth_call", "params": [{"data": "0x82ad56cb00"}, "latest"]}', "-32602"),
        ("nonsense", "-32602"),
    ],
)
@pytest.mark.parametrize("slug", ["chainlink", "uniswap_v3"])
def test_a_node_answers_what_it_knows_and_refuses_the_rest(world: Simulation, slug: str, text: str, words: str) -> None:
    """One contract, reads only."""
    source = world.sources[slug]

    reply = source.answer(source.desk(world.market, world.clock()), "/", {}, body=text)

    assert words in reply.payload()
