"""The chain and the keys, made from settings once per process, on first use - so after any fork."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from apps.chain.errors import LaneClosed
from apps.chain.gateway import OracleGateway
from apps.chain.open_signer import open_signer
from apps.chain.signers import Signer, sorted_by_address
from apps.submissions.chains import ChainPolicy, settings_policy

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer
    from apps.chain.web3_gateway import Web3Gateway

RPC_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ChainClients:
    """What sending needs: the chain, the report signers in ascending order of address, the keys that pay, the rules."""

    gateway: OracleGateway
    signers: Sequence[Signer]
    transmitters: Sequence[Signer]
    policy: ChainPolicy = field(default_factory=settings_policy)

    def transmitter_at(self, address: str) -> Signer:
        """Return the transmitter with this address. Raises LaneClosed: its key is not here any more."""
        for transmitter in self.transmitters:
            if transmitter.address.lower() == address.lower():
                return transmitter
        raise LaneClosed(f"the key of {address} is not here")


def gateway() -> Web3Gateway:
    """Return this process's gateway."""
    return _gateway(os.getpid())


def chain_clients() -> ChainClients:
    """Return this process's gateway and keys, and the rules of now. Raises KeystoreUnusable or a Signer error."""
    pid = os.getpid()
    signers, transmitters = _keys(pid)
    return ChainClients(gateway=_gateway(pid), signers=signers, transmitters=transmitters)


def deployer() -> Deployer | None:
    """Return the admin's key on the chain, None when ADMIN_KEYSTORE is not set. Raises as ``chain_clients``."""
    return _deployer(os.getpid()) if settings.ADMIN_KEYSTORE else None


def forget() -> None:
    """Drop what was made, so that the next use reads settings again. For tests and after a change of keys."""
    for made in (_gateway, _keys, _deployer):
        made.cache_clear()


@cache
def _gateway(_pid: int) -> Web3Gateway:
    # imported here: web3 takes seconds to load, and most processes never speak to a chain
    from apps.chain.web3_gateway import Web3Gateway  # noqa: PLC0415

    policy = settings_policy()
    return Web3Gateway(
        policy.rpc_urls,
        chain_id=policy.chain_id,
        timeout_s=RPC_TIMEOUT_S,
        agreement=policy.read_agreement,
        fee_strategy=policy.fee_strategy,
        data_fee=policy.data_fee,
    )


@cache
def _keys(_pid: int) -> tuple[tuple[Signer, ...], tuple[Signer, ...]]:
    policy = settings_policy()
    return (
        sorted_by_address(open_signer(path) for path in policy.signers),
        tuple(open_signer(path) for path in policy.transmitters),
    )


@cache
def _deployer(pid: int) -> Deployer:
    from apps.chain.deploy import Deployer  # noqa: PLC0415

    return Deployer(
        gateway=_gateway(pid),
        admin=open_signer(settings.ADMIN_KEYSTORE),
        chain_id=settings.CHAIN_ID,
        max_fee_gwei=settings.MAX_FEE_GWEI,
    )
