"""A chain that says what the test wants, a broker that keeps quiet, and clients with keys."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from apps.chain.errors import ChainError
from apps.chain.gateway import ChainSnapshot
from apps.rounds import workflow
from apps.submissions import clients
from tests.api.factories import make_key, snapshot


@dataclass
class FakeChain:
    """Answers ``read_prices`` with ``snapshot``, or raises ``error``; pauses as they are set."""

    snapshot: ChainSnapshot = field(default_factory=snapshot)
    error: ChainError | None = None
    paused: bool = False
    paused_pairs: frozenset[str] = frozenset()

    def is_paused(self, contract: str) -> bool:
        return self.paused

    def paused_feeds(self, contract: str, pairs: list[str]) -> frozenset[str]:
        return self.paused_pairs

    def read_prices(self, contract: str, pairs: list[str], *, block_number: int | None = None) -> ChainSnapshot:
        if self.error is not None:
            raise self.error
        return self.snapshot


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        cache.clear()


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> FakeChain:
    """The chain as the web process sees it."""
    fake = FakeChain()
    monkeypatch.setattr(clients, "gateway", lambda *_: fake)
    return fake


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the rounds whose chord would have gone to the broker."""
    rounds: list[str] = []
    monkeypatch.setattr(workflow, "_publish", lambda round_, plan: rounds.append(str(round_.pk)))
    return rounds


@pytest.fixture
def client(db: None) -> APIClient:
    """A caller without a key."""
    return APIClient()


@pytest.fixture
def writer(db: None) -> APIClient:
    """A caller whose key may do everything."""
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=make_key("writer")[1])
    return caller
