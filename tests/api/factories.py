"""Rows as rounds leave them, for tests of the API and of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.api.models import ApiKey
from apps.api.services import ALL_SCOPES, create_api_key
from apps.chain.gateway import ChainSnapshot, FeedReading
from apps.feeds.models import Feed, Listing, Source
from apps.pricing.plan import plan_round, plan_to_json
from apps.pricing.types import AnswerReason, AnswerState, FeedSpec, ListingSpec
from apps.rounds.models import Answer, Round
from apps.submissions.models import Deployment, OnChainPrice, Submission

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
TX_HASH = "0x" + "ab" * 32
EVIDENCE = "0x" + "cd" * 32


def make_key(name: str = "client", *, scopes: Sequence[str] = ALL_SCOPES, quota: int = 1000) -> tuple[ApiKey, str]:
    """Return a key and the Authorization header that carries it."""
    created = create_api_key(name, scopes=scopes, quota_per_minute=quota)
    return created.api_key, f"Api-Key {created.text}"


def make_feed(pair: str = "BTC/USD", **fields: Any) -> Feed:
    """Return a stored feed."""
    return Feed.objects.create(pair=pair, **fields)


def make_source(slug: str, *, feed: Feed | None = None, priority: int = 1) -> Source:
    """Return a stored source, listed by ``feed`` when given."""
    source = Source.objects.create(slug=slug, name=slug.title(), adapter=slug)
    if feed is not None:
        Listing.objects.create(feed=feed, source=source, ticker="BTCUSD", priority=priority)
    return source


def make_deployment(*pairs: str) -> Deployment:
    """Return the active contract."""
    return Deployment.objects.create(
        chain_id=31337,
        address=CONTRACT,
        is_local=True,
        signers=["0x" + "1" * 40],
        threshold=1,
        signer_set_version=1,
        proxies={pair: f"0x{index:040x}" for index, pair in enumerate(pairs, start=1)},
        tx_hash=TX_HASH,
        block_number=1,
        genesis_hash="0x" + "00" * 32,
    )


def plan(pairs: Sequence[str], *, sources: Sequence[str], active: int = 2) -> dict[str, Any]:
    """Return a plan snapshot that asks the first ``active`` sources and keeps the rest as reserves."""
    feeds = [
        FeedSpec(
            pair=pair, decimals=8, quorum=2, active_sources=active, max_age_s=90, heartbeat_s=3600, deviation_bps=50,
            outlier_k=Decimal(3), outlier_floor_bps=50, min_answer=None, max_answer=None,
            listings=tuple(ListingSpec(pair, source, "BTCUSD", rank) for rank, source in enumerate(sources, start=1)),
        )
        for pair in pairs
    ]  # fmt: skip
    return plan_to_json(plan_round(feeds))


def call(source: str, *, promoted_for: str | None = None, lost: str = "", second: int = 0) -> dict[str, Any]:
    """Return a call as a settled round keeps it; ``lost`` is the code of a source that gave nothing."""
    return {
        "source": source,
        "role": "reserve" if promoted_for else "primary",
        "promoted_for": promoted_for,
        "started_at": f"2026-01-01T00:00:0{second}+00:00",
        "latency_ms": 120,
        "attempts": [{"url": "https://x.test", "status": None if lost else 200, "code": lost, "latency_ms": 120,
                      "body_sha256": ""}],
        "quotes": 0 if lost else 1,
        "misses": 1 if lost else 0,
    }  # fmt: skip


def observation(source: str, *, refusal: str = "", promoted_for: str | None = None, **more: Any) -> dict[str, Any]:
    """Return an observation as an answer keeps it."""
    row = {
        "source": source, "pair": "BTC/USD", "ticker": "BTCUSD", "role": "reserve" if promoted_for else "primary",
        "promoted_for": promoted_for, "used": not refusal, "refusal": refusal, "message": "",
    }  # fmt: skip
    if refusal not in {"timeout", "connection_failed"}:
        row |= {
            "price": "84065.04", "converted": "84065.04", "conversion": None, "bid": None, "ask": None, "volume": None,
            "source_time": None, "received_at": "2026-01-01T00:00:01+00:00",
        }  # fmt: skip
    return row | more


def make_round(pairs: Sequence[str] = ("BTC/USD",), **fields: Any) -> Round:
    """Return an open round, or whatever ``fields`` make of it."""
    now = timezone.now()
    defaults: dict[str, Any] = {
        "trigger": Round.Trigger.REQUESTED,
        "market": Round.Market.SIMULATED,
        "pairs": list(pairs),
        "requested": list(pairs),
        "plan": plan(pairs, sources=["kraken", "coinbase", "binance", "okx"]),
        "opened_at": now,
        "deadline": now + timedelta(seconds=8),
    }
    return Round.objects.create(**defaults | fields)


def close(round_: Round, *, outcome: Round.Outcome, submission: Submission | None = None, **fields: Any) -> Round:
    """Return the round settled."""
    Round.objects.filter(pk=round_.pk).update(
        state=Round.State.CLOSED,
        outcome=outcome,
        closed_at=round_.opened_at + timedelta(seconds=1),
        closed_by=Round.ClosedBy.CALLBACK,
        evidence_hash=EVIDENCE,
        submission=submission,
        **fields,
    )
    return Round.objects.get(pk=round_.pk)


def make_answer(round_: Round, pair: str = "BTC/USD", **fields: Any) -> Answer:
    """Return an accepted answer of 84065.04."""
    defaults: dict[str, Any] = {
        "state": AnswerState.ACCEPTED, "reason": AnswerReason.ON_DEMAND, "answer": 8406504000000, "decimals": 8,
        "observed_at": datetime(2026, 1, 1, tzinfo=UTC), "sources_used": 2, "quorum": 2, "confidence": 1000,
        "observations": [observation("kraken"), observation("coinbase")],
    }  # fmt: skip
    return Answer.objects.create(round=round_, pair=pair, **defaults | fields)


def make_submission(*, state: Submission.State = Submission.State.CONFIRMED, **fields: Any) -> Submission:
    """Return a submission that carries BTC/USD."""
    defaults: dict[str, Any] = {
        "simulated": True, "evidence_hash": EVIDENCE, "state": state, "tx_hash": TX_HASH, "block_number": 7,
        "gas_used": 90_000, "signer_set_version": 1, "digest": "0x" + "22" * 32,
        "signatures": [{"signer": "0x" + "33" * 20, "signature": "0x" + "11" * 65}],
        "answers": [{"pair": "BTC/USD", "answer": "8406504000000", "observed_at": 1767225600}], "landed": ["BTC/USD"],
    }  # fmt: skip
    return Submission.objects.create(**defaults | fields)


def confirmed_round(pair: str = "BTC/USD", *, observed_at: datetime | None = None) -> Round:
    """Return a round whose answer is on chain, with its provenance rows."""
    at = observed_at or timezone.now().replace(microsecond=0)
    deployment = Deployment.objects.filter(is_active=True).first() or make_deployment(pair)
    submission = make_submission(deployment=deployment)
    round_ = close(make_round([pair]), outcome=Round.Outcome.SENT, submission=submission)
    make_answer(round_, pair, observed_at=at)
    OnChainPrice.objects.create(
        deployment=deployment, pair=pair, answer=8406504000000, decimals=8, round_id=3, observed_at=at,
        updated_at=at, block_number=7, submission=submission,
    )  # fmt: skip
    return Round.objects.get(pk=round_.pk)


def snapshot(**readings: FeedReading) -> ChainSnapshot:
    """Return a chain snapshot at block 9; keyword ``BTC_USD`` stands for the pair."""
    prices = {name.replace("_", "/"): reading for name, reading in readings.items()}
    return ChainSnapshot(block_number=9, block_time=timezone.now(), prices=prices)


def reading(observed_at: datetime, *, answer: int = 8406504000000, round_id: int = 3) -> FeedReading:
    """Return what the contract says about a feed."""
    return FeedReading(answer=answer, round_id=round_id, observed_at=observed_at, updated_at=observed_at)
