"""What a PriceOracle is deployed with, and a feed's rules, as the contract takes them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from apps.chain.bindings import price_oracle
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
    ALONE = 3


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

    def creation_code(self) -> bytes:
        """Return what deploys the contract: code and arguments, signers ascending."""
        ordered = sorted(self.signers, key=lambda address: int(address, 16))
        return price_oracle.creation_code(
            price_oracle.Setup(
                admin=self.admin,
                configurator=self.configurator,
                pauser=self.pauser,
                signers=tuple(ordered),
                threshold=self.threshold,
                history_length=self.history_length,
                announces=self.announces,
            )
        )


def create2_address(salt: bytes, creation_code: bytes, *, factory: str = CREATE2_FACTORY) -> str:
    """Return where the factory puts a contract (https://eips.ethereum.org/EIPS/eip-1014)."""
    deployer = bytes.fromhex(factory.removeprefix("0x"))
    return str(to_checksum_address(keccak(b"\xff" + deployer + salt + keccak(creation_code))[12:]))


def config_to_chain(config: OnChainFeedConfig) -> price_oracle.FeedConfig:
    """Return a feed's rules as the contract takes them."""
    return price_oracle.FeedConfig(
        decimals=config.decimals,
        form=_form(config),
        max_age=config.max_age_s,
        heartbeat=config.heartbeat_s,
        deviation_bps=config.deviation_bps,
        max_move_bps=config.max_move_bps,
        relax_bps_per_minute=config.relax_bps_per_minute,
        min_answer=config.min_answer,
        max_answer=config.max_answer,
        description=config.description,
    )


def _form(config: OnChainFeedConfig) -> Form:
    if config.wide:
        return Form.WIDE
    return Form.ALONE if config.alone else Form.PACKED


def config_of(config: price_oracle.FeedConfig) -> OnChainFeedConfig:
    """Return a feed's rules from what the contract answers."""
    return OnChainFeedConfig(
        decimals=config.decimals,
        max_age_s=config.max_age,
        heartbeat_s=config.heartbeat,
        deviation_bps=config.deviation_bps,
        min_answer=config.min_answer,
        max_answer=config.max_answer,
        description=config.description,
        max_move_bps=config.max_move_bps,
        relax_bps_per_minute=config.relax_bps_per_minute,
        wide=config.form == Form.WIDE,
    )
