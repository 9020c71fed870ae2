"""From CONFIRMED to FINAL, by depth, tag or age, and what a reorganisation does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import REGISTRY

from apps.submissions.chains import Finality
from apps.submissions.clients import ChainClients
from apps.submissions.models import Deployment, Submission
from apps.submissions.sweeping import sweep
from tests.submissions.fake_chain import FakeChain
from tests.submissions.test_confirming import sent_and_confirmed

pytestmark = pytest.mark.django_db
State = Submission.State


def test_deep_enough_is_final(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """After CONFIRMATIONS blocks, and not before, the submission is final."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5))
    sweep(clients)
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMED

    for _ in range(12):
        chain.mine()
    sweep(clients)

    submission.refresh_from_db()
    assert submission.state == State.FINAL


@pytest.mark.parametrize(("is_local", "state"), [(True, State.FINAL), (False, State.CONFIRMED)])
def test_idle_local_chain_makes_final_by_age(
    deployment: Deployment, clients: ChainClients, *, is_local: bool, state: str
) -> None:
    """Only on a local chain, which mines on demand, does a minute stand for depth."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5))
    Deployment.objects.update(is_local=is_local)
    Submission.objects.update(confirmed_at=timezone.now() - timedelta(seconds=61))

    sweep(clients)

    submission.refresh_from_db()
    assert submission.state == state


@pytest.mark.parametrize("tag", ["safe", "finalized"])
def test_tag_of_the_chain_makes_final(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, tag: str
) -> None:
    """With FINALITY safe or finalized the chain's own word decides, whatever the depth."""
    tagged = replace(clients, policy=replace(clients.policy, finality=Finality(tag)))
    submission = sent_and_confirmed(clients, ("BTC/USD", 5))
    chain.tags[tag] = 0
    for _ in range(20):
        chain.mine()
    sweep(tagged)
    submission.refresh_from_db()
    assert submission.state == State.CONFIRMED

    chain.tags[tag] = submission.block_number
    sweep(tagged)

    submission.refresh_from_db()
    assert submission.state == State.FINAL


def test_reorged_transaction_is_sent_again_at_once(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """A confirmed transaction that left its block is sent with the same bytes, and its record keeps both blocks."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5))
    lost = {"tx_hash": submission.tx_hash, "block_number": 1, "block_hash": "0xblock1"}
    chain.fall_back_to(0)
    chain.blocks.append("0xother")
    before = REGISTRY.get_sample_value("oracle_reorgs_total", {"chain": "31337"}) or 0

    sweep(clients)
    sweep(clients)

    submission.refresh_from_db()
    assert (submission.state, submission.resends, submission.lost_blocks) == (State.CONFIRMED, 1, [lost])
    assert (submission.block_number, chain.landed("BTC/USD")) == (2, [5])
    assert len(set(chain.sent)) == 1
    assert REGISTRY.get_sample_value("oracle_reorgs_total", {"chain": "31337"}) == before + 1


def test_newest_block_speaks_for_the_others(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """While nothing moved, a sweep asks for one block however many submissions wait to be final."""
    for number in range(5):
        sent_and_confirmed(clients, ("BTC/USD", number + 1), age_s=20 - number)
    chain.calls.clear()

    sweep(clients)

    assert chain.calls.count("block") == 1
    assert "receipt" not in chain.calls
