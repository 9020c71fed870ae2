"""The contract the oracle writes to: deploying it, adding its feeds, and replacing it when a local chain was reset."""

from __future__ import annotations

import logging
import secrets
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from eth_hash.auto import keccak

from apps.chain.artifacts import artifact
from apps.chain.contract_setup import CREATE2_SALT, ContractSetup
from apps.chain.deploy import (
    LOCAL_FUNDS_WEI,
    MAX_AGE_S,
    MAX_BPS,
    MAX_DEVIATION_BPS,
    MAX_PACKED_ANSWER,
    MAX_WIDE_ANSWER,
    Deployer,
)
from apps.chain.errors import ChainError, ChainReadInconsistent, ContractMissing
from apps.chain.gateway import ChainIdentity, OnChainFeedConfig, OracleGateway, Placement
from apps.feeds.destination_model import MAIN
from apps.feeds.models import Feed
from apps.feeds.publishing import feeds_published_to
from apps.pricing.fixed_point import to_fixed
from apps.pricing.storage import Storage
from apps.submissions.chains import ChainPolicy
from apps.submissions.clients import addresses_of
from apps.submissions.models import Deployment, Submission
from apps.submissions.selectors import active_deployment
from apps.submissions.services import reopen

log = logging.getLogger(__name__)
LOCK_SPACE = 0x6465706C  # "depl": one process at a time deploys to a destination
CONTRACT_VERSION = 2  # of the wire format; the contract's EIP-712 domain names it
MOVE_FACTOR = 3
LOCAL_FLOOR_WEI = LOCAL_FUNDS_WEI // 100


class DeploymentRefused(Exception):
    """A deployment that must not be made; the message says what to change."""


@contextmanager
def deployment_lock(destination: str, *, wait: bool) -> Iterator[bool]:
    """Hold the right to deploy to a destination; yields whether it was got (always, with ``wait``)."""
    key = [LOCK_SPACE, zlib.crc32(destination.encode()) - 2**31]
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", key)
            got = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", key)
            got = bool(cursor.fetchone()[0])
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", key)


def fund_local(gateway: OracleGateway, identity: ChainIdentity, *, addresses: list[str]) -> None:
    """Give keys play money where they run low. Refuses chains that are not local."""
    if not identity.is_local:
        raise DeploymentRefused(f"chain {identity.chain_id} ({identity.client_version}) is not a local one")
    for address in addresses:
        if gateway.balance_wei(address) < LOCAL_FLOOR_WEI:
            gateway.set_balance(address, LOCAL_FUNDS_WEI)


def standing_deployment(policy: ChainPolicy, gateway: OracleGateway) -> Deployment | None:
    """Return the destination's active deployment if its contract is on the chain, None before the first one.

    Code at the address decides, not the hash of block 0: a local chain that drops old blocks changes that one.
    A configured address (CONTRACT_ADDRESS at main) is taken over in place of what is recorded.

    Raises ContractMissing: the recorded (or configured) contract is not on the chain.
    """
    deployment = active_deployment(policy.name)
    wanted = policy.contract_address
    if wanted and (deployment is None or deployment.address.lower() != wanted.lower()):
        deployment = _adopt(policy, gateway)
    if deployment is None:
        return None
    if not gateway.has_code(deployment.address):
        raise ContractMissing(f"no code at {deployment.address} on chain {deployment.chain_id}")
    if deployment.contract_version != CONTRACT_VERSION:
        spoken = f"version {deployment.contract_version} of the wire format, this release version {CONTRACT_VERSION}"
        raise ContractMissing(f"the contract at {deployment.address} takes {spoken}; run deploy_contract --replace")
    return deployment


def deploy(policy: ChainPolicy, deployer: Deployer, identity: ChainIdentity, *, retired_reason: str = "") -> Deployment:
    """Deploy a contract and make it the destination's active one; submissions of the one it replaces are reopened.

    Raises DeploymentRefused when there are fewer signer keystores than the threshold, or a ChainError.
    """
    signers = addresses_of(policy.signers)
    threshold = policy.signer_threshold
    if not 0 < threshold <= len(signers):
        raise DeploymentRefused(f"SIGNER_THRESHOLD is {threshold}, SIGNER_KEYSTORES names {len(signers)} keys")
    setup = ContractSetup(admin=deployer.admin.address, signers=signers, threshold=threshold)
    # an address is never used twice on a local chain: what was signed for a contract of before a reset stays void
    made = deployer.deploy(setup, salt=_salt(policy, identity, replaces=bool(retired_reason)))
    signer_set = deployer.gateway.signer_set(made.address)
    return _record(
        Deployment(
            destination=policy.name,
            chain_id=identity.chain_id,
            address=made.address,
            is_local=identity.is_local,
            signers=list(signer_set.signers),
            threshold=signer_set.threshold,
            signer_set_version=signer_set.version,
            contract_version=CONTRACT_VERSION,
            source_hash=artifact("PriceOracle").source_hash,
            tx_hash=made.tx_hash,
            block_number=made.block_number,
            genesis_hash=_genesis_hash(identity, gateway=deployer.gateway),
        ),
        retired_reason=retired_reason,
    )


def sync_feeds(deployment: Deployment, deployer: Deployer | None, gateway: OracleGateway, *, update: bool) -> list[str]:
    """Add the destination's feeds that the contract lacks, with ``update`` changed rules too; returns what was done.

    One feed's failure is logged and stops no other. Without the admin's key only the row's proxies are refreshed.
    """
    feeds = list(feeds_published_to(deployment.destination))
    if not update and all(feed.pair in deployment.places for feed in feeds):
        return []  # the usual case, without a call per feed
    placed = gateway.placements(deployment.address)
    done: list[str] = []
    for feed in feeds:
        try:
            if feed.pair not in placed:
                step = _add(deployment, feed, deployer)
            else:
                step = _update(deployment, feed, deployer) if update and deployer else ""
        except ChainError as exc:
            # TRY400 off: the error is complete in these fields, and a stack of web3 frames would hide it
            log.error("feed not registered pair=%s code=%s error=%s", feed.pair, exc.code, exc)  # noqa: TRY400
            continue
        if step:
            done.append(f"{step} {feed.pair}")
            log.warning("feed %s pair=%s contract=%s", step, feed.pair, deployment.address)
    if done:
        placed = gateway.placements(deployment.address)
    proxies = _proxies(placed)
    places = _places(gateway, deployment.address, placed=placed, known=deployment.places)
    if (proxies, places) != (deployment.proxies, deployment.places):
        deployment.proxies, deployment.places = proxies, places
        deployment.save(update_fields=["proxies", "places"])
    return done


def _proxies(placed: Mapping[str, Placement]) -> dict[str, str]:
    return {pair: one.proxy for pair, one in placed.items()}


def _places(
    gateway: OracleGateway, contract: str, *, placed: Mapping[str, Placement], known: Mapping[str, int]
) -> dict[str, int]:
    """Return the places of our feeds on the contract, of those whose decimals are the contract's.

    A report names feeds by their places, and signers sign them: a place read wrong would put one feed's price into
    another, and a price of other decimals would be off by powers of ten. No dry run would object to either. Decimals
    are fixed for life on both sides, so they are compared once; a feed without a place is in no report.

    Raises ChainReadInconsistent when a known place is another one now.
    """
    found = {pair: one.place for pair, one in placed.items()}
    for pair, place in known.items():
        if found.get(pair) != place:
            raise ChainReadInconsistent(f"{pair} has place {place}, a node shows {found.get(pair, 'none')}")
    believed = dict(known)
    for feed in Feed.objects.filter(pair__in=found.keys() - known.keys()):
        decimals = gateway.feed_config(contract, feed.pair).decimals
        if decimals == feed.decimals:
            believed[feed.pair] = found[feed.pair]
        else:
            log.error(
                "decimals differ, nothing is sent pair=%s ours=%d contract=%d", feed.pair, feed.decimals, decimals
            )
    return {pair: believed[pair] for pair in found if pair in believed}


def on_chain_config(feed: Feed) -> OnChainFeedConfig:
    """Return a feed's rules as the contract wants them; a missing bound becomes the widest one it can keep.

    A feed whose upper bound fits 47 bits shares a storage slot with others unless it is to have one of its own; any
    other is wide, which costs three times the gas. The contract's bound on one step is MOVE_FACTOR times the one that
    asks for a person, so that it stops what no person would approve, and relaxes at the same rate.
    """
    low = 1 if feed.min_answer is None else max(1, to_fixed(feed.min_answer, decimals=feed.decimals))
    high = MAX_WIDE_ANSWER if feed.max_answer is None else to_fixed(feed.max_answer, decimals=feed.decimals)
    high = max(low, min(MAX_WIDE_ANSWER, high))
    move_bps = min(MAX_BPS, MOVE_FACTOR * feed.jump_bps)
    return OnChainFeedConfig(
        decimals=feed.decimals,
        max_age_s=min(MAX_AGE_S, feed.max_age_s),
        heartbeat_s=feed.heartbeat_s,
        deviation_bps=min(feed.deviation_bps, MAX_DEVIATION_BPS),
        min_answer=low,
        max_answer=high,
        description=feed.pair.replace("/", " / "),
        max_move_bps=move_bps,
        relax_bps_per_minute=move_bps,
        wide=feed.storage == Storage.WIDE or high > MAX_PACKED_ANSWER,
        alone=feed.storage == Storage.ALONE,
    )


def _add(deployment: Deployment, feed: Feed, deployer: Deployer | None) -> str:
    if deployer is None:
        log.error("feed not on the contract pair=%s contract=%s; run deploy_contract", feed.pair, deployment.address)
        return ""
    deployer.add_feed(deployment.address, feed.pair, on_chain_config(feed))
    return "added"


def _update(deployment: Deployment, feed: Feed, deployer: Deployer) -> str:
    config = on_chain_config(feed)
    standing = deployer.gateway.feed_config(deployment.address, feed.pair)
    if config.wide and not standing.wide:
        config = replace(config, wide=False, max_answer=MAX_PACKED_ANSWER)
        log.warning("feed shares a slot, its upper bound is cut pair=%s max_answer=%d", feed.pair, MAX_PACKED_ANSWER)
    config = replace(config, wide=standing.wide)
    if standing == config:
        return ""
    deployer.update_feed(deployment.address, feed.pair, config)
    return "updated"


def _salt(policy: ChainPolicy, identity: ChainIdentity, *, replaces: bool) -> bytes:
    """Return what tells this contract's address from others on the same chain: of other destinations, and former ones.

    The same setup would have the address of the contract that it is to replace; one that replaces the n-th recorded
    has n in its salt, so that a replacement that was killed half-way is found again.
    """
    if identity.is_local:
        return secrets.token_bytes(32)
    salt = CREATE2_SALT if policy.name == MAIN else bytes(keccak(CREATE2_SALT + policy.name.encode()))
    former = Deployment.objects.filter(destination=policy.name, chain_id=identity.chain_id).count() if replaces else 0
    return bytes(keccak(salt + former.to_bytes(32, "big"))) if former else salt


def _genesis_hash(identity: ChainIdentity, *, gateway: OracleGateway) -> str:
    """Return what the chain is told from others of its id by: what a contract that stands on it was recorded with.

    A transmitter shared by two destinations must be one wallet, and a local chain that drops old blocks changes the
    hash of block 0.
    """
    others = Deployment.objects.filter(chain_id=identity.chain_id, is_active=True).order_by("created_at")
    for other in others:
        if gateway.has_code(other.address):
            return other.genesis_hash
    return identity.genesis_hash


def _adopt(policy: ChainPolicy, gateway: OracleGateway) -> Deployment:
    identity, address = gateway.identity(), policy.contract_address
    if not gateway.has_code(address):
        raise ContractMissing(
            f"the address configured for {policy.name}: no code at {address} on chain {identity.chain_id}"
        )
    signer_set = gateway.signer_set(address)
    placed = gateway.placements(address)
    log.warning("contract taken over from the configuration contract=%s chain=%d", address, identity.chain_id)
    return _record(
        Deployment(
            destination=policy.name,
            chain_id=identity.chain_id,
            address=address,
            is_local=identity.is_local,
            signers=list(signer_set.signers),
            threshold=signer_set.threshold,
            signer_set_version=signer_set.version,
            contract_version=CONTRACT_VERSION,
            proxies=_proxies(placed),
            places=_places(gateway, address, placed=placed, known={}),
            tx_hash="",
            block_number=gateway.head().number,
            genesis_hash=_genesis_hash(identity, gateway=gateway),
        ),
        retired_reason=f"the configuration names {address}",
    )


@transaction.atomic
def _record(deployment: Deployment, *, retired_reason: str) -> Deployment:
    old = Deployment.objects.filter(destination=deployment.destination, chain_id=deployment.chain_id, is_active=True)
    for retired in old:
        log.warning("deployment retired contract=%s reason=%s", retired.address, retired_reason)
        reopen(_unsettled(retired), reason=f"contract replaced: {retired_reason}")
    old.update(is_active=False, retired_at=timezone.now(), retired_reason=retired_reason[:200])
    deployment.save()
    return deployment


def _unsettled(deployment: Deployment) -> QuerySet[Submission]:
    return Submission.objects.filter(deployment=deployment)
