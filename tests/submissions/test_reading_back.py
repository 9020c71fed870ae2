"""Receipt and state of one block cannot differ: while they do, a node lags or lies, and nothing is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from apps.chain.errors import ChainReadInconsistent, ExecutionReverted
from apps.chain.gateway import ChainSnapshot, FeedReading
from apps.submissions import reading_back
from apps.submissions.clients import ChainClients
from apps.submissions.confirming import confirm
from apps.submissions.models import Deployment, Submission
from apps.submissions.sending import send
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture
def sent(deployment: Deployment, clients: ChainClients) -> Submission:
    """A report of two feeds, mined, whose receipt nobody read yet."""
    submission = plan(("BTC/USD", 5), ("ETH/USD", 7))
    send(submission.pk, clients)
    return submission


@pytest.fixture
def forgetful(chain: FakeChain, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nodes that agree show no BTC/USD, neither now nor in the history."""
    honest_prices, honest_round = chain.read_prices, chain.read_round

    def read_prices(contract: str, pairs: Sequence[str], **options: Any) -> ChainSnapshot:
        snapshot = honest_prices(contract, pairs, **options)
        return replace(snapshot, prices={p: r for p, r in snapshot.prices.items() if p != "BTC/USD"})

    def read_round(contract: str, pair: str, round_id: int, **options: Any) -> FeedReading:
        if pair == "BTC/USD":
            raise ExecutionReverted("RoundNotFound")
        return honest_round(contract, pair, round_id, **options)

    monkeypatch.setattr(chain, "read_prices", read_prices)
    monkeypatch.setattr(chain, "read_round", read_round)


def test_node_that_contradicts_its_receipt_decides_nothing(
    sent: Submission, clients: ChainClients, chain: FakeChain, forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A feed the receipt says was taken, but no state shows, is read again rather than called skipped for good."""
    with pytest.raises(ChainReadInconsistent, match=r"BTC/USD: history_gone"):
        confirm(sent.pk, clients)
    sent.refresh_from_db()
    assert (sent.state, sent.landed, sent.skipped) == (State.UNCONFIRMED, [], {})

    monkeypatch.undo()
    confirm(sent.pk, clients)

    sent.refresh_from_db()
    assert (sent.state, sent.landed, sent.skipped) == (State.CONFIRMED, ["BTC/USD", "ETH/USD"], {})


def test_contradiction_that_stays_is_taken_after_a_while(
    sent: Submission, clients: ChainClients, forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission does not hold its lane for ever: what cannot be read of an old block counts as not landed."""
    monkeypatch.setattr(reading_back, "PATIENCE", timedelta(seconds=-1))

    confirm(sent.pk, clients)

    sent.refresh_from_db()
    assert (sent.state, sent.landed, sent.skipped) == (State.CONFIRMED, ["ETH/USD"], {"BTC/USD": "history_gone"})


def test_block_that_leaves_between_receipt_and_reading_decides_nothing(
    sent: Submission, clients: ChainClients, chain: FakeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reorganisation between two calls made a report that was mined again FATAL, as if it had landed nowhere."""
    monkeypatch.setattr(reading_back, "PATIENCE", timedelta(seconds=-1))  # not what holds it back here
    mined = dict(chain.receipts)
    history, chain.history = chain.history, {}
    chain.blocks[-1] = "0xanother"

    with pytest.raises(ChainReadInconsistent, match="left the chain"):
        confirm(sent.pk, clients)

    chain.blocks.append("0xagain")
    chain.history = history
    chain.receipts = {h: replace(r, block_number=r.block_number + 1, block_hash="0xagain") for h, r in mined.items()}
    confirm(sent.pk, clients)
    sent.refresh_from_db()
    assert (sent.state, sent.block_hash, sent.landed) == (State.CONFIRMED, "0xagain", ["BTC/USD", "ETH/USD"])


def test_feed_without_any_event_is_looked_at_again(sent: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """A successful receipt names every feed as taken or skipped; one that leaves a feed out was decoded by a lie."""
    whole = dict(chain.receipts)
    chain.receipts = {h: replace(r, accepted={"ETH/USD": r.accepted["ETH/USD"]}) for h, r in whole.items()}

    with pytest.raises(ChainReadInconsistent, match=r"BTC/USD: no_event"):
        confirm(sent.pk, clients)

    chain.receipts = whole
    confirm(sent.pk, clients)
    sent.refresh_from_db()
    assert sent.landed == ["BTC/USD", "ETH/USD"]
