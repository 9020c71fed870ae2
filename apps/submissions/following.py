"""Keeps the oracle's picture of the chain true: the contract stands, nothing confirmed was lost, prices are as read."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from apps.chain.errors import ContractMissing, NotDeployed
from apps.submissions.clients import ChainClients
from apps.submissions.deployments import (
    LOCAL_FLOOR_WEI,
    deploy,
    deployment_lock,
    fund_local,
    standing_deployment,
    sync_feeds,
)
from apps.submissions.lanes import lanes_of
from apps.submissions.models import Deployment, Wallet
from apps.submissions.nonces import reconcile
from apps.submissions.prices import refresh_prices
from apps.submissions.wallets import read_balance, recover_lost_nonces

if TYPE_CHECKING:
    from apps.chain.deploy import Deployer

log = logging.getLogger(__name__)


def follow(clients: ChainClients, deployer: Deployer | None) -> None:
    """Compare the chain with the tables once and repair what may be repaired; everything done is logged.

    A missing contract is replaced on a local chain only, with the admin's key. Lost transactions are reopened.

    Raises a ChainError when the chain cannot be asked, or (NotDeployed, ContractMissing) has no contract to follow.
    """
    gateway = clients.gateway
    with deployment_lock(clients.policy.name, wait=False) as got:
        if not got:
            return  # deploy_contract is at work
        deployment = _standing_or_new(clients, deployer)
        sync_feeds(deployment, deployer, gateway, update=False)
    for lane in lanes_of(deployment, clients):
        recover_lost_nonces(lane.wallet, is_local=deployment.is_local, gateway=gateway)
        _watch_balance(lane.wallet, deployment, clients, deployer)
        reconcile(lane, clients)
    refresh_prices(deployment, gateway)


def _standing_or_new(clients: ChainClients, deployer: Deployer | None) -> Deployment:
    """Return the contract in use, deployed anew where a local chain lost it."""
    policy, gateway = clients.policy, clients.gateway
    missing: NotDeployed | ContractMissing
    try:
        standing = standing_deployment(policy, gateway)
    except ContractMissing as exc:
        missing = exc
    else:
        if standing is not None:
            return standing
        missing = NotDeployed(f"no contract is recorded for destination {policy.name}, chain {policy.chain_id}")
    identity = gateway.identity()
    if deployer is None or not identity.is_local or policy.contract_address:
        log.error("contract missing chain=%d local=%s reason=%s", identity.chain_id, identity.is_local, missing)
        raise missing
    log.warning("local chain has no contract; deploying one chain=%d reason=%s", identity.chain_id, missing)
    fund_local(gateway, identity, addresses=[deployer.admin.address])
    deployment = deploy(policy, deployer, identity, retired_reason=f"the local chain was reset: {missing}")
    log.warning("contract deployed contract=%s chain=%d", deployment.address, deployment.chain_id)
    return deployment


def _watch_balance(wallet: Wallet, deployment: Deployment, clients: ChainClients, deployer: Deployer | None) -> None:
    """Store the balance; on a local chain top it up, elsewhere log when it runs low."""
    gateway = clients.gateway
    balance_wei = read_balance(wallet, gateway=gateway)
    if deployment.is_local and balance_wei < LOCAL_FLOOR_WEI:
        addresses = [wallet.address, *([deployer.admin.address] if deployer else [])]
        fund_local(gateway, gateway.identity(), addresses=addresses)
        read_balance(wallet, gateway=gateway)
    elif balance_wei < clients.policy.min_balance_wei:
        log.error("wallet runs low wallet=%s balance_wei=%d", wallet.address, balance_wei)
