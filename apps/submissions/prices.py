"""Keeps OnChainPrice equal to what the contract said last."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from apps.chain.gateway import ChainSnapshot, FeedReading, OracleGateway
from apps.feeds.models import Feed
from apps.submissions.models import Deployment, OnChainPrice, Submission


def store_readings(
    deployment: Deployment,
    snapshot: ChainSnapshot,
    *,
    pairs: Collection[str],
    decimals: dict[str, int],
    submission: Submission | None = None,
) -> None:
    """Write the snapshot's readings of ``pairs``. ``submission``: the one that put them there, None when unknown.

    An older snapshot than the one a row was read at changes nothing, unless the contract itself went back.
    """
    with transaction.atomic():
        rows = OnChainPrice.objects.select_for_update().filter(deployment=deployment, pair__in=pairs)
        known = {row.pair: row for row in rows}
        for pair in pairs:
            reading = snapshot.prices.get(pair)
            if reading is not None:
                row = known.get(pair) or OnChainPrice(deployment=deployment, pair=pair, decimals=decimals[pair])
                _write(row, reading, block_number=snapshot.block_number, submission=submission)


def refresh_prices(deployment: Deployment, gateway: OracleGateway) -> ChainSnapshot:
    """Read every feed of the contract and store it, dropping rows of feeds that (again) have no data."""
    snapshot = gateway.read_prices(deployment.address, sorted(deployment.proxies))
    OnChainPrice.objects.filter(deployment=deployment).exclude(pair__in=snapshot.prices).delete()
    decimals = dict(Feed.objects.values_list("pair", "decimals"))
    pairs = [pair for pair in snapshot.prices if pair in decimals]
    store_readings(deployment, snapshot, pairs=pairs, decimals=decimals)
    return snapshot


def _write(row: OnChainPrice, reading: FeedReading, *, block_number: int, submission: Submission | None) -> None:
    is_same = row.pk is not None and (row.round_id, row.observed_at) == (reading.round_id, reading.observed_at)
    if is_same and (submission is None or row.submission_id == submission.pk):
        return
    if submission is not None and row.pk is not None and row.round_id > reading.round_id:
        return  # a later report landed and was read before this one
    row.answer = reading.answer
    row.round_id = reading.round_id
    row.observed_at = reading.observed_at
    row.updated_at = reading.updated_at
    row.block_number = block_number
    row.submission = submission
    row.save()
