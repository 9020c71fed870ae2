"""What freeze detection remembers between rounds: in Redis, one string per feed, lost without harm.

A lost memory costs one thing only: a source that had been found frozen counts again until it is found once more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import cast

import redis

from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from oracle_project import env

TTL_S = 86_400
log = logging.getLogger(__name__)


def remembered_watches(pairs: Sequence[str]) -> dict[str, dict[str, Watch]]:
    """Return what was remembered by pair and source; nothing when Redis is away."""
    if not pairs:
        return {}
    try:
        stored = cast("list[bytes | None]", _client().mget([_key(pair) for pair in pairs]))
    except redis.RedisError:
        log.exception("freeze memory unreadable; every source counts as new")
        return {}
    return {pair: _from_json(text) for pair, text in zip(pairs, stored, strict=True) if text}


def remember_watches(prices: Mapping[str, FeedPrice]) -> None:
    """Keep what freeze detection must know in the next round."""
    try:
        with _client().pipeline(transaction=False) as pipe:
            for pair, price in prices.items():
                if price.watches:
                    pipe.set(_key(pair), _to_json(price.watches), ex=TTL_S)
            pipe.execute()
    except redis.RedisError:
        log.exception("freeze memory not kept feeds=%d", len(prices))


@cache
def _client() -> redis.Redis:
    url = env.text("REDIS_URL") or "redis://127.0.0.1:6379/0"
    return redis.Redis.from_url(url, socket_timeout=2, health_check_interval=30)


def _key(pair: str) -> str:
    return f"oracle:watch:{pair}"


def _to_json(watches: Mapping[str, Watch]) -> str:
    rows = {
        source: [w.fingerprint, w.since.isoformat(), str(w.low), str(w.high), int(w.frozen)]
        for source, w in watches.items()
    }
    return json.dumps(rows, separators=(",", ":"))


def _from_json(text: bytes) -> dict[str, Watch]:
    return {
        source: Watch(mark, datetime.fromisoformat(since), Decimal(low), Decimal(high), frozen=bool(frozen))
        for source, (mark, since, low, high, frozen) in json.loads(text).items()
    }
