"""Steady-state gas of the contract on a fresh Anvil: the definition that rivals were measured by.

Receipt's gasUsed of one ``submit``: base, calldata and execution; every slot non-zero, the ring full, each report a
transaction of its own; 3 of 5 signers; all feeds of the contract in each report; mean of the last rounds.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace

from eth_account import Account

from apps.chain.contract_setup import ContractSetup
from apps.chain.deploy import LOCAL_FUNDS_WEI, Deployer
from apps.chain.gateway import OnChainFeedConfig
from apps.chain.report import Report, ReportAnswer, report_message
from apps.chain.signers import KeystoreSigner, sign_report
from apps.chain.web3_gateway import Web3Gateway
from local import embedded

SIGNERS = tuple(range(11, 16))
SIGNING = (11, 13, 15)
HISTORY_LENGTH = 4
MEASURED = 3
STEP_S = 5
PRICE = 10**13  # 100,000 at 8 decimals
# Calls what follows 32 bytes of address and returns the gas that the call took, everything cold.
PROBE = "0x" + "77" * 20
PROBE_CODE = "0x36602090038060205f375f355a5f5f845f855afa5a82035f5260205ff3"
LATEST_ROUND_DATA = "feaf968c"
FEED = OnChainFeedConfig(
    decimals=8,
    max_age_s=120,
    heartbeat_s=3600,
    deviation_bps=50,
    min_answer=1,
    max_answer=2**47 - 1,
    description="X / USD",
    max_move_bps=1000,
    relax_bps_per_minute=500,
)


@dataclass(frozen=True, slots=True)
class GasFigures:
    """Gas of one report, and of one cold latestRoundData through a proxy."""

    submit: float
    latest_round_data: int


def steady_gas(
    url: str, *, feeds: int, wide: bool = False, sent: int | None = None, announces: bool = False
) -> GasFigures:
    """Return the gas of a contract with so many feeds.

    sent: only the first so many are in the last reports, after a first one of all; then the feed read is one that only
        its neighbours were updated beside, which is the dearest reading.
    announces: with Chainlink's events of every feed.
    """
    gateway = Web3Gateway([url], chain_id=embedded.CHAIN_ID)
    admin = _key(1)
    gateway.set_balance(admin.address, LOCAL_FUNDS_WEI)
    deployer = Deployer(gateway=gateway, admin=admin, chain_id=embedded.CHAIN_ID, max_fee_gwei=500)
    signers = [_key(number).address for number in SIGNERS]
    setup = ContractSetup(
        admin.address, signers, threshold=len(SIGNING), history_length=HISTORY_LENGTH, announces=announces
    )
    salt = f"{feeds}/{wide}/{sent}/{announces}".encode().ljust(32)
    contract = deployer.deploy(setup, salt=salt).address
    pairs = [f"F{number}/USD" for number in range(feeds)]
    for pair in pairs:
        deployer.add_feed(contract, pair, replace(FEED, wide=wide))
    places = gateway.places(contract)
    _submit(deployer, contract, pairs, places=places, number=0)
    used = [
        _submit(deployer, contract, pairs[:sent], places=places, number=number)
        for number in range(1, HISTORY_LENGTH + 1 + MEASURED)
    ]
    read = pairs[0 if sent is None else -1]
    return GasFigures(statistics.mean(used[-MEASURED:]), _read_gas(gateway, gateway.proxies(contract)[read]))


def _submit(deployer: Deployer, contract: str, pairs: list[str], *, places: dict[str, int], number: int) -> int:
    gateway = deployer.gateway
    now = int(gateway.head().time.timestamp()) + STEP_S
    gateway._raw("evm_setNextBlockTimestamp", [now])  # noqa: SLF001 - a cheat of Anvil
    answers = tuple(ReportAnswer(pair, PRICE + 7**9 * number + 11 * at, now - 2) for at, pair in enumerate(pairs))
    report = Report(1, "0x" + f"{7**80 + number:064x}", answers, places)
    message = report_message(report, chain_id=embedded.CHAIN_ID, contract=contract)
    data = gateway.submit_data(contract, report, sign_report(message, [_key(signer) for signer in SIGNING]))
    receipt = deployer.send(contract, data)
    if len(receipt.accepted) != len(pairs):
        raise RuntimeError(f"{len(receipt.accepted)} of {len(pairs)} answers were taken: {receipt.skipped}")
    return receipt.gas_used


def _read_gas(gateway: Web3Gateway, proxy: str) -> int:
    data = "0x" + "00" * 12 + proxy[2:] + LATEST_ROUND_DATA
    call: list[object] = [{"to": PROBE, "data": data}, "latest", {PROBE: {"code": PROBE_CODE}}]
    return int(gateway._raw("eth_call", call), 16)  # noqa: SLF001 - with code that is only there for this call


def _key(number: int) -> KeystoreSigner:
    return KeystoreSigner(Account.from_key(number.to_bytes(32, "big")))
