"""The header task of a round's chord. Runs in the fetch worker, which has neither Django nor web3."""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery import shared_task

from apps.sources.board import round_board
from apps.sources.lanes import run_lane

log = logging.getLogger(__name__)


@shared_task(name="rounds.fetch_lane")
def fetch_lane(round_id: str, lane: str) -> dict[str, Any]:
    """Return every quote and miss of a lane; never raises, so the chord always joins."""
    board = round_board()
    result = run_lane(board, round_id=round_id, lane=lane)
    try:
        board.leave(round_id, lane, result)
    except redis.RedisError:
        log.exception("lane result not kept for the watchdog round=%s lane=%s", round_id, lane)
    return result
