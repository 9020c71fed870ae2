"""Whether this machine's clock may be trusted: observation times are signed, and a wrong one is refused or misleads."""

from __future__ import annotations

from datetime import datetime, timedelta

from apps.chain.errors import ClockSkewed
from apps.chain.gateway import ChainSnapshot, OracleGateway
from apps.monitoring import metrics

MAX_SKEW_S = 30.0  # half of the minute by which the contract lets an observation come from the future


def require_true_clock(snapshot: ChainSnapshot, gateway: OracleGateway, *, now: datetime) -> None:
    """Do nothing while our clock agrees with the nodes' and is not behind the chain's. Raises ClockSkewed.

    An old block proves nothing, a chain may be quiet; one from the future does: then our clock is slow.
    """
    skew_s = gateway.clock_skew_s()
    if skew_s is not None:
        metrics.clock_skew(skew_s)
        if abs(skew_s) > MAX_SKEW_S:
            raise ClockSkewed(f"this clock is {skew_s:+.0f} s off the nodes', more than {MAX_SKEW_S:.0f} s")
    if snapshot.block_time - now > timedelta(seconds=MAX_SKEW_S):
        ahead_s = (snapshot.block_time - now).total_seconds()
        raise ClockSkewed(f"the chain's newest block is {ahead_s:.0f} s ahead of this clock")
