"""Beat's timetable. Schedules expire quickly, so a worker that comes back does not run through a night of ticks."""

from __future__ import annotations

from typing import Any

from oracle_project import env

SWEEP_ROUNDS_S = 1
SWEEP_SUBMISSIONS_S = 2
FOLLOW_CHAIN_S = 5
RECONCILE_S = 30
EXPIRE_HOLDS_S = 10
EXPIRE_PLANNED_S = 15
SWEEP_EVIDENCE_S = 30
PRUNE_S = 60
WRITE_SCORES_S = 20
SHADOWS_S = 5
DRIVE = "scheduler.drive_destinations"


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Return Celery's ``beat_schedule``, with the round interval from the environment."""
    return {
        "start-scheduled-round": _every(float(env.decimal("ROUND_INTERVAL_S")), "scheduler.start_scheduled_round"),
        "sweep-rounds": _every(SWEEP_ROUNDS_S, "scheduler.sweep_rounds"),
        "sweep-submissions": _every(SWEEP_SUBMISSIONS_S, "submissions.sweep"),
        "follow-chain": _every(FOLLOW_CHAIN_S, "submissions.follow_chain"),
        "expire-planned": _every(EXPIRE_PLANNED_S, "scheduler.expire_planned"),
        "expire-holds": _every(EXPIRE_HOLDS_S, "scheduler.expire_holds"),
        "write-scores": _every(WRITE_SCORES_S, "scheduler.write_scores"),
        "sweep-evidence": _every(SWEEP_EVIDENCE_S, "evidence.sweep"),
        "prune-evidence": _every(PRUNE_S, "evidence.prune"),
        "reconcile-chain": _every(RECONCILE_S, "submissions.reconcile"),
        "sweep-destinations": _every(SWEEP_SUBMISSIONS_S, DRIVE, "submissions.sweep"),
        "follow-destinations": _every(FOLLOW_CHAIN_S, DRIVE, "submissions.follow_chain"),
        "reconcile-destinations": _every(RECONCILE_S, DRIVE, "submissions.reconcile"),
        "prune-rounds": _every(PRUNE_S, "scheduler.prune"),
        "start-shadow-runs": _every(SHADOWS_S, "shadows.start_runs"),
        "prune-shadow-runs": _every(PRUNE_S, "shadows.prune"),
        "prune-idempotency": _every(PRUNE_S, "api.prune_idempotency_records"),
    }


def _every(interval_s: float, task: str, *args: str) -> dict[str, Any]:
    return {"task": task, "schedule": interval_s, "args": args, "options": {"expires": expires_after_s(interval_s)}}


def expires_after_s(interval_s: float) -> float:
    """Return how long a tick of the clock is worth something.

    A destination's sweep (5 s) and follow_chain (10 s, a tick each 5 s) share one process: a sweep that hangs leaves a
    tick of follow_chain alive, and follow_chain gives way to a sweep itself (see ``submissions.tasks``).
    """
    return max(interval_s * 2, 5)
