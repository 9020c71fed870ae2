"""Sources that stopped: the same price and volume while everybody else moved.

Several exchanges give no time with a price, and others (Bybit, KuCoin, HTX, CoinCap) give the time of their reply,
which is always fresh. What a dead market cannot fake is movement, so each source's last word is remembered together
with where its peers stood when it first said it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from apps.pricing.types import Quote

# A reply cached by the exchange, or a pause between two trades, is not a frozen market.
MIN_FROZEN = timedelta(seconds=30)
MIN_PEERS = 2
BPS = 10_000


@dataclass(frozen=True, slots=True)
class Watch:
    """A source's last word and how its peers stood when it was first said.

    fingerprint: price and volume as the source gave them.  low, high: the middle of the peers' prices at ``since``,
    both the median when their count is odd.  frozen: found frozen, until its word changes.
    """

    fingerprint: str
    since: datetime
    low: Decimal
    high: Decimal
    frozen: bool = False


def fingerprint(quote: Quote) -> str:
    """Return what stays the same only when a market stands still."""
    return f"{quote.price} {quote.volume}"


def watch_sources(
    quotes: Sequence[tuple[Quote, Decimal]], before: Mapping[str, Watch], *, freeze_bps: int, now: datetime
) -> dict[str, Watch]:
    """Return what to remember of every source, those that said nothing usable now included.

    quotes: usable ones with their converted price.  A source is frozen when the middle of its peers has moved by
    ``freeze_bps`` since its word last changed; with an even number of peers, both middle ones must have moved.
    """
    after = dict(before)
    ordered = sorted(range(len(quotes)), key=lambda index: quotes[index][1])
    for place, index in enumerate(ordered):
        quote = quotes[index][0]
        low, high = _middle_of_peers(quotes, ordered, place=place) if len(quotes) > 1 else (quotes[index][1],) * 2
        mark, known = fingerprint(quote), before.get(quote.source)
        if known is None or known.fingerprint != mark:
            after[quote.source] = Watch(mark, now, low, high)
        elif not known.frozen and len(quotes) > MIN_PEERS and now - known.since >= MIN_FROZEN:
            moved_up = low * BPS > known.high * (BPS + freeze_bps)
            moved_down = high * BPS < known.low * (BPS - freeze_bps)
            if moved_up or moved_down:
                after[quote.source] = Watch(mark, known.since, known.low, known.high, frozen=True)
    return after


def _middle_of_peers(
    quotes: Sequence[tuple[Quote, Decimal]], ordered: Sequence[int], *, place: int
) -> tuple[Decimal, Decimal]:
    """Return the lower and upper middle price of all but the one at ``place`` in order."""
    peers = len(ordered) - 1
    low, high = (peers - 1) // 2, peers // 2
    return (
        quotes[ordered[low if low < place else low + 1]][1],
        quotes[ordered[high if high < place else high + 1]][1],
    )
