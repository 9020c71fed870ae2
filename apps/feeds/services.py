"""Changes to the configuration's tables: versions, list order, and how sources did."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.feeds.document_writer import write_document
from apps.feeds.models import ConfigVersion, Listing, SourceState
from apps.feeds.selectors import current_config, current_config_version
from apps.feeds.values import Config
from apps.sources.errors import NOT_ASKED_CODES

# Key of the advisory lock that lets one change of the configuration at a time be written: "feed" in ASCII.
CONFIGURATION_LOCK = 0x66656564

UPSERT_STATES = """
INSERT INTO feeds_sourcestate AS state
    (source_id, last_asked_at, last_ok_at, last_code, last_message, last_latency_ms,
     consecutive_failures, quotes_ok, quotes_missed)
SELECT source.id, said.asked_at, said.ok_at, said.code, said.message, said.latency_ms,
       said.failures, said.ok, said.missed
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::int[],
            %s::int[], %s::bigint[], %s::bigint[])
     AS said(slug, asked_at, ok_at, code, message, latency_ms, failures, ok, missed)
JOIN feeds_source AS source ON source.slug = said.slug
ORDER BY source.id
ON CONFLICT (source_id) DO UPDATE SET
    last_asked_at = GREATEST(state.last_asked_at, EXCLUDED.last_asked_at),
    last_ok_at = GREATEST(state.last_ok_at, EXCLUDED.last_ok_at),
    last_code = CASE WHEN EXCLUDED.last_asked_at < state.last_asked_at
        THEN state.last_code ELSE EXCLUDED.last_code END,
    last_message = CASE WHEN EXCLUDED.last_asked_at < state.last_asked_at
        THEN state.last_message ELSE EXCLUDED.last_message END,
    last_latency_ms = CASE WHEN EXCLUDED.last_asked_at < state.last_asked_at
        THEN state.last_latency_ms ELSE EXCLUDED.last_latency_ms END,
    consecutive_failures = CASE
        WHEN EXCLUDED.last_asked_at < state.last_asked_at THEN state.consecutive_failures
        WHEN EXCLUDED.last_code = '' THEN 0
        ELSE state.consecutive_failures + EXCLUDED.consecutive_failures END,
    quotes_ok = state.quotes_ok + EXCLUDED.quotes_ok,
    quotes_missed = state.quotes_missed + EXCLUDED.quotes_missed
"""


def lock_configuration() -> None:
    """Hold off every other change of the configuration until the surrounding transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CONFIGURATION_LOCK])


@transaction.atomic
def record_config_version(author: str, *, note: str = "") -> ConfigVersion:
    """Return the version of the configuration as it stands now, a new one when its document changed.

    note: why, when this was not an ordinary edit.
    """
    lock_configuration()
    document = write_document(current_config())
    sha256 = hashlib.sha256(document.encode()).hexdigest()
    newest = current_config_version()
    if newest is not None and newest.sha256 == sha256:
        return newest
    number = newest.number + 1 if newest else 1
    return ConfigVersion.objects.create(number=number, sha256=sha256, document=document, author=author, note=note)


def reorder_listings(feed_id: int, *, listing_ids: Sequence[int]) -> None:
    """Give the feed's listings the priorities 1, 2, … in this order; the rest keep their order behind them.

    The unique constraint is checked at commit, so rows may swap places.
    """
    place = {listing_id: index for index, listing_id in enumerate(listing_ids)}
    rows = sorted(
        Listing.objects.filter(feed_id=feed_id), key=lambda row: (place.get(row.pk, len(place)), row.priority, row.pk)
    )
    moved = []
    for priority, row in enumerate(rows, start=1):
        if row.priority != priority:
            row.priority = priority
            moved.append(row)
    Listing.objects.bulk_update(moved, ["priority"])


def record_source_calls(calls: Sequence[Mapping[str, Any]]) -> None:
    """Add the calls (``sources.wire`` JSON) to their sources' states, in one statement.

    Calls that the gate refused leave no trace here: the last state stays what the source itself did last.
    Safe beside other rounds: counters add up, rows are taken in one order, and an older call never hides a newer one.
    """
    states: dict[str, SourceState] = {}
    made = [call for call in calls if not _was_refused(call)]
    for call in sorted(made, key=lambda call: datetime.fromisoformat(call["started_at"])):
        _add_call(states.setdefault(call["source"], SourceState()), call)
    if not states:
        return
    rows = states.values()
    columns: list[list[Any]] = [
        list(states),
        [row.last_asked_at for row in rows],
        [row.last_ok_at for row in rows],
        [row.last_code for row in rows],
        [row.last_message for row in rows],
        [row.last_latency_ms for row in rows],
        [row.consecutive_failures for row in rows],
        [row.quotes_ok for row in rows],
        [row.quotes_missed for row in rows],
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT_STATES, columns)


def _was_refused(call: Mapping[str, Any]) -> bool:
    """Return whether the gate let none of the call's requests through: that says nothing new about the source."""
    return bool(call["outcomes"]) and all(outcome.get("code") in NOT_ASKED_CODES for outcome in call["outcomes"])


def _add_call(state: SourceState, call: Mapping[str, Any]) -> None:
    """Fold one call into the state; a call is good when it gave at least one quote."""
    misses = [outcome for outcome in call["outcomes"] if outcome["kind"] == "miss"]
    quotes = len(call["outcomes"]) - len(misses)
    asked_at = datetime.fromisoformat(call["started_at"])
    state.last_asked_at = asked_at
    state.last_latency_ms = call["latency_ms"]
    state.quotes_ok += quotes
    state.quotes_missed += len(misses)
    if quotes or not misses:
        state.last_ok_at = asked_at + timedelta(milliseconds=call["latency_ms"])
        state.last_code = state.last_message = ""
        state.consecutive_failures = 0
    else:
        state.last_code = misses[0]["code"]
        state.last_message = misses[0].get("message", "").replace("\x00", "")[:300]
        state.consecutive_failures += 1


def exported_document(config: Config | None = None) -> str:
    """Return the configuration (of the tables, unless given) as `oracle.yaml` text."""
    return write_document(current_config() if config is None else config)
