"""Plans submissions and moves them between states. Every move is one conditional update that must hit one row.

PLANNED ──► IN_PROGRESS ──► UNCONFIRMED ──► CONFIRMED ──► FINAL
   │  nonce and bytes   broadcast │  ▲    read back    deep enough
   │                              ▼  │
   │                             MISSING      its nonce is mined, no node shows by what
   ├─────────────► REPLACED ◄─────┘           a newer report of the same feeds took its place
   └─────────────► FATAL ◄────────┘           any of the middle ones may be reopened: back to PLANNED
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.chain.report import evidence_bytes
from apps.feeds.destination_model import MAIN
from apps.monitoring import metrics
from apps.submissions.chains import chain_id_of, queue_of
from apps.submissions.hints import hints
from apps.submissions.models import OnChainPrice, Submission

log = logging.getLogger(__name__)
State = Submission.State
SHARED_WITHIN_S = 5

# What belongs to one sending and is forgotten when a submission is opened again. Its attempts stay as a record.
_OF_ONE_SENDING: dict[str, Any] = {
    "deployment": None,
    "wallet": None,
    "nonce": None,
    "signer_set_version": None,
    "digest": "",
    "signatures": [],
    "tx_hash": "",
    "block_number": None,
    "block_hash": "",
    "gas_used": None,
    "landed": [],
    "skipped": {},
    "broadcast_at": None,
    "confirmed_at": None,
    "witnesses": None,
    "doubted_since": None,
}


@dataclass(frozen=True, slots=True)
class PlannedAnswer:
    """A feed's accepted answer on its way out: ``answer`` scaled by 10**decimals."""

    pair: str
    answer: int
    decimals: int
    observed_at: datetime


class StateMoved(Exception):
    """Somebody else moved the submission first; what this caller wanted is no longer due."""


def plan_submission(
    *, answers: Sequence[PlannedAnswer], evidence_hash: str, simulated: bool, destination: str = MAIN
) -> Submission:
    """Create the PLANNED row for a destination, whose worker is told once it is committed; the sweep finds lost hints.

    Observation times are cut to whole seconds, as the contract keeps them, and those close to each other become
    the oldest of them: answers of one time share a storage slot and a fourth of the gas (see ``shared_times``).

    Raises ValueError when there are no answers, an answer is not positive, or the hash has not 32 bytes.
    """
    if not answers:
        raise ValueError("a submission needs at least one answer")
    if bad := [planned.pair for planned in answers if planned.answer <= 0]:
        raise ValueError(f"answers must be positive: {', '.join(bad)}")
    evidence_bytes(evidence_hash)
    own = {planned.pair: int(planned.observed_at.timestamp()) for planned in answers}
    times = shared_times(own, _times_on_chain(destination))
    submission = Submission.objects.create(
        destination=destination,
        chain_id=chain_id_of(destination),
        simulated=simulated,
        evidence_hash=evidence_hash,
        answers=[
            {
                "pair": planned.pair,
                "answer": str(planned.answer),
                "decimals": planned.decimals,
                "observed_at": times[planned.pair],
            }
            for planned in answers
        ],
    )
    transaction.on_commit(lambda: _entered(State.PLANNED))
    transaction.on_commit(lambda: hint("submissions.submit", submission.pk, destination=destination))
    return submission


def shared_times(own: Mapping[str, int], on_chain: Mapping[str, int]) -> dict[str, int]:
    """Return each pair's observation time, the oldest of all where that is at most SHARED_WITHIN_S away.

    An answer never claims to be newer than it is, and keeps its own time where the older one would not be news to the
    contract. ``on_chain``: the time of what the contract has, unix seconds.
    """
    oldest = min(own.values())
    return {
        pair: oldest if time_s - oldest <= SHARED_WITHIN_S and on_chain.get(pair, 0) < oldest else time_s
        for pair, time_s in own.items()
    }


def _times_on_chain(destination: str) -> dict[str, int]:
    rows = OnChainPrice.objects.filter(deployment__is_active=True, deployment__destination=destination)
    rows = rows.filter(deployment__chain_id=chain_id_of(destination))
    return {pair: int(observed_at.timestamp()) for pair, observed_at in rows.values_list("pair", "observed_at")}


def hint(task: str, submission_id: uuid.UUID, *, destination: str) -> None:
    """Tell the destination's worker of a submission; when the broker is away, the sweep finds the row."""
    hints.send(task, str(submission_id), queue=queue_of(destination))


def hint_action(action_id: int, *, destination: str) -> None:
    """Tell the destination's worker of an operator's action; the sweep finds it when the hint is lost."""
    hints.send("submissions.act", action_id, queue=queue_of(destination))


def move(submission_id: uuid.UUID, *, frm: Sequence[State], to: State, **fields: Any) -> None:
    """Move a submission that is in one of ``frm`` to ``to``, setting ``fields`` with it.

    Raises StateMoved when it is in another state by now.
    """
    moved = Submission.objects.filter(pk=submission_id, state__in=frm).update(
        state=to, updated_at=timezone.now(), **fields
    )
    if moved != 1:
        raise StateMoved(f"{submission_id} is no longer {' or '.join(frm)}; not moved to {to}")
    transaction.on_commit(lambda: _entered(to))


def fail(submission_id: uuid.UUID, *, frm: Sequence[State], code: str, message: str, **fields: Any) -> None:
    """Move a submission to FATAL with a stable code. Raises StateMoved."""
    move(submission_id, frm=frm, to=State.FATAL, failure_code=code, failure_message=message, **fields)
    log.warning("submission failed submission=%s code=%s message=%s", submission_id, code, message)


def replace(submission_id: uuid.UUID, *, frm: Sequence[State], by: Submission) -> None:
    """Move a submission to REPLACED, with a link to the newer report. Raises StateMoved."""
    move(submission_id, frm=frm, to=State.REPLACED, replaced_by=by)
    log.info("submission replaced submission=%s by=%s", submission_id, by.pk)


def reopen(submissions: QuerySet[Submission], *, reason: str) -> int:
    """Take submissions the chain lost back to PLANNED, to be signed and sent anew; returns how many.

    They are sent with the same answers, or fail as superseded or expired when these are no longer news.
    """
    due = submissions.filter(state__in=[*Submission.IN_FLIGHT, State.CONFIRMED])
    ids = list(due.values_list("pk", flat=True))
    count = due.filter(pk__in=ids).update(
        **_OF_ONE_SENDING, state=State.PLANNED, resends=F("resends") + 1, updated_at=timezone.now()
    )
    for submission_id in ids:
        log.warning("submission reopened submission=%s reason=%s", submission_id, reason)
    for _ in range(count):
        transaction.on_commit(lambda: _entered(State.PLANNED))
    return count


def _entered(state: State) -> None:
    metrics.submission_moved(state.value)
