"""The clock of the destinations that are not in the environment: beat cannot know them, the table does."""

from __future__ import annotations

from typing import Any

from celery import current_app
from kombu import Connection

from apps.scheduler.schedule import FOLLOW_CHAIN_S, RECONCILE_S, SWEEP_SUBMISSIONS_S, expires_after_s
from apps.submissions.chains import enabled_destinations, queue_of

INTERVALS_S = {
    "submissions.sweep": SWEEP_SUBMISSIONS_S,
    "submissions.follow_chain": FOLLOW_CHAIN_S,
    "submissions.reconcile": RECONCILE_S,
}
# A destination without a worker must not fill the broker: ticks beyond these would only expire.
MOST_WAITING = 30


def drive(task: str) -> list[str]:
    """Send a tick of ``task`` to the queue of every destination but main; return whom it was sent to."""
    sent: list[str] = []
    names = enabled_destinations()[1:]
    if not names:
        return sent
    with current_app.connection_for_write() as connection:
        for name in names:
            if messages_waiting(connection, queue_of(name)) >= MOST_WAITING:
                continue
            expires = expires_after_s(INTERVALS_S[task])
            current_app.send_task(
                task, args=[name], queue=queue_of(name), expires=expires, retry=False, ignore_result=True
            )
            sent.append(name)
    return sent


def messages_waiting(connection: Connection, queue: str) -> int:
    """Return how many messages wait in a queue; 0 for one that the broker does not know yet."""
    channel: Any = connection.channel()  # the stubs know only what all transports share
    try:
        return int(channel.queue_declare(queue=queue, passive=True).message_count)
    except connection.channel_errors:
        return 0
    finally:
        channel.close()
