"""The console of transactions, as the one on call uses it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from apps.chain.fees import Fees
from apps.feeds.models import Feed
from apps.submissions import operating
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, OperatorAction, Submission, Wallet
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.chain.local_chain import key
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import CONTRACT, SIGNERS, FakeChain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Kind, State = OperatorAction.Kind, OperatorAction.State


@pytest.fixture
def node() -> FakeChain:
    """A chain in memory that mines when told."""
    return FakeChain(automine=False)


@pytest.fixture
def keys(node: FakeChain) -> ChainClients:
    """The chain worker's keys."""
    return ChainClients(gateway=node, signers=[key(n) for n in (11, 12, 13)], transmitters=[key(2)])


@pytest.fixture
def stuck(node: FakeChain, keys: ChainClients) -> Submission:
    """A report that waits behind a base fee that rose tenfold, and a confirmed one before it."""
    for pair in ("BTC/USD", "ETH/USD"):
        Feed.objects.create(pair=pair, max_age_s=900)
    Deployment.objects.create(
        chain_id=31337,
        address=CONTRACT,
        is_local=True,
        signers=list(SIGNERS),
        threshold=2,
        signer_set_version=1,
        proxies=dict.fromkeys(("BTC/USD", "ETH/USD"), "0x" + "01" * 20),
        places={"BTC/USD": 0, "ETH/USD": 1},
        tx_hash="0x",
        block_number=0,
        genesis_hash="0xgenesis",
    )
    landed = plan(("ETH/USD", 7 * 10**18), age_s=20)
    send(landed.pk, keys)
    node.mine()
    sweep(keys)
    waiting = plan(("BTC/USD", 43_250 * 10**8), ("ETH/USD", 7 * 10**18 + 1), age_s=5)
    send(waiting.pk, keys)
    node.base_fee_wei, node.fees_now = 5_000, Fees(20_000, 1_000)
    for _ in range(3):
        node.mine()
    sweep(keys)
    now = datetime.now(UTC)
    Wallet.objects.update(
        mined_nonce=1, pending_nonce=2, nonces_read_at=now, balance_wei=3 * 10**18, balance_read_at=now
    )
    node.base_fee_wei = 50_000
    return waiting


def ask(page: Page, button: str, reason: str) -> None:
    """Press a button, give a reason, and go ahead."""
    page.get_by_role("link", name=button).click()
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button, exact=True).click()


def test_stuck_transaction_is_seen_paid_better_and_cancelled(
    operator: Page, live_server: LiveServer, stuck: Submission, keys: ChainClients
) -> None:
    """From the list to the report, its attempts' fees and ages, a bump and a cancel with reasons, and who did it."""
    operator.goto(live_server.url + reverse("admin:submissions_submission_changelist"))
    operator.get_by_role("link", name=re.compile(str(stuck.pk)[:8])).first.click()
    expect(operator.locator("body")).to_contain_text("gwei")

    ask(operator, "Pay better now", "stuck since the fee spike")
    expect(operator.locator("body")).to_contain_text("The chain worker takes it up")
    assert OperatorAction.objects.get().state == State.REQUESTED
    operating.perform_open(keys)
    ask(operator, "Cancel the report", "market is closed")
    operating.perform_open(keys)
    operator.reload()

    actions = list(OperatorAction.objects.order_by("requested_at").values_list("kind", "state", "actor", "reason"))
    assert actions == [
        (Kind.BUMP, State.DONE, "operator", "stuck since the fee spike"),
        (Kind.CANCEL, State.DONE, "operator", "market is closed"),
    ]
    assert [attempt.kind for attempt in Attempt.objects.filter(submission=stuck)][-2:] == ["REPORT", "CANCEL"]
    expect(operator.locator("body")).to_contain_text("market is closed")


def test_lane_shows_its_nonces_and_is_paused(
    operator: Page, live_server: LiveServer, stuck: Submission, keys: ChainClients
) -> None:
    """The lane's page has each nonce with report, fees and age; it pauses and resumes at once, with a reason."""
    wallet = Wallet.objects.get()
    operator.goto(live_server.url + reverse("admin:submissions_wallet_change", args=[wallet.pk]))
    expect(operator.locator("body")).to_contain_text("1 mined, 1 waiting, 2 is next here")
    expect(operator.locator("body")).to_contain_text(str(stuck.pk)[:8])

    expect(operator.get_by_role("link", name="Resume this lane")).to_have_count(0)

    ask(operator, "Pause this lane", "moving the key")
    expect(operator.locator("body")).to_contain_text("the lane is paused")
    wallet.refresh_from_db()
    assert (wallet.paused_by, wallet.paused_at is not None) == ("operator", True)
    ask(operator, "Resume this lane", "moved")
    expect(operator.locator("body")).to_contain_text("the lane is running")

    wallet.refresh_from_db()
    assert wallet.paused_at is None
