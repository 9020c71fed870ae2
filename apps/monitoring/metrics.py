"""Every metric that is written where things happen, through the functions below, named once.

Gauges that are facts of the database, the broker or the chain are read at scrape time instead, see scraped.py.
Label values with a fixed set are enums, written once at import so that a dashboard never starts empty.
Times are seconds; the float arguments are durations, never prices.
"""

from __future__ import annotations

import time
from enum import StrEnum
from itertools import product

from apps.monitoring import multiprocess

multiprocess.prepare()

from prometheus_client import Counter, Gauge, Histogram  # noqa: E402 - after prepare()

OK = "ok"
RPC_REASONS = ("errors", "busy", "behind", "lies")


class Trigger(StrEnum):
    """Who asked for a round; the values of Round.Trigger."""

    SCHEDULED = "SCHEDULED"
    REQUESTED = "REQUESTED"
    ADMIN = "ADMIN"


class Outcome(StrEnum):
    """How a round ended; the values of Round.Outcome."""

    SENT = "SENT"
    HELD = "HELD"
    QUIET = "QUIET"
    REJECTED = "REJECTED"


class ClosedBy(StrEnum):
    """What closed a round; the values of Round.ClosedBy."""

    CALLBACK = "CALLBACK"
    WATCHDOG = "WATCHDOG"


class HoldEnd(StrEnum):
    """How a held price ended; the values of Hold.State but WAITING."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    RESOLVED = "RESOLVED"


class SubmissionState(StrEnum):
    """Where a submission stands; the values of Submission.State."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    UNCONFIRMED = "UNCONFIRMED"
    MISSING = "MISSING"
    CONFIRMED = "CONFIRMED"
    FINAL = "FINAL"
    REPLACED = "REPLACED"
    FATAL = "FATAL"


ROUNDS_CLOSED = Counter("oracle_rounds_closed_total", "Rounds closed.", ["trigger", "outcome", "closed_by"])
ROUND_DURATION = Histogram(
    "oracle_round_duration_seconds",
    "Opening to closing of a round.",
    buckets=(0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 30),
)
SOURCE_REQUESTS = Counter(
    "oracle_source_requests_total",
    "HTTP calls to sources, retries included; code is ok or a miss code.",
    ["source", "code"],
)
SOURCE_LATENCY = Histogram(
    "oracle_source_latency_seconds",
    "Time one HTTP call to a source took.",
    ["source"],
    buckets=(0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2.5, 5, 10),
)
SOURCE_NOT_ASKED = Counter(
    "oracle_source_not_asked_total",
    "Requests not made, by why: breaker_open, paused_by_source, out_of_budget.",
    ["source", "code"],
)
BREAKER_OPENINGS = Counter(
    "oracle_source_breaker_openings_total",
    "Times a source's breaker opened, by the code it opened with.",
    ["source", "code"],
)
REPLIES_SHARED = Counter(
    "oracle_source_replies_shared_total", "Requests answered with a reply that another round received.", ["source"]
)
HOST_CHANGES = Counter(
    "oracle_source_host_changes_total", "Times another host of a source answered than the one before.", ["source"]
)
ADDRESSES_REFUSED = Counter(
    "oracle_addresses_refused_total", "Price requests that would have gone inside the network.", ["source"]
)
ANSWERS = Counter("oracle_answers_total", "Answers settled.", ["pair", "state", "reason"])
RESERVES_PROMOTED = Counter(
    "oracle_reserves_promoted_total", "Reserves that stepped in for a lost source.", ["lost", "promoted"]
)
HOLDS = Counter("oracle_holds_closed_total", "Held prices that wait no more, by how they ended.", ["state"])
SUBMISSIONS = Counter("oracle_submissions_total", "Moves of submissions into a state.", ["state"])
TRANSACTIONS_REPRICED = Counter(
    "oracle_transactions_repriced_total",
    "Transactions signed anew under a nonce that waits: same report, fresher report, or nothing but the nonce.",
    ["chain", "kind"],
)
FEE_CAP_REACHED = Counter(
    "oracle_fee_cap_reached_total", "Times MAX_FEE_GWEI kept a transaction from being sent or repriced.", ["chain"]
)
FOREIGN_NONCES = Counter(
    "oracle_foreign_nonces_total", "Nonces of a transmitter that somebody else used.", ["chain", "address"]
)
NONCE_GAPS_FILLED = Counter(
    "oracle_nonce_gaps_filled_total", "Nonces that nothing held and a self-transfer filled.", ["chain", "address"]
)
REORGS = Counter("oracle_reorgs_total", "Confirmed submissions whose block left the chain.", ["chain"])
RECEIPTS = Counter(
    "oracle_receipts_total", "Looks at receipts, by what the endpoints together say of them.", ["chain", "verdict"]
)
RPC_REQUESTS = Counter("oracle_rpc_requests_total", "Calls to RPC endpoints; code is ok or why none.", ["host", "code"])
RPC_LATENCY = Histogram(
    "oracle_rpc_latency_seconds",
    "Time one call to an RPC endpoint took.",
    ["host"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
RPC_HEAD = Gauge(
    "oracle_rpc_head_block", "Newest block an RPC endpoint spoke of.", ["host"], multiprocess_mode="mostrecent"
)
RPC_QUARANTINED = Gauge(
    "oracle_rpc_quarantined",
    "1 while an RPC endpoint is left alone, by reason.",
    ["host", "reason"],
    multiprocess_mode="mostrecent",
)
CLOCK_SKEW = Gauge(
    "oracle_clock_skew_seconds",
    "How far the chain worker's clock is ahead of the RPC endpoints'.",
    multiprocess_mode="mostrecent",
)
TASKS = Counter("oracle_tasks_total", "Celery tasks finished.", ["queue", "task", "state"])
TASK_DURATION = Histogram(
    "oracle_task_duration_seconds",
    "Run time of Celery tasks.",
    ["queue", "task"],
    buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30),
)
WORKER_LAST_SEEN = Gauge(
    "oracle_worker_last_seen_timestamp_seconds",
    "Unix time of the last heartbeat of any worker of the pool.",
    ["pool"],
    multiprocess_mode="max",
)


def round_closed(trigger: str, outcome: str, closed_by: str, duration_s: float) -> None:
    """Count a closed round. The words are those of the Round model."""
    ROUNDS_CLOSED.labels(Trigger(trigger), Outcome(outcome), ClosedBy(closed_by)).inc()
    ROUND_DURATION.observe(duration_s)


def source_call(source: str, code: str, latency_s: float) -> None:
    """Count one HTTP call to a source. ``code`` is a miss code, or empty when it was answered well."""
    SOURCE_REQUESTS.labels(source, code or OK).inc()
    SOURCE_LATENCY.labels(source).observe(latency_s)


def source_not_asked(source: str, code: str) -> None:
    """Count a request the gate did not let through."""
    SOURCE_NOT_ASKED.labels(source, code).inc()


def breaker_opened(source: str, code: str) -> None:
    """Count a breaker that opened, with the miss code it opened for."""
    BREAKER_OPENINGS.labels(source, code).inc()


def host_changed(source: str) -> None:
    """Count a source that another of its hosts answered for than the one before."""
    HOST_CHANGES.labels(source).inc()


def address_refused(source: str) -> None:
    """Count a price request that would have gone inside the network."""
    ADDRESSES_REFUSED.labels(source).inc()


def reply_shared(source: str) -> None:
    """Count a request that another round's reply answered."""
    REPLIES_SHARED.labels(source).inc()


def answer_settled(pair: str, state: str, reason: str) -> None:
    """Count an answer of a settled round."""
    ANSWERS.labels(pair, state, reason).inc()


def hold_closed(state: str) -> None:
    """Count a held price that waits no more. ``state`` is a word of Hold.State."""
    HOLDS.labels(HoldEnd(state)).inc()


def reserve_promoted(lost: str, promoted: str) -> None:
    """Count a reserve that stepped in; both arguments are source slugs."""
    RESERVES_PROMOTED.labels(lost, promoted).inc()


def submission_moved(state: str) -> None:
    """Count a submission that came into a state."""
    SUBMISSIONS.labels(SubmissionState(state)).inc()


def transaction_repriced(chain: int, kind: str) -> None:
    """Count a transaction signed anew under its nonce. ``kind``: BUMP, REPLACE or CANCEL."""
    TRANSACTIONS_REPRICED.labels(chain, kind).inc()


def fee_cap_reached(chain: int) -> None:
    """Count a transaction that the fee cap held back."""
    FEE_CAP_REACHED.labels(chain).inc()


def foreign_nonces(chain: int, address: str, count: int) -> None:
    """Count nonces somebody else used."""
    FOREIGN_NONCES.labels(chain, address).inc(count)


def nonce_gap_filled(chain: int, address: str) -> None:
    """Count a nonce given to a self-transfer."""
    NONCE_GAPS_FILLED.labels(chain, address).inc()


def reorged(chain: int) -> None:
    """Count a confirmed submission that left its block."""
    REORGS.labels(chain).inc()


def receipt_weighed(chain: int, verdict: str) -> None:
    """Count a look at a receipt: ``agreed``, ``alone`` (others are silent), ``contradicted``, ``single`` (of one)."""
    RECEIPTS.labels(chain, verdict).inc()


def clock_skew(seconds: float) -> None:
    """Note how far this clock is ahead of the nodes'."""
    CLOCK_SKEW.set(seconds)


def rpc_call(host: str, code: str, latency_s: float) -> None:
    """Count one call to an RPC endpoint."""
    RPC_REQUESTS.labels(host, code).inc()
    RPC_LATENCY.labels(host).observe(latency_s)


def rpc_head(host: str, number: int) -> None:
    """Note the newest block an RPC endpoint spoke of."""
    RPC_HEAD.labels(host).set(number)


def rpc_quarantined(host: str, reason: str) -> None:
    """Note why an RPC endpoint is left alone; an empty reason: it is not."""
    for known in RPC_REASONS:
        RPC_QUARANTINED.labels(host, known).set(int(known == reason))


def task_finished(queue: str, task: str, state: str, duration_s: float) -> None:
    """Count a finished Celery task. ``state`` is Celery's word in any case."""
    TASKS.labels(queue, task, state.lower()).inc()
    TASK_DURATION.labels(queue, task).observe(duration_s)


def worker_seen(pool: str) -> None:
    """Note that a worker of the pool is alive now."""
    WORKER_LAST_SEEN.labels(pool).set(time.time())


def _write_zeroes() -> None:
    """Make every bounded series exist, at zero."""
    for trigger, outcome, closed_by in product(Trigger, Outcome, ClosedBy):
        ROUNDS_CLOSED.labels(trigger, outcome, closed_by)
    for state in SubmissionState:
        SUBMISSIONS.labels(state)
    for end in HoldEnd:
        HOLDS.labels(end)


_write_zeroes()
