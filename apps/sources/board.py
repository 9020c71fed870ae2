"""The round board: what a round's fetch tasks share, in Redis, for as long as the round lives.

A lane finds here whom to ask for what, takes reserves one by one (each goes to exactly one lane), and leaves its
result, so that the watchdog can settle a round whose chord never joined. Everything expires by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

import msgspec
import redis

from apps.pricing.types import Ask, SourceSpec
from oracle_project.redis_clients import shared_redis

TTL_S = 300


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
        fields: dict[Any, Any] = {f"seat:{slug}": _seat_to_json(seat) for slug, seat in seats.items()}
        # Most pairs of most rounds have none left, and every lane reads this.
        spare = {pair: slugs for pair, slugs in reserves.items() if slugs}
        fields |= {"reserves": _ENCODER.encode(spare), "deadline": deadline.isoformat()}
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
        return Lane(datetime.fromisoformat(deadline.decode()), _RESERVES.decode(reserves), _seat_from_json(seat))

    def seat(self, round_id: str, source: str) -> Seat:
        """Return a source's place in the round. Raises BoardGone."""
        (seat,) = self._fields(round_id, f"seat:{source}")
        return _seat_from_json(seat)

    def take(self, round_id: str, source: str) -> bool:
        """Return whether the caller now holds this reserve; only the first of all lanes to ask gets it."""
        return self._redis.srem(_key(round_id, "free"), source) == 1

    def leave(self, round_id: str, lane: str, result: Mapping[str, Any]) -> None:
        """Keep a lane's result; the first, when a redelivered task brings another: the reserves were its."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.hsetnx(_key(round_id, "lanes"), lane, _ENCODER.encode(result))
            pipe.expire(_key(round_id, "lanes"), TTL_S)
            pipe.execute()

    def results(self, round_id: str) -> list[dict[str, Any]]:
        """Return the results that lanes have left so far, in no particular order."""
        left = cast("list[bytes]", self._redis.hvals(_key(round_id, "lanes")))
        return [msgspec.json.decode(text) for text in left]

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

    def _fields(self, round_id: str, *names: str) -> list[bytes]:
        values = cast("list[bytes | None]", self._redis.hmget(_key(round_id), list(names)))
        missing = [name for name, value in zip(names, values, strict=True) if value is None]
        if missing:
            raise BoardGone(f"round {round_id} has no {missing[0]} on the board")
        return [value for value in values if value is not None]


class _Asks(msgspec.Struct, gc=False):
    asks: tuple[Ask, ...]


_ENCODER = msgspec.json.Encoder()
_SPEC = msgspec.json.Decoder(SourceSpec)
_ASKS = msgspec.json.Decoder(_Asks)
_RESERVES = msgspec.json.Decoder(dict[str, list[str]])


@cache
def round_board() -> RoundBoard:
    """Return this process's board on REDIS_URL."""
    return RoundBoard(shared_redis())


def _key(round_id: str, part: str = "") -> str:
    return f"oracle:round:{round_id}:{part}" if part else f"oracle:round:{round_id}"


def _seat_to_json(seat: Seat) -> bytes:
    return _ENCODER.encode({**msgspec.to_builtins(seat.spec), "asks": seat.asks})


def _seat_from_json(text: bytes) -> Seat:
    """Return the seat. What a newer web says beside is left out; each decoder takes its own part of the text."""
    return Seat(_SPEC.decode(text), _ASKS.decode(text).asks)
