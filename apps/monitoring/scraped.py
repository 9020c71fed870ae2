"""Every gauge that is a fact of the database, the broker or the chain, named once; read when Prometheus asks.

Who can read one hands its reader to collector.py. What is counted where it happens stands in metrics.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apps.monitoring import multiprocess

multiprocess.prepare()

from prometheus_client.core import GaugeMetricFamily  # noqa: E402 - after prepare()


class Queue(StrEnum):
    """The queues, one worker pool each."""

    FETCH = "fetch"
    SETTLE = "settle"
    CHAIN = "chain"


@dataclass(frozen=True, slots=True)
class ScrapedGauge:
    """Name of a gauge whose value is read when Prometheus asks."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def family(self) -> GaugeMetricFamily:
        """Return an empty family to add samples to."""
        return GaugeMetricFamily(self.name, self.help, labels=self.labels)


FEED_AGE = ScrapedGauge(
    "oracle_feed_age_seconds",
    "Age of an enabled feed's observation on a destination's contract; +Inf before the first.",
    ("pair", "destination"),
)
FEED_HEARTBEAT = ScrapedGauge(
    "oracle_feed_heartbeat_seconds", "The feed must be published this often.", ("pair", "destination")
)
FEED_REQUIRED = ScrapedGauge("oracle_feed_required", "1 when the feed is required.", ("pair", "destination"))
DESTINATION_INFO = ScrapedGauge(
    "oracle_destination_info", "1 for every destination that is on.", ("destination", "chain", "pool")
)
FEED_QUORUM_MARGIN = ScrapedGauge(
    "oracle_feed_quorum_margin", "Sources used by the feed's newest answer, less its quorum.", ("pair",)
)
HOLD_AGE = ScrapedGauge(
    "oracle_hold_age_seconds",
    "How long a held price of the feed has waited for a person; absent when none does.",
    ("pair",),
)
QUEUE_LENGTH = ScrapedGauge("oracle_queue_length", "Messages waiting in the broker.", ("queue",))
SUBMISSIONS_IN_STATE = ScrapedGauge(
    "oracle_submissions_in_state", "Submissions that are not final yet, by state.", ("state", "destination")
)
OLDEST_SUBMISSION_AGE = ScrapedGauge(
    "oracle_oldest_pending_submission_age_seconds",
    "Age of the destination's oldest submission that is not mined; 0 without one.",
    ("destination",),
)
WALLET_BALANCE = ScrapedGauge(
    "oracle_wallet_balance_eth", "Balance of a transmitter, as last read.", ("chain", "address")
)
WALLET_DAYS_OF_GAS = ScrapedGauge(
    "oracle_wallet_days_of_gas",
    "Days a transmitter's balance lasts at what it spent in the last day; +Inf while it spends nothing.",
    ("chain", "address"),
)
CHAIN_DIFFERENCES = ScrapedGauge(
    "oracle_chain_differences",
    "Events of the contract of the last day that the tables did not explain, or the other way round, by kind.",
    ("chain", "kind"),
)
LANE_PAUSED = ScrapedGauge("oracle_lane_paused", "1 while an operator has paused a transmitter.", ("chain", "address"))
WALLET_MIN_BALANCE = ScrapedGauge("oracle_wallet_min_balance_eth", "Lowest balance it should have there.", ("chain",))
ROUNDS_OPEN = ScrapedGauge("oracle_rounds_open", "Rounds that have not settled.")
OLDEST_ROUND_AGE = ScrapedGauge("oracle_oldest_open_round_age_seconds", "Age of the oldest open round; 0 without one.")
SOURCE_UP = ScrapedGauge("oracle_source_up", "1 when the source's last call gave quotes.", ("source",))
SOURCE_BREAKER = ScrapedGauge(
    "oracle_source_breaker_state", "Breaker of an enabled source: 0 closed, 1 half-open, 2 open.", ("source",)
)
SOURCE_PAUSED = ScrapedGauge(
    "oracle_source_paused_seconds", "Seconds until the end of a pause the source demanded; 0 without one.", ("source",)
)
SOURCE_SUCCESS = ScrapedGauge(
    "oracle_source_success_ratio", "Share of the tickers asked in the last hour that a source answered.", ("source",)
)
SOURCE_DEVIATION = ScrapedGauge(
    "oracle_source_deviation_p95_bps",
    "95 of a hundred of a source's quotes of the last hour lie nearer to the answers of their rounds.",
    ("source",),
)
GAUGE_READER_UP = ScrapedGauge(
    "oracle_reader_up", "0 when gauges could not be read at this scrape, by where they come from.", ("reader",)
)
