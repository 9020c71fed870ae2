"""What a PriceOracle is deployed with, and a feed's rules, as the contract's ABI has them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from apps.chain.gateway import OnChainFeedConfig

NOBODY = "0x" + "00" * 20
HISTORY_LENGTH = 128
# https://github.com/Arachnid/deterministic-deployment-proxy: the same address on nearly every chain, Anvil included.
CREATE2_FACTORY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
CREATE2_SALT = keccak(b"price-oracle/2")


class Form(IntEnum):
    """Where a feed is kept (the contract's enum of the same name)."""

    PACKED = 0
    NEW_PAGE = 1
    WIDE = 2


@dataclass(frozen=True, slots=True)
class ContractSetup:
    """The constructor's arguments. ``signers`` in any order; an office may be empty, but the admin's.

    announces: proxies emit AnswerUpdated and NewRound for every answer taken, at some 7,400 gas each.
    """

    admin: str
    signers: Sequence[str]
    threshold: int
    configurator: str = NOBODY
    pauser: str = NOBODY
    history_length: int = HISTORY_LENGTH
    announces: bool = False

    def as_tuple(self) -> tuple[object, ...]:
        """Return the arguments as the contract's ABI takes them, signers ascending."""
        ordered = sorted(self.signers, key=lambda address: int(address, 16))
        offices = [to_checksum_address(one) for one in (self.admin, self.configurator, self.pauser)]
        signers = [to_checksum_address(signer) for signer in ordered]
        return (*offices, signers, self.threshold, self.history_length, self.announces)


def create2_address(salt: bytes, creation_code: bytes, *, factory: str = CREATE2_FACTORY) -> str:
    """Return where the factory puts a contract (https://eips.ethereum.org/EIPS/eip-1014)."""
    deployer = bytes.fromhex(factory.removeprefix("0x"))
    return str(to_checksum_address(keccak(b"\xff" + deployer + salt + keccak(creation_code))[12:]))


def config_tuple(config: OnChainFeedConfig) -> tuple[object, ...]:
    """Return a feed's rules as the contract's ABI takes them."""
    return (
        config.decimals,
        Form.WIDE if config.wide else Form.PACKED,
        config.max_age_s,
        config.heartbeat_s,
        config.deviation_bps,
        config.max_move_bps,
        config.relax_bps_per_minute,
        config.min_answer,
        config.max_answer,
        config.description,
    )


def config_of(row: Sequence[Any]) -> OnChainFeedConfig:
    """Return a feed's rules from what the contract answers."""
    decimals, form, max_age_s, heartbeat_s, deviation_bps, max_move_bps, relax, low, high, description = row
    return OnChainFeedConfig(
        decimals=decimals,
        max_age_s=max_age_s,
        heartbeat_s=heartbeat_s,
        deviation_bps=deviation_bps,
        min_answer=low,
        max_answer=high,
        description=description,
        max_move_bps=max_move_bps,
        relax_bps_per_minute=relax,
        wide=form == Form.WIDE,
    )
