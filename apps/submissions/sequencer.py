"""Whether a rollup's sequencer is up, as its uptime feed says: while it is down, nothing is published.

The feed is Chainlink's: answer 0 is up, 1 is down, ``startedAt`` is when that began.  A transaction sent through the
base chain during an outage would land before anybody else can act on the price; after one, prices need a moment.
Source: https://docs.chain.link/data-feeds/l2-sequencer-feeds
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from apps.chain.errors import SequencerDown
from apps.submissions.clients import ChainClients


def require_up(clients: ChainClients) -> None:
    """Do nothing while the sequencer is up and past its grace, or no feed is configured. Raises SequencerDown."""
    feed, grace_s = clients.policy.sequencer_feed, clients.policy.sequencer_grace_s
    if not feed:
        return
    status = clients.gateway.sequencer_status(feed)
    age = timezone.now() - status.since
    if not status.is_up:
        raise SequencerDown(f"the sequencer is down since {status.since:%Y-%m-%d %H:%M:%S} UTC")
    if age < timedelta(seconds=grace_s):
        raise SequencerDown(f"the sequencer is back for {int(age.total_seconds())} s of {grace_s} s grace")
