"""Observations as they are written down: as rows of plain JSON, or packed for the case that somebody looks.

A round over a thousand feeds has twenty thousand, of which a few hundred mattered. Packing writes the others in a
twentieth of the time of their JSON; what is unpacked are the same rows, digit for digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import zstandard

from apps.pricing.observations import Observation
from apps.pricing.types import Quote

LEVEL = 1  # a fifth larger than the default level, in a third of its time


class Said(msgspec.Struct, array_like=True, gc=False):
    """What a source said of a pair and what became of it. ``price`` None: it was a miss."""

    source: str
    ticker: str
    role: str
    promoted_for: str | None
    refusal: str
    message: str
    venue: str
    price: Decimal | None = None
    converted: Decimal | None = None
    leg: str | None = None
    rate: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    volume: Decimal | None = None
    source_time: datetime | None = None
    received_at: datetime | None = None


_ENCODER = msgspec.json.Encoder()
_PAIRS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_INPUTS = msgspec.json.Decoder(dict[str, Any])
_SAID = msgspec.json.Decoder(list[Said])


class ByPair:
    """The rows that ``pack`` packed, unpacked a pair at a time."""

    def __init__(self, packed: bytes | memoryview) -> None:
        self._pairs = _PAIRS.decode(_inflated(packed))

    def rows(self, pair: str) -> list[dict[str, Any]]:
        """Return the pair's rows; none when it is not in there."""
        raw = self._pairs.get(pair)
        return [] if raw is None else [row_of(pair, said) for said in _SAID.decode(raw)]


def pack(said: Mapping[str, Iterable[Said]]) -> bytes:
    """Return everything that was said, by pair, as bytes."""
    return _packed(said)


def pack_inputs(inputs: Mapping[str, Any]) -> bytes:
    """Return what pairs were judged with beside their quotes, as bytes."""
    return _packed(inputs)


def unpack_inputs(packed: bytes | memoryview) -> dict[str, Any]:
    """Return what ``pack_inputs`` was given; nothing for nothing."""
    if not packed:
        return {}
    return _INPUTS.decode(_inflated(packed))


def _packed(rows: Mapping[str, Any]) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(_ENCODER.encode(rows))


def _inflated(packed: bytes | memoryview) -> bytes:
    return zstandard.ZstdDecompressor().decompress(packed)


def said_of(seen: Observation, call: Mapping[str, Any]) -> Said:
    """Return an observation with the call it came from."""
    outcome, listing = seen.outcome, seen.listing
    venue = listing.venue or listing.source
    origin = outcome.source, outcome.ticker, call["role"], call["promoted_for"]
    if not isinstance(outcome, Quote):
        return Said(*origin, str(seen.refusal), seen.message, venue)
    conversion = seen.conversion
    return Said(
        *origin,
        str(seen.refusal),
        seen.message,
        venue,
        outcome.price,
        seen.price,
        conversion.pair if conversion else None,
        conversion.rate if conversion else None,
        outcome.bid,
        outcome.ask,
        outcome.volume,
        outcome.source_time,
        outcome.received_at,
    )


def row_of(pair: str, said: Said) -> dict[str, Any]:
    """Return it as stored, shown and hashed: decimals as plain text, times in ISO 8601."""
    row: dict[str, Any] = {
        "source": said.source,
        "pair": pair,
        "ticker": said.ticker,
        "role": said.role,
        "promoted_for": said.promoted_for,
        "used": not said.refusal,
        "refusal": said.refusal,
        "message": said.message,
        "venue": said.venue,
    }
    if said.price is None:
        return row
    return row | {
        "price": f"{said.price:f}",
        "converted": _text(said.converted),
        "conversion": said.leg and {"pair": said.leg, "rate": _text(said.rate)},
        "bid": _text(said.bid),
        "ask": _text(said.ask),
        "volume": _text(said.volume),
        "source_time": said.source_time and said.source_time.isoformat(),
        "received_at": said.received_at and said.received_at.isoformat(),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"
