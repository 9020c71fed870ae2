"""What an operator should know is wrong, asked of everything at once: settings, servers, configuration, chain, keys.

Readiness asks only what a process can know cheaply and often; this asks the nodes, the keys and the workers too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import redis
from celery import current_app
from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from kombu.exceptions import OperationalError

from apps.chain.errors import ChainError
from apps.chain.signers import members_among
from apps.feeds.config import all_problems
from apps.feeds.publishing import destinations_in_use, feeds_published_to
from apps.feeds.selectors import current_config
from apps.scheduler import readiness
from apps.submissions.chains import enabled_destinations, queue_of
from apps.submissions.clients import chain_clients, gateway
from apps.submissions.selectors import active_deployment
from oracle_project.redis_clients import DOCTOR_TIMEOUT_S, redis_client

WORKER_PATIENCE_S = 1.5
# Beyond this our observation times are refused by sources' clocks, by our own checks, or by the contract.
MAX_CLOCK_SKEW = timedelta(seconds=5)
QUEUES = ("fetch", "settle", "chain")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at. is_warning: it can wait. told: what was found, and what to do when it is ill."""

    name: str
    is_well: bool
    told: str
    is_warning: bool = False


def diagnose() -> Iterator[Diagnosis]:
    """Yield what every examination finds, as it finds it; one that cannot be made is itself a finding."""
    for name, examine in EXAMINATIONS:
        yield from _examined(name, examine)


def _examined(name: str, examine: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    try:
        yield from examine()
    except (DatabaseError, redis.RedisError, OperationalError, OSError, ChainError) as exc:
        code = f"{exc.code}: {exc}" if isinstance(exc, ChainError) else f"{exc.__class__.__name__}: {exc}"
        yield Diagnosis(name, is_well=False, told=" ".join(code.split())[:300])


def _settings() -> Iterator[Diagnosis]:
    found = checks.run_checks(include_deployment_checks=False)
    for message in found:
        is_warning = message.level < checks.ERROR
        yield Diagnosis("settings", is_well=False, told=f"{message.id}: {message.msg}", is_warning=is_warning)
    if not found:
        yield Diagnosis("settings", is_well=True, told=f"{settings.SETTINGS_MODULE}, market {settings.MARKET}")


def _database() -> Iterator[Diagnosis]:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    told = "all migrations applied" if not waiting else f"{len(waiting)} migrations wait: run `manage.py migrate`"
    yield Diagnosis("database", is_well=not waiting, told=told)


def _redis() -> Iterator[Diagnosis]:
    client = redis_client(timeout_s=DOCTOR_TIMEOUT_S)
    policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "unknown")
    is_safe = policy == "noeviction"
    told = "answers, noeviction" if is_safe else f"maxmemory-policy is {policy}; rounds may vanish, set noeviction"
    yield Diagnosis("redis", is_well=is_safe, told=told, is_warning=True)


def _workers() -> Iterator[Diagnosis]:
    active = current_app.control.inspect(timeout=WORKER_PATIENCE_S).active_queues() or {}
    served = {queue["name"] for queues in active.values() for queue in queues}
    for queue in (*QUEUES, *(queue_of(name) for name in enabled_destinations()[1:])):
        told = "a worker takes it" if queue in served else f"no worker answered within {WORKER_PATIENCE_S} s"
        yield Diagnosis(f"queue {queue}", is_well=queue in served, told=told)


def _configuration() -> Iterator[Diagnosis]:
    config = current_config()
    problems = all_problems(config, config)
    for problem in problems:
        yield Diagnosis("configuration", is_well=False, told=f"{problem.where}: {problem.message}")
    enabled = sum(feed.enabled for feed in config.feeds.values())
    if not problems:
        yield Diagnosis("configuration", is_well=enabled > 0, told=f"{enabled} of {len(config.feeds)} feeds enabled")


def _chains() -> Iterator[Diagnosis]:
    """Examine chain and keys of every destination in use; one that hangs or fails leaves the others to be told."""
    names = destinations_in_use()
    for name in names:
        suffix = "" if len(names) == 1 else f" {name}"
        for what, examine in (("chain", _chain), ("keys", _keys)):
            for diagnosis in _examined(what, partial(examine, name)):
                yield replace(diagnosis, name=f"{diagnosis.name}{suffix}")


def _chain(destination: str) -> Iterator[Diagnosis]:
    node = gateway(destination)
    identity, head = node.identity(), node.head()
    where = f"chain {identity.chain_id}, {identity.client_version}, block {head.number}"
    yield Diagnosis("chain", is_well=True, told=where)
    skew = timezone.now() - head.time
    if skew < -MAX_CLOCK_SKEW:
        told = f"block {head.number} is {-skew.total_seconds():.0f} s ahead of this host: set the host's clock"
        yield Diagnosis("clock", is_well=False, told=told)
    else:
        yield Diagnosis("clock", is_well=True, told="not behind the chain's")
    deployment = active_deployment(destination)
    if deployment is None or not node.has_code(deployment.address):
        told = f"no contract stands here: run `manage.py deploy_contract --destination {destination}`"
        yield Diagnosis("contract", is_well=False, told=told)
        return
    yield Diagnosis("contract", is_well=True, told=deployment.address)
    enabled = feeds_published_to(destination).values_list("pair", flat=True)
    missing = sorted(set(enabled) - deployment.proxies.keys())
    told = f"{len(deployment.proxies)} feeds" if not missing else f"not on the contract: {', '.join(missing)}"
    yield Diagnosis("contract feeds", is_well=not missing, told=told)
    if node.is_paused(deployment.address):
        yield Diagnosis("contract pause", is_well=False, told="all feeds are paused: see `manage.py contract status`")
    elif paused := sorted(node.paused_feeds(deployment.address, sorted(deployment.proxies))):
        yield Diagnosis("contract pause", is_well=False, told=f"paused by themselves: {', '.join(paused)}")
    if strange := sorted((set(enabled) & deployment.proxies.keys()) - deployment.places.keys()):
        told = f"nothing is sent, the contract has them with other decimals: {', '.join(strange)}"
        yield Diagnosis("contract decimals", is_well=False, told=told)


def _keys(destination: str) -> Iterator[Diagnosis]:
    clients, deployment = chain_clients(destination), active_deployment(destination)
    if deployment is not None:
        signer_set = clients.gateway.signer_set(deployment.address)
        ours = len(members_among((signer.address for signer in clients.signers), signer_set.signers))
        told = f"{ours} of our {len(clients.signers)} keys are in the contract's set, {signer_set.threshold} must sign"
        yield Diagnosis("signers", is_well=ours >= signer_set.threshold, told=told)
    floor_wei = clients.policy.min_balance_wei
    for transmitter in clients.transmitters:
        balance_wei = clients.gateway.balance_wei(transmitter.address)
        told = f"{transmitter.address} has {balance_wei} wei, the floor is {floor_wei}"
        yield Diagnosis("transmitter", is_well=balance_wei >= floor_wei, told=told)
        mined = clients.gateway.nonce(transmitter.address, pending=False)
        waiting = clients.gateway.nonce(transmitter.address, pending=True) - mined
        told = f"{waiting} transactions wait in the pool after nonce {mined}"
        yield Diagnosis("transmitter pool", is_well=waiting == 0, told=told, is_warning=True)


def _prices() -> Iterator[Diagnosis]:
    for finding in readiness.feeds():
        told = finding.reason or ", ".join(f"{name} {value}" for name, value in finding.detail.items())
        yield Diagnosis(f"price {finding.name}", is_well=finding.ok, told=told, is_warning=not finding.required)


EXAMINATIONS: Sequence[tuple[str, Callable[[], Iterator[Diagnosis]]]] = (
    ("settings", _settings),
    ("database", _database),
    ("redis", _redis),
    ("workers", _workers),
    ("configuration", _configuration),
    ("chains", _chains),
    ("prices", _prices),
)
