"""The admin's office of a recorded contract, on its way to a timelock."""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.address import is_address, to_checksum_address

from apps.chain.deploy import Deployer
from apps.chain.timelock import Handover, TimelockSetup, hand_over
from apps.submissions.deployments import DeploymentRefused
from apps.submissions.models import Deployment


def timelock_setup(*, delay_s: int, proposers: Sequence[str], executors: Sequence[str]) -> TimelockSetup:
    """Return the rules of a timelock as an operator gave them.

    Raises DeploymentRefused for a negative delay, no proposer, or what is no address.
    """
    if delay_s < 0:
        raise DeploymentRefused(f"--timelock-delay is {delay_s} seconds, the least is 0")
    if not proposers:
        raise DeploymentRefused("--timelock-delay needs --proposer: without one nothing could ever be proposed")
    for address in (*proposers, *executors):
        if not is_address(address):
            raise DeploymentRefused(f"{address} is no address")
    return TimelockSetup(
        delay_s,
        [to_checksum_address(address) for address in proposers],
        [to_checksum_address(address) for address in executors],
    )


def hand_over_admin(deployment: Deployment, deployer: Deployer, setup: TimelockSetup) -> Handover:
    """Take the steps that are the deployer's to take, record the timelock, and return where the office stands."""
    handover = hand_over(deployer, deployment.address, setup, standing=deployment.timelock)
    deployment.timelock = handover.timelock
    deployment.save(update_fields=["timelock"])
    return handover
