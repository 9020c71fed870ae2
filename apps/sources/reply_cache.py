"""One reply for every round that asks the same within a source's ``cache_ttl_ms``: single flight, over all workers.

Within a worker a lock per request lets one thread ask while the others wait; between workers a key in Redis does.
Whoever waited gets the reply with the time at which it arrived, so a quote never looks younger than it is. Replies
that were of no use are not kept: the next in line asks again. When Redis is away, each worker shares with itself.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import cast

import redis

from apps.sources import errors
from apps.sources.adapters.base import Reply
from oracle_project.redis_clients import shared_redis

log = logging.getLogger(__name__)
MAX_SHARED_BYTES = 2 * 2**20  # of a body kept in Redis; a larger one is shared within its worker only
FLIGHT_GRACE_MS = 1000  # a worker that died in flight holds the others up no longer than this past its time
POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class SharedReply:
    """A reply somebody else received, and the URL it came from as records show it."""

    reply: Reply
    url: str


@dataclass(slots=True)
class Flight:
    """One request under way. ``shared`` is set when no request is needed."""

    shared: SharedReply | None = None
    kept: SharedReply | None = None

    def keep(self, reply: Reply, *, url: str) -> None:
        """Let everybody who waits, or comes within the time to live, have this reply."""
        self.kept = SharedReply(reply, url)


@dataclass(slots=True)
class _Place:
    """Where the threads of this worker meet over one request."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0


class ReplyCache:
    """Replies by what was asked. Thread-safe."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._own: dict[str, tuple[float, SharedReply]] = {}

    @contextmanager
    def flight(self, key: str, *, ttl_ms: int, wait_s: float) -> Iterator[Flight]:
        """Yield a flight that has a shared reply, or that the caller now leads. Raises DeadlineExceeded after wait_s.

        ttl_ms 0 shares nothing.
        """
        if ttl_ms == 0:
            yield Flight()
            return
        ends_at = time.monotonic() + wait_s
        with self._turn(key, ends_at):
            flight = Flight(self._own_reply(key) or self._others_reply(key, ends_at))
            try:
                yield flight
            finally:
                if flight.shared is None:
                    self._land(key, flight.kept, ttl_ms=ttl_ms)

    @contextmanager
    def _turn(self, key: str, ends_at: float) -> Iterator[None]:
        """Hold this worker's lock of the key; raises DeadlineExceeded when it does not come free in time."""
        with self._lock:
            place = self._places.setdefault(key, _Place())
            place.waiting += 1
        try:
            if not place.lock.acquire(timeout=max(ends_at - time.monotonic(), 0)):
                raise errors.DeadlineExceeded("another round's call for the same did not end in time")
            try:
                yield
            finally:
                place.lock.release()
        finally:
            with self._lock:
                place.waiting -= 1
                if not place.waiting:
                    self._places.pop(key, None)

    def _own_reply(self, key: str) -> SharedReply | None:
        with self._lock:
            expires_at, shared = self._own.get(key, (0.0, None))
        return shared if time.monotonic() < expires_at else None

    def _others_reply(self, key: str, ends_at: float) -> SharedReply | None:
        """Return what another worker received, waiting for one that is under way; None when it is ours to ask."""
        lease_ms = round(max(ends_at - time.monotonic(), 0) * 1000) + FLIGHT_GRACE_MS
        while True:
            try:
                kept, is_ours = self._look(key, lease_ms)
            except redis.RedisError as exc:
                log.warning("replies are not shared between workers error=%s", exc.__class__.__name__)
                return None
            if kept is not None:
                return _unpack(kept)
            if is_ours:
                return None
            if time.monotonic() + POLL_S >= ends_at:
                raise errors.DeadlineExceeded("another worker's call for the same did not end in time")
            time.sleep(POLL_S)

    def _look(self, key: str, lease_ms: int) -> tuple[bytes | None, bool]:
        """Return the reply that lies there, and without one whether the flight is now ours.

        Looked at again with the claim: a flight that lands between look and claim would be flown a second time.
        """
        kept = cast("bytes | None", self._redis.get(_reply_key(key)))
        if kept is not None:
            return kept, False
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_flight_key(key), "1", nx=True, px=lease_ms)
            pipe.get(_reply_key(key))
            is_ours, kept = pipe.execute()
        if is_ours and kept is not None:
            self._redis.delete(_flight_key(key))
        return kept, bool(is_ours)

    def _land(self, key: str, kept: SharedReply | None, *, ttl_ms: int) -> None:
        """Keep a useful reply, and let the next in line go."""
        if kept is not None:
            now = time.monotonic()
            with self._lock:
                self._own = {name: entry for name, entry in self._own.items() if entry[0] > now}
                self._own[key] = (now + ttl_ms / 1000, kept)
        try:
            with self._redis.pipeline(transaction=True) as pipe:
                if kept is not None and len(kept.reply.body) <= MAX_SHARED_BYTES:
                    pipe.set(_reply_key(key), _pack(kept), px=ttl_ms)
                pipe.delete(_flight_key(key))
                pipe.execute()
        except redis.RedisError as exc:
            log.warning("reply not shared between workers error=%s", exc.__class__.__name__)


@cache
def shared_replies() -> ReplyCache:
    """Return this process's cache on REDIS_URL."""
    return ReplyCache(shared_redis())


def _reply_key(key: str) -> str:
    return f"oracle:reply:{{{key}}}"


def _flight_key(key: str) -> str:
    return f"oracle:reply:{{{key}}}:flight"


def _pack(shared: SharedReply) -> bytes:
    reply = shared.reply
    head = {
        "url": shared.url,
        "status": reply.status,
        "headers": dict(reply.headers),
        "received_at": reply.received_at.isoformat(),
    }
    return json.dumps(head).encode() + b"\n" + reply.body


def _unpack(kept: bytes) -> SharedReply:
    head, _, body = kept.partition(b"\n")
    told = json.loads(head)
    received_at = datetime.fromisoformat(told["received_at"])
    return SharedReply(Reply(told["status"], told["headers"], body, received_at), told["url"])
