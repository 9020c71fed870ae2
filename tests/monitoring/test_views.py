"""Health and metrics over HTTP, with tables behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client

from apps.feeds.models import Feed, Source, SourceState
from apps.monitoring import health
from apps.rounds.models import Answer, Round
from apps.scheduler import gauges, readiness
from apps.submissions.models import Deployment, OnChainPrice, Submission, Wallet

READY = "/api/v1/health/ready"
CHAIN_ID = 31337


def feed_with_price(pair: str, *, age_s: int, heartbeat_s: int = 60, required: bool = True) -> None:
    """Store an enabled feed and its price on chain."""
    now = datetime.now(UTC)
    Feed.objects.create(pair=pair, heartbeat_s=heartbeat_s, required=required)
    deployment, _ = Deployment.objects.get_or_create(
        chain_id=CHAIN_ID,
        address="0x" + "11" * 20,
        defaults={"threshold": 2, "signer_set_version": 1, "block_number": 1},
    )
    OnChainPrice.objects.create(
        deployment=deployment,
        pair=pair,
        answer=6_500_000_000_000,
        decimals=8,
        round_id=1,
        observed_at=now - timedelta(seconds=age_s),
        updated_at=now,
        block_number=2,
    )


def samples(client: Client) -> str:
    """Return the metrics page."""
    return client.get("/metrics").content.decode()


def test_live_needs_nothing(client) -> None:
    """Liveness answers without a database, so an outage elsewhere never restarts this process."""
    response = client.get("/api/v1/health/live")

    assert response.status_code == 200
    assert response.json() == {"status": "live"}


@pytest.mark.django_db
def test_ready_with_young_prices(client) -> None:
    """With every required feed young the oracle is ready, and the body says how young."""
    feed_with_price("BTC/USD", age_s=10)

    response = client.get(READY)

    assert response.status_code == 200
    (finding,) = response.json()["checks"]["feeds"]
    assert finding["name"] == "BTC/USD"
    assert finding["ok"] is True
    assert finding["limit_s"] == 180


@pytest.mark.django_db
def test_not_ready_with_an_old_price(client) -> None:
    """A required feed past heartbeat and grace is a 503 problem that names it and both numbers."""
    feed_with_price("BTC/USD", age_s=10)
    feed_with_price("ETH/USD", age_s=200)

    response = client.get(READY)

    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "not_ready"
    assert client.get(response.json()["type"]).json()["status"] == response.json()["status"] == 503
    assert response.json()["instance"] == "/api/v1/health/ready"
    assert "ETH/USD: age 200 s exceeds heartbeat 60 s + grace 120 s" in response.json()["detail"]
    assert "BTC/USD" not in response.json()["detail"]


@pytest.mark.django_db
def test_an_optional_feed_does_not_stop_readiness(client) -> None:
    """A feed that is not required is reported, and that is all."""
    feed_with_price("BTC/USD", age_s=10)
    feed_with_price("DOGE/USD", age_s=900, required=False)

    response = client.get(READY)

    assert response.status_code == 200
    assert [f["ok"] for f in response.json()["checks"]["feeds"]] == [True, False]


@pytest.mark.django_db
def test_not_ready_before_the_first_price(client) -> None:
    """A feed nobody published yet, on a chain without a contract, says both."""
    Feed.objects.create(pair="BTC/USD")

    detail = client.get(READY).json()["detail"]

    assert "BTC/USD: no price on chain yet" in detail
    assert "contract: no contract is deployed" in detail


@pytest.mark.django_db
def test_not_ready_without_feeds(client) -> None:
    """An oracle with nothing to price is not ready."""
    assert client.get(READY).status_code == 503


def test_not_ready_without_database(client, monkeypatch) -> None:
    """With the database away readiness is a 503 with a reason, never a 500."""

    def away() -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(readiness.connection, "cursor", away)
    monkeypatch.setattr(health, "_checks", {"database": readiness.database})

    response = client.get(READY)

    assert response.status_code == 503
    assert response.json()["checks"]["database"][0]["reason"] == "DatabaseError"


@pytest.mark.django_db
def test_metrics_of_feeds(client) -> None:
    """A feed's age is its observation's; one that has no price yet is infinitely old, so that the alert fires."""
    feed_with_price("BTC/USD", age_s=30)
    Feed.objects.create(pair="ETH/USD")

    text = samples(client)

    assert 'oracle_feed_age_seconds{destination="main",pair="BTC/USD"} 30.' in text
    assert 'oracle_feed_age_seconds{destination="main",pair="ETH/USD"} +Inf' in text
    assert 'oracle_feed_heartbeat_seconds{destination="main",pair="BTC/USD"} 60.0' in text


@pytest.mark.django_db
def test_metrics_of_rounds_and_submissions(client) -> None:
    """Open rounds, the margin of the newest answer and pending submissions are read from the tables."""
    now = datetime.now(UTC)
    times = {"opened_at": now - timedelta(seconds=9), "deadline": now}
    Round.objects.create(trigger="SCHEDULED", market="SIMULATED", pairs=["BTC/USD"], plan={}, **times)
    for used, opened_s in ((5, 40), (3, 20)):
        closed = Round.objects.create(
            trigger="SCHEDULED",
            market="SIMULATED",
            pairs=["BTC/USD"],
            plan={},
            state="CLOSED",
            outcome="QUIET",
            opened_at=now - timedelta(seconds=opened_s),
            deadline=now,
            closed_at=now,
        )
        Answer.objects.create(
            round=closed, pair="BTC/USD", state="SKIPPED", reason="no_news", decimals=8, sources_used=used, quorum=3
        )
    Submission.objects.create(simulated=True, evidence_hash="0x", answers=[])

    text = samples(client)

    assert "oracle_rounds_open 1.0" in text
    assert "oracle_oldest_open_round_age_seconds 9." in text
    assert 'oracle_feed_quorum_margin{pair="BTC/USD"} 0.0' in text
    assert 'oracle_submissions_in_state{destination="main",state="PLANNED"} 1.0' in text
    assert 'oracle_submissions_in_state{destination="main",state="UNCONFIRMED"} 0.0' in text


@pytest.mark.django_db
def test_metrics_of_wallets_sources_and_queues(client) -> None:
    """Balance in ether, sources by their last call, and queues that nobody used yet are empty."""
    Wallet.objects.create(
        chain_id=CHAIN_ID,
        address="0x" + "22" * 20,
        genesis_hash="0x",
        next_nonce=0,
        balance_wei=25 * 10**16,
        balance_read_at=datetime.now(UTC),
    )
    for slug, code in (("kraken", ""), ("okx", "timeout")):
        source = Source.objects.create(slug=slug, name=slug, adapter=slug)
        SourceState.objects.create(source=source, last_asked_at=datetime.now(UTC), last_code=code)

    text = samples(client)

    assert f'oracle_wallet_balance_eth{{address="0x{"22" * 20}",chain="{CHAIN_ID}"}} 0.25' in text
    assert 'oracle_source_up{source="kraken"} 1.0' in text
    assert 'oracle_source_up{source="okx"} 0.0' in text
    assert 'oracle_queue_length{queue="chain"} 0.0' in text
    assert 'oracle_reader_up{reader="queues"} 1.0' in text


@pytest.mark.django_db
def test_a_queue_shows_its_waiting_messages() -> None:
    """A message that no worker took counts."""
    with gauges.Connection(gauges.celery_config.broker_url) as connection:
        queue = connection.SimpleQueue("settle")
        queue.clear()  # what other tests left there
        queue.put({"x": 1})
        try:
            (family,) = gauges.queues()
            assert {s.labels["queue"]: s.value for s in family.samples}["settle"] == 1
        finally:
            queue.clear()
            queue.close()


@pytest.mark.django_db
def test_metrics_need_few_queries(client, django_assert_max_num_queries) -> None:
    """A scrape asks the database a fixed number of questions, however many feeds there are."""
    for number in range(20):
        feed_with_price(f"T{number}/USD", age_s=1)

    with django_assert_max_num_queries(19):
        client.get("/metrics")
