"""From UNCONFIRMED to FINAL, and the ways back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.chain.gateway import FeedReading
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm
from apps.submissions.models import Attempt, Deployment, OnChainPrice, Submission, Wallet
from apps.submissions.selectors import on_chain_values
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from apps.submissions.wallets import recover_lost_nonces
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


def sent_and_confirmed(clients: ChainClients, *answers: tuple[str, int], age_s: float = 1) -> Submission:
    """Return a submission after one way through the tasks."""
    submission = plan(*answers, age_s=age_s)
    send(submission.pk, clients)
    confirm(submission.pk, clients)
    submission.refresh_from_db()
    return submission


def backdate(*, seconds: float) -> None:
    """Make every transaction look older than the timeout."""
    Attempt.objects.update(broadcast_at=timezone.now() - timedelta(seconds=seconds))


def test_confirmed_means_read_back(deployment: Deployment, clients: ChainClients) -> None:
    """A mined report whose answers stand in the contract is CONFIRMED and remembered."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5), ("ETH/USD", 7))

    assert (submission.state, submission.landed) == (State.CONFIRMED, ["BTC/USD", "ETH/USD"])
    assert on_chain_values(["BTC/USD"])["BTC/USD"].answer == 5
    assert OnChainPrice.objects.get(pair="ETH/USD").submission == submission


def test_skipped_feed_is_named(deployment: Deployment, clients: ChainClients) -> None:
    """The contract's reason is stored, and the rest is confirmed."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 5), ("NEW/USD", 7))

    assert (submission.state, submission.landed) == (State.CONFIRMED, ["BTC/USD"])
    assert submission.skipped == {"NEW/USD": "unknown_feed"}


def test_report_that_lands_nowhere_fails(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A mined report of which the contract took nothing is not called confirmed."""
    chain.automine = False
    early, stranger = plan(("BTC/USD", 6), age_s=20), plan(("BTC/USD", 5), age_s=5)
    send(early.pk, clients)
    newer = FeedReading(5, 1, stranger.created_at, stranger.created_at)  # somebody else carried a newer report
    chain.history["BTC/USD"] = [(0, newer)]
    chain.mine()

    confirm(early.pk, clients)

    early.refresh_from_db()
    assert (early.state, early.failure_code, early.skipped) == (State.FATAL, "superseded", {"BTC/USD": "not_newer"})


def test_answer_overwritten_in_its_own_block_is_read_from_history(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """Two reports in one block are both confirmed, and the newer one is what stands."""
    chain.automine = False
    early, late = plan(("BTC/USD", 5), age_s=20), plan(("BTC/USD", 6), age_s=5)
    for row in (early, late):
        send(row.pk, clients)
    chain.mine()

    for row in (late, early):
        confirm(row.pk, clients)

    assert [Submission.objects.get(pk=row.pk).state for row in (early, late)] == [State.CONFIRMED] * 2
    assert OnChainPrice.objects.get().answer == 6


def test_pruned_block_is_read_from_history(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A worker that comes late to a node with short memory still compares what landed."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    chain.pruned_below = 100

    confirm(submission.pk, clients)

    assert Submission.objects.get().landed == ["BTC/USD"]


def test_failed_transaction_is_explained(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """Status 0 ends as FATAL with the decoded error and the transaction that cost the gas."""
    chain.revert_when_mined = True

    submission = sent_and_confirmed(clients, ("BTC/USD", 5))

    assert (submission.state, submission.failure_code) == (State.FATAL, "reverted")
    assert submission.failure_message == "Paused()"
    assert submission.gas_used == 30_000


def test_dropped_transaction_is_sent_again(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """What the node forgot is broadcast again after the timeout, byte for byte."""
    chain.automine = False
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    chain.drop_mempool()
    confirm(submission.pk, clients)
    assert len(chain.sent) == 1  # too early

    backdate(seconds=60)
    confirm(submission.pk, clients)
    chain.mine()
    confirm(submission.pk, clients)

    assert Submission.objects.get().state == State.CONFIRMED
    assert len(chain.sent) == 2
    assert len(set(chain.sent)) == 1


def test_lost_blocks_are_noticed_and_sent_again(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """After a fall-back the lost reports are reopened with new nonces; old ones among them end as superseded."""
    kept = sent_and_confirmed(clients, ("BTC/USD", 1), age_s=30)
    lost = [sent_and_confirmed(clients, ("BTC/USD", n), age_s=30 - n) for n in (2, 3)]
    chain.fall_back_to(1)

    reopened = recover_lost_nonces(Wallet.objects.get(), is_local=True, gateway=chain)
    sweep(clients)

    assert reopened == 2
    states = [Submission.objects.get(pk=row.pk) for row in (kept, *lost)]
    assert [(row.state, row.resends) for row in states] == [
        (State.CONFIRMED, 0),
        (State.FATAL, 1),
        (State.CONFIRMED, 1),
    ]
    assert states[1].failure_code == "superseded"
    assert chain.landed("BTC/USD") == [1, 3]
    assert Wallet.objects.get().next_nonce == 2


def test_lost_final_submission_says_so(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """A final one on a chain that fell back is marked, and its nonce is free again."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 1))
    Submission.objects.update(state=State.FINAL)
    chain.fall_back_to(0)

    recover_lost_nonces(Wallet.objects.get(), is_local=True, gateway=chain)

    submission.refresh_from_db()
    assert (submission.state, submission.failure_code, submission.nonce) == (State.FATAL, "lost_by_chain", None)


@pytest.mark.parametrize("automine", [True, False])
def test_healthy_wallet_is_left_alone(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, *, automine: bool
) -> None:
    """Transactions that wait, or are committed but not sent, are no sign of lost blocks."""
    chain.automine = automine
    send(plan(("BTC/USD", 1)).pk, clients)
    send(plan(("ETH/USD", 1)).pk, clients)
    chain.drop_mempool()

    assert recover_lost_nonces(Wallet.objects.get(), is_local=True, gateway=chain) == 0
    assert Wallet.objects.get().next_nonce == 2


def test_public_chain_that_lags_changes_nothing(
    deployment: Deployment, clients: ChainClients, chain: FakeChain, caplog: pytest.LogCaptureFixture
) -> None:
    """On a public chain a smaller count is reported and never followed."""
    submission = sent_and_confirmed(clients, ("BTC/USD", 1))
    chain.fall_back_to(0)

    assert recover_lost_nonces(Wallet.objects.get(), is_local=False, gateway=chain) == 0
    assert Submission.objects.get(pk=submission.pk).state == State.CONFIRMED
    assert "chain is behind the wallet" in caplog.text


def test_sweep_finds_what_no_hint_told(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> None:
    """Planned rows are sent by the sweep alone, the newest first."""
    old, new = plan(("BTC/USD", 1), age_s=20), plan(("BTC/USD", 2), age_s=5)

    sweep(clients)

    assert Submission.objects.get(pk=new.pk).state == State.CONFIRMED
    assert Submission.objects.get(pk=old.pk).failure_code == "superseded"
    assert chain.landed("BTC/USD") == [2]
