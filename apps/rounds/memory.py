"""What the oracle remembers of each feed from round to round: in Redis, one string per feed, lost without harm.

A lost memory costs two things, each for one round only: a source that had been found frozen counts again until it is
found once more, and a move is measured from the chain's value alone instead of also from the last round's.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import cast

import redis

from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from apps.pricing.types import OnChainValue
from oracle_project import env

TTL_S = 86_400
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was remembered, by pair. last: answers that passed the guards, published or not; watches: by source."""

    last: Mapping[str, OnChainValue]
    watches: Mapping[str, Mapping[str, Watch]]


def recall(pairs: Sequence[str]) -> Memory:
    """Return what was remembered of these feeds; nothing when Redis is away."""
    try:
        stored = cast("list[bytes | None]", _client().mget([_key(pair) for pair in pairs])) if pairs else []
    except redis.RedisError:
        log.exception("memory unreadable; every source counts as new")
        return Memory({}, {})
    found = {pair: json.loads(text) for pair, text in zip(pairs, stored, strict=True) if text}
    return Memory(
        last={pair: _value(row["last"]) for pair, row in found.items() if row["last"]},
        watches={pair: _watches(row["watches"]) for pair, row in found.items()},
    )


def remember(prices: Mapping[str, FeedPrice], before: Memory) -> None:
    """Keep what the next round must know; a feed without a price that passed keeps its last one."""
    try:
        with _client().pipeline(transaction=False) as pipe:
            for pair, price in prices.items():
                pipe.set(_key(pair), _to_json(price, before.last.get(pair)), ex=TTL_S)
            pipe.execute()
    except redis.RedisError:
        log.exception("memory not kept feeds=%d", len(prices))


@cache
def _client() -> redis.Redis:
    url = env.text("REDIS_URL") or "redis://127.0.0.1:6379/0"
    return redis.Redis.from_url(url, socket_timeout=2, health_check_interval=30)


def _key(pair: str) -> str:
    return f"oracle:memory:{pair}"


def _to_json(price: FeedPrice, last: OnChainValue | None) -> str:
    row = None if last is None else [str(last.answer), last.observed_at.isoformat()]
    if price.answer is not None and price.observed_at is not None and price.stop is None:
        row = [str(price.answer), price.observed_at.isoformat()]
    watches = {
        source: [w.fingerprint, w.since.isoformat(), str(w.low), str(w.high), int(w.frozen)]
        for source, w in price.watches.items()
    }
    return json.dumps({"last": row, "watches": watches}, separators=(",", ":"))


def _value(row: Sequence[str]) -> OnChainValue:
    at = datetime.fromisoformat(row[1])
    return OnChainValue(int(row[0]), at, at)


def _watches(rows: Mapping[str, Sequence[str]]) -> dict[str, Watch]:
    return {
        source: Watch(mark, datetime.fromisoformat(since), Decimal(low), Decimal(high), frozen=bool(frozen))
        for source, (mark, since, low, high, frozen) in rows.items()
    }
