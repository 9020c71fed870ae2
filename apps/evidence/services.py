"""Keeping the bodies of rounds that mattered, and letting them go when their time is over."""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.evidence.models import Body
from apps.evidence.packing import WORTH_IT, pack, unpack
from apps.rounds.models import Answer, Round
from apps.sources.bodies import TTL_S, RedisBodies

log = logging.getLogger(__name__)
# A base is replaced after so long: replies drift away from it.
BASE_FOR = timedelta(minutes=30)
DELETE_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Needed:
    """A body the evidence rests on, and which others it resembles."""

    sha256: str
    family: str


def needed_bodies(round_: Round, answers: list[Answer]) -> list[Needed]:
    """Return the bodies that hold the covered observations, and those of replies that were of no use."""
    covered = set(round_.inputs.get("covered", ()))
    read = {
        (row["source"], row["received_at"])
        for answer in answers
        if answer.pair in covered
        for row in answer.observations
        if "received_at" in row
    }
    found = {
        attempt["body_sha256"]: Needed(attempt["body_sha256"], _family(call["source"], attempt["url"]))
        for call, attempt in _attempts(round_)
        if attempt["body_sha256"] and (attempt["code"] or (call["source"], attempt.get("received_at")) in read)
    }
    return list(found.values())


def keep_round(round_id: uuid.UUID, *, now: datetime) -> int:
    """Store the bodies a round rests on, each once, and return how many were new. Idempotent.

    Raises:
        redis.RedisError: the bodies cannot be read now.
    """
    round_ = Round.objects.get(pk=round_id)
    covered = round_.inputs.get("covered", ())
    needed = needed_bodies(round_, list(round_.answers.filter(pair__in=covered)))
    until = now + timedelta(days=_days(round_))
    known = set(Body.objects.filter(sha256__in=[n.sha256 for n in needed]).values_list("sha256", flat=True))
    taken = RedisBodies().take([n.sha256 for n in needed if n.sha256 not in known])
    with transaction.atomic():
        fresh = {one: taken[one.sha256] for one in needed if one.sha256 in taken}
        _store(fresh, known, until=until, now=now)
        Round.objects.filter(pk=round_id).update(evidence_kept_at=now)
    if lost := len(needed) - len(known) - len(taken):
        log.warning("bodies lost before they were stored round=%s lost=%d", round_id, lost)
    return len(taken)


def rounds_without_bodies(*, now: datetime) -> list[uuid.UUID]:
    """Return the rounds that mattered whose bodies are not stored, while they can still be."""
    since = now - timedelta(seconds=TTL_S)
    mattered = Q(outcome__in=[Round.Outcome.SENT, Round.Outcome.HELD]) | ~Q(requested=[])
    due = Round.objects.filter(mattered, state=Round.State.CLOSED, evidence_kept_at__isnull=True, closed_at__gt=since)
    return list(due.order_by("closed_at").values_list("pk", flat=True)[:100])


def prune_bodies(*, now: datetime) -> int:
    """Delete bodies past their time, deltas before their bases, a batch at a time; return how many went."""
    due = Body.objects.filter(kept_until__lt=now)
    deltas = list(due.filter(base__isnull=False).values_list("pk", flat=True)[:DELETE_BATCH])
    gone = Body.objects.filter(pk__in=deltas).delete()[0]
    bases = list(due.filter(base__isnull=True, packed_against=None).values_list("pk", flat=True)[:DELETE_BATCH])
    return gone + Body.objects.filter(pk__in=bases).delete()[0]


def read_bodies(hashes: list[str]) -> dict[str, bytes]:
    """Return the stored bodies by hash; one that is damaged is left out and logged."""
    found: dict[str, bytes] = {}
    for row in Body.objects.filter(sha256__in=hashes).select_related("base"):
        base = unpack(bytes(row.base.packed)) if row.base is not None else None
        body = unpack(bytes(row.packed), base=base)
        if hashlib.sha256(body).hexdigest() == row.sha256:
            found[row.sha256] = body
        else:
            log.error("stored body is not what its hash says sha256=%s", row.sha256)
    return found


def _store(fresh: Mapping[Needed, bytes], known: set[str], *, until: datetime, now: datetime) -> None:
    """Store new bodies, and keep known ones and all bases as long: a few queries for any number."""
    families = {one.family for one in fresh}
    alone = Body.objects.filter(family__in=families, base__isnull=True, first_kept_at__gt=now - BASE_FOR)
    bases = {row.family: row for row in alone.order_by("family", "-first_kept_at").distinct("family")}
    rows = [_packed(one, body, base=bases.get(one.family), until=until, now=now) for one, body in fresh.items()]
    _keep_longer(known | {row.base.sha256 for row in rows if row.base is not None}, until)
    Body.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may be keeping the same body


def _packed(one: Needed, body: bytes, *, base: Body | None, until: datetime, now: datetime) -> Body:
    """Return the row of a body, packed against the base where that is worth it."""
    packed = pack(body)
    if base is not None:
        delta = pack(body, base=unpack(bytes(base.packed)))
        packed, base = (delta, base) if len(delta) < len(packed) * WORTH_IT else (packed, None)
    return Body(
        sha256=one.sha256,
        family=one.family,
        base=base,
        packed=packed,
        size=len(body),
        first_kept_at=now,
        kept_until=until,
    )


def _keep_longer(hashes: set[str], until: datetime) -> None:
    """Move the end of these bodies, and of the bases they are packed against."""
    rows = Body.objects.filter(sha256__in=hashes, kept_until__lt=until)
    bases = list(rows.exclude(base=None).values_list("base_id", flat=True))
    rows.update(kept_until=until)
    Body.objects.filter(pk__in=bases, kept_until__lt=until).update(kept_until=until)


def _days(round_: Round) -> int:
    """Return how long a round's bodies are kept: rounds somebody asked for, and held ones, as long as the round."""
    is_long = bool(round_.requested) or round_.outcome == Round.Outcome.HELD
    return int(settings.ROUND_RETENTION_DAYS if is_long else settings.EVIDENCE_RETENTION_DAYS)


def _attempts(round_: Round) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for lane in round_.lanes:
        for call in lane["calls"]:
            for attempt in call["attempts"]:
                yield call, attempt


def _family(source: str, url: str) -> str:
    return hashlib.sha256(f"{source} {url}".encode()).hexdigest()
