"""Reply bodies on their way from the fetch workers to the evidence: in Redis by hash, compressed, for minutes.

They never travel through task results: the join of a chord encodes every header's result anew, and a body is a hundred
times the prices in it. What settles a round that mattered takes its bodies from here; the rest expires.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol, cast

import redis
import zstandard

from oracle_project.redis_clients import shared_redis

log = logging.getLogger(__name__)
TTL_S = 180  # a round is over in seconds; this leaves time for a settle worker that restarts
LEVEL = 1
MAX_BODY = 8_000_000  # bytes; what is larger is named by its hash and not kept


class Bodies(Protocol):
    """Where a fetch worker leaves what it read."""

    def put(self, sha256: str, body: bytes) -> None:
        """Keep a body for a while. Never raises."""


class NoBodies:
    """Keeps nothing: for one-off calls."""

    def put(self, sha256: str, body: bytes) -> None:
        """Do nothing."""


class RedisBodies:
    """Bodies in the Redis all workers share."""

    def __init__(self, client: redis.Redis | None = None) -> None:
        self._redis = client or shared_redis()

    def put(self, sha256: str, body: bytes) -> None:
        """Keep a body for a while; one that is there already stays, with its time started anew."""
        if not body or len(body) > MAX_BODY:
            return
        try:
            self._redis.set(_key(sha256), zstandard.compress(body, LEVEL), ex=TTL_S)
        except redis.RedisError:
            log.warning("body not kept sha256=%s; the round will say so", sha256)

    def take(self, hashes: Sequence[str]) -> dict[str, bytes]:
        """Return the bodies that are still there, by hash. Raises redis.RedisError."""
        found: dict[str, bytes] = {}
        for sha256 in hashes:
            packed = cast("bytes | None", self._redis.get(_key(sha256)))
            if packed is not None:
                found[sha256] = zstandard.decompress(packed, max_output_size=MAX_BODY)
        return found


def _key(sha256: str) -> str:
    return f"oracle:body:{sha256}"
