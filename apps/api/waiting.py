"""Waiting for a round to finish, within ``Prefer: wait=N``."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence

from apps.pricing.types import AnswerState
from apps.rounds.models import Answer, Round
from apps.rounds.selectors import get_round, is_finished

MAX_WAIT_S = 30
_POLL_S = 0.1
_POLL_LATER_S = 0.4
_EAGER_POLLS = 20
# Each waiting client holds a thread of the web server; the rest must stay free for those who only read.
_WAITERS = threading.BoundedSemaphore(8)


def wait_for_round(round_id: uuid.UUID, *, pairs: Sequence[str], wait_s: int) -> Round | None:
    """Return the round as soon as it is finished for these pairs, or as it stands after ``wait_s``.

    None, at once, when too many clients wait already.
    """
    if not _WAITERS.acquire(blocking=False):
        return None
    try:
        return _poll(round_id, pairs=pairs, until=time.monotonic() + wait_s)
    finally:
        _WAITERS.release()


def refused_answers(round_: Round, *, pairs: Sequence[str]) -> list[Answer]:
    """Return the rejected answers of these pairs when none of them was accepted or had simply no news; else none.

    A conversion feed that was accepted on the way does not turn a refused request into a success.
    """
    answers = [answer for answer in round_.answers.all() if answer.pair in pairs]
    refused = [answer for answer in answers if answer.state in {AnswerState.REJECTED, AnswerState.HELD}]
    return refused if len(refused) == len(answers) else []


def is_done(round_: Round, *, pairs: Sequence[str]) -> bool:
    """Return whether more waiting would tell these pairs' reader nothing new."""
    if round_.state == Round.State.OPEN:
        return False
    return is_finished(round_) or bool(refused_answers(round_, pairs=pairs))


def _poll(round_id: uuid.UUID, *, pairs: Sequence[str], until: float) -> Round:
    polls = 0
    while True:
        round_ = get_round(round_id)
        left = until - time.monotonic()
        if left <= 0 or is_done(round_, pairs=pairs):
            return round_
        polls += 1
        time.sleep(min(left, _POLL_S if polls < _EAGER_POLLS else _POLL_LATER_S))
