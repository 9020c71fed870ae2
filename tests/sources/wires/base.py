"""What a sample reply is: one exchange's way to say one price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from apps.pricing.types import MissCode

BID, ASK, VOLUME = "83999.9", "84001.1", "1234.5"  # in every sample that has them


@dataclass(frozen=True, slots=True)
class Wire:
    """One exchange's way to say a price: ``body(symbol, price, time_ms)`` answers a request for one ticker.

    pair: what ``ticker`` is the default symbol of; empty for a further API of the same exchange.
    other: another symbol, for wrong-pair replies.
    names_pair: whether bodies name their pair; where not, the URL is the only proof.
    book, volume: whether bodies have bid and ask, and base volume.
    clock: whether bodies carry the time of the price, only that of the reply, or none.
    empty: what ``{}`` is: another shape, or for APIs whose rows lie on top a reply without the ticker.
    """

    slug: str
    ticker: str
    other: str
    body: Callable[[str, object, int], object]
    pair: str = "BTC/USD"
    names_pair: bool = True
    book: bool = True
    volume: bool = True
    clock: Literal["price", "reply", "none"] = "price"
    empty: MissCode = MissCode.UNEXPECTED_SHAPE


def iso(time_ms: int, *, suffix: str) -> str:
    """Return a Unix time as ISO-8601 with this end, such as ``.000000000Z``."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).isoformat().replace("+00:00", suffix)
