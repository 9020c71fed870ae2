"""A deployment in the database over a chain in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.feeds.models import Feed
from apps.submissions.clients import ChainClients
from apps.submissions.models import Deployment, Submission
from apps.submissions.services import PlannedAnswer, plan_submission
from oracle_project.celery import app
from tests.chain.local_chain import key
from tests.submissions.fake_chain import CONTRACT, SIGNERS, FakeChain

app.set_current()  # hints go to the session's Valkey
EVIDENCE = "0x" + "ab" * 32


@pytest.fixture
def chain() -> FakeChain:
    """A local chain that mines at once."""
    return FakeChain()


@pytest.fixture
def clients(chain: FakeChain) -> ChainClients:
    """The chain, signers 11 to 13 and transmitter 2."""
    return ChainClients(gateway=chain, signers=[key(n) for n in (11, 12, 13)], transmitters=[key(2)])


@pytest.fixture
def deployment(db: None) -> Deployment:
    """The contract of the chain in memory, with two feeds of 90 s max age."""
    for pair in ("BTC/USD", "ETH/USD"):
        Feed.objects.create(pair=pair, max_age_s=90)
    return Deployment.objects.create(
        chain_id=31337,
        address=CONTRACT,
        is_local=True,
        signers=list(SIGNERS),
        threshold=2,
        signer_set_version=1,
        proxies={"BTC/USD": "0x" + "01" * 20, "ETH/USD": "0x" + "01" * 20},
        places={"BTC/USD": 0, "ETH/USD": 1},
        tx_hash="0x",
        block_number=0,
        genesis_hash="0xgenesis",
    )


def plan(*answers: tuple[str, int], age_s: float = 1, simulated: bool = True) -> Submission:
    """Plan a submission of answers that were true ``age_s`` ago."""
    observed_at = datetime.now(UTC) - timedelta(seconds=age_s)
    planned = [PlannedAnswer(pair=p, answer=a, decimals=8, observed_at=observed_at) for p, a in answers]
    return plan_submission(answers=planned, evidence_hash=EVIDENCE, simulated=simulated)
