"""The chain and the keys, made from settings once per process, on first use - so after any fork."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from apps.chain.gateway import OracleGateway
from apps.chain.open_signer import open_signer
from apps.chain.signers import Signer, sorted_by_address

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer
    from apps.chain.web3_gateway import Web3Gateway

RPC_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class ChainClients:
    """What sending needs: the chain, the report signers in ascending order of address, the key that pays."""

    gateway: OracleGateway
    signers: Sequence[Signer]
    transmitter: Signer


def gateway() -> Web3Gateway:
    """Return this process's gateway."""
    return _gateway(os.getpid())


def chain_clients() -> ChainClients:
    """Return this process's gateway and keys. Raises KeystoreUnusable or a Signer error."""
    return _clients(os.getpid())


def deployer() -> Deployer | None:
    """Return the admin's key on the chain, None when ADMIN_KEYSTORE is not set. Raises as ``chain_clients``."""
    return _deployer(os.getpid()) if settings.ADMIN_KEYSTORE else None


def forget() -> None:
    """Drop what was made, so that the next use reads settings again. For tests and after a change of keys."""
    for made in (_gateway, _clients, _deployer):
        made.cache_clear()


@cache
def _gateway(_pid: int) -> Web3Gateway:
    # imported here: web3 takes seconds to load, and most processes never speak to a chain
    from apps.chain.web3_gateway import Web3Gateway  # noqa: PLC0415

    return Web3Gateway(settings.ETH_RPC_URLS, chain_id=settings.CHAIN_ID, timeout_s=RPC_TIMEOUT_S)


@cache
def _clients(pid: int) -> ChainClients:
    return ChainClients(
        gateway=_gateway(pid),
        signers=sorted_by_address(open_signer(path) for path in settings.SIGNER_KEYSTORES),
        transmitter=open_signer(settings.TRANSMITTER_KEYSTORE),
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
