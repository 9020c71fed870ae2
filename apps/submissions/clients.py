"""The chains and the keys of the destinations, made once per process, on first use - so after any fork."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from apps.chain.errors import LaneClosed, RpcUnavailable
from apps.chain.fee_market import DataFee, FeeStrategy
from apps.chain.gateway import OracleGateway
from apps.chain.key_references import is_keystore
from apps.chain.open_signer import open_signer
from apps.chain.signers import Signer, keystore_address, sorted_by_address
from apps.feeds.destination_model import MAIN
from apps.submissions.chains import ChainPolicy, policy_of, settings_policy
from apps.submissions.rpc_addresses import checked_addresses
from oracle_project import env

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer
    from apps.chain.web3_gateway import Web3Gateway

RPC_TIMEOUT_S = 5.0
MAX_GATEWAYS = 64  # of a process; edited endpoints leave old ones behind


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


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a gateway is made of, and its key in a process: an edit in admin makes another one.

    typed: URLs that stand in the configuration; they reach public and listed addresses only.
    """

    chain_id: int
    urls: tuple[str, ...]
    typed: frozenset[str]
    agreement: int
    fee_strategy: FeeStrategy
    data_fee: DataFee


def gateway(destination: str = MAIN) -> Web3Gateway:
    """Return this process's gateway to a destination's chain. Raises UnknownDestination."""
    return _gateway_of(policy_of(destination))


def chain_clients(destination: str = MAIN) -> ChainClients:
    """Return this process's gateway and keys for a destination, and its rules of now.

    Raises UnknownDestination, KeystoreUnusable, or another Signer error.
    """
    policy, pid = policy_of(destination), os.getpid()
    return ChainClients(
        gateway=_gateway_of(policy),
        signers=sorted_by_address(_signer(pid, reference) for reference in policy.signers),
        transmitters=tuple(_signer(pid, reference) for reference in policy.transmitters),
        policy=policy,
    )


def deployer(destination: str = MAIN, *, key: str = "") -> Deployer | None:
    """Return the admin's key on a destination's chain, None when there is none. Raises as ``chain_clients``.

    key: a reference to another key that is to be used in its place.
    """
    from apps.chain.deploy import Deployer  # noqa: PLC0415

    policy = policy_of(destination)
    reference = key or policy.admin_key
    if not reference:
        return None
    return Deployer(
        gateway=_gateway_of(policy),
        admin=_signer(os.getpid(), reference),
        chain_id=policy.chain_id,
        max_fee_gwei=policy.max_fee_gwei,
    )


def addresses_of(references: Iterable[str]) -> list[str]:
    """Return the address of each key: a keystore states it, a service is asked. Raises as ``chain_clients``."""
    return [keystore_address(one) if is_keystore(one) else _signer(os.getpid(), one).address for one in references]


def forget() -> None:
    """Drop what was made, so that the next use makes it anew. For tests and after a change of keys."""
    for made in (_gateway, _signer):
        made.cache_clear()


def _gateway_of(policy: ChainPolicy) -> Web3Gateway:
    typed = frozenset() if policy.name == MAIN else frozenset(policy.rpc_urls)
    wiring = Wiring(
        chain_id=policy.chain_id,
        urls=endpoints_of(policy),
        typed=typed,
        agreement=policy.read_agreement,
        fee_strategy=policy.fee_strategy,
        data_fee=policy.data_fee,
    )
    return _gateway(os.getpid(), wiring)


def endpoints_of(policy: ChainPolicy) -> tuple[str, ...]:
    """Return the URLs of a destination's endpoints, references resolved. Raises RpcUnavailable."""
    urls: list[str] = []
    for url in policy.rpc_urls:
        try:
            urls += env.referred_urls(url) if url.startswith(env.REFERENCE) else [url]
        except env.EnvError as exc:
            raise RpcUnavailable(f"destination {policy.name}: {exc}") from exc
    return tuple(urls)


@lru_cache(maxsize=MAX_GATEWAYS)
def _gateway(_pid: int, wiring: Wiring) -> Web3Gateway:
    # imported here: web3 takes seconds to load, and most processes never speak to a chain
    from apps.chain.web3_gateway import Web3Gateway  # noqa: PLC0415

    return Web3Gateway(
        wiring.urls,
        chain_id=wiring.chain_id,
        timeout_s=RPC_TIMEOUT_S,
        agreement=wiring.agreement,
        fee_strategy=wiring.fee_strategy,
        data_fee=wiring.data_fee,
        guarded=dict.fromkeys(wiring.typed, checked_addresses),
    )


@cache
def _signer(_pid: int, reference: str) -> Signer:
    return open_signer(reference)
