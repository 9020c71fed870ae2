"""Prices, feeds, sources, history and reports as clients read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis import RedisError
from rest_framework.test import APIClient

from apps.chain.errors import RpcUnavailable
from apps.feeds.models import SourceState
from apps.pricing.types import AnswerReason, AnswerState, MissCode, SourceSpec
from apps.sources.breaker import Judgement, Verdict, policy
from apps.sources.gate import RedisGate, gate_keys
from apps.sources.retry import Pause
from oracle_project.redis_clients import shared_redis
from tests.api.conftest import FakeChain
from tests.api.factories import (
    CONTRACT,
    TX_HASH,
    confirmed_round,
    make_answer,
    make_deployment,
    make_feed,
    make_round,
    make_source,
    make_submission,
    reading,
    snapshot,
)


def test_price_is_what_contract_says(client: APIClient, chain: FakeChain) -> None:
    """A price is the contract's integer, with the round and the transaction it came from."""
    at = timezone.now().replace(microsecond=0) - timedelta(seconds=30)
    make_feed()
    round_ = confirmed_round(observed_at=at)
    chain.snapshot = snapshot(BTC_USD=reading(at))
    body = client.get("/api/v1/prices/BTC-USD").json()

    assert 30 <= body.pop("age_s") <= 40
    assert body.pop("observed_at") == body.pop("updated_at")
    assert body == {
        "pair": "BTC/USD",
        "destination": "main",
        "chain_id": 31337,
        "price": "84065.04000000",
        "answer": "8406504000000",
        "decimals": 8,
        "round_id": 3,
        "stale": False,
        "simulated": True,
        "block_number": 9,
        "tx_hash": TX_HASH,
        "tx_block_number": 7,
        "round": f"/api/v1/rounds/{round_.pk}",
    }


def test_origin_is_found_before_read_back(client: APIClient, chain: FakeChain) -> None:
    """A value newer than the last read-back still links to its round, by its observation time."""
    at = timezone.now()
    make_feed()
    confirmed_round(observed_at=at - timedelta(minutes=5))
    newer = make_round(submission=make_submission())
    make_answer(newer, observed_at=at)
    chain.snapshot = snapshot(BTC_USD=reading(at.replace(microsecond=0), round_id=4))

    assert client.get("/api/v1/prices/BTC-USD").json()["round"] == f"/api/v1/rounds/{newer.pk}"


def test_price_of_stranger_has_no_round(client: APIClient, chain: FakeChain) -> None:
    """A value that someone else submitted is shown without a round."""
    make_feed()
    make_deployment("BTC/USD")
    chain.snapshot = snapshot(BTC_USD=reading(timezone.now() - timedelta(hours=9)))
    body = client.get("/api/v1/prices/BTC-USD").json()

    assert (body["round"], body["tx_hash"], body["stale"]) == (None, None, True)


def test_unreadable_chain_answers_503(client: APIClient, chain: FakeChain) -> None:
    """No old price is served when the contract cannot be read."""
    make_feed()
    make_deployment("BTC/USD")
    chain.error = RpcUnavailable("no endpoint answered")
    reply = client.get("/api/v1/prices/BTC-USD")

    assert (reply.status_code, reply.json()["code"], reply.json()["cause"]) == (
        503,
        "chain_unavailable",
        "rpc_unavailable",
    )
    assert reply.headers["Retry-After"]


def test_missing_contract_answers_503(client: APIClient, chain: FakeChain) -> None:
    """Before the first deployment prices are unavailable, not an error of ours."""
    make_feed()

    assert client.get("/api/v1/prices").json()["cause"] == "not_deployed"


def test_feed_without_price_answers_404(client: APIClient, chain: FakeChain) -> None:
    """A feed the contract has no value of says so under its own code."""
    make_feed()
    make_deployment("BTC/USD")

    assert client.get("/api/v1/prices/BTC-USD").json()["code"] == "no_price_yet"


def test_prices_list_what_is_missing(client: APIClient, chain: FakeChain) -> None:
    """The list has enabled feeds only, and names those without a value."""
    for pair in ("BTC/USD", "ETH/USD"):
        make_feed(pair)
    make_feed("SOL/USD", enabled=False)
    make_deployment("BTC/USD")
    chain.snapshot = snapshot(BTC_USD=reading(timezone.now()), SOL_USD=reading(timezone.now()))
    body = client.get("/api/v1/prices").json()

    assert [row["pair"] for row in body["results"]] == ["BTC/USD"]
    assert body["missing"] == ["ETH/USD"]


@pytest.mark.parametrize("whole", [True, False])
def test_a_paused_price_is_not_given(client: APIClient, chain: FakeChain, whole: bool) -> None:
    """What the contract refuses to its consumers is no price here either, whether it is paused or the feed alone."""
    for pair in ("BTC/USD", "ETH/USD"):
        make_feed(pair)
    make_deployment("BTC/USD", "ETH/USD")
    chain.snapshot = snapshot(BTC_USD=reading(timezone.now()), ETH_USD=reading(timezone.now()))
    chain.paused, chain.paused_pairs = whole, frozenset({"BTC/USD"})
    body = client.get("/api/v1/prices").json()
    reply = client.get("/api/v1/prices/BTC-USD")

    assert body["paused"] == (["BTC/USD", "ETH/USD"] if whole else ["BTC/USD"])
    assert [row["pair"] for row in body["results"]] == ([] if whole else ["ETH/USD"])
    assert (reply.status_code, reply.json()["code"]) == (503, "price_paused")


def test_feed_shows_its_list_and_state(client: APIClient) -> None:
    """A feed comes with its sources in the order of asking and its newest answer."""
    feed = make_feed(min_answer="1000")
    make_source("kraken", feed=feed, priority=2)
    make_source("coinbase", feed=feed, priority=1)
    make_deployment("BTC/USD")
    make_answer(make_round(), state=AnswerState.SKIPPED, reason=AnswerReason.NO_NEWS)
    body = client.get("/api/v1/feeds/BTC-USD").json()

    assert [(row["priority"], row["source"]) for row in body["listings"]] == [(1, "coinbase"), (2, "kraken")]
    assert body["proxy"] == f"0x{1:040x}"
    assert body["proxies"] == {"main": f"0x{1:040x}"}
    assert body["min_answer"].startswith("1000")
    assert body["last_answer"]["reason"] == "no_news"
    assert [row["pair"] for row in client.get("/api/v1/feeds").json()["results"]] == ["BTC/USD"]


def test_sources_show_how_they_did(client: APIClient) -> None:
    """A source tells its state, latency, share of answers and last error."""
    feed = make_feed()
    failing = make_source("kraken", feed=feed)
    make_source("okx")
    SourceState.objects.create(
        source=failing,
        last_asked_at=timezone.now(),
        last_code="timeout",
        last_latency_ms=2500,
        consecutive_failures=2,
        quotes_ok=3,
        quotes_missed=1,
    )
    kraken, okx = client.get("/api/v1/sources").json()["results"]

    assert (kraken["state"], kraken["last_error"], kraken["latency_ms"]) == ("failing", "timeout", 2500)
    assert (kraken["success_bps"], kraken["feeds"]) == (7500, 1)
    assert (okx["state"], okx["success_bps"], okx["latency_ms"]) == ("unasked", None, None)


def test_sources_show_their_breaker(client: APIClient, settings: Settings) -> None:
    """Whether a source may be asked, why not, until when, and what to do; a limit is shown whoever set it."""
    settings.MARKET = "live"
    make_source("kraken", feed=make_feed())
    keys = gate_keys("kraken")
    gate = RedisGate(shared_redis(), thresholds=policy())
    spec = SourceSpec("kraken", "kraken", "https://api.kraken.com", Decimal(1), 1)
    gate.report(spec, Verdict(Judgement.PERMANENT, "geo_blocked", "HTTP 451"), probe="", host=0)
    gate.pause(spec, Pause(60), code=MissCode.BANNED, message="HTTP 418")

    try:
        (kraken,) = client.get("/api/v1/sources").json()["results"]
    finally:
        shared_redis().delete(*keys)

    breaker = kraken["breaker"]
    assert (breaker["state"], breaker["openings"], breaker["code"]) == ("open", 1, "geo_blocked")
    assert (breaker["pause_code"], breaker["paused_until"] is not None) == ("banned", True)
    assert kraken["rate_limit"] == "30/30 second"
    assert (kraken["venue"], kraken["host"]) == ("kraken", "api.kraken.com")


def test_sources_are_shown_while_redis_is_away(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their breakers are unknown, which is not the same as closed."""
    make_source("kraken", feed=make_feed())

    def away(_slugs: object) -> None:
        raise RedisError

    monkeypatch.setattr("apps.api.views.feeds.gate_states", away)

    (kraken,) = client.get("/api/v1/sources").json()["results"]
    assert kraken["breaker"] is None


def test_raw_history_is_newest_first(client: APIClient) -> None:
    """Raw history has accepted answers only, each with its round."""
    make_feed()
    now = timezone.now()
    for minutes in (3, 1, 2):
        make_answer(make_round(), observed_at=now - timedelta(minutes=minutes), answer=minutes)
    make_answer(make_round(), state=AnswerState.REJECTED, reason=AnswerReason.OUT_OF_BOUNDS)
    body = client.get("/api/v1/feeds/BTC-USD/history?limit=2").json()

    assert [row["answer"] for row in body["answers"]] == ["1", "2"]
    assert body["candles"] == []


def test_candles_hold_open_high_low_close(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Candles start on round times and summarise accepted answers in the order of their observation."""
    make_feed()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    huge = 2**190
    for seconds, answer in ((50, 4), (10, 5), (20, huge), (30, 2), (3600, 7)):
        make_answer(make_round(), observed_at=hour + timedelta(seconds=seconds), answer=answer)
    body = client.get("/api/v1/feeds/BTC-USD/history?interval=1h").json()

    newest, oldest = body["candles"]
    assert (newest["open"], newest["answers"]) == ("7", 1)
    assert [oldest[name] for name in ("open", "high", "low", "close", "answers")] == ["5", str(huge), "2", "4", 4]
    assert datetime.fromisoformat(oldest["start"]) == hour


def test_history_refuses_other_intervals(client: APIClient) -> None:
    """An interval that does not exist is named as the wrong parameter."""
    make_feed()

    assert client.get("/api/v1/feeds/BTC-USD/history?interval=2h").json()["parameter"] == "interval"


def test_report_can_be_submitted_by_anyone(client: APIClient) -> None:
    """A report has the contract's structs, its signatures, and the contract they are bound to."""
    make_feed()
    round_ = confirmed_round(observed_at=datetime(2026, 1, 1, tzinfo=UTC))
    body = client.get("/api/v1/reports/BTC-USD").json()

    assert (body["chain_id"], body["contract"]) == (31337, CONTRACT)
    assert body["signatures"] == ["0x" + "11" * 65]
    assert body["report"]["answers"] == [
        {
            "pair": "BTC/USD",
            "feedId": "0x" + b"BTC/USD".ljust(32, b"\0").hex(),
            "answer": "8406504000000",
            "observedAt": 1767225600,
        }
    ]
    assert body["round"] == f"/api/v1/rounds/{round_.pk}"


def test_unsigned_report_is_not_given(client: APIClient) -> None:
    """A submission that is not signed yet is no report."""
    make_feed()
    make_submission(deployment=make_deployment("BTC/USD"), digest="", signatures=[])

    assert client.get("/api/v1/reports/BTC-USD").json()["code"] == "report_unknown"
