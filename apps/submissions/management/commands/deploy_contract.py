"""`manage.py deploy_contract`: put the PriceOracle on the chain, with every enabled feed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chain.deploy import Deployer
from apps.chain.errors import ChainError, ContractMissing
from apps.chain.gateway import ChainIdentity
from apps.chain.report import feed_id
from apps.chain.timelock import TimelockSetup
from apps.feeds.destination_model import MAIN
from apps.submissions import clients
from apps.submissions.chains import ChainPolicy, UnknownDestination, policy_of
from apps.submissions.deployments import (
    DeploymentRefused,
    deploy,
    deployment_lock,
    fund_local,
    standing_deployment,
    sync_feeds,
)
from apps.submissions.handover import hand_over_admin, timelock_setup
from apps.submissions.models import Deployment
from apps.submissions.prices import refresh_prices

WITHOUT_KEY = "ADMIN_KEYSTORE is not set: deploying needs the admin's key"


class Command(BaseCommand):
    """Deploys once; run again it adds missing feeds and updates changed rules. Prints one JSON object."""

    help = "Deploy the PriceOracle, or add missing feeds and update changed ones. Needs ADMIN_KEYSTORE."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--destination", default=MAIN, help="Whose contract: main (the environment's chain) or a name from admin."
        )
        parser.add_argument(
            "--local",
            action="store_true",
            help="Development chain: give the admin and transmitter play money, and replace a contract it lost.",
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="Deploy anew although a contract is recorded; what was not final is sent to the new one.",
        )
        parser.add_argument(
            "--timelock-delay",
            type=int,
            metavar="SECONDS",
            help="Hand the admin's office to a TimelockController of this delay. Run again to go on with it.",
        )
        parser.add_argument(
            "--proposer", action="append", default=[], metavar="ADDRESS", help="Who may propose to it; repeatable."
        )
        parser.add_argument(
            "--executor",
            action="append",
            default=[],
            metavar="ADDRESS",
            help="Who may execute what has waited; repeatable. Unset: anyone.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Deploy or update, and print {chain_id, contract, …, feeds{pair: {feed_id, proxy}}, timelock}."""
        try:
            setup = _timelock_setup(options)
            deployment = self._deployed(options["destination"], local=options["local"], replace=options["replace"])
            handed_over = self._handed_over(deployment, setup) if setup else {}
        except (ChainError, DeploymentRefused, UnknownDestination) as exc:
            raise CommandError(str(exc)) from exc
        feeds = {
            pair: {"feed_id": "0x" + feed_id(pair).hex(), "proxy": proxy}
            for pair, proxy in sorted(deployment.proxies.items())
        }
        document = {
            "chain_id": deployment.chain_id,
            "contract": deployment.address,
            "contract_version": deployment.contract_version,
            "source_hash": deployment.source_hash,
            "feeds": feeds,
            **handed_over,
        }
        self.stdout.write(json.dumps(document, indent=2))

    def _deployed(self, destination: str, *, local: bool, replace: bool) -> Deployment:
        policy, deployer = policy_of(destination), clients.deployer(destination)
        if deployer is None:
            raise DeploymentRefused(WITHOUT_KEY)
        identity = deployer.gateway.identity()
        if local:
            addresses = [deployer.admin.address, *clients.addresses_of(policy.transmitters[:1])]
            fund_local(deployer.gateway, identity, addresses=addresses)
        with deployment_lock(destination, wait=True):
            deployment = _standing_or_new(policy, deployer, identity, local=local, replace=replace)
            sync_feeds(deployment, deployer, deployer.gateway, update=True)
        refresh_prices(deployment, deployer.gateway)
        return deployment

    def _handed_over(self, deployment: Deployment, setup: TimelockSetup) -> dict[str, object]:
        deployer = clients.deployer(deployment.destination)
        if deployer is None:
            raise DeploymentRefused(WITHOUT_KEY)
        with deployment_lock(deployment.destination, wait=True):
            handover = asdict(hand_over_admin(deployment, deployer, setup))
        ready_at = handover.pop("ready_at")
        return {"timelock": {**handover, "ready_at": ready_at.isoformat() if ready_at else None}}


def _timelock_setup(options: dict[str, Any]) -> TimelockSetup | None:
    if options["timelock_delay"] is None:
        if options["proposer"] or options["executor"]:
            raise DeploymentRefused("--proposer and --executor are of a timelock: --timelock-delay is missing")
        return None
    return timelock_setup(
        delay_s=options["timelock_delay"], proposers=options["proposer"], executors=options["executor"]
    )


def _standing_or_new(
    policy: ChainPolicy, deployer: Deployer, identity: ChainIdentity, *, local: bool, replace: bool
) -> Deployment:
    """Return the contract that stands, or deploy one. A contract lost by a public chain is never replaced here."""
    if replace:
        return deploy(policy, deployer, identity, retired_reason="replaced by hand")
    reason = ""
    try:
        if standing := standing_deployment(policy, deployer.gateway):
            return standing
    except ContractMissing as exc:
        if not local or policy.contract_address:
            raise
        reason = f"the local chain was reset: {exc}"
    return deploy(policy, deployer, identity, retired_reason=reason)
