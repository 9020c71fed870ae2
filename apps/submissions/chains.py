"""The rules of one destination: endpoints, keys, fees, finality. Everything a chain may have its own way about.

Errors:
    UnknownDestination: no destination has this name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from apps.chain.fee_market import DataFee, FeeStrategy
from apps.feeds.destination_model import MAIN
from apps.feeds.models import Destination

WEI_PER_ETH = 10**18


class Finality(StrEnum):
    """When a mined submission counts as final; the values of FINALITY.

    DEPTH: as many blocks above it as CONFIRMATIONS says.  SAFE, FINALIZED: the chain's own tag has reached its block.
    """

    DEPTH = "depth"
    SAFE = "safe"
    FINALIZED = "finalized"


@dataclass(frozen=True, slots=True)
class ChainPolicy:
    """The rules of one destination. ``timeout_s``: after it, unmined bytes are sent again. Keys are references to them.

    rpc_urls: URLs, or references to variables that hold them.  contract_address: empty for the recorded contract.
    """

    name: str
    is_paused: bool
    chain_id: int
    rpc_urls: tuple[str, ...]
    read_agreement: int
    receipt_patience_s: int
    signers: tuple[str, ...]
    transmitters: tuple[str, ...]
    fee_strategy: FeeStrategy
    data_fee: DataFee
    max_fee_gwei: int
    bump_after_blocks: int
    timeout_s: int
    max_in_flight: int
    finality: Finality
    confirmations: int
    min_balance_wei: int
    sequencer_feed: str
    sequencer_grace_s: int
    contract_address: str
    signer_threshold: int
    admin_key: str


class UnknownDestination(LookupError):
    """There is no destination of this name."""


def queue_of(destination: str) -> str:
    """Return the queue of a destination's worker: ``chain`` for the environment's, ``chain.base`` for ``base``."""
    return "chain" if destination == MAIN else f"chain.{destination}"


def policy_of(destination: str) -> ChainPolicy:
    """Return the rules of a destination as they stand now. Raises UnknownDestination."""
    if destination == MAIN:
        return settings_policy()
    row = Destination.objects.filter(name=destination).first()
    if row is None:
        raise UnknownDestination(f"there is no destination {destination!r}")
    return _row_policy(row, settings_policy())


def chain_id_of(destination: str) -> int:
    """Return which chain a destination is on. Raises UnknownDestination."""
    return settings.CHAIN_ID if destination == MAIN else policy_of(destination).chain_id


def enabled_destinations() -> list[str]:
    """Return the names of all destinations that are not off, the environment's first."""
    return [MAIN, *Destination.objects.filter(enabled=True).order_by("name").values_list("name", flat=True)]


def settings_policy() -> ChainPolicy:
    """Return the rules of the chain that the environment names. Read anew each time: nothing here is costly."""
    return ChainPolicy(
        name=MAIN,
        is_paused=False,
        chain_id=settings.CHAIN_ID,
        rpc_urls=tuple(settings.ETH_RPC_URLS),
        read_agreement=settings.READ_AGREEMENT,
        receipt_patience_s=settings.RECEIPT_PATIENCE_S,
        signers=tuple(settings.SIGNER_KEYSTORES),
        transmitters=tuple(key for key in [settings.TRANSMITTER_KEYSTORE, *settings.SPARE_TRANSMITTERS] if key),
        fee_strategy=FeeStrategy(settings.FEE_STRATEGY),
        data_fee=DataFee(settings.DATA_FEE),
        max_fee_gwei=settings.MAX_FEE_GWEI,
        bump_after_blocks=settings.BUMP_AFTER_BLOCKS,
        timeout_s=settings.TRANSACTION_TIMEOUT_S,
        max_in_flight=settings.MAX_IN_FLIGHT,
        finality=Finality(settings.FINALITY),
        confirmations=settings.CONFIRMATIONS,
        min_balance_wei=int(settings.MIN_BALANCE_ETH * WEI_PER_ETH),
        sequencer_feed=settings.SEQUENCER_FEED,
        sequencer_grace_s=settings.SEQUENCER_GRACE_S,
        contract_address=settings.CONTRACT_ADDRESS,
        signer_threshold=settings.SIGNER_THRESHOLD,
        admin_key=settings.ADMIN_KEYSTORE,
    )


def _row_policy(row: Destination, environment: ChainPolicy) -> ChainPolicy:
    """Return a row's rules; keys it names none of are the environment's."""
    return ChainPolicy(
        name=row.name,
        is_paused=row.paused,
        chain_id=row.chain_id,
        rpc_urls=tuple(row.rpc_urls),
        read_agreement=row.read_agreement,
        receipt_patience_s=row.receipt_patience_s,
        signers=tuple(row.signers) or environment.signers,
        transmitters=tuple(row.transmitters) or environment.transmitters,
        fee_strategy=FeeStrategy(row.fee_strategy),
        data_fee=DataFee(row.data_fee),
        max_fee_gwei=row.max_fee_gwei,
        bump_after_blocks=row.bump_after_blocks,
        timeout_s=row.timeout_s,
        max_in_flight=row.max_in_flight,
        finality=Finality(row.finality),
        confirmations=row.confirmations,
        min_balance_wei=int(row.min_balance_eth * WEI_PER_ETH),
        sequencer_feed=row.sequencer_feed,
        sequencer_grace_s=row.sequencer_grace_s,
        contract_address=row.contract_address,
        signer_threshold=row.signer_threshold or environment.signer_threshold,
        admin_key=row.admin_key or environment.admin_key,
    )
