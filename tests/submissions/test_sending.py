"""From PLANNED to UNCONFIRMED, and what a kill at any line leaves behind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import override_settings

from apps.chain.errors import ContractMissing, NotDeployed, RpcUnavailable, SignersMissing
from apps.chain.gateway import SignerSet
from apps.feeds.models import Feed
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm
from apps.submissions.models import Attempt, Deployment, Submission, Wallet
from apps.submissions.sending import send
from apps.submissions.services import StateMoved, move
from apps.submissions.sweeping import sweep
from tests.chain.local_chain import key
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import SIGNERS, FakeChain, Killed

pytestmark = pytest.mark.django_db
State = Submission.State


def test_happy_way_ends_unconfirmed_with_its_bytes(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """Nonce, digest, two ascending signatures and the raw bytes are stored, and one transaction is out."""
    submission = plan(("BTC/USD", 5), ("ETH/USD", 7))

    send(submission.pk, clients)

    submission.refresh_from_db()
    assert (submission.state, submission.nonce, submission.deployment) == (State.UNCONFIRMED, 0, deployment)
    assert [item["signer"] for item in submission.signatures] == list(SIGNERS[:2])
    assert [bytes(attempt.raw).hex() for attempt in submission.attempts.all()] == chain.sent
    assert Wallet.objects.get().next_nonce == 1


def test_nothing_is_sent_before_the_commit(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row with nonce and bytes stands when the first byte goes out."""
    submission = plan(("BTC/USD", 5))
    seen: list[tuple[str, int]] = []
    take = chain._take

    def looking(raw: bytes) -> None:
        row = Submission.objects.get()
        seen.append((row.state, row.attempts.filter(raw=raw).count()))
        take(raw)

    monkeypatch.setattr(chain, "_take", looking)
    send(submission.pk, clients)

    assert seen == [(State.IN_PROGRESS, 1)]


def drive(submission: Submission, clients: ChainClients) -> None:
    """Do what the tasks do."""
    send(submission.pk, clients)
    confirm(submission.pk, clients)


CALLS_OF_A_WAY = 12  # gateway calls of a happy way; test_every_call_is_in_the_kill_table keeps it true


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("number", range(CALLS_OF_A_WAY))
def test_kill_at_any_call_sends_exactly_once(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, number: int, side: str
) -> None:
    """Killed before or after any call to the chain and started again, the report lands once, by one transaction."""
    submission = plan(("BTC/USD", 5), ("ETH/USD", 7))
    chain.kill_at = (number, side)
    with pytest.raises(Killed):
        drive(submission, clients)

    chain.kill_at = None
    drive(submission, clients)
    sweep(clients)

    submission.refresh_from_db()
    assert submission.state == State.CONFIRMED
    assert (chain.landed("BTC/USD"), chain.landed("ETH/USD")) == ([5], [7])
    assert len(set(chain.sent)) == len(chain.receipts) == Attempt.objects.count() == 1
    assert Wallet.objects.get().next_nonce == 1


def test_every_call_is_in_the_kill_table(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """The kill table covers every call of the happy way, no more and no fewer."""
    drive(plan(("BTC/USD", 5), ("ETH/USD", 7)), clients)

    assert len(chain.calls) == CALLS_OF_A_WAY


def test_sending_again_repeats_the_same_bytes(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A duplicate task broadcasts what was committed and nothing else."""
    submission = plan(("BTC/USD", 5))
    for _ in range(3):
        send(submission.pk, clients)

    assert len(chain.sent) == 3
    assert len(set(chain.sent)) == 1
    assert chain.landed("BTC/USD") == [5]


def test_nonces_are_given_out_in_order(deployment: Deployment, clients: ChainClients) -> None:
    """Each submission takes the next nonce of the wallet."""
    rows = [plan(("BTC/USD", n), age_s=10 - n) for n in (1, 2, 3)]
    for row in rows:
        send(row.pk, clients)

    assert [Submission.objects.get(pk=row.pk).nonce for row in rows] == [0, 1, 2]


def test_first_nonce_is_the_chains(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A key that was used before starts at its count of transactions."""
    chain.nonces[key(2).address] = 41
    submission = plan(("BTC/USD", 5))

    send(submission.pk, clients)

    assert Submission.objects.get().nonce == 41


@pytest.mark.parametrize(("client", "is_local"), [("Geth/v1", True), ("anvil/v1", False)])
def test_simulated_prices_never_reach_a_public_chain(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, client: str, *, is_local: bool
) -> None:
    """Both the recorded deployment and the node itself must be local, else the submission fails for good."""
    chain.client_version = client
    Deployment.objects.update(is_local=is_local)
    submission = plan(("BTC/USD", 5), simulated=True)

    send(submission.pk, clients)

    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == (State.FATAL, "simulated_on_public_chain")
    assert chain.sent == []


def test_live_prices_may_go_to_a_public_chain(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """The same chain takes live prices."""
    Deployment.objects.update(is_local=False)
    chain.client_version = "Geth/v1"

    send(plan(("BTC/USD", 5), simulated=False).pk, clients)

    assert chain.landed("BTC/USD") == [5]


def test_report_without_news_is_superseded_without_gas(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """When the chain has every feed newer already, nothing is sent and no nonce is used."""
    late, early = plan(("BTC/USD", 5), age_s=20), plan(("BTC/USD", 6), age_s=5)
    send(early.pk, clients)

    send(late.pk, clients)

    late.refresh_from_db()
    assert (late.state, late.failure_code, late.nonce) == (State.FATAL, "superseded", None)
    assert len(chain.sent) == 1


def test_report_with_some_news_is_sent(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """One feed that is still news carries the report; the contract skips the other."""
    late, early = plan(("BTC/USD", 5), ("ETH/USD", 7), age_s=20), plan(("BTC/USD", 6), age_s=5)
    send(early.pk, clients)

    send(late.pk, clients)

    assert (chain.landed("BTC/USD"), chain.landed("ETH/USD")) == ([6], [7])


def test_answers_past_their_max_age_expire(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """What waited longer than the feed's max age is failed without asking the chain."""
    submission = plan(("BTC/USD", 5), age_s=100)

    send(submission.pk, clients)

    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == (State.FATAL, "expired")
    assert chain.calls == []


def test_dry_run_that_reverts_costs_nothing(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A report the contract would refuse fails with the decoded error and no nonce."""
    chain.revert_with = "Paused"
    submission = plan(("BTC/USD", 5))

    send(submission.pk, clients)

    submission.refresh_from_db()
    assert (submission.state, submission.failure_code) == (State.FATAL, "reverted")
    assert "Paused" in submission.failure_message
    assert chain.sent == []


def test_without_a_contract_the_submission_waits(clients: ChainClients, chain: FakeChain, db: None) -> None:
    """Before the first deployment a submission stays planned."""
    Feed.objects.create(pair="BTC/USD")
    submission = plan(("BTC/USD", 5))

    with pytest.raises(NotDeployed):
        send(submission.pk, clients)
    assert Submission.objects.get().state == State.PLANNED


@pytest.mark.parametrize(("attribute", "error"), [("is_down", RpcUnavailable), ("code", ContractMissing)])
def test_trouble_of_the_chain_leaves_it_planned(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, attribute: str, error: type[Exception]
) -> None:
    """A dead node or a missing contract fails nothing for good."""
    setattr(chain, attribute, attribute == "is_down")
    submission = plan(("BTC/USD", 5))

    with pytest.raises(error):
        send(submission.pk, clients)
    submission.refresh_from_db()
    assert (submission.state, submission.nonce) == (State.PLANNED, None)


def test_too_few_keys_leave_it_planned(deployment: Deployment, clients: ChainClients) -> None:
    """Keys outside the signer set do not count towards the threshold."""
    submission = plan(("BTC/USD", 5))

    with pytest.raises(SignersMissing, match="1 of our 2"):
        send(submission.pk, replace(clients, signers=[key(11), key(99)]))
    assert Submission.objects.get(pk=submission.pk).state == State.PLANNED


def test_rotated_signer_set_is_followed(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A new version on the contract is what the report is signed for, and the row learns it."""
    chain.signer_set_now = SignerSet(SIGNERS, 3, 4)
    submission = plan(("BTC/USD", 5))

    send(submission.pk, clients)

    submission.refresh_from_db()
    assert (submission.signer_set_version, len(submission.signatures)) == (4, 3)
    assert Deployment.objects.get().signer_set_version == 4


def test_move_must_hit_one_row(deployment: Deployment) -> None:
    """A move from a state the row is not in raises and changes nothing."""
    submission = plan(("BTC/USD", 5))

    with pytest.raises(StateMoved):
        move(submission.pk, frm=[State.UNCONFIRMED], to=State.CONFIRMED)
    assert Submission.objects.get().state == State.PLANNED


@override_settings(CHAIN_ID=5)
def test_deployment_of_another_chain_is_not_used(deployment: Deployment, clients: ChainClients) -> None:
    """Only the configured chain's contract is written to."""
    with pytest.raises(NotDeployed):
        send(plan(("BTC/USD", 5)).pk, clients)
