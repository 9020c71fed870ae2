"""What the contract says, as tables remember it and as the chain says it now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.core.cache import cache

from apps.chain.errors import ChainReadInconsistent, NotDeployed, RpcUnavailable
from apps.chain.gateway import ChainSnapshot, OracleGateway
from apps.feeds.destination_model import MAIN
from apps.feeds.publishing import default_destination
from apps.pricing.types import OnChainValue
from apps.submissions import clients
from apps.submissions.chains import chain_id_of
from apps.submissions.models import Deployment, OnChainPrice

SNAPSHOT_CACHE_S = 1
FEED_PAUSES_CACHE_S = 15  # a call for each feed
RETRY_AFTER_S = 2


def active_deployment(destination: str | None = None) -> Deployment | None:
    """Return the contract in use at a destination (the default one unless named), None before the first deployment."""
    name = destination or default_destination()
    return Deployment.objects.filter(destination=name, chain_id=chain_id_of(name), is_active=True).first()


def required_deployment(destination: str | None = None) -> Deployment:
    """Return the contract in use. Raises NotDeployed."""
    deployment = active_deployment(destination)
    if deployment is None:
        name = destination or default_destination()
        option = "" if name == MAIN else f" --destination {name}"
        raise NotDeployed(f"no contract is recorded for chain {chain_id_of(name)}; run deploy_contract{option}")
    return deployment


def on_chain_values(pairs: Sequence[str], destination: str | None = None) -> dict[str, OnChainValue]:
    """Return what a destination's contract held when it was last read, by pair; a feed without data is absent.

    destination: the default one unless named.
    """
    name = destination or default_destination()
    return values_on_chains(pairs, {name: chain_id_of(name)})[name]


def values_on_chains(pairs: Sequence[str], chain_ids: Mapping[str, int]) -> dict[str, dict[str, OnChainValue]]:
    """Return the same for several destinations, by name and pair, in one query. chain_ids: of each, by name."""
    rows = OnChainPrice.objects.filter(
        deployment__destination__in=chain_ids, deployment__is_active=True, pair__in=pairs
    ).select_related("deployment")
    found: dict[str, dict[str, OnChainValue]] = {name: {} for name in chain_ids}
    for row in rows:
        if row.deployment.chain_id == chain_ids[row.deployment.destination]:
            value = OnChainValue(answer=row.answer, observed_at=row.observed_at, updated_at=row.updated_at)
            found[row.deployment.destination][row.pair] = value
    return found


def observation_times(chain_ids: Mapping[str, int]) -> dict[tuple[str, str], datetime]:
    """Return when each value on chain was observed, by destination and pair. chain_ids: of the destinations, by name.

    Of contracts as they were last read; a feed without data is absent.
    """
    rows = OnChainPrice.objects.filter(deployment__destination__in=chain_ids, deployment__is_active=True)
    values = rows.values_list("deployment__destination", "deployment__chain_id", "pair", "observed_at")
    return {(name, pair): at for name, chain_id, pair, at in values if chain_ids[name] == chain_id}


def chain_snapshot(destination: str | None = None) -> ChainSnapshot:
    """Return every feed of a destination's contract at one block, read from the chain at most once a second.

    destination: the default one unless named. A pause of the contract is seen with it, that of a single feed within
    FEED_PAUSES_CACHE_S.

    A chain that could not be asked is not asked again for RETRY_AFTER_S: the readers of one that hangs would otherwise
    wait in every thread of the web server, and with them those of all other chains.

    Raises NotDeployed, ChainReadInconsistent when it says less than was read before, or another ChainError when the
    contract cannot be read.
    """
    deployment = required_deployment(destination)
    key = f"chain-snapshot:{deployment.pk}:{len(deployment.proxies)}"
    snapshot: ChainSnapshot | None = cache.get(key)
    if snapshot is None:
        snapshot = _read(deployment)
        require_no_less_than_read(deployment, snapshot)
        cache.set(key, snapshot, SNAPSHOT_CACHE_S)
    return snapshot


def _read(deployment: Deployment) -> ChainSnapshot:
    key = f"chain-away:{deployment.pk}"
    if told := cache.get(key):
        raise RpcUnavailable(f"{told} (not asked again yet)")
    try:
        gateway = clients.gateway(deployment.destination)
        snapshot = gateway.read_prices(deployment.address, sorted(deployment.proxies))
        return replace(snapshot, paused=_paused(deployment, gateway))
    except RpcUnavailable as exc:
        cache.set(key, str(exc), RETRY_AFTER_S)
        raise


def _paused(deployment: Deployment, gateway: OracleGateway) -> frozenset[str]:
    """Return the pairs that consumers cannot read now."""
    pairs = sorted(deployment.proxies)
    if gateway.is_paused(deployment.address):
        return frozenset(pairs)
    key = f"chain-pauses:{deployment.pk}:{len(pairs)}"
    paused: frozenset[str] | None = cache.get(key)
    if paused is None:
        paused = gateway.paused_feeds(deployment.address, pairs)
        cache.set(key, paused, FEED_PAUSES_CACHE_S)
    return paused


def require_no_less_than_read(deployment: Deployment, snapshot: ChainSnapshot) -> None:
    """Do nothing when a snapshot is at least what was stored of the contract before. Raises ChainReadInconsistent.

    A contract's rounds only go up. A node that answers zeroes, or an old state for a new block, is told apart from a
    chain that went back by nothing here: until the chain worker has read the contract anew, no price is given.
    """
    known = OnChainPrice.objects.filter(deployment=deployment).values_list("pair", "round_id")
    for pair, round_id in known:
        reading = snapshot.prices.get(pair)
        if reading is None or reading.round_id < round_id or reading.answer <= 0:
            shown = "nothing" if reading is None else f"round {reading.round_id}, answer {reading.answer}"
            raise ChainReadInconsistent(f"{pair} was at round {round_id}; block {snapshot.block_number} shows {shown}")
