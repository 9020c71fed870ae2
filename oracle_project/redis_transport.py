"""kombu's Redis transport with one client a channel.

kombu makes a new ``redis.Redis`` for every operation on the broker: each message sent, taken and acknowledged. With
redis-py 8 that copies a table of some three hundred commands each time, which was a seventh of a fetch worker's CPU.
The client holds no connection, only the pool that the channel keeps anyway, so all operations can share it.
"""

from __future__ import annotations

from typing import Any

from kombu import transport
from kombu.transport import redis


class Channel(redis.Channel):
    """A channel that keeps the client it made, as long as its pool lives."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # holds a connection of its own, and is made once or twice in a lifetime
            return super()._create_client(asynchronous=True)  # type: ignore[misc]  # not in the stubs
        if self._kept is None or self._kept.connection_pool is not self.pool:  # a lost connection brings a new pool
            self._kept = super()._create_client()  # type: ignore[misc]
        return self._kept


class Transport(redis.Transport):
    """The transport to use for ``redis://`` and ``rediss://``."""

    Channel = Channel


def install() -> None:
    """Make kombu take this transport for Redis URLs. Call before the first connection; harmless twice."""
    name = f"{Transport.__module__}:{Transport.__qualname__}"
    transport.TRANSPORT_ALIASES.update(redis=name, rediss=name)
