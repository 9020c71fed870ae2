"""Nodes that lag and lie, as they did to others."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from prometheus_client import REGISTRY

from apps.chain.endpoints import host_of
from apps.submissions import clients, tasks
from apps.submissions.models import OnChainPrice
from tests.incidents.conftest import Chain, report, sweep

pytestmark = pytest.mark.django_db


def landed(chain: Chain, answer: int) -> None:
    """Bring an answer onto the chain."""
    tasks.submit(str(report(answer).pk))
    chain.mine()
    sweep()


def test_incident_12_node_goes_backwards(chain: Chain, anvil_rpc: str) -> None:
    """A load-balanced node pinned 20 blocks back is left alone; what is read is never older than before."""
    landed(chain, 1)
    chain.mine(25)
    chain.use(chain.proxy.url, anvil_rpc)
    clients.gateway().head()
    clients.gateway()._pool._current = 1
    before = clients.gateway().balance_wei("0x" + "11" * 20)
    chain.proxy.lag_blocks = 20
    clients.gateway()._pool._current = 0
    clients.gateway()._pool._endpoints[0].head_at = float("-inf")

    clients.gateway().balance_wei("0x" + "11" * 20)

    labels = {"host": host_of(chain.proxy.url), "reason": "behind"}
    assert before == 0
    assert REGISTRY.get_sample_value("oracle_rpc_quarantined", labels) == 1
    assert chain.proxy.calls["eth_getBalance"] == 0


@pytest.mark.parametrize("agreement", [1, 2])
def test_incident_13_node_answers_zero(chain: Chain, anvil_rpc: str, client: Client, agreement: int) -> None:
    """A node that answers zeroes gives 503 chain_read_inconsistent, never the price 0; also when it is the only one."""
    landed(chain, 77)
    chain.settings.READ_AGREEMENT = agreement
    chain.use(*[chain.proxy.url, anvil_rpc][:agreement])
    cache.clear()
    assert client.get("/api/v1/prices/BTC-USD").json()["answer"] == "77"
    chain.proxy.lies = True
    cache.clear()

    reply = client.get("/api/v1/prices/BTC-USD")

    assert (reply.status_code, reply.json()["code"]) == (503, "chain_read_inconsistent")
    assert OnChainPrice.objects.get().answer == 77
    chain.proxy.lies = False
    cache.clear()
    assert client.get("/api/v1/prices/BTC-USD").json()["answer"] == "77"
