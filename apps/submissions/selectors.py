"""What the contract says, as tables remember it and as the chain says it now."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.cache import cache

from apps.chain.errors import ChainReadInconsistent, NotDeployed
from apps.chain.gateway import ChainSnapshot
from apps.pricing.types import OnChainValue
from apps.submissions import clients
from apps.submissions.models import Deployment, OnChainPrice

SNAPSHOT_CACHE_S = 1


def active_deployment() -> Deployment | None:
    """Return the contract in use on the configured chain, None before the first deployment."""
    return Deployment.objects.filter(chain_id=settings.CHAIN_ID, is_active=True).first()


def required_deployment() -> Deployment:
    """Return the contract in use. Raises NotDeployed."""
    deployment = active_deployment()
    if deployment is None:
        raise NotDeployed(f"no contract is recorded for chain {settings.CHAIN_ID}; run deploy_contract")
    return deployment


def on_chain_values(pairs: Sequence[str]) -> dict[str, OnChainValue]:
    """Return what the active contract held when it was last read, by pair; a feed without data is absent."""
    rows = OnChainPrice.objects.filter(
        deployment__chain_id=settings.CHAIN_ID, deployment__is_active=True, pair__in=pairs
    )
    return {
        row.pair: OnChainValue(answer=row.answer, observed_at=row.observed_at, updated_at=row.updated_at)
        for row in rows
    }


def chain_snapshot() -> ChainSnapshot:
    """Return every feed of the active contract at one block, read from the chain at most once a second.

    Raises NotDeployed, ChainReadInconsistent when it says less than was read before, or another ChainError when the
    contract cannot be read.
    """
    deployment = required_deployment()
    key = f"chain-snapshot:{deployment.pk}:{len(deployment.proxies)}"
    snapshot: ChainSnapshot | None = cache.get(key)
    if snapshot is None:
        snapshot = clients.gateway().read_prices(deployment.address, sorted(deployment.proxies))
        require_no_less_than_read(deployment, snapshot)
        cache.set(key, snapshot, SNAPSHOT_CACHE_S)
    return snapshot


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
