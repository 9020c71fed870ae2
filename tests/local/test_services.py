"""The session's own PostgreSQL, Valkey and chain."""

from __future__ import annotations

import os
import socket

import pytest
import redis
from django.db import connection
from pytest_socket import SocketConnectBlockedError

from local.embedded import await_anvil


@pytest.mark.django_db
def test_database_is_postgresql() -> None:
    """Database tests run on PostgreSQL, not on a stand-in."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")

        assert int(cursor.fetchone()[0]) >= 140000


def test_redis_answers() -> None:
    """REDIS_URL leads to a server of this session."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping() is True


def test_other_hosts_are_blocked() -> None:
    """A test that connects beyond loopback fails instead of reaching the internet."""
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


def test_chain_answers(anvil: str) -> None:
    """The anvil fixture serves a chain."""
    await_anvil(anvil)
