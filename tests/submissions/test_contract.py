"""`manage.py contract` as an operator uses it, on a real Anvil: directly, through a timelock, and refused."""

from __future__ import annotations

import json
from contextlib import nullcontext
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.chain.bindings import price_oracle
from apps.chain.contract_setup import NOBODY
from apps.chain.deploy import LOCAL_FUNDS_WEI
from apps.chain.report import feed_id
from apps.chain.signers import create_keystore, keystore_address
from apps.feeds.models import Feed
from apps.submissions import clients
from apps.submissions.management.commands.contract import NOT_SENT
from apps.submissions.models import Deployment, Submission
from tests.submissions.test_on_anvil import PASSWORD, anvil_rpc, deploy_contract, plan, rpc, run

pytestmark = pytest.mark.django_db
__all__ = ["anvil_rpc"]
DELAY_S = 600
STRANGER = "0x" + "00" * 19 + "Aa"


def contract(*arguments: str, exits: int = 0) -> dict[str, Any]:
    """Run the command, check how it ends, and return what it printed."""
    out = StringIO()
    ends = pytest.raises(SystemExit) if exits else nullcontext()
    with ends as ended:
        call_command("contract", *arguments, stdout=out)
    assert (ended.value.code if ended else 0) == exits
    printed: dict[str, Any] = json.loads(out.getvalue())
    assert PASSWORD not in out.getvalue()
    return printed


def new_key(folder: Path, name: str) -> tuple[str, str]:
    """Return file and address of a fresh key with play money."""
    path = str(folder / f"{name}.json")
    create_keystore(path, PASSWORD)
    rpc("anvil_setBalance", keystore_address(path), hex(LOCAL_FUNDS_WEI))
    return path, keystore_address(path)


def under_timelock() -> str:
    """Deploy, hand the office to a timelock that the admin's key proposes to, and return the contract."""
    own = keystore_address(clients.policy_of("main").admin_key)
    options = ("--timelock-delay", str(DELAY_S), "--proposer", own)
    address: str = deploy_contract("--local", *options)["contract"]
    wait()
    deploy_contract(*options)
    return address


def wait() -> None:
    """Let the delay pass."""
    rpc("evm_increaseTime", DELAY_S + 1)
    rpc("evm_mine")


def nonce() -> int:
    """Return how many transactions the admin's key has sent."""
    deployer = clients.deployer()
    assert deployer is not None
    return deployer.gateway.nonce(deployer.admin.address, pending=False)


def test_the_admins_key_makes_each_call_once(anvil_rpc: str, tmp_path: Path, settings: Settings) -> None:
    """What the key may do is done and mined, shows in the status, and is not sent a second time."""
    address = deploy_contract("--local")["contract"]
    gateway, signers = clients.gateway(), clients.addresses_of(settings.SIGNER_KEYSTORES)
    pauser_path, pauser = new_key(tmp_path, "pauser")
    Feed.objects.filter(pair="BTC/USD").update(jump_bps=500)
    deploy_contract()

    calls = [
        ("set-signers", *reversed(signers), "--threshold", "3"),
        ("set-configurator", STRANGER),
        ("set-pauser", pauser.lower()),
        ("release", "BTC/USD"),
        ("pause-feed", "ETH/USD"),
        ("pause",),
        ("transfer-admin", pauser),
    ]
    for call in calls:
        assert contract(*call, "--dry-run")["stage"] == "dry_run"
        sent = nonce()
        done = contract(*call)
        assert (done["stage"], len(done["transactions"]), nonce() - sent) == ("done", 1, 1), call
        assert (contract(*call)["stage"], nonce() - sent) == ("already", 1), call

    status = contract("status")
    assert (status["admin"], status["pending_admin"]) == (status["own_key"], pauser)
    assert (status["configurator"].lower(), status["pauser"]) == (STRANGER.lower(), pauser)
    assert (status["paused"], status["paused_feeds"], status["timelocks"]) == (True, ["ETH/USD"], [])
    assert (status["signers"]["threshold"], status["signers"]["version"]) == (3, 2)
    assert status["signers"]["of_the_workers"] == status["signers"]["addresses"]
    assert Deployment.objects.get().threshold == 3
    assert gateway.feed_config(address, "BTC/USD").max_move_bps == 0
    assert contract("unpause")["stage"] == contract("unpause-feed", "ETH/USD")["stage"] == "done"
    price = run(plan(5))
    assert (price.state, price.signer_set_version, len(price.signatures)) == (Submission.State.CONFIRMED, 2, 3)
    assert contract("pause", "--key", pauser_path)["stage"] == "done", "the pauser's own key"
    assert contract("unpause", "--key", pauser_path, exits=NOT_SENT)["stage"] == "open", "which resumes nothing"
    assert contract("transfer-admin", NOBODY)["stage"] == "done", "an offer is withdrawn"
    assert contract("transfer-admin", pauser)["stage"] == "done"
    assert contract("accept-admin", "--key", pauser_path)["stage"] == "done"
    assert contract("status")["admin"] == pauser


def test_a_rotation_goes_through_the_timelock(anvil_rpc: str, tmp_path: Path, settings: Settings) -> None:
    """The same command schedules, waits and executes; the record of the contract has the new set."""
    address = under_timelock()
    new = [new_key(tmp_path, f"new{n}") for n in range(2)]
    settings.SIGNER_KEYSTORES = [*settings.SIGNER_KEYSTORES, *(path for path, _ in new)]
    call = ("set-signers", *(each for _, each in new), "--threshold", "2")

    tried = contract(*call, "--dry-run")
    assert (tried["stage"], tried["next_step"], tried["own_key_may"]) == ("dry_run", "schedule", True)
    scheduled = contract(*call)

    assert (scheduled["stage"], scheduled["next_step"], scheduled["delay_s"]) == ("scheduled", "wait", DELAY_S)
    assert "schedule_data" not in scheduled
    sent = nonce()
    again = contract(*call)
    assert (again["operation"], again["execute_data"], nonce()) == (
        scheduled["operation"],
        scheduled["execute_data"],
        sent,
    )
    (timelock,) = contract("status")["timelocks"]
    (waiting,) = timelock["pending"]
    assert (waiting["operation"], waiting["ready_at"]) == (scheduled["operation"], scheduled["ready_at"])
    assert waiting["calls"][0]["function"] == "setSigners"
    assert waiting["calls"][0]["arguments"] == [sorted((each for _, each in new), key=str.lower), 2]
    assert (timelock["executors"], timelock["owners"]) == ("anyone", [timelock["address"]])
    assert timelock["events_complete"]
    assert timelock["own_key_may"] == ["propose", "execute", "cancel"]

    wait()
    done = contract(*call)
    assert (done["stage"], "own_key_may" in done) == ("done", False)
    assert clients.gateway().signer_set(address).version == 2
    assert Deployment.objects.get().signer_set_version == 2
    assert contract(*call)["stage"] == "already"
    assert contract("status")["timelocks"][0]["pending"] == []


def test_the_same_call_again_and_a_cancelled_one(anvil_rpc: str, tmp_path: Path) -> None:
    """A feed is paused at once and resumed through the timelock, twice; a cancelled operation can be scheduled anew."""
    under_timelock()
    operations = set()
    for _ in range(2):
        assert contract("pause-feed", "BTC/USD")["stage"] == "done", "the key is pauser still"
        scheduled = contract("unpause-feed", "BTC/USD")
        assert scheduled["stage"] == "scheduled"
        operations.add(scheduled["operation"])
        wait()
        assert contract("unpause-feed", "BTC/USD")["stage"] == "done"
    assert len(operations) == 2

    first = contract("set-pauser", STRANGER)["operation"]
    assert contract("set-configurator", STRANGER, "--after", first)["stage"] == "scheduled"
    assert contract("cancel", first, "--dry-run")["next_step"] == "send"
    assert contract("cancel", first)["stage"] == "done"
    with pytest.raises(CommandError, match=r"operation_not_pending: .* unknown in"):
        contract("cancel", first)
    with pytest.raises(CommandError, match=r"operation_not_pending: .* nothing could ever come after it"):
        contract("set-configurator", STRANGER, "--after", first)
    assert contract("set-pauser", STRANGER)["operation"] == first, "taken back, its id is free"


def test_a_key_without_a_right_is_told_what_others_send(anvil_rpc: str, tmp_path: Path) -> None:
    """Neither proposer nor admin: nothing is sent, and the printed data does it from the wallets that may."""
    address = under_timelock()
    stranger, _ = new_key(tmp_path, "stranger")
    sent = nonce()

    told = contract("set-pauser", STRANGER, "--key", stranger, exits=NOT_SENT)

    assert (told["stage"], told["own_key_may"], nonce()) == ("open", False, sent)
    deployer = clients.deployer()
    assert deployer is not None
    deployer.send(told["timelock"], bytes.fromhex(told["schedule_data"][2:]))
    assert contract("cancel", told["operation"], "--key", stranger, exits=NOT_SENT)["stage"] == "open"
    wait()
    assert contract("set-pauser", STRANGER, "--key", stranger)["stage"] == "done", "anybody executes what has waited"
    assert deployer.gateway.answer(address, price_oracle.pauser()).lower() == STRANGER.lower()
    told = contract("pause", exits=NOT_SENT)
    assert told["by"].lower() == STRANGER.lower(), "the pauser need not wait, so it is asked and not the timelock"


def test_what_cannot_be_is_refused_with_a_code(anvil_rpc: str, settings: Settings, tmp_path: Path) -> None:
    """Before anything is sent, with both values."""
    with pytest.raises(CommandError, match=r"not_deployed: .*run deploy_contract"):
        contract("status")
    deploy_contract("--local")
    first, second, _ = clients.addresses_of(settings.SIGNER_KEYSTORES)
    _, other = new_key(tmp_path, "other")
    sent = nonce()
    refused = {
        ("pause-feed", "DOGE/USD"): "unknown_pair: the contract has no feed DOGE/USD; it has BTC/USD, ETH/USD",
        ("set-pauser", "safe.eth"): "bad_argument: safe.eth is no address",
        ("set-signers", first, second, other, "--threshold", "3"): (
            "threshold_unreachable: 2 of the 3 keys in SIGNER_KEYSTORES are in the new set, 3 have to sign"
        ),
        ("set-signers", first, first, "--threshold", "1"): "bad_argument: 2 signers, but 1 different addresses",
        ("set-signers", first, "--threshold", "0"): "bad_argument: the threshold is 0, it may be 1 to 1",
        ("pause", "--after", "0x" + "11" * 32): "bad_argument: --after is an order that a timelock keeps",
        ("cancel", "0x12"): "bad_argument: 0x12 is no operation's id",
        ("cancel", "0x" + "11" * 32): "operation_not_pending: .* no timelock holds an office",
        ("pause", "--destination", "nowhere"): "there is no destination 'nowhere'",
        (
            "set-signers",
            *(f"0x{n:040x}" for n in range(1, 33)),
            "--threshold",
            "1",
            "--force",
        ): "bad_signer_count: 32 signers, the contract takes 1 to 31",
    }

    for arguments, message in refused.items():
        with pytest.raises(CommandError, match=message):
            contract(*arguments)

    assert nonce() == sent
    assert contract("set-signers", first, second, other, "--threshold", "3", "--force")["stage"] == "done"
    assert run(plan(5)).state != Submission.State.CONFIRMED, "as was said"
    settings.ADMIN_KEYSTORE = ""
    told = contract("pause", exits=NOT_SENT)
    assert (told["stage"], told["data"]) == ("open", "0x" + price_oracle.pause().data.hex())
    assert feed_id("BTC/USD").hex() in contract("pause-feed", "BTC/USD", exits=NOT_SENT)["data"]
