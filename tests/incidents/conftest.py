"""A real Anvil treated as a public chain, with a proxy before it that can misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from apps.submissions import clients, services, tasks
from apps.submissions.models import Deployment, Submission
from apps.submissions.services import PlannedAnswer, plan_submission
from tests.chain.rpc_proxy import RpcProxy, rpc_proxy
from tests.submissions.test_on_anvil import anvil_rpc, deploy_contract

__all__ = ["anvil_rpc"]


@dataclass
class Chain:
    """A node, a second endpoint of it behind a proxy, and the contract."""

    proxy: RpcProxy
    settings: Settings

    def rpc(self, method: str, *params: object) -> Any:
        """Ask for anything."""
        return clients.gateway()._raw(method, list(params))

    def mine(self, blocks: int = 1) -> None:
        """Mine blocks with what waits."""
        for _ in range(blocks):
            self.rpc("evm_mine")

    def use(self, *urls: str) -> None:
        """Take these endpoints from now on."""
        self.settings.ETH_RPC_URLS = list(urls)
        clients.forget()

    def take_feeds(self) -> None:
        """Put every feed of the tables onto the contract, as its admin."""
        self.rpc("evm_setAutomine", True)
        Deployment.objects.update(is_local=True)
        deploy_contract("--local")
        Deployment.objects.update(is_local=False)
        self.rpc("evm_setAutomine", False)

    def events(self) -> list[int]:
        """Return every answer the contract took, oldest first."""
        deployment = Deployment.objects.get(is_active=True)
        gateway = clients.gateway()
        found = gateway.events(deployment.address, first=0, last=gateway.head().number)
        return [event.answer for event in found]


@pytest.fixture(autouse=True)
def _lost_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose every hint: the sweep has to find what there is."""
    for module in (services, tasks):
        monkeypatch.setattr(module, "hint", lambda *_, **__: None)


@pytest.fixture
def chain(anvil_rpc: str, settings: Settings) -> Iterator[Chain]:
    """The contract is deployed, mining is by hand, and the row says that the chain is a public one."""
    deploy_contract("--local")
    Deployment.objects.update(is_local=False)
    settings.TRANSACTION_TIMEOUT_S = 0
    with rpc_proxy(anvil_rpc) as proxy:
        made = Chain(proxy, settings)
        made.rpc("evm_setAutomine", False)
        yield made


def report(answer: int, *, age_s: float = 2, pair: str = "BTC/USD") -> Submission:
    """Plan a report of one answer, true ``age_s`` ago."""
    observed_at = datetime.now(UTC) - timedelta(seconds=age_s)
    planned = PlannedAnswer(pair=pair, answer=answer, decimals=8, observed_at=observed_at)
    return plan_submission(answers=[planned], evidence_hash="0x" + "cd" * 32, simulated=False)


def sweep(times: int = 1) -> None:
    """Do what beat has the chain worker do."""
    for _ in range(times):
        tasks.sweep()


def fresh(submission: Submission) -> Submission:
    """Return the submission as stored."""
    return Submission.objects.select_related("wallet", "replaced_by").get(pk=submission.pk)
