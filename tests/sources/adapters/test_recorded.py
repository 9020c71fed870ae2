"""Recorded replies of the real exchanges, read to the value a person reads in them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.pricing.types import Miss, MissCode, Quote
from tests.conftest import RECORDED_DIR, require
from tests.sources.samples import parse, parse_one

# file, ticker, other tickers of the same request, price, bid, ask, volume, source time
QUOTES = [
    ("binance/ticker_24hr_BTCUSDT.json", "BTCUSDT", [], "6705.82", "6705.88", "6706.21", "57857.494857"),
    ("binance/ticker_24hr_symbols_BTCUSDT_ETHUSDT.json", "ETHUSDT", ["BTCUSDT"], "2509.72", "2509.71", "2509.72", ""),
    ("binance/ticker_24hr_symbols_BTCUSDT_ETHUSDT.json", "BTCUSDT", ["ETHUSDT"], "69624", "69624", "69624.01", ""),
    ("binance/ticker_24hr_all_trimmed_gct.json", "LTCBTC", ["ETHBTC"], "0.000988", "0.000987", "0.000988", ""),
    ("coinbase_exchange/ticker_NEAR-USD_2026-07-27.json", "NEAR-USD", [], "1.846", "1.846", "1.847", "-"),
    ("kraken/ticker_XBTUSD_live_2026-09-25.json", "XBTUSD", [], "84036.0", "84036.0", "84036.1", "3307.38151293"),
    ("kraken/ticker_XBTUSD_live_2026-09-25.json", "XXBTZUSD", [], "84036.0", "84036.0", "84036.1", ""),
    ("kraken/ticker_XXBTZUSD_2024-06.json", "BTC/USD", [], "64587.4", "64587.4", "64587.5", ""),
    ("kraken/ticker_XBTUSDT_2025.json", "XBTUSDT", [], "105899.4", "105944.2", "105944.3", ""),
    ("kraken/ticker_BCHEUR_2017.json", "BCHEUR", [], "355.4", "354.3", "355.4", "4433.77288826"),
    ("kraken/ticker_multi_2026-07-27.json", "USDTUSD", ["XBTUSD"], "0.99908", "0.999", "0.9991", "-"),
    ("kraken/ticker_multi_2026-07-27.json", "XDGUSD", ["XBTUSD"], "0.0726379", "0.07263", "0.07264", "-"),
    ("kraken/ticker_multi_2026-07-27.json", "WBTCUSD", ["XBTUSD"], "64962.3", "64950", "64970", "-"),
    ("kraken/ticker_multi_2026-07-27.json", "XBTUSD", ["WBTCUSD"], "65231.8", "65231.9", "65232", "-"),
    ("kraken/ticker_all_assetVersion1_2026-07-23.json", "ETHUSD", ["X"], "1926.82", "1926.82", "1926.83", ""),
    ("okx/ticker_BTC-USDT_2023-01-04.json", "BTC-USDT", [], "16839.1", "16839", "16839.1", "5150.98223027"),
    ("okx/ticker_GRAM-USDT_live_2026-09-25.json", "GRAM-USDT", [], "1.405", "1.404", "1.405", "2583217.242"),
    ("okx/tickers_all_SPOT_2026-07-27.json", "USDT-USD", ["BTC-USDT"], "0.999", "0.9989", "0.9991", "-"),
    ("bybit/v5_tickers_spot_BTCUSDT.json", "BTCUSDT", [], "20533.13", "20517.96", "20527.77", "11801.27771"),
    ("bybit/v5_tickers_spot_2rows_dydx.json", "ETHUSDT", ["BTCUSDT"], "1739.07", "1739.06", "1739.07", "53110.43746"),
    ("kucoin/allTickers_2026-07-27.json", "NEAR-USDT", [], "1.8377", "1.8376", "1.8378", "-"),
    ("kucoin/allTickers_2019.json", "BTC-USDT", [], "3962.704301", "3956.3164272", "3962.704301", "166.50015738"),
    ("bitstamp/ticker_btcusd_gct.json", "btcusd", [], "2211", "2188.97", "2211", "213.268011"),
    ("bitstamp/ticker_all_2026-07-27.json", "usdcusd", ["btcusd"], "0.99991", "0.9999", "0.99992", "1000"),
    ("bitstamp/ticker_all_2rows_dydx.json", "btcusd", ["ethusd"], "25846", "25841", "25842", "1903.9556064"),
    ("gemini/v1_pubticker_BTCUSD.json", "btcusd", [], "11381.47", "11381.50", "11388.08", "915.6534281291"),
    ("gemini/pubticker_BTCUSD_2017.json", "btcusd", [], "4407.82", "4407.81", "4407.82", "4835.1549187912"),
]
TIMES = [
    ("binance/ticker_24hr_BTCUSDT.json", "BTCUSDT", datetime(2020, 4, 15, 22, 54, 38, 494000, UTC)),
    ("coinbase_exchange/ticker_NEAR-USD_2026-07-27.json", "NEAR-USD", datetime(2026, 7, 27, 9, 54, 10, 491922, UTC)),
    ("kraken/ticker_XBTUSD_live_2026-09-25.json", "XBTUSD", None),
    ("okx/ticker_GRAM-USDT_live_2026-09-25.json", "GRAM-USDT", datetime(2026, 9, 25, 7, 41, 37, 76000, UTC)),
    ("bitstamp/ticker_btcusd_gct.json", "btcusd", datetime(2022, 1, 31, 14, 43, 6, 0, UTC)),
]
ERRORS = [
    ("binance/error_invalid_symbol.json", "NOSUCH", 400, MissCode.UNKNOWN_TICKER),
    ("binance/error_418_ip_banned.json", "BTCUSDT", 418, MissCode.BANNED),
    ("coinbase_exchange/error_404_notfound.json", "NO-SUCH", 404, MissCode.UNKNOWN_TICKER),
    ("coinbase_exchange/error_429_public_rate_limit.json", "BTC-USD", 429, MissCode.RATE_LIMITED),
    ("okx/error_50011_rate_limit.json", "BTC-USDT", 200, MissCode.RATE_LIMITED),
    ("okx/error_50011_rate_limit.json", "BTC-USDT", 429, MissCode.RATE_LIMITED),
    ("bybit/error_10001_not_supported_symbols.json", "NOSUCH", 200, MissCode.UNKNOWN_TICKER),
    ("kucoin/error_100001_symbol_not_exists.json", "NO-SUCH", 200, MissCode.UNKNOWN_TICKER),
    ("kucoin/level1_BTC-USDT_2023-01-01.json", "BTC-USDT", 200, MissCode.UNEXPECTED_SHAPE),
    ("gemini/error_v1_pubticker_invalid_symbol.json", "bla", 400, MissCode.UNKNOWN_TICKER),
    ("gemini/v1_pubticker_BTCUSD.json", "ethusd", 200, MissCode.WRONG_PAIR),
    ("kraken/ticker_XBTUSD_live_2026-09-25.json", "ETHUSD", 200, MissCode.WRONG_PAIR),
    ("okx/ticker_GRAM-USDT_live_2026-09-25.json", "BTC-USDT", 200, MissCode.WRONG_PAIR),
    ("kucoin/allTickers_2026-07-27.json", "BTC-USDT", 200, MissCode.TICKER_MISSING),
    ("bitstamp/errors_shapes_concatenated.txt", "btcusd", 200, MissCode.NOT_JSON),
]


def _body(file: str) -> bytes:
    return (require(RECORDED_DIR) / file).read_bytes()


@pytest.mark.parametrize("case", QUOTES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_recorded_body_is_read_as_a_person_reads_it(
    case: tuple[str, str, list[str], str, str, str, str],
) -> None:
    """Price, bid, ask and base volume come from the right fields of the right row; "-" means none."""
    file, ticker, others, price, bid, ask, volume = case

    outcome = parse(file.split("/", maxsplit=1)[0], _body(file), [ticker, *others])[0]

    assert isinstance(outcome, Quote)
    assert (outcome.price, outcome.bid, outcome.ask) == (Decimal(price), Decimal(bid), Decimal(ask))
    if volume:
        assert outcome.volume == (None if volume == "-" else Decimal(volume))


@pytest.mark.parametrize(("file", "ticker", "moment"), TIMES)
def test_a_recorded_time_is_read_in_its_unit(file: str, ticker: str, moment: datetime | None) -> None:
    """Seconds, milliseconds and ISO times with nanoseconds are told apart."""
    outcome = parse_one(file.split("/", maxsplit=1)[0], _body(file), ticker)

    assert isinstance(outcome, Quote)
    assert outcome.source_time == moment


@pytest.mark.parametrize(("file", "ticker", "status", "code"), ERRORS)
def test_a_recorded_error_has_its_code(file: str, ticker: str, status: int, code: MissCode) -> None:
    """Unknown tickers, limits, bans and wrong pairs are told apart, whatever the status."""
    outcome = parse_one(file.split("/", maxsplit=1)[0], _body(file), ticker, status=status)

    assert isinstance(outcome, Miss)
    assert outcome.code == code
