"""Recorded replies of aggregators, Pyth and nodes, read to the value a person reads in them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.pricing.types import Miss, MissCode, Quote
from tests.conftest import RECORDED_DIR, require
from tests.sources.samples import NOW, parse

NATIVE = "0x0000000000000000000000000000000000000000"
NEAR_ID = "c415de8d2eba7db216527dff4b60e8f3a5311c740dadb233e13e12547e226750"
ETH_ID = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace"
OETH = "ethereum:0xcc7d5785AD5755B6164e21495E07aDb0Ff11C2A8"
# Three feeds of one recorded multicall; the addresses were not recorded, so these stand for them.
FEEDS = [f"0x{number:040x}?decimals=8" for number in (1, 2, 3)]
MARCH, JULY = datetime(2025, 3, 6, 15, 56, tzinfo=UTC), datetime(2026, 7, 27, 9, tzinfo=UTC)

# file, ticker, other tickers of the same request, price, base volume, source time ("" none, else ISO)
QUOTES: list[tuple[str, str, list[str], str, str, str]] = [
    ("coingecko/simple_price_live_2026-09-25.json", "bitcoin", [], "83822", "", ""),
    ("coingecko/simple_price_live_2026-09-25.json", "the-open-network/RUB", ["bitcoin"], "119.2", "", ""),
    ("coingecko/simple_price_live_2026-09-25.json", "gram", ["bitcoin"], "0.00051999", "", ""),
    ("coingecko/simple_price_bitcoin_usd_2026-06-24.json", "bitcoin", [], "60997", "", ""),
    (
        "coingecko/simple_price_last_updated_2026-07-27.json",
        "ethereum/usd",
        ["near"],
        "1956.98",
        "",
        "2026-07-27T09:08:20+00:00",
    ),
    (
        "coingecko/simple_price_last_updated_2026-07-27.json",
        "near",
        ["ethereum"],
        "1.83",
        "",
        "2026-07-27T09:08:20+00:00",
    ),
    ("coinmarketcap/quotes_latest_v1_id1.json", "1", [], "6602.60701122", "", "2018-08-09T21:56:28+00:00"),
    (
        "cryptocompare/pricemultifull_ETH_USD.json",
        "ETH/USD",
        [],
        "1276.75",
        "573086.14879595",
        "2022-10-21T13:08:46+00:00",
    ),
    ("cryptocompare/pricemulti_2025-07-21.json", "BTC/USD", ["ETH/USD"], "118380.4", "", ""),
    ("cryptocompare/pricemulti_2025-07-21.json", "DAI", ["BTC"], "0.9997", "", ""),
    ("coinpaprika/tickers_eth-ethereum.json", "eth-ethereum", [], "3949.2425813062", "", "2021-10-22T18:11:05+00:00"),
    (
        "coinpaprika/tickers_all_3rows.json",
        "btc-bitcoin",
        ["eth-ethereum"],
        "40000.2425813062",
        "",
        "2021-10-22T18:11:05+00:00",
    ),
    (
        "coinpaprika/tickers_all_3rows.json",
        "eth-ethereum",
        ["btc-bitcoin"],
        "4949.2425813062",
        "",
        "2021-10-22T18:11:05+00:00",
    ),
    (
        "coincap/v3_assets_bitcoin_2025-08-11.json",
        "bitcoin",
        [],
        "119753.3173109070855685",
        "",
        "2025-08-11T18:45:25.536000+00:00",
    ),
    (
        "coincap/v2_assets_bitcoin_2022-04-02.json",
        "bitcoin",
        [],
        "46932.8518140582079676",
        "",
        "2022-04-02T01:01:28.294000+00:00",
    ),
    (
        "kaiko/spot_exchange_rate_eth_usd_2021-10-21.json",
        "eth/usd",
        [],
        "4097.271668358277",
        "",
        "2021-10-21T20:53:00+00:00",
    ),
    (
        "dia/assetQuotation_Bitcoin_BTC_2024-12-10.json",
        f"Bitcoin/{NATIVE}",
        [],
        "95177.90294221917",
        "",
        "2024-12-10T17:47:59+00:00",
    ),
    (
        "dia/assetQuotation_Ethereum_ETH_2026-10-08.json",
        f"Ethereum/{NATIVE}",
        [],
        "2558.4172887550144",
        "",
        "2026-10-08T04:41:59+00:00",
    ),
    (
        "defillama/prices_current_coingecko_ids_2025-03-06.json",
        "coingecko:chainlink",
        ["coingecko:dai"],
        "17.22",
        "",
        "2025-03-06T15:56:55+00:00",
    ),
    (
        "defillama/prices_current_coingecko_ids_2025-03-06.json",
        "coingecko:arbitrum",
        ["coingecko:dai"],
        "0.415488",
        "",
        "2025-03-06T15:57:03+00:00",
    ),
    (
        "defillama/prices_current_ethereum_address_2025-07-09.json",
        OETH,
        [],
        "2665.123154399471",
        "",
        "2025-07-09T18:08:48+00:00",
    ),
    (
        "defillama/prices_current_ethereum_address_2025-07-09.json",
        OETH.lower(),
        [],
        "2665.123154399471",
        "",
        "2025-07-09T18:08:48+00:00",
    ),
    ("pyth/hermes_latest_price_2026-07-27.json", NEAR_ID, [ETH_ID], "1.83487211", "", "2026-07-27T09:09:28+00:00"),
    (
        "pyth/hermes_latest_price_2026-07-27.json",
        f"0x{ETH_ID}",
        [NEAR_ID],
        "1956.56091864",
        "",
        "2026-07-27T09:09:28+00:00",
    ),
    (
        "chainlink_rpc/multicall3_latestRoundData_2026-07-27.json",
        FEEDS[0],
        FEEDS[1:],
        "1960.18439998",
        "",
        "2026-07-27T09:00:47+00:00",
    ),
    (
        "chainlink_rpc/multicall3_latestRoundData_2026-07-27.json",
        FEEDS[1],
        [FEEDS[0], FEEDS[2]],
        "65056.63924328",
        "",
        "2026-07-27T09:00:47+00:00",
    ),
]
# file, ticker, other tickers, HTTP status, code
ERRORS: list[tuple[str, str, list[str], int, MissCode]] = [
    ("coingecko/error_429_rate_limit.json", "bitcoin", [], 429, MissCode.RATE_LIMITED),
    ("coingecko/error_429_rate_limit.json", "bitcoin", [], 200, MissCode.RATE_LIMITED),
    ("coingecko/exchange_tickers.json", "bitcoin", [], 200, MissCode.UNEXPECTED_SHAPE),
    ("coingecko/global.json", "bitcoin", [], 200, MissCode.UNEXPECTED_SHAPE),
    ("coingecko/simple_price_bitcoin_usd_2026-06-24.json", "ethereum", [], 200, MissCode.WRONG_PAIR),
    ("coinmarketcap/error_1001_invalid_key.json", "1", [], 401, MissCode.KEY_REFUSED),
    ("coinmarketcap/error_1001_invalid_key.json", "1", [], 200, MissCode.KEY_REFUSED),
    ("coinmarketcap/quotes_historical_ETH_2021-12-01.json", "1027", [], 200, MissCode.UNEXPECTED_SHAPE),
    ("coinmarketcap/quotes_latest_v1_id1.json", "1027", [], 200, MissCode.WRONG_PAIR),
    ("coinmarketcap/quotes_latest_v1_id1.json", "1/EUR", [], 200, MissCode.TICKER_MISSING),
    ("cryptocompare/error_404_data-api_invalid_to_ts_2025-09-19.json", "BTC/USD", [], 404, MissCode.ERROR_IN_BODY),
    ("coinpaprika/tickers_all_3rows.json", "sol-solana", ["btc-bitcoin"], 200, MissCode.TICKER_MISSING),
    ("coincap/v3_assets_bitcoin_2025-08-11.json", "ethereum", [], 200, MissCode.WRONG_PAIR),
    ("kaiko/spot_exchange_rate_eth_usd_2021-10-21.json", "btc/usd", [], 200, MissCode.WRONG_PAIR),
    ("dia/assetQuotation_Bitcoin_BTC_2024-12-10.json", f"Ethereum/{NATIVE}", [], 200, MissCode.WRONG_PAIR),
    (
        "defillama/prices_current_coingecko_ids_2025-03-06.json",
        "coingecko:bitcoin",
        [OETH],
        200,
        MissCode.TICKER_MISSING,
    ),
    ("chainlink_rpc/multicall3_latestRoundData_2026-07-27.json", FEEDS[2], FEEDS[:2], 200, MissCode.TICKER_MISSING),
    ("chainlink_rpc/multicall3_latestRoundData_2026-07-27.json", FEEDS[2], [], 200, MissCode.UNEXPECTED_SHAPE),
    *(
        (
            f"uniswap_v3_rpc/multicall_aggregate_slot0_token0_token1_{number}_response.json",
            f"{NATIVE}?decimals=18,18",
            [],
            200,
            MissCode.UNEXPECTED_SHAPE,  # the reply to slot0() through another function of Multicall
        )
        for number in (1, 2)
    ),
]
SLUGS = {"chainlink_rpc": "chainlink", "uniswap_v3_rpc": "uniswap_v3"}
ROW = "coinmarketcap/row_bitcoin_2021-08-28.json"
OTHERS = {  # a row without its reply, read in a test of its own, and a request
    ROW,
    "uniswap_v3_rpc/multicall_aggregate_slot0_token0_token1_2_request.json",
}


def _body(file: str) -> bytes:
    return (require(RECORDED_DIR) / file).read_bytes()


def _slug(file: str) -> str:
    folder = file.partition("/")[0]
    return SLUGS.get(folder, folder)


@pytest.mark.parametrize("case", QUOTES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_recorded_body_is_read_as_a_person_reads_it(case: tuple[str, str, list[str], str, str, str]) -> None:
    """Price, base volume and time come from the right fields of the right row, whichever position it has."""
    file, ticker, others, price, volume, moment = case

    for tickers in ([ticker, *others], [*others, ticker]):
        if _slug(file) == "chainlink":
            tickers = sorted(tickers)  # noqa: PLW2901 - results have no names, only the order of the calls
        outcome = parse(_slug(file), _body(file), tickers)[tickers.index(ticker)]

        assert isinstance(outcome, Quote), outcome
        assert outcome.price == Decimal(price)
        assert outcome.volume == (Decimal(volume) if volume else None)
        assert (outcome.source_time.isoformat() if outcome.source_time else "") == moment


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case[0]}-{case[1]}-{case[3]}")
def test_a_recorded_error_has_its_code(case: tuple[str, str, list[str], int, MissCode]) -> None:
    """Limits, refused keys, unknown tickers and replies to other calls are told apart, whatever the status."""
    file, ticker, others, status, code = case
    tickers = sorted([ticker, *others]) if _slug(file) == "chainlink" else [ticker, *others]

    outcome = parse(_slug(file), _body(file), tickers, status=status)[tickers.index(ticker)]

    assert isinstance(outcome, Miss)
    assert outcome.code == code, outcome


def test_a_row_recorded_alone_is_read_in_its_envelope() -> None:
    """A coin that was kept without the reply around it is read like any other."""
    body = b'{"status": {"error_code": 0}, "data": {"1": %s}}' % _body(ROW)

    (outcome,) = parse("coinmarketcap", body, ["1"])

    assert isinstance(outcome, Quote)
    assert outcome.price == Decimal("48827.989730634145")


def test_pyths_confidence_is_a_band_around_its_price() -> None:
    """1.83487211 with a confidence of 0.00211694."""
    (near,) = parse("pyth", _body("pyth/hermes_latest_price_2026-07-27.json"), [NEAR_ID])

    assert isinstance(near, Quote)
    assert (near.bid, near.ask) == (Decimal("1.83275517"), Decimal("1.83698905"))


def test_coincaps_timestamp_is_no_price_time() -> None:
    """Read at the moment it was sent, the reply's clock says nothing; read later, how old the reply is."""
    body = _body("coincap/v3_assets_bitcoin_2025-08-11.json")

    (fresh,) = parse("coincap", body, ["bitcoin"], received_at=datetime(2025, 8, 11, 18, 45, 26, tzinfo=UTC))
    (old,) = parse("coincap", body, ["bitcoin"], received_at=NOW)

    assert isinstance(fresh, Quote)
    assert isinstance(old, Quote)
    assert fresh.source_time is None
    assert old.source_time == datetime(2025, 8, 11, 18, 45, 25, 536000, tzinfo=UTC)


def test_no_recorded_body_is_left_out() -> None:
    """Every file of a source of these tables stands in one of them."""
    tabled = {case[0] for table in (QUOTES, ERRORS) for case in table} | OTHERS
    folders = {file.partition("/")[0] for file in tabled}

    recorded = {f"{folder}/{file.name}" for folder in folders for file in (require(RECORDED_DIR) / folder).iterdir()}

    assert recorded - tabled == set()


def test_the_values_agree_with_those_found_by_path() -> None:
    """What the table says a person reads is what a machine found at the documented JSON paths."""
    read: dict[str, set[Decimal]] = {}
    for file, _ticker, _others, price, *_rest in QUOTES:
        read.setdefault(file, set()).add(Decimal(price))
    with (require(RECORDED_DIR).parent / "json_paths.tsv").open() as lines:
        found = {row["fixture"]: Decimal(row["value_of_last"]) for row in csv.DictReader(lines, delimiter="\t")}

    # Pyth: the path leads to the number before it is scaled
    shared = {file: value for file, value in found.items() if file in read and _slug(file) != "pyth"}

    assert len(shared) >= 9
    assert {file for file, value in shared.items() if value not in read[file]} == set()
