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
    """Return the lane's name, its quotes and misses being left on the board; never raises, so the chord always joins.

    Through the chord they would be encoded and decoded four times more, in one message with all other lanes'. When
    the board does not take them they go that way all the same.
    """
    board = round_board()
    result = run_lane(board, round_id=round_id, lane=lane)
    try:
        board.leave(round_id, lane, result)
    except redis.RedisError:
        log.exception("lane result not kept on the board round=%s lane=%s", round_id, lane)
        return result
    return {"lane": lane}
