"""Incidents that cost others money, aggregation's part: each one played, and what stops it here.

The numbers are those of the project's list of incidents; transactions and nodes have theirs in the files beside.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.feeds.models import Feed, Listing, Source
from apps.feeds.validation import config_problems
from apps.feeds.values import Config, FeedConfig, ListingConfig, SourceConfig
from apps.monitoring import metrics
from apps.pricing.aggregate import Known, aggregate_round
from apps.pricing.fixed_point import from_fixed, to_fixed
from apps.pricing.guards import Release
from apps.pricing.triggers import decide
from apps.pricing.types import AnswerReason, AnswerState, Miss, MissCode, OnChainValue, Quote, RefusalCode
from apps.pricing.whatif import RecordedRound, compare
from apps.rounds import memory
from apps.rounds.models import Answer, Hold, Round
from apps.rounds.settling import settle
from apps.sources.adapters import parsing
from apps.sources.adapters.decoding import load
from apps.submissions.models import Submission
from tests.pricing.test_aggregate import NOW, feed, listing, quote, refusals
from tests.rounds.test_services import lane, opened

PAIR = "BTC/USD"
CHAIN = OnChainValue(100 * 10**8, NOW - timedelta(seconds=60), NOW - timedelta(seconds=60))


@pytest.fixture(autouse=True)
def _no_memory() -> None:
    """Begin with nothing remembered of earlier rounds."""
    client = memory._client()
    if keys := list(client.scan_iter("oracle:memory:*")):
        client.delete(*keys)


def judged(outcomes: dict[str, Quote | Miss], *, now_known: Known | None = None, **rules: object) -> Any:
    """Return the price these sources come to, and what the triggers decide against a chain value of 100."""
    spec = feed(PAIR, [listing(name, PAIR) for name in outcomes], **{"quorum": 3, **rules})
    known = now_known or Known(references={PAIR: CHAIN})
    price = aggregate_round([spec], {(n, PAIR): o for n, o in outcomes.items()}, now=NOW, known=known)[PAIR]
    return price, decide(price, reference=CHAIN, on_demand=False, now=NOW)


def said(**prices: str) -> dict[str, Quote | Miss]:
    return {name: quote(name, PAIR, price) for name, price in prices.items()}


@pytest.mark.django_db
def test_incident_01_one_api_off_by_a_thousand_and_another_dead_publishes_nothing() -> None:
    """sKRW 2019: below quorum the round is rejected, the chain keeps its value, and a metric counts it."""
    btc = Feed.objects.create(pair=PAIR, quorum=3, active_sources=3)
    for priority, slug in enumerate(("kraken", "gemini", "bitstamp"), start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=btc, source=source, ticker=slug, priority=priority)
    counted = metrics.ANSWERS.labels(PAIR, AnswerState.REJECTED, AnswerReason.BELOW_QUORUM)
    before = counted._value.get()
    round_ = opened()

    lanes = [lane("kraken", "100"), lane("gemini", "100000"), lane("bitstamp", None)]
    settle(round_.pk, lanes, closed_by=Round.ClosedBy.CALLBACK, now=NOW)

    answer = Answer.objects.get(round=round_)
    assert (answer.state, answer.reason, answer.answer) == ("REJECTED", "below_quorum", None)
    assert Submission.objects.count() == 0
    assert counted._value.get() == before + 1


def test_incident_02_one_exchange_30_percent_up_is_refused() -> None:
    """DAI at 1.30 on one exchange, 2020: refused with its reason, the price within 1 bp of the other four."""
    price, decision = judged(said(a="100", b="100.01", c="99.99", d="100", e="130"))

    assert refusals(price) == {"e": RefusalCode.OUTLIER}
    assert abs(price.price / 100 - 1) < Decimal("0.0001")
    assert decision.state in {AnswerState.SKIPPED, AnswerState.ACCEPTED}


@pytest.mark.django_db
def test_incident_03_a_price_below_its_bound_is_held_and_seen(client: Client) -> None:
    """LUNA's floor, 2022: nothing is sent, and the API says HELD instead of serving the bound."""
    luna = Feed.objects.create(pair=PAIR, quorum=2, active_sources=2, min_answer=Decimal("0.1"))
    for priority, slug in enumerate(("kraken", "gemini"), start=1):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        Listing.objects.create(feed=luna, source=source, ticker=slug, priority=priority)
    round_ = opened()

    settle(round_.pk, [lane("kraken", "0.01"), lane("gemini", "0.01")], closed_by=Round.ClosedBy.CALLBACK, now=NOW)

    shown = client.get(f"/api/v1/rounds/{round_.pk}").json()
    assert (shown["status"], shown["answers"][0]["state"]) == ("HELD", "HELD")
    assert client.get("/api/v1/holds").json()["results"][0]["reason"] == "out_of_bounds"
    assert Submission.objects.count() == 0
    assert Hold.objects.count() == 1


@given(digits=st.integers(1, 10**17), exponent=st.integers(-18, 0), decimals=st.integers(0, 18), as_text=st.booleans())
def test_incident_04_a_number_of_any_spelling_becomes_the_same_integer(
    digits: int, exponent: int, decimals: int, as_text: bool
) -> None:
    """Pyth's float that became 0, 2021: from JSON text to the chain's integer without a float in between."""
    written = f"{digits}E{exponent}"
    document = load(json.dumps({"p": written}).encode() if as_text else b'{"p": %s}' % written.encode())

    number = parsing.price(document["p"])  # type: ignore[index]

    assert number == Decimal(digits).scaleb(exponent)
    assert from_fixed(to_fixed(number, decimals=18), decimals=18) == number
    error = abs(from_fixed(to_fixed(number, decimals=decimals), decimals=decimals) - number)
    assert error <= Decimal(10) ** -decimals / 2


@pytest.mark.parametrize("price", ["1e-8", "6.5E4", "9007199254740993", "999999999999999999"])
def test_incident_04_exponents_and_integers_beyond_53_bits_stay_exact(price: str) -> None:
    """What a double would round or a parser would misread is kept to the last digit."""
    assert parsing.price(price) == Decimal(price)


def test_incident_05_a_derived_feed_without_its_leg_is_refused_on_save() -> None:
    """Moonwell's cbETH without ETH/USD, 2026: a conversion that is missing, or ends in another currency, is no save."""
    sources = {slug: SourceConfig(slug=slug, name=slug, adapter=slug) for slug in ("kraken", "gemini", "okx")}
    rows = tuple(ListingConfig(slug, "CBETHETH") for slug in sources)

    def codes(conversion: str, *others: FeedConfig) -> set[str]:
        derived = FeedConfig("CBETH/USD", listings=tuple(replace(row, conversion=conversion) for row in rows))
        config = Config(sources, {one.pair: one for one in (derived, *others)})
        return {problem.code for problem in config_problems(config, adapters=tuple(sources))}

    assert "conversion_missing" in codes("ETH/USD")
    assert "conversion_mismatch" in codes("ETH/BTC", FeedConfig("ETH/BTC", listings=rows))
    assert not codes("ETH/USD", FeedConfig("ETH/USD", listings=rows))


def test_incident_05_a_price_without_its_leg_jumps_and_is_held() -> None:
    """A cbETH at 1.12 instead of 2,300: the move against the chain's value needs a person."""
    _, decision = judged(said(a="1.12", b="1.12", c="1.12", d="1.12", e="1.12"))

    assert (decision.state, decision.reason) == (AnswerState.HELD, AnswerReason.JUMP)


def test_incident_06_a_new_bound_is_tried_on_past_rounds_first() -> None:
    """Aave's capped wstETH, 2026: the simulation names the rounds a cap would have stopped before it is saved."""
    before = feed(PAIR, [listing("a", PAIR)])
    after = replace(before, max_answer=Decimal(102))
    rounds = []
    for minute, price in enumerate(("100", "101", "103", "101")):
        at = NOW + timedelta(minutes=minute)
        rounds.append(RecordedRound(at=at, outcomes={("a", PAIR): quote("a", PAIR, price, received_at=at)}))

    (compared,) = compare(rounds, before=[before], after=[after])

    assert compared.lost == 1 or compared.sent[1] < compared.sent[0]


def test_incident_18_an_uninverted_pair_is_an_outlier_and_alone_a_jump() -> None:
    """TRY/USD at 46.44: among honest sources it is refused; without them the move stops it."""
    price, _ = judged(said(a="0.0215", b="0.0216", c="0.0215", d="46.44"))
    spec = feed(PAIR, [listing(name, PAIR) for name in "abc"], quorum=3)
    reference = OnChainValue(2_150_000, NOW - timedelta(seconds=60), NOW - timedelta(seconds=60))
    alone = aggregate_round(
        [spec],
        {(name, PAIR): quote(name, PAIR, "46.44") for name in "abc"},
        now=NOW,
        known=Known(references={PAIR: reference}),
    )[PAIR]

    assert refusals(price) == {"d": RefusalCode.OUTLIER}
    assert alone.stop is not None
    assert alone.stop.reason == AnswerReason.JUMP


def test_incident_19_a_source_that_always_says_the_same_is_demoted() -> None:
    """orakl#502: its peers walk at random, it stands still, and from then on it does not count."""
    names = ("a", "b", "c", "d", "e")
    spec = feed(PAIR, [listing(name, PAIR) for name in names], outlier_floor_bps=500)
    watches: Any = {}
    seen = []
    for minute, price in enumerate(("100", "100.2", "100.5", "100.9", "101.4")):
        at = NOW + timedelta(minutes=minute)
        outcomes = {(n, PAIR): quote(n, PAIR, "100" if n == "a" else price, received_at=at) for n in names}
        known = Known(watches={PAIR: watches})
        result = aggregate_round([spec], outcomes, now=at, known=known)[PAIR]
        watches = result.watches
        seen.append(refusals(result).get("a", ""))

    assert seen == ["", "", "", RefusalCode.FROZEN, RefusalCode.FROZEN]


@pytest.mark.parametrize(("rate", "expected"), [("1", "100"), ("0.90", "90")])
def test_incident_20_a_broken_peg_moves_the_price_with_it(rate: str, expected: str) -> None:
    """USDT/USD at 0.90: X/USD over tether markets falls by 10 %, neither to 0 nor not at all."""
    usdt = feed("USDT/USD", [listing("r", "USDT/USD"), listing("q", "USDT/USD")], peg=Decimal(1))
    spec = feed(PAIR, [listing(name, PAIR, conversion="USDT/USD") for name in "abc"])
    outcomes = {(name, PAIR): quote(name, PAIR, "100") for name in "abc"}
    outcomes |= {(name, "USDT/USD"): quote(name, "USDT/USD", rate) for name in "rq"}

    assert aggregate_round([spec, usdt], outcomes, now=NOW)[PAIR].price == Decimal(expected)


def test_incident_20_without_its_leg_a_market_leaves_the_quorum() -> None:
    """The leg is dead: its markets are refused by name, never counted 1:1."""
    usdt = feed("USDT/USD", [listing("r", "USDT/USD")])
    spec = feed(PAIR, [listing(name, PAIR, conversion="USDT/USD") for name in "abc"])
    outcomes: dict[tuple[str, str], Quote | Miss] = {(name, PAIR): quote(name, PAIR, "100") for name in "abc"}
    outcomes["r", "USDT/USD"] = Miss("r", "USDT/USD", "T", MissCode.TIMEOUT)

    result = aggregate_round([spec, usdt], outcomes, now=NOW)[PAIR]

    assert result.answer is None
    assert set(refusals(result).values()) == {RefusalCode.CONVERSION_MISSING}


def test_incident_25_after_an_outage_a_large_move_is_released_never_stuck() -> None:
    """archimedes#1341: 40 % lower after 13 days is held, and a release lets exactly that through."""
    old = OnChainValue(100 * 10**8, NOW - timedelta(days=13), NOW - timedelta(days=13))
    spec = feed(PAIR, [listing(name, PAIR) for name in "abcde"])
    outcomes = {(name, PAIR): quote(name, PAIR, "60") for name in "abcde"}
    known = Known(references={PAIR: old})

    held = aggregate_round([spec], outcomes, now=NOW, known=known)[PAIR]
    released = aggregate_round(
        [spec], outcomes, now=NOW, known=replace(known, releases={PAIR: Release(60 * 10**8, 200)})
    )[PAIR]

    assert held.stop is not None
    assert held.stop.reason == AnswerReason.JUMP
    assert released.stop is None


def test_incident_oct_2025_venues_15_percent_apart_publish_nothing() -> None:
    """POL at 0.117 on Binance and 0.156 on Coinbase for an hour: no estimator helps, so the feed stops and says so."""
    for estimator in ("median", "weighted_median", "filtered_mean", "trimmed_mean", "vwap", "primary_first"):
        _, decision = judged(said(a="0.117", b="0.156"), quorum=2, estimator=estimator)
        assert (decision.state, decision.reason) == (AnswerState.HELD, AnswerReason.SPLIT)
