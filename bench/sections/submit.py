"""Submitting: reports through one key on a chain of one-second blocks, and how soon a settled report is broadcast."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from bench import chain as chains
from bench.chain import FEEDS, Chain, bare_send, plan, signed_calls, until
from bench.measure import Scale, interleave, percentile
from bench.rows import Row, row
from bench.servers import Servers

LONE_REPORTS = 40
PAUSE_S = 0.3


def measure(scale: Scale) -> list[Row]:
    """Return every row of the section."""
    with Servers() as servers:
        chain = chains.start(servers)
        burst = scale.of(FEEDS, least=2)
        alone = scale.of(LONE_REPORTS, least=2)
        rates = interleave(
            {"ours": lambda: _rate_of_ours(chain, burst), "floor": lambda: _rate_of_bare(chain, burst)},
            repeats=scale.repeats,
        )
        times = interleave(
            {"ours": lambda: _times_of_ours(alone), "floor": lambda: _times_of_bare(chain, alone)},
            repeats=scale.repeats,
        )
        middle, late = (_percentiles(times, share) for share in (0.5, 0.95))
        return [
            row(
                f"{burst} reports at once through one key, 1 s blocks",
                "reports over the time from the first planned to the last mined; floor: a bare web3.py loop that signs "
                "and sends as many ready calls",
                unit="reports/s",
                samples=rates,
            ),
            row("settled to broadcast, p50", _DEFINITION, unit="ms", samples=middle),
            row("settled to broadcast, p95", _DEFINITION, unit="ms", samples=late),
        ]


_DEFINITION = (
    "planning of a lone report to its broadcast: hint, report signed 2 of 3, dry run, fees, balance, nonce and bytes "
    "committed; floor: web3.py signs and sends a ready call"
)


def _percentiles(times: Mapping[str, Sequence[Sequence[float]]], share: float) -> dict[str, list[float]]:
    return {name: [percentile(turn, share) for turn in turns] for name, turns in times.items()}


def _rate_of_ours(chain: Chain, count: int) -> float:
    from django.db import transaction  # noqa: PLC0415 - needs Django

    start = chain.gateway.nonce(chain.transmitter, pending=False)
    began = time.perf_counter()
    with transaction.atomic():
        for feed in range(count):
            plan(feed)
    until(lambda: chain.gateway.nonce(chain.transmitter, pending=False) == start + count, what="reports mined")
    return count / (time.perf_counter() - began)


def _rate_of_bare(chain: Chain, count: int) -> float:
    calls = signed_calls(chain, count)
    start = chain.gateway.nonce(chain.rival.address, pending=False)
    began = time.perf_counter()
    for offset, call in enumerate(calls):
        bare_send(chain, call, nonce=start + offset)
    until(lambda: chain.gateway.nonce(chain.rival.address, pending=False) == start + count, what="calls mined")
    return count / (time.perf_counter() - began)


def _times_of_ours(count: int) -> list[float]:
    from apps.submissions.models import Attempt  # noqa: PLC0415 - needs Django

    taken = []
    for feed in range(count):
        # The contract wants each observation a whole second newer, and the rival's calls are of these feeds, too.
        time.sleep(1 - time.time() % 1)
        submission = plan(feed)
        sent = Attempt.objects.filter(submission=submission, broadcast_at__isnull=False)
        until(sent.exists, what="a lone report broadcast")
        broadcast_at = sent.values_list("broadcast_at", flat=True)[0]
        taken.append((broadcast_at - submission.created_at).total_seconds() * 1_000 if broadcast_at else 0.0)
        time.sleep(PAUSE_S)
    return taken


def _times_of_bare(chain: Chain, count: int) -> list[float]:
    taken = []
    for call in signed_calls(chain, count):
        nonce = chain.gateway.nonce(chain.rival.address, pending=True)
        began = time.perf_counter()
        bare_send(chain, call, nonce=nonce)
        taken.append((time.perf_counter() - began) * 1_000)
        time.sleep(PAUSE_S)
    return taken
