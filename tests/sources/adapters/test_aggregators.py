"""What aggregators do beyond the contract: ids, currencies, plans with hosts and keys, and their own errors."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from apps.pricing.types import Ask, Miss, MissCode, Quote, SourceSpec
from apps.sources import errors
from apps.sources.adapters.base import Adapter, BaseAdapter, KeyPlace
from apps.sources.registry import adapter, adapter_of, built_in
from tests.sources.samples import NOW_MS, parse, parse_one
from tests.sources.wires.aggregators import BTC_ID, ETH_ID

NATIVE = "0x0000000000000000000000000000000000000000"
NOW_S = NOW_MS // 1000


def query(slug: str, *tickers: str) -> list[tuple[str, dict[str, str]]]:
    """Return path and query of every request for the tickers."""
    asks = [Ask(f"P{place}/USD", ticker) for place, ticker in enumerate(tickers)]
    return [(request.path, dict(request.query)) for request in adapter(slug).build(asks)]


@pytest.mark.parametrize(
    ("slug", "pair", "ticker"),
    [
        ("coingecko", "BTC/USD", "bitcoin"),
        ("coingecko", "ETH/EUR", "ethereum/EUR"),
        ("coinmarketcap", "ETH/USD", "1027"),
        ("coinpaprika", "btc/usd", "btc-bitcoin"),
        ("coincap", "XRP/USD", "xrp"),
        ("messari", "BTC/USD", "bitcoin"),
        ("cryptocompare", "DOGE/EUR", "DOGE/EUR"),
        ("kaiko", "BTC/USD", "btc/usd"),
        ("dia", "BTC/USD", f"Bitcoin/{NATIVE}"),
        ("defillama", "ETH/USD", "coingecko:ethereum"),
        ("pyth", "BTC/USD", BTC_ID),
        ("chainlink", "BTC/USD", "0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c"),
        ("uniswap_v3", "ETH/USDC", "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640?decimals=6,18&base=1"),
    ],
)
def test_the_best_known_coins_have_pinned_ids(slug: str, pair: str, ticker: str) -> None:
    """A probe without a ticker asks for the right coin."""
    assert adapter(slug).ticker_for(pair) == ticker
    assert len(list(adapter(slug).build([Ask(pair, ticker)]))) == 1


@pytest.mark.parametrize(
    ("slug", "pair", "words"),
    [
        ("coingecko", "GRAM/USD", "no id is pinned for GRAM; look it up"),
        ("coingecko", "BTC/USDT", "not in USDT"),
        ("coincap", "BTC/EUR", "prices in USD, not in EUR"),
        ("dia", "SOL/USD", "no id is pinned for SOL"),
        ("pyth", "GRAM/USD", "no id is pinned for GRAM"),
        ("uniswap_v3", "SOL/USDC", "no id is pinned for SOL"),
    ],
)
def test_a_coin_nobody_pinned_is_not_guessed(slug: str, pair: str, words: str) -> None:
    """A plausible name may be another coin; and USDT is not USD."""
    with pytest.raises(errors.SourceMisconfigured, match=words):
        adapter(slug).ticker_for(pair)


def test_coins_and_currencies_share_a_request() -> None:
    """Where the API takes lists of both, one call answers for all."""
    (path, asked) = query("coingecko", "bitcoin", "ethereum/eur", "bitcoin/EUR")[0]
    assert (path, asked["ids"], asked["vs_currencies"]) == ("/simple/price", "bitcoin,ethereum", "usd,eur")
    assert asked["precision"] == "full"

    (_, asked) = query("cryptocompare", "BTC/USD", "ETH/EUR")[0]
    assert (asked["fsyms"], asked["tsyms"]) == ("BTC,ETH", "USD,EUR")


def test_coinmarketcap_is_asked_once_for_each_currency() -> None:
    """Several currencies a call cost a paid plan."""
    assert [asked for _, asked in query("coinmarketcap", "1", "1027/EUR", "1/EUR", "1/USD")] == [
        {"id": "1", "convert": "USD"},
        {"id": "1027,1", "convert": "EUR"},
    ]


@pytest.mark.parametrize(
    ("slug", "tickers", "path"),
    [
        ("coinpaprika", ["btc-bitcoin"], "/tickers/btc-bitcoin"),
        ("coinpaprika", ["btc-bitcoin", "eth-ethereum"], "/tickers"),
        ("coincap", ["bitcoin"], "/assets/bitcoin"),
        ("coincap", ["bitcoin", "ethereum"], "/assets"),
        ("kaiko", ["btc/usd"], "/trades.v2/spot_exchange_rate/btc/usd"),
        ("kaiko", ["../../x/usd"], "/trades.v2/spot_exchange_rate/..%2F..%2Fx%2Fusd"),
        ("dia", [f"Bitcoin/{NATIVE}"], f"/assetQuotation/Bitcoin/{NATIVE}"),
        ("dia", ["../../v2/x"], "/assetQuotation/..%2F..%2Fv2%2Fx"),
        (
            "defillama",
            ["coingecko:bitcoin", f"ethereum:{NATIVE}"],
            f"/prices/current/coingecko:bitcoin,ethereum:{NATIVE}",
        ),
        ("messari", ["bitcoin"], "/assets/bitcoin/metrics/market-data"),
    ],
)
def test_tickers_stand_where_the_api_expects_them(slug: str, tickers: list[str], path: str) -> None:
    """And a ticker that would climb stays one segment."""
    assert query(slug, *tickers)[0][0] == path


@pytest.mark.parametrize(
    ("slug", "options", "base_url", "place"),
    [
        ("coingecko", {}, "https://api.coingecko.com/api/v3", KeyPlace("x-cg-demo-api-key", is_needed=False)),
        (
            "coingecko",
            {"plan": "demo"},
            "https://api.coingecko.com/api/v3",
            KeyPlace("x-cg-demo-api-key", is_needed=False),
        ),
        ("coingecko", {"plan": "pro"}, "https://pro-api.coingecko.com/api/v3", KeyPlace("x-cg-pro-api-key")),
        ("coinmarketcap", {}, "https://pro-api.coinmarketcap.com", KeyPlace("X-CMC_PRO_API_KEY")),
        (
            "cryptocompare",
            {},
            "https://min-api.cryptocompare.com",
            KeyPlace("Authorization", "Apikey ", is_needed=False),
        ),
        ("coinpaprika", {}, "https://api.coinpaprika.com/v1", None),
        ("coinpaprika", {"plan": "pro"}, "https://api-pro.coinpaprika.com/v1", KeyPlace("Authorization")),
        ("coincap", {}, "https://rest.coincap.io/v3", KeyPlace("Authorization", "Bearer ")),
        ("kaiko", {}, "https://us.market-api.kaiko.io/v2/data", KeyPlace("X-Api-Key")),
        ("messari", {}, "https://data.messari.io/api/v1", KeyPlace("x-messari-api-key")),
        ("dia", {}, "https://api.diadata.org/v1", None),
    ],
)
def test_a_plan_has_its_host_and_its_key(
    slug: str, options: dict[str, object], base_url: str, place: KeyPlace | None
) -> None:
    """Keys of one plan do not work at the host of another."""
    own = adapter_of(SourceSpec("venue", slug, "", Decimal(1), 1, options=options))

    assert adapter(slug).option_faults(options) == []
    assert (own.base_url, own.key_place()) == (base_url, place)


@pytest.mark.parametrize(
    ("slug", "options", "fault"),
    [
        ("coingecko", {"plan": "gold"}, "plan: expected demo or pro, got 'gold'"),
        ("coingecko", {"key": "x"}, "key: unknown option; the only one is plan"),
        ("coinmarketcap", {"plan": "pro"}, "adapter coinmarketcap reads no options, got plan"),
    ],
)
def test_an_option_that_means_nothing_is_refused(slug: str, options: dict[str, object], fault: str) -> None:
    """Also a key, which has no place in options."""
    assert adapter(slug).option_faults(options) == [fault]


@pytest.mark.parametrize(
    ("slug", "ticker", "status", "document", "code"),
    [
        (
            "coingecko",
            "bitcoin",
            401,
            {"status": {"error_code": 10002, "error_message": "API Key Missing"}},
            "key_refused",
        ),
        ("coingecko", "bitcoin", 200, {"error": "coin not found"}, "error_in_body"),
        ("coingecko", "bitcoin", 200, {"bitcoin": {"usd": 1, "last_updated_at": None}}, ""),
        ("coinmarketcap", "1", 429, {"status": {"error_code": 1008, "error_message": "minute"}}, "rate_limited"),
        ("coinmarketcap", "1", 429, {"status": {"error_code": 1010, "error_message": "month"}}, "banned"),
        ("coinmarketcap", "1", 402, {"status": {"error_code": 1003, "error_message": "pay"}}, "key_refused"),
        (
            "coinmarketcap",
            "99999999",
            400,
            {"status": {"error_code": 400, "error_message": 'Invalid value for "id": "99999999"'}},
            "unknown_ticker",
        ),
        (
            "cryptocompare",
            "BTC/USD",
            200,
            {"Response": "Error", "Message": "You are over your rate limit"},
            "rate_limited",
        ),
        (
            "cryptocompare",
            "XX/USD",
            200,
            {"Response": "Error", "Message": "cccagg_or_exchange market does not exist for this coin pair (XX-USD)"},
            "unknown_ticker",
        ),
        ("cryptocompare", "BTC/USD", 200, {"Response": "Error", "Message": "You need a valid auth key"}, "key_refused"),
        ("coinpaprika", "x", 404, {"error": "id not found"}, "unknown_ticker"),
        ("coinpaprika", "x", 402, {"error": "monthly"}, "key_refused"),
        ("coincap", "x", 404, {"error": "x not found", "timestamp": 1}, "unknown_ticker"),
        ("coincap", "x", 401, {"error": "unauthorized"}, "key_refused"),
        ("dia", f"X/{NATIVE}", 404, {"errorcode": 404, "errormessage": "not found"}, "unknown_ticker"),
        ("kaiko", "x/usd", 404, {"result": "error", "message": "instrument not found"}, "unknown_ticker"),
        ("kaiko", "btc/usd", 403, {"message": "key has no right"}, "key_refused"),
        ("kaiko", "btc/usd", 200, {"result": "error", "message": "oops"}, "error_in_body"),
        ("messari", "x", 404, {"status": {"error_code": 404, "error_message": "Asset not found"}}, "unknown_ticker"),
        ("messari", "x", 429, {"status": {"error_code": 429, "error_message": "slow"}}, "rate_limited"),
        ("messari", "x", 200, {"status": {"error_code": 500, "error_message": "ill"}}, "error_in_body"),
    ],
)
def test_an_aggregators_own_words_have_their_code(
    slug: str, ticker: str, status: int, document: dict[str, object], code: str
) -> None:
    """Spent credits, refused keys and unknown coins are told apart, whatever the status."""
    outcome = parse_one(slug, json.dumps(document).encode(), ticker, status=status)

    assert (outcome.code if isinstance(outcome, Miss) else "") == code, outcome


def test_pyth_says_in_plain_text_which_id_it_does_not_know() -> None:
    """404 without JSON is an unknown ticker here, not a broken reply."""
    body = f"Price ids not found: 0x{BTC_ID}".encode()

    outcome = parse_one("pyth", body, BTC_ID, status=404)

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.UNKNOWN_TICKER


@pytest.mark.parametrize(
    ("price", "conf", "expo", "expected"),
    [
        ("18348721100", "211694", -8, ("183.487211", "183.48509406", "183.48932794")),
        ("5", "5", 0, ("5", None, None)),
        ("123", None, 2, ("12300", None, None)),
        ("9007199254740993", "1", -8, ("90071992.54740993", "90071992.54740992", "90071992.54740994")),
    ],
)
def test_pyth_prices_are_scaled_exactly(
    price: str, conf: str | None, expo: int, expected: tuple[str, str | None, str | None]
) -> None:
    """Integers beyond a float's reach keep every digit; a band that reaches zero is dropped."""
    said = {"price": price, "expo": expo, "publish_time": NOW_S} | ({"conf": conf} if conf else {})
    body = json.dumps({"parsed": [{"id": BTC_ID, "price": said}]}).encode()

    outcome = parse_one("pyth", body, f"0x{BTC_ID.upper()}")

    assert isinstance(outcome, Quote)
    known = (outcome.price, outcome.bid, outcome.ask)
    assert known == tuple(None if text is None else Decimal(text) for text in expected)


@pytest.mark.parametrize("expo", ["-8", 1.5, 41, True, None])
def test_pyth_without_a_sound_exponent_is_no_price(expo: object) -> None:
    """A price off by a power of ten is worse than none."""
    said = {"price": "5", "conf": "1", "expo": expo, "publish_time": NOW_S}
    body = json.dumps({"parsed": [{"id": BTC_ID, "price": said}]}).encode()

    outcome = parse_one("pyth", body, BTC_ID)

    assert isinstance(outcome, Miss)
    assert outcome.code == MissCode.UNEXPECTED_SHAPE


def test_pyth_ids_are_matched_by_id_not_by_place() -> None:
    """The reply's order is its own."""
    rows = [
        {"id": each, "price": {"price": str(n), "expo": 0, "publish_time": NOW_S}}
        for n, each in ((2, ETH_ID), (1, BTC_ID))
    ]

    outcomes = parse("pyth", json.dumps({"parsed": rows}).encode(), [f"0x{BTC_ID}", ETH_ID])

    assert [outcome.price for outcome in outcomes if isinstance(outcome, Quote)] == [1, 2]


def test_defillamas_own_doubt_is_believed() -> None:
    """A confidence below 0.9 is a thin market."""
    coin = {"price": 5, "timestamp": NOW_S, "confidence": 0.6}
    body = json.dumps({"coins": {"coingecko:bitcoin": coin}}).encode()

    outcome = parse_one("defillama", body, "coingecko:bitcoin")

    assert isinstance(outcome, Miss)
    assert "confidence 0.6 is below 0.9" in outcome.message


def test_kaikos_newest_minute_may_be_empty() -> None:
    """The newest minute that has a price counts, with its time; none at all is a null price."""
    query_ = {"base_asset": "btc", "quote_asset": "usd"}
    rows = [{"timestamp": NOW_MS, "price": None}, {"timestamp": NOW_MS - 60_000, "price": "5"}]

    second = parse_one("kaiko", json.dumps({"query": query_, "data": rows}).encode(), "btc/usd")
    none = parse_one("kaiko", json.dumps({"query": query_, "data": rows[:1]}).encode(), "btc/usd")

    assert isinstance(second, Quote)
    assert second.source_time is not None
    assert second.source_time.timestamp() == NOW_S - 60
    assert isinstance(none, Miss)
    assert none.code == MissCode.PRICE_NULL


def test_messaris_reply_clock_is_no_price_time() -> None:
    """Without last_trade_at a fresh reply has no time, an old one shows its age."""

    def said(moment: str) -> bytes:
        document = {"status": {"timestamp": moment}, "data": {"slug": "bitcoin", "market_data": {"price_usd": 5}}}
        return json.dumps(document).encode()

    fresh = parse_one("messari", said("2026-11-24T12:00:01Z"), "bitcoin")
    old = parse_one("messari", said("2026-11-23T12:00:00Z"), "bitcoin")

    assert isinstance(fresh, Quote)
    assert isinstance(old, Quote)
    assert fresh.source_time is None
    assert old.source_time is not None


@pytest.mark.parametrize("own", built_in(), ids=lambda own: own.slug)
def test_a_docstring_says_where_the_format_comes_from_and_what_its_time_is(own: Adapter) -> None:
    """Its own, or that of the adapter it is made from."""
    texts = [
        str(each.__doc__) for each in type(own).__mro__ if issubclass(each, BaseAdapter) and each is not BaseAdapter
    ]

    assert any("Source: https://" in text for text in texts)
    assert any("Time" in text for text in texts)
