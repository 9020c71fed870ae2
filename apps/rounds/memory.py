"""What the oracle remembers of each feed from round to round: in Redis, one hash, a field a feed, lost without harm.

A lost memory costs two things, each for one round only: a source that had been found frozen counts again until it is
found once more, and a move is measured from the chain's value alone instead of also from the last round's.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec
import redis
from django.utils import timezone

from apps.pricing.freeze import Watch
from apps.pricing.observations import FeedPrice
from apps.pricing.types import OnChainValue
from oracle_project.redis_clients import MEMORY_TIMEOUT_S, redis_client

KEY = "oracle:memory:feeds"
KEPT_FOR = timedelta(days=1)
log = logging.getLogger(__name__)


class _Remembered(msgspec.Struct, array_like=True, gc=False):
    """What is kept of a feed. answer: as text, for it may have 256 bits; None before the first that passed."""

    kept_at: datetime
    watches: dict[str, Watch]
    answer: str | None
    observed_at: datetime | None


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(_Remembered)


@dataclass(frozen=True, slots=True)
class Memory:
    """What was remembered, by pair. last: answers that passed the guards, published or not; watches: by source."""

    last: Mapping[str, OnChainValue]
    watches: Mapping[str, Mapping[str, Watch]]


def recall(pairs: Sequence[str]) -> Memory:
    """Return what was remembered of these feeds within a day; nothing when Redis is away."""
    try:
        stored = cast("list[bytes | None]", _client().hmget(KEY, list(pairs))) if pairs else []
        found = {pair: _DECODER.decode(text) for pair, text in zip(pairs, stored, strict=True) if text}
    except (redis.RedisError, msgspec.MsgspecError):
        log.exception("memory unreadable; every source counts as new")
        return Memory({}, {})
    oldest = timezone.now() - KEPT_FOR
    fresh = {pair: one for pair, one in found.items() if one.kept_at >= oldest}
    return Memory(
        last={
            pair: OnChainValue(int(one.answer), one.observed_at, one.observed_at)
            for pair, one in fresh.items()
            if one.answer is not None and one.observed_at is not None
        },
        watches={pair: one.watches for pair, one in fresh.items()},
    )


def remember(prices: Mapping[str, FeedPrice], before: Memory) -> None:
    """Keep what the next round must know; a feed without a price that passed keeps its last one."""
    if not prices:
        return
    now = timezone.now()
    fields: dict[Any, Any] = {pair: _kept(price, before.last.get(pair), now=now) for pair, price in prices.items()}
    try:
        with _client().pipeline(transaction=False) as pipe:
            pipe.hset(KEY, mapping=fields)
            pipe.expire(KEY, KEPT_FOR)
            pipe.execute()
    except redis.RedisError:
        log.exception("memory not kept feeds=%d", len(prices))


def _client() -> redis.Redis:
    return redis_client(timeout_s=MEMORY_TIMEOUT_S)


def _kept(price: FeedPrice, last: OnChainValue | None, *, now: datetime) -> bytes:
    answer, observed_at = (None, None) if last is None else (last.answer, last.observed_at)
    if price.answer is not None and price.observed_at is not None and price.stop is None:
        answer, observed_at = price.answer, price.observed_at
    text = None if answer is None else str(answer)
    return _ENCODER.encode(_Remembered(now, dict(price.watches), text, observed_at))
