"""What Prometheus asks of the database and the broker at every scrape.

Each query reads rows through an index or a handful of them: a scrape must stay cheap with a month of rounds kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Count, Min, Sum
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import KombuError, OperationalError
from prometheus_client.core import GaugeMetricFamily
from redis import RedisError

from apps.feeds.models import Destination, Feed, Source
from apps.feeds.publishing import destinations
from apps.monitoring import collector, scraped
from apps.monitoring.scraped import Queue
from apps.rounds.models import Answer, Hold, Round
from apps.scheduler.driving import messages_waiting
from apps.scorecards.selectors import Window, scorecards_of_sources
from apps.sources.gate_state import BreakerState, gate_states
from apps.submissions.chains import enabled_destinations, queue_of
from apps.submissions.models import ChainDifference, Submission, Wallet
from apps.submissions.selectors import observation_times
from oracle_project import celery_config

# Rounds looked at for a feed's newest answer: enough for every feed to be in one, few enough to read each time.
RECENT_ROUNDS = 20
WEI_PER_ETH = 10**18
BROKER_TIMEOUT_S = 2
BREAKER_VALUES = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}


def _age_s(then: datetime | None, now: datetime) -> float:
    return 0.0 if then is None else max(0.0, (now - then).total_seconds())


def feeds() -> Iterator[GaugeMetricFamily]:
    """Yield age, heartbeat and requiredness of every enabled feed at each of its destinations."""
    age, heartbeat, required = (m.family() for m in (scraped.FEED_AGE, scraped.FEED_HEARTBEAT, scraped.FEED_REQUIRED))
    found, now = destinations(), timezone.now()
    observed = observation_times(found.chain_ids)
    enabled = Feed.objects.filter(enabled=True).values_list("pair", "heartbeat_s", "required", "destinations")
    for pair, heartbeat_s, is_required, named in enabled:
        for name in found.of(named):
            at = observed.get((name, pair))
            age.add_metric([pair, name], float("inf") if at is None else _age_s(at, now))
            heartbeat.add_metric([pair, name], heartbeat_s)
            required.add_metric([pair, name], int(is_required))
    yield from (age, heartbeat, required)


def chains() -> Iterator[GaugeMetricFamily]:
    """Yield every destination that is on, with its chain and the pool whose worker it needs."""
    info = scraped.DESTINATION_INFO.family()
    for name, chain_id in destinations().chain_ids.items():
        info.add_metric([name, str(chain_id), queue_of(name)], 1)
    yield info


def quorum_margins() -> Iterator[GaugeMetricFamily]:
    """Yield how many sources beyond its quorum each feed's newest answer had."""
    margin = scraped.FEED_QUORUM_MARGIN.family()
    recent = list(
        Round.objects.filter(state=Round.State.CLOSED)
        .order_by("-opened_at")
        .values_list("id", flat=True)[:RECENT_ROUNDS]
    )
    newest_first = (
        Answer.objects.filter(round_id__in=recent)
        .order_by("pair", "-round__opened_at")
        .distinct("pair")
        .values_list("pair", "sources_used", "quorum")
    )
    for pair, used, quorum in newest_first:
        margin.add_metric([pair], used - quorum)
    yield margin


def rounds() -> Iterator[GaugeMetricFamily]:
    """Yield how many rounds are open and how old the oldest is."""
    count, oldest = scraped.ROUNDS_OPEN.family(), scraped.OLDEST_ROUND_AGE.family()
    found = Round.objects.filter(state=Round.State.OPEN).aggregate(count=Count("id"), oldest=Min("opened_at"))
    count.add_metric([], found["count"])
    oldest.add_metric([], _age_s(found["oldest"], timezone.now()))
    yield from (count, oldest)


def holds() -> Iterator[GaugeMetricFamily]:
    """Yield how long each held price has waited."""
    age, now = scraped.HOLD_AGE.family(), timezone.now()
    for pair, opened_at in Hold.objects.filter(state=Hold.State.WAITING).values_list("pair", "opened_at"):
        age.add_metric([pair], _age_s(opened_at, now))
    yield age


def submissions() -> Iterator[GaugeMetricFamily]:
    """Yield the submissions that are not final by state and destination, and the age of the oldest unmined one there.

    Zeroes included.
    """
    in_state, oldest = scraped.SUBMISSIONS_IN_STATE.family(), scraped.OLDEST_SUBMISSION_AGE.family()
    states = [*Submission.UNFINISHED, Submission.State.CONFIRMED]
    rows = Submission.objects.filter(state__in=states).order_by().values_list("destination", "state")
    found = {
        (name, state): (count, first) for name, state, count, first in rows.annotate(Count("id"), Min("created_at"))
    }
    for name in {*enabled_destinations(), *(name for name, _ in found)}:
        for state in states:
            in_state.add_metric([state.value, name], found.get((name, state.value), (0, None))[0])
        waiting = [found[name, state.value][1] for state in Submission.UNFINISHED if (name, state.value) in found]
        oldest.add_metric([name], _age_s(min(waiting, default=None), timezone.now()))
    yield from (in_state, oldest)


def wallets() -> Iterator[GaugeMetricFamily]:
    """Yield the balance of each transmitter on the chains of the destinations, and the lowest it should have there."""
    balance, lowest = scraped.WALLET_BALANCE.family(), scraped.WALLET_MIN_BALANCE.family()
    floors = _floors_eth()
    newest = Wallet.objects.filter(chain_id__in=floors, balance_wei__isnull=False)
    for chain_id, address, wei in (
        newest.order_by("chain_id", "address", "-balance_read_at")
        .distinct("chain_id", "address")
        .values_list("chain_id", "address", "balance_wei")
    ):
        balance.add_metric([str(chain_id), address], float(wei or 0) / WEI_PER_ETH)
    for chain_id, floor_eth in floors.items():
        lowest.add_metric([str(chain_id)], float(floor_eth))
    yield from (balance, lowest)


def _floors_eth() -> dict[int, Decimal]:
    """Return the lowest balance by chain; of two destinations on one chain the higher."""
    floors: dict[int, Decimal] = {settings.CHAIN_ID: settings.MIN_BALANCE_ETH}
    for chain_id, floor in Destination.objects.filter(enabled=True).values_list("chain_id", "min_balance_eth"):
        floors[chain_id] = max(floor, floors.get(chain_id, floor))
    return floors


def lanes() -> Iterator[GaugeMetricFamily]:
    """Yield how long each transmitter's coin lasts at what it spent in a day, and whether an operator paused it."""
    days, paused = scraped.WALLET_DAYS_OF_GAS.family(), scraped.LANE_PAUSED.family()
    day_ago = timezone.now() - timedelta(days=1)
    spent = dict(
        Submission.objects.filter(created_at__gte=day_ago, cost_wei__isnull=False)  # those that failed cost as well
        .order_by()
        .values_list("wallet_id")
        .annotate(Sum("cost_wei"))
    )
    for wallet in Wallet.objects.filter(balance_wei__isnull=False):
        labels = [str(wallet.chain_id), wallet.address]
        cost_wei = int(spent.get(wallet.pk) or 0)
        days.add_metric(labels, float(wallet.balance_wei or 0) / cost_wei if cost_wei else float("inf"))
        paused.add_metric(labels, int(wallet.paused_at is not None))
    yield from (days, paused)
    yield _differences(day_ago)


def _differences(since: datetime) -> GaugeMetricFamily:
    differences = scraped.CHAIN_DIFFERENCES.family()
    counted = (
        ChainDifference.objects.filter(found_at__gte=since)
        .order_by()
        .values_list("deployment__chain_id", "kind")
        .annotate(Count("id"))
    )
    counts = {(chain, kind): count for chain, kind, count in counted}
    for chain in {chain for chain, _ in counts} | set(destinations().chain_ids.values()):
        for kind in ChainDifference.Kind.values:
            differences.add_metric([str(chain), kind], counts.get((chain, kind), 0))
    return differences


def sources() -> Iterator[GaugeMetricFamily]:
    """Yield whether each enabled source that was ever asked gave quotes when last asked."""
    up = scraped.SOURCE_UP.family()
    asked = Source.objects.filter(enabled=True, state__last_asked_at__isnull=False)
    for slug, last_code in asked.values_list("slug", "state__last_code"):
        up.add_metric([slug], int(not last_code))
    yield up


def source_gates() -> Iterator[GaugeMetricFamily]:
    """Yield breaker and pause of every enabled source."""
    breaker, paused = scraped.SOURCE_BREAKER.family(), scraped.SOURCE_PAUSED.family()
    now = timezone.now()
    for slug, state in gate_states(Source.objects.filter(enabled=True).values_list("slug", flat=True)).items():
        breaker.add_metric([slug], BREAKER_VALUES[state.state])
        paused.add_metric([slug], max(0.0, (state.paused_until - now).total_seconds()) if state.paused_until else 0.0)
    yield from (breaker, paused)


def scores() -> Iterator[GaugeMetricFamily]:
    """Yield how each source did in the last hour, as its scorecard has it."""
    success, deviation = scraped.SOURCE_SUCCESS.family(), scraped.SOURCE_DEVIATION.family()
    for card in scorecards_of_sources(Window.HOUR, now=timezone.now()):
        if card.success_bps is not None:
            success.add_metric([card.source], card.success_bps / 10_000)
        if card.deviation_p95_bps is not None:
            deviation.add_metric([card.source], float(card.deviation_p95_bps))
    yield from (success, deviation)


def queues() -> Iterator[GaugeMetricFamily]:
    """Yield the messages that wait in each queue; a queue that the broker does not know yet is empty."""
    length = scraped.QUEUE_LENGTH.family()
    with Connection(celery_config.broker_url, connect_timeout=BROKER_TIMEOUT_S) as connection:
        for queue in (*Queue, *(queue_of(name) for name in enabled_destinations()[1:])):
            length.add_metric([queue], messages_waiting(connection, queue))
    yield length


def register() -> None:
    """Hand all readers to the monitoring app."""
    for read in (feeds, chains, quorum_margins, rounds, holds, submissions, wallets, lanes, sources, scores):
        collector.register(read.__name__, read, errors=(DatabaseError,))
    collector.register(source_gates.__name__, source_gates, errors=(DatabaseError, RedisError))
    collector.register(queues.__name__, queues, errors=(DatabaseError, OSError, KombuError, OperationalError))
