"""The round board: what a round's fetch tasks share, in Redis, for as long as the round lives.

A lane finds here whom to ask for what, takes reserves one by one (each goes to exactly one lane), and leaves its
result, so that the watchdog can settle a round whose chord never joined. Everything expires by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

import redis

from apps.pricing.types import Ask, SourceSpec
from apps.sources.shared import shared_redis

TTL_S = 300
_SPEC_FIELDS = frozenset(field.name for field in fields(SourceSpec))


class BoardGone(LookupError):
    """The round is not on the board: it expired, or Redis lost its memory."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One source's place in a round: how to reach it and what to ask of it."""

    spec: SourceSpec
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """What a lane begins with: when it must be back, per pair the reserves in priority order, and its own seat."""

    deadline: datetime
    reserves: dict[str, list[str]]
    seat: Seat


class RoundBoard:
    """Reads and writes the boards of rounds. Thread-safe: the client pools its connections."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def post(
        self, round_id: str, *, seats: Mapping[str, Seat], reserves: Mapping[str, Sequence[str]], deadline: datetime
    ) -> None:
        """Put a round up. reserves: per pair, sources outside the lanes in priority order."""
        fields: dict[Any, Any] = {f"seat:{slug}": json.dumps(_seat_to_json(seat)) for slug, seat in seats.items()}
        fields |= {"reserves": json.dumps(dict(reserves)), "deadline": deadline.isoformat()}
        free = {slug for slugs in reserves.values() for slug in slugs}
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(_key(round_id), mapping=fields)
            pipe.expire(_key(round_id), TTL_S)
            if free:
                pipe.sadd(_key(round_id, "free"), *free)
                pipe.expire(_key(round_id, "free"), TTL_S)
            pipe.execute()

    def lane(self, round_id: str, source: str) -> Lane:
        """Return what a lane needs to know, in one round trip. Raises BoardGone."""
        deadline, reserves, seat = self._fields(round_id, "deadline", "reserves", f"seat:{source}")
        return Lane(datetime.fromisoformat(deadline), json.loads(reserves), _seat_from_json(json.loads(seat)))

    def seat(self, round_id: str, source: str) -> Seat:
        """Return a source's place in the round. Raises BoardGone."""
        (seat,) = self._fields(round_id, f"seat:{source}")
        return _seat_from_json(json.loads(seat))

    def take(self, round_id: str, source: str) -> bool:
        """Return whether the caller now holds this reserve; only the first of all lanes to ask gets it."""
        return self._redis.srem(_key(round_id, "free"), source) == 1

    def leave(self, round_id: str, lane: str, result: Mapping[str, Any]) -> None:
        """Keep a lane's result; the first, when a redelivered task brings another: the reserves were its."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hsetnx(_key(round_id, "lanes"), lane, json.dumps(result))
            pipe.expire(_key(round_id, "lanes"), TTL_S)
            pipe.execute()

    def results(self, round_id: str) -> list[dict[str, Any]]:
        """Return the results that lanes have left so far, in no particular order."""
        left = cast("list[bytes]", self._redis.hvals(_key(round_id, "lanes")))
        return [json.loads(text) for text in left]

    def whole(self, round_id: str, brought: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the results of lanes: as the chord brought them, or as they lie here where it brought the name only.

        A lane whose result is gone is left out; settling reports it as lost.
        """
        if all("calls" in lane for lane in brought):
            return list(brought)
        left = {result["lane"]: result for result in self.results(round_id)}
        found = (lane if "calls" in lane else left.get(lane["lane"]) for lane in brought)
        return [lane for lane in found if lane is not None]

    def clear(self, round_id: str) -> None:
        """Take a settled round down."""
        self._redis.delete(_key(round_id), _key(round_id, "free"), _key(round_id, "lanes"))

    def _fields(self, round_id: str, *names: str) -> list[str]:
        values = cast("list[bytes | None]", self._redis.hmget(_key(round_id), list(names)))
        missing = [name for name, value in zip(names, values, strict=True) if value is None]
        if missing:
            raise BoardGone(f"round {round_id} has no {missing[0]} on the board")
        return [value.decode() for value in values if value is not None]


@cache
def round_board() -> RoundBoard:
    """Return this process's board on REDIS_URL."""
    return RoundBoard(shared_redis())


def _key(round_id: str, part: str = "") -> str:
    return f"oracle:round:{round_id}:{part}" if part else f"oracle:round:{round_id}"


def _seat_to_json(seat: Seat) -> dict[str, Any]:
    spec = seat.spec
    return {
        "slug": spec.slug,
        "adapter": spec.adapter,
        "base_url": spec.base_url,
        "timeout_s": str(spec.timeout_s),
        "max_attempts": spec.max_attempts,
        "options": spec.options,
        "sealed_key": spec.sealed_key,
        "rate_limit": spec.rate_limit,
        "cache_ttl_ms": spec.cache_ttl_ms,
        "mirrors": list(spec.mirrors),
        "asks": [[ask.pair, ask.ticker] for ask in seat.asks],
    }


def _seat_from_json(row: dict[str, Any]) -> Seat:
    asks = tuple(Ask(pair=pair, ticker=ticker) for pair, ticker in row.pop("asks"))
    known = {name: value for name, value in row.items() if name in _SPEC_FIELDS}  # a newer web may say more
    spec = {**known, "timeout_s": Decimal(row["timeout_s"]), "mirrors": tuple(row.get("mirrors", ()))}
    return Seat(SourceSpec(**spec), asks)
