"""Chainlink and Uniswap v3 over JSON-RPC: what is asked, and what is read in good, failed and hostile replies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from Crypto.Hash import keccak
from eth_abi.abi import decode, encode
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.pricing.types import Ask, Miss, MissCode, Quote
from apps.sources import errors
from apps.sources.adapters import abi
from apps.sources.adapters.base import PriceRequest, Reply
from apps.sources.adapters.on_chain import MULTICALL3, OnChain
from apps.sources.registry import adapter

FEED, OTHER = "0x" + "a1" * 20, "0x" + "b2" * 20
POOL = "0x" + "c3" * 20
NOW = datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
ROUND = ["uint80", "int256", "uint256", "uint256", "uint80"]
SIGNATURES = {
    abi.AGGREGATE3: "aggregate3((address,bool,bytes)[])",
    abi.BLOCK_TIMESTAMP: "getCurrentBlockTimestamp()",
    abi.CHAIN_ID: "getChainId()",
    abi.DECIMALS: "decimals()",
    abi.LATEST_ROUND_DATA: "latestRoundData()",
    abi.OBSERVE: "observe(uint32[])",
}
USDC_WETH = f"{POOL}?decimals=6,18&base=1"


def chain(slug: str, **options: object) -> OnChain:
    """Return the adapter for a chain."""
    found = adapter(slug).with_options(options)
    assert isinstance(found, OnChain)
    return found


def calls_of(request: PriceRequest) -> list[tuple[str, str]]:
    """Return target and call data of every call of a request, decoded by a library that is not ours."""
    params = json.loads(request.body)["params"]
    assert (params[0]["to"], params[1]) == (MULTICALL3, "latest")
    data = bytes.fromhex(params[0]["data"].removeprefix("0x"))
    assert data[:4].hex() == abi.AGGREGATE3
    (calls,) = decode(["(address,bool,bytes)[]"], data[4:])
    assert all(may_fail for _, may_fail, _ in calls)
    return [(target, told.hex()) for target, _, told in calls]


def reply(results: Sequence[bytes | None], *, status: int = 200) -> Reply:
    """Return a node's reply with these results of aggregate3; None is a failed call."""
    pairs = [(result is not None, result or b"") for result in results]
    text = "0x" + encode(["(bool,bytes)[]"], [pairs]).hex()
    return Reply(status, {}, json.dumps({"jsonrpc": "2.0", "id": 1, "result": text}).encode(), NOW)


def number(value: int) -> bytes:
    """Return one word."""
    return encode(["int256"], [value])


def round_data(answer: int, updated_at: int = NOW_S - 30) -> bytes:
    """Return what latestRoundData() gives."""
    return encode(ROUND, [7, answer, updated_at - 5, updated_at, 7])


def observations(first: int, last: int) -> bytes:
    """Return what observe() gives for two moments."""
    return encode(["int56[]", "uint160[]"], [[first, last], [1, 2]])


def read(own: OnChain, ticker: str, *results: bytes | None) -> Quote | Miss:
    """Return what the adapter reads in these results."""
    (request,) = own.build([Ask("ETH/USD", ticker)])
    (outcome,) = own.parse(request, reply(results))
    return outcome


def price(outcome: Quote | Miss) -> Decimal:
    """Return the price of a quote."""
    assert isinstance(outcome, Quote), outcome
    return outcome.price


def code(outcome: Quote | Miss) -> MissCode:
    """Return the code of a miss."""
    assert isinstance(outcome, Miss), outcome
    return outcome.code


@pytest.mark.parametrize(("selector", "signature"), SIGNATURES.items())
def test_selectors_are_those_of_their_signatures(selector: str, signature: str) -> None:
    """The first four bytes of keccak256."""
    assert keccak.new(digest_bits=256, data=signature.encode()).hexdigest()[:8] == selector


def test_a_feed_is_asked_for_answer_and_decimals_in_one_call() -> None:
    """Stated decimals spare the second; the block's time is asked for only where a heartbeat needs it."""
    tickers = [FEED, f"{OTHER}?decimals=8", f"{FEED}?decimals=8"]
    asks = [Ask(f"X{place}/USD", ticker) for place, ticker in enumerate(tickers)]

    (request,) = chain("chainlink").build(asks)

    expected = [(FEED, abi.LATEST_ROUND_DATA), (FEED, abi.DECIMALS), (OTHER, abi.LATEST_ROUND_DATA)]
    assert calls_of(request) == [*expected, (FEED, abi.LATEST_ROUND_DATA)]
    assert request.method == "POST"
    (timed,) = chain("chainlink", chain_id=1).build([Ask("X/USD", f"{FEED}?heartbeat=60")])
    selectors = [told for _, told in calls_of(timed)]
    assert selectors == [abi.BLOCK_TIMESTAMP, abi.CHAIN_ID, abi.LATEST_ROUND_DATA, abi.DECIMALS]


def test_many_feeds_share_few_calls() -> None:
    """Fifty tickers a multicall; asks for the same ticker share its calls."""
    asks = [Ask(f"A{place}/USD", f"0x{place:040x}?decimals=8") for place in range(70)]

    requests = chain("chainlink").build([*asks, Ask("B/USD", asks[0].ticker)])

    assert [len(request.asks) for request in requests] == [50, 21]
    (both,) = chain("chainlink").build([Ask("A/USD", f"{FEED}?decimals=8"), Ask("B/USD", f"{FEED}?decimals=8")])
    assert len(calls_of(both)) == 1


@pytest.mark.parametrize(
    ("decimals", "expected"), [(8, "1960.18439998"), (0, "196018439998"), (18, "1.96018439998E-7")]
)
def test_an_answer_is_scaled_exactly(decimals: int, expected: str) -> None:
    """By the decimals the contract says, or those the ticker states."""
    asked = read(chain("chainlink"), FEED, round_data(196_018_439_998), number(decimals))
    stated = read(chain("chainlink"), f"{FEED}?decimals={decimals}", round_data(196_018_439_998))

    assert price(asked) == price(stated) == Decimal(expected)
    assert isinstance(asked, Quote)
    assert asked.source_time == NOW - timedelta(seconds=30)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(0, MissCode.PRICE_ZERO), (-5, MissCode.PRICE_NEGATIVE), (2**255 - 1, MissCode.PRICE_OUT_OF_RANGE)],
)
def test_an_impossible_answer_is_refused(answer: int, expected: MissCode) -> None:
    """Zero, negative and absurd answers are told apart; the word is signed."""
    assert code(read(chain("chainlink"), f"{FEED}?decimals=8", round_data(answer))) == expected


def test_an_answer_without_a_time_is_refused() -> None:
    """updatedAt 0 is a round that is not complete."""
    assert code(read(chain("chainlink"), f"{FEED}?decimals=8", round_data(5, updated_at=5))) == MissCode.TIME_MALFORMED


@pytest.mark.parametrize(("silent_s", "stands_for"), [(3000, 0), (3660, 0), (3661, 3661), (90_000, 90_000)])
def test_a_silent_feed_stands_until_its_heartbeat(silent_s: int, stands_for: int) -> None:
    """Within heartbeat and grace the answer counts as of the block; a late feed as of its last answer."""
    answered = round_data(5 * 10**8, updated_at=NOW_S - silent_s)

    outcome = read(chain("chainlink"), f"{FEED}?decimals=8&heartbeat=3600", number(NOW_S), answered)

    assert isinstance(outcome, Quote)
    assert outcome.source_time == NOW - timedelta(seconds=stands_for)


def test_a_lost_call_costs_only_its_own_ticker() -> None:
    """One proxy reverts, another address has no contract: the third is read."""
    tickers = [f"0x{place:040x}?decimals=8" for place in range(3)]
    asks = [Ask(f"A{place}/USD", ticker) for place, ticker in enumerate(tickers)]
    own = chain("chainlink")
    (request,) = own.build(asks)

    reverted, nobody, good = own.parse(request, reply([None, b"", round_data(5 * 10**8)]))

    assert (code(reverted), code(nobody)) == (MissCode.TICKER_MISSING, MissCode.TICKER_MISSING)
    assert isinstance(nobody, Miss)
    assert tickers[1].partition("?")[0] in nobody.message
    assert price(good) == 5


def test_a_node_of_another_chain_is_refused() -> None:
    """The same address may be another contract there."""
    own = chain("chainlink", chain_id=10)
    good = round_data(5 * 10**8)

    assert price(read(own, f"{FEED}?decimals=8", number(10), good)) == 5
    assert code(read(own, f"{FEED}?decimals=8", number(1), good)) == MissCode.WRONG_PAIR
    assert code(read(own, f"{FEED}?decimals=8", None, good)) == MissCode.WRONG_PAIR


def test_a_pool_is_asked_for_its_window() -> None:
    """observe([window, 0]), beside the block's own time."""
    (request,) = chain("uniswap_v3").build([Ask("ETH/USDC", f"{USDC_WETH}&window=600")])

    (time, observed) = calls_of(request)
    assert time == (MULTICALL3.lower(), abi.BLOCK_TIMESTAMP)
    assert observed == (POOL, abi.OBSERVE + encode(["uint32[]"], [[600, 0]]).hex())


@pytest.mark.parametrize(
    ("ticker", "expected"),
    [
        (f"{POOL}?decimals=6,18&base=1", "1540.92"),
        (f"{POOL}?decimals=6,18", "0.00065"),
        (f"{POOL}?decimals=18,18&base=1&window=1800", "0.00"),
    ],
)
def test_a_mean_tick_is_a_price_in_the_direction_asked_for(ticker: str, expected: str) -> None:
    """Mean tick 202,919 of a pool with 6 and 18 decimals: 1,540.9 dollars, or one over that."""
    results = number(NOW_S), observations(10**9, 10**9 + 202_919 * 1800)

    outcome = read(chain("uniswap_v3"), ticker, *results)

    assert round(price(outcome), len(expected.partition(".")[2])) == Decimal(expected)
    assert isinstance(outcome, Quote)
    assert (outcome.source_time, outcome.bid) == (NOW, None)


def test_negative_cumulative_ticks_are_signed() -> None:
    """A pool whose price is below one counts downwards."""
    falling = observations(-(10**9), -(10**9) - 1800 * 10)

    outcome = read(chain("uniswap_v3"), f"{POOL}?decimals=18,18", number(NOW_S), falling)

    assert round(price(outcome), 6) == Decimal("0.999001")


def test_a_tick_no_pool_can_have_is_refused() -> None:
    """Beyond Uniswap's own bounds nothing is a price."""
    wild = observations(0, 887_273 * 1800)

    outcome = read(chain("uniswap_v3"), f"{POOL}?decimals=18,18", number(NOW_S), wild)

    assert code(outcome) == MissCode.PRICE_OUT_OF_RANGE


@pytest.mark.parametrize(
    ("slug", "ticker", "words"),
    [
        ("chainlink", "BTC/USD", "begins with an address"),
        ("chainlink", f"{FEED}x", "begins with an address"),
        ("chainlink", f"{FEED}?decimals=8&hartbeat=60", "'hartbeat' is unknown; known are decimals, heartbeat"),
        ("chainlink", f"{FEED}?decimals=80", "decimals is a whole number from 0 to 36, got '80'"),
        ("chainlink", f"{FEED}?heartbeat=0", "heartbeat is a whole number from 1"),
        ("chainlink", f"{FEED}?decimals=-1", "got '-1'"),
        ("uniswap_v3", POOL, "decimals=D0,D1"),
        ("uniswap_v3", f"{POOL}?decimals=6", "decimals=D0,D1"),
        ("uniswap_v3", f"{POOL}?decimals=6,99", "are more than 36"),
        ("uniswap_v3", f"{POOL}?decimals=6,18&base=2", "base is a whole number from 0 to 1"),
        ("uniswap_v3", f"{POOL}?decimals=6,18&window=10", "window is a whole number from 30 to 86400"),
    ],
)
def test_a_ticker_that_cannot_work_is_misconfigured(slug: str, ticker: str, words: str) -> None:
    """The message says what a ticker looks like."""
    with pytest.raises(errors.SourceMisconfigured) as caught:
        chain(slug).build([Ask("ETH/USD", ticker)])

    assert words in str(caught.value)


@pytest.mark.parametrize("slug", ["chainlink", "uniswap_v3"])
def test_options_are_judged(slug: str) -> None:
    """Chain id and Multicall3's address, and nothing else."""
    own = adapter(slug)

    assert own.option_faults({"chain_id": 10, "multicall": FEED}) == []
    assert own.option_faults({"chain_id": "10", "multicall": "0x12", "rpc": "x"}) == [
        "rpc: unknown option; known are chain_id, multicall",
        "chain_id: expected a whole number above zero, got '10'",
        "multicall: expected an address (0x and 40 hex digits), got '0x12'",
    ]


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        ({"code": -32005, "message": "limit exceeded"}, 200, MissCode.RATE_LIMITED),
        ({"code": 429, "message": "capacity"}, 429, MissCode.RATE_LIMITED),
        ({"code": -32000, "message": "Too Many Requests"}, 200, MissCode.RATE_LIMITED),
        ({"code": -32603, "message": "Internal error"}, 200, MissCode.SERVER_ERROR),
        ({"code": -32602, "message": "invalid params"}, 200, MissCode.ERROR_IN_BODY),
        ({"code": -32600, "message": "must authenticate"}, 401, MissCode.KEY_REFUSED),
    ],
)
def test_a_nodes_error_has_its_code(error: dict[str, Any], status: int, expected: MissCode) -> None:
    """Limits are told apart from faults, whatever the status."""
    own = chain("chainlink")
    (request,) = own.build([Ask("ETH/USD", FEED)])
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()

    (outcome,) = own.parse(request, Reply(status, {}, body, NOW))

    assert code(outcome) == expected


def test_a_chain_without_multicall_is_told() -> None:
    """An empty result is no contract at the address."""
    own = chain("chainlink")
    (request,) = own.build([Ask("ETH/USD", FEED)])

    (outcome,) = own.parse(request, Reply(200, {}, b'{"jsonrpc":"2.0","id":1,"result":"0x"}', NOW))

    assert isinstance(outcome, Miss)
    assert (outcome.code, "no contract stands" in outcome.message) == (MissCode.UNEXPECTED_SHAPE, True)


GOOD = {
    FEED: [round_data(5 * 10**8), number(8)],
    USDC_WETH: [number(NOW_S), observations(0, 202_919 * 1800)],
}


@settings(max_examples=300, deadline=None)
@given(
    ticker=st.sampled_from(list(GOOD)),
    cut=st.integers(0, 1500),
    put=st.binary(max_size=40),
    gone=st.integers(0, 200),
)
def test_no_mutated_reply_crashes(ticker: str, cut: int, put: bytes, gone: int) -> None:
    """Any damage gives exactly one outcome, and a quote only with a positive price."""
    own = chain("chainlink" if ticker == FEED else "uniswap_v3")
    (request,) = own.build([Ask("ETH/USD", ticker)])
    body = reply(GOOD[ticker]).body

    (outcome,) = own.parse(request, Reply(200, {}, body[:cut] + put + body[cut + gone :], NOW))

    assert isinstance(outcome, Miss) or (outcome.price.is_finite() and outcome.price > 0)


@settings(max_examples=300, deadline=None)
@given(
    ticker=st.sampled_from(list(GOOD)), place=st.integers(0, 40), word=st.integers(0, 2**256 - 1) | st.integers(0, 99)
)
def test_no_word_of_a_result_leads_astray(ticker: str, place: int, word: int) -> None:
    """Offsets and lengths that point anywhere never crash, and never take long."""
    own = chain("chainlink" if ticker == FEED else "uniswap_v3")
    (request,) = own.build([Ask("ETH/USD", ticker)])
    document = json.loads(reply(GOOD[ticker]).body)
    result = bytearray.fromhex(document["result"][2:])
    at = place * 32 % len(result)
    result[at : at + 32] = word.to_bytes(32, "big")
    document["result"] = f"0x{result.hex()}"

    (outcome,) = own.parse(request, Reply(200, {}, json.dumps(document).encode(), NOW))

    assert isinstance(outcome, Miss) or (outcome.price.is_finite() and outcome.price > 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.none() | st.binary(max_size=100), min_size=1, max_size=8))
def test_results_are_decoded_as_the_library_encodes_them(results: list[bytes | None]) -> None:
    """Our decoder reverses an independent encoder, for any results."""
    text = json.loads(reply(results).body)["result"]

    assert abi.decode_aggregate3(text, expected=len(results)) == results
