"""The broker's transport on Redis: one client a channel, and messages as ever."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest
import redis
from kombu import Connection, Exchange, Queue

from oracle_project import celery_config, redis_transport

COUNT = 20


@pytest.fixture
def queue() -> Queue:
    """A queue of this test's own."""
    name = f"test-{uuid.uuid4().hex}"
    return Queue(name, Exchange(name, type="direct"), routing_key=name, auto_delete=True)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """The broker as Celery reaches it."""
    with Connection(os.environ["REDIS_URL"], transport_options=celery_config.broker_transport_options) as connected:
        yield connected


def send(connection: Connection, queue: Queue, bodies: list[int]) -> None:
    with connection.Producer() as producer:
        for body in bodies:
            producer.publish(body, exchange=queue.exchange, routing_key=queue.routing_key, declare=[queue])


def take(connection: Connection, queue: Queue, count: int) -> list[int]:
    taken: list[int] = []

    def keep(body: int, message: object) -> None:
        taken.append(body)
        message.ack()  # type: ignore[attr-defined]

    with connection.Consumer(queue, callbacks=[keep]):
        while len(taken) < count:
            connection.drain_events(timeout=5)
    return taken


@pytest.mark.parametrize("scheme", ["redis", "rediss"])
def test_redis_urls_lead_to_this_transport(scheme: str) -> None:
    """Whoever loads Celery's settings gets it, with TLS too."""
    connected = Connection(f"{scheme}://127.0.0.1:1/0")

    assert issubclass(connected.get_transport_cls(), redis_transport.Transport)


def test_sending_and_acknowledging_makes_no_client_per_message(
    connection: Connection, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients are made per channel; forty operations more make none."""
    made: list[object] = []
    really = redis.Redis.__init__

    def count(self: redis.Redis, *args: object, **options: object) -> None:
        made.append(self)
        really(self, *args, **options)  # type: ignore[arg-type]

    send(connection, queue, [0])
    take(connection, queue, 1)
    monkeypatch.setattr(redis.Redis, "__init__", count)

    send(connection, queue, list(range(COUNT)))
    assert take(connection, queue, COUNT) == list(range(COUNT))

    assert len(made) < COUNT / 2


def test_a_message_is_taken_after_the_connection_was_lost(connection: Connection, queue: Queue) -> None:
    """A new pool brings a new client: nothing goes on over the dead one."""
    send(connection, queue, [1])
    connection.default_channel._disconnect_pools()
    send(connection, queue, [2])

    assert take(connection, queue, 2) == [1, 2]


def test_what_is_not_acknowledged_comes_again(connection: Connection, queue: Queue) -> None:
    """A worker that dies with a message in hand gives it back."""
    send(connection, queue, [7])
    channel = connection.channel()
    message = queue(channel).get()
    assert message is not None
    channel.close()

    assert take(connection, queue, 1) == [7]
