"""The rules of one chain: its endpoints, keys, fees, finality. Everything a chain may have its own way about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

from apps.chain.fee_market import DataFee, FeeStrategy

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
    """The rules of one chain. ``timeout_s``: after it, unmined bytes are sent again. Keys are references to them."""

    chain_id: int
    rpc_urls: tuple[str, ...]
    read_agreement: int
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


def settings_policy() -> ChainPolicy:
    """Return the rules of the chain that the environment names. Read anew each time: nothing here is costly."""
    return ChainPolicy(
        chain_id=settings.CHAIN_ID,
        rpc_urls=tuple(settings.ETH_RPC_URLS),
        read_agreement=settings.READ_AGREEMENT,
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
    )
