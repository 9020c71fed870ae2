"""A long row of planned reports: those that are news are sent, the others cost no call each."""

from __future__ import annotations

import pytest

from apps.chain.errors import RpcUnavailable
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, Submission
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
State = Submission.State


@pytest.fixture(autouse=True)
def _places(deployment: Deployment) -> None:
    """The places of both feeds are known."""
    Deployment.objects.update(places={"BTC/USD": 0, "ETH/USD": 1})


def ends() -> list[tuple[str, str]]:
    """Return state and failure code of every submission, the oldest first."""
    return list(Submission.objects.order_by("created_at").values_list("state", "failure_code"))


def test_reports_the_chain_has_newer_are_ended_by_one_read(clients: ChainClients, chain: FakeChain) -> None:
    """Ten reports older than the chain's answer end as superseded, with two reads of it rather than ten."""
    newest = plan(("BTC/USD", 99), age_s=1)
    send(newest.pk, clients)
    for n in range(10):
        plan(("BTC/USD", n + 1), age_s=40 - n)
    Submission.objects.filter(pk=newest.pk).update(state=State.CONFIRMED)
    chain.calls.clear()

    sweep(clients)

    assert ends()[1:] == [(State.FATAL, "superseded")] * 10
    assert chain.calls.count("read_prices") == 1
    assert chain.landed("BTC/USD") == [99]


def test_reports_behind_a_newer_one_in_flight_ask_the_chain_nothing(clients: ChainClients, chain: FakeChain) -> None:
    """The newest is sent, those it covers are REPLACED by it without a call of their own."""
    chain.automine = False
    rows = [plan(("BTC/USD", n + 1), age_s=40 - n) for n in range(10)]

    sweep(clients)

    assert ends() == [(State.REPLACED, "")] * 9 + [(State.UNCONFIRMED, "")]
    assert Submission.objects.filter(replaced_by=rows[-1]).count() == 9
    assert chain.calls.count("estimate_gas") == 1
    assert chain.calls.count("has_code") == 1


def test_report_that_was_signed_before_is_looked_for_first(clients: ChainClients, chain: FakeChain) -> None:
    """A report opened again may have landed: the chain's answer, as new as its own, is its own."""
    submission = plan(("BTC/USD", 5))
    send(submission.pk, clients)
    Submission.objects.update(state=State.PLANNED, nonce=None, wallet=None, deployment=None)
    plan(("BTC/USD", 4), age_s=60)

    for _ in range(2):
        sweep(clients)

    submission.refresh_from_db()
    assert (submission.state, submission.landed) == (State.CONFIRMED, ["BTC/USD"])
    assert Attempt.objects.count() == 1


def test_contract_that_cannot_be_read_ends_nothing(
    clients: ChainClients, chain: FakeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the node down every report stays planned."""
    for n in range(3):
        plan(("BTC/USD", n + 1), age_s=40 - n)
    chain.is_down = True

    with pytest.raises(RpcUnavailable):
        sweep(clients)

    assert ends() == [(State.PLANNED, "")] * 3
