"""A gate on the real Redis, and sources that nobody else's test has asked yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest

from apps.pricing.types import SourceSpec
from apps.sources.breaker import Policy
from apps.sources.gate import RedisGate, gate_keys
from oracle_project.redis_clients import shared_redis

QUICK = Policy(failures=3, pause_s=1, max_pause_s=4, permanent_pause_s=60)


@pytest.fixture
def gate() -> RedisGate:
    """The gate of one worker, with short pauses."""
    return RedisGate(shared_redis(), thresholds=QUICK)


@pytest.fixture
def spec() -> Iterator[SourceSpec]:
    """A source of this test's own."""
    slug = f"s{uuid.uuid4().hex[:12]}"
    yield SourceSpec(slug, "binance", "https://api.example.com", Decimal(1), 1)
    shared_redis().delete(*gate_keys(slug))
