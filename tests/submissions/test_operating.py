"""What an operator may do: bump, cancel, resend fresh, pause; by admin and by command, and who did it is kept."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.submissions import operating
from apps.submissions.clients import ChainClients
from apps.submissions.models import Attempt, Deployment, OperatorAction, Submission, Wallet
from apps.submissions.sending import send
from apps.submissions.sweeping import sweep
from tests.submissions.conftest import plan
from tests.submissions.fake_chain import FakeChain

pytestmark = pytest.mark.django_db
Kind = OperatorAction.Kind


@pytest.fixture
def waiting(deployment: Deployment, clients: ChainClients, chain: FakeChain) -> Submission:
    """A report whose transaction waits at nonce 0."""
    chain.automine = False
    submission = plan(("BTC/USD", 5), age_s=20)
    send(submission.pk, clients)
    submission.refresh_from_db()
    return submission


@pytest.fixture
def operator(client: Client) -> Client:
    """A browser of somebody with every right."""
    client.force_login(User.objects.create_superuser("anna"))
    return client


def test_bump_pays_better_at_once(waiting: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """No block needs to pass; the action says what was signed."""
    action = operating.request(Kind.BUMP, actor="anna", reason="slow", submission=waiting)

    sweep(clients)

    action.refresh_from_db()
    assert (action.state, Attempt.objects.count()) == (OperatorAction.State.DONE, 2)
    assert Attempt.objects.order_by("-pk")[0].tx_hash in action.outcome
    chain.mine()
    sweep(clients)
    assert chain.landed("BTC/USD") == [5]


def test_cancel_uses_up_the_nonce(waiting: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """The report ends as cancelled once the transfer is mined, and nothing of it lands."""
    operating.request(Kind.CANCEL, actor="anna", submission=waiting)
    sweep(clients)
    chain.mine()
    sweep(clients)

    waiting.refresh_from_db()
    assert (waiting.state, waiting.failure_code, chain.landed("BTC/USD")) == ("FATAL", "cancelled", [])


def test_report_mined_before_its_cancel_is_confirmed(
    waiting: Submission, clients: ChainClients, chain: FakeChain
) -> None:
    """A cancel that comes too late changes nothing: what was mined decides."""
    raw = bytes(Attempt.objects.get().raw)
    operating.request(Kind.CANCEL, actor="anna", submission=waiting)
    sweep(clients)
    chain.mempool.clear()
    chain._take(raw)
    chain.mine()

    sweep(clients)

    waiting.refresh_from_db()
    assert waiting.state == "CONFIRMED"


def test_planned_report_is_cancelled_without_a_transaction(
    deployment: Deployment, clients: ChainClients, chain: FakeChain
) -> None:
    """What was not signed yet ends at once, with the name of who wanted it."""
    Wallet.objects.create(chain_id=31337, address="0x", genesis_hash="0x", next_nonce=0)
    chain.balance = 0
    submission = plan(("BTC/USD", 5))
    operating.request(Kind.CANCEL, actor="anna", reason="wrong price", submission=submission)

    sweep(clients)

    submission.refresh_from_db()
    assert (submission.failure_code, submission.failure_message) == ("cancelled", "by anna: wrong price")


def test_fresh_report_starts_a_round_and_takes_the_nonce(
    waiting: Submission, clients: ChainClients, chain: FakeChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The round's report is not queued behind: it takes the waiting one's nonce as soon as it is there."""
    asked: list[tuple[list[str], str]] = []
    monkeypatch.setattr(operating, "_round_starters", [lambda pairs, actor: asked.append((list(pairs), actor))])
    action = operating.request(Kind.RESEND_FRESH, actor="anna", submission=waiting)
    sweep(clients)
    assert (asked, OperatorAction.objects.get().state) == ([(["BTC/USD"], "anna")], OperatorAction.State.REQUESTED)

    fresh = plan(("BTC/USD", 6), age_s=1)
    sweep(clients)
    chain.mine()
    sweep(clients)

    action.refresh_from_db()
    fresh.refresh_from_db()
    waiting.refresh_from_db()
    assert action.state == OperatorAction.State.DONE
    assert (fresh.state, fresh.nonce, waiting.state, waiting.replaced_by) == ("CONFIRMED", 0, "REPLACED", fresh)


def test_wish_for_a_fresh_report_ends_some_time(waiting: Submission, clients: ChainClients) -> None:
    """When no fresher report comes within two minutes the action is refused, and says why."""
    action = operating.request(Kind.RESEND_FRESH, actor="anna", submission=waiting)
    OperatorAction.objects.update(requested_at=timezone.now() - timedelta(seconds=121))

    sweep(clients)

    action.refresh_from_db()
    assert (action.state, action.outcome) == ("REFUSED", "no fresher report of the same feeds came")


def test_landed_report_is_not_bumped(waiting: Submission, clients: ChainClients, chain: FakeChain) -> None:
    """An action on a submission without a waiting transaction is refused."""
    chain.mine()
    sweep(clients)
    action = operating.request(Kind.BUMP, actor="anna", submission=waiting)

    sweep(clients)

    action.refresh_from_db()
    assert (action.state, action.outcome) == ("REFUSED", "it is CONFIRMED: no transaction of it waits")


def test_lane_is_paused_and_resumed_by_command(waiting: Submission) -> None:
    """Both are done at once, once each, and kept with the account that did it."""
    address = Wallet.objects.get().address
    out = StringIO()

    call_command("submissions", "pause", address, "--reason", "audit", stdout=out)
    assert Wallet.objects.get().paused_at is not None
    with pytest.raises(CommandError, match="paused already"):
        call_command("submissions", "pause", address, "--reason", "audit")
    call_command("submissions", "resume", address, "--reason", "done", stdout=out)

    assert Wallet.objects.get().paused_at is None
    assert [action.actor.partition(":")[0] for action in OperatorAction.objects.all()] == ["manage.py"] * 3


def test_command_shows_what_waits(waiting: Submission) -> None:
    """List, show and nonces name submission, state, nonce, fees and transaction."""
    out = StringIO()
    for arguments in (["list"], ["show", str(waiting.pk)], ["nonces"]):
        call_command("submissions", *arguments, stdout=out)

    text = out.getvalue()
    assert f"{waiting.pk} UNCONFIRMED" in text
    assert Attempt.objects.get().tx_hash in text
    assert "0.000002 gwei, tip 0.000001" in text


@pytest.mark.parametrize("button", ["bump", "cancel", "resend_fresh"])
def test_button_asks_first_and_is_kept(operator: Client, waiting: Submission, button: str) -> None:
    """A GET changes nothing; a POST with a reason writes down who wanted what."""
    url = reverse(f"admin:submissions_submission_{button}", args=[waiting.pk])

    assert operator.get(url).status_code == 200
    assert not OperatorAction.objects.exists()
    assert operator.post(url, {"reason": "stuck"}).status_code == 302

    action = OperatorAction.objects.get()
    assert (action.kind, action.actor, action.reason) == (button.upper(), "anna", "stuck")


def test_console_shows_the_timeline(operator: Client, waiting: Submission, clients: ChainClients) -> None:
    """A lane's page lists its nonces with every transaction's fees, age and hosts; the bytes are nowhere."""
    wallet = Wallet.objects.get()

    page = operator.get(reverse("admin:submissions_wallet_change", args=[wallet.pk])).content.decode()

    assert str(waiting.pk)[:8] in page
    assert "fake:1" in page
    assert Attempt.objects.get().tx_hash[:10] in page
    assert bytes(Attempt.objects.get().raw).hex()[20:60] not in page


def test_reader_has_no_buttons(client: Client, waiting: Submission) -> None:
    """Who may only look at submissions gets 403 from each button."""
    reader = User.objects.create_user("bob", is_staff=True)
    reader.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(reader)

    assert client.get(reverse("admin:submissions_submission_change", args=[waiting.pk])).status_code == 200
    assert client.post(reverse("admin:submissions_submission_bump", args=[waiting.pk])).status_code == 403
    assert not OperatorAction.objects.exists()
