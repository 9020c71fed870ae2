"""Sources that stopped: the same price and volume while everybody else moved.

Several exchanges give no time with a price, and others (Bybit, KuCoin, HTX, CoinCap) give the time of their reply,
which is always fresh. What a dead market cannot fake is movement, so each source's last word is remembered together
with where its peers stood when it first said it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from apps.pricing.types import Quote

# A reply cached by the exchange, or a pause between two trades, is not a frozen market.
MIN_FROZEN = timedelta(seconds=30)
MAJORITY = 0.6  # of all sources, the suspect included; a share of a count, not of a price
BPS = 10_000


class Watch(msgspec.Struct, frozen=True, array_like=True, gc=False):
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
    return " ".join((str(quote.price), str(quote.volume)))  # an f-string formats, which takes three times as long


def watch_sources(
    quotes: Sequence[tuple[Quote, Decimal]], before: Mapping[str, Watch], *, freeze_bps: int, now: datetime
) -> dict[str, Watch]:
    """Return what to remember of every source, those that said nothing usable now included.

    quotes: usable ones with their converted price.  A source is frozen when, since its word last changed, more than
    ``MAJORITY`` of all sources have moved the same way by ``freeze_bps``: two liars among four cannot do it.
    """
    after = dict(before)
    ordered = sorted(range(len(quotes)), key=lambda index: quotes[index][1])
    prices = [quotes[index][1] for index in ordered]
    movers = int(len(prices) * MAJORITY) + 1
    for place, index in enumerate(ordered):
        quote = quotes[index][0]
        mark, known = fingerprint(quote), before.get(quote.source)
        if known is None or known.fingerprint != mark:
            after[quote.source] = Watch(mark, now, *_middle_of_peers(prices, place=place))
        elif not known.frozen and movers < len(prices) and now - known.since >= MIN_FROZEN:
            moved_up = _peer(prices, -movers, place=place) * BPS > known.high * (BPS + freeze_bps)
            moved_down = _peer(prices, movers - 1, place=place) * BPS < known.low * (BPS - freeze_bps)
            if moved_up or moved_down:
                after[quote.source] = Watch(mark, known.since, known.low, known.high, frozen=True)
    return after


def _middle_of_peers(prices: Sequence[Decimal], *, place: int) -> tuple[Decimal, Decimal]:
    """Return the lower and upper middle price of all but the one at ``place``; its own when it is alone."""
    peers = len(prices) - 1
    if not peers:
        return prices[place], prices[place]
    return _peer(prices, (peers - 1) // 2, place=place), _peer(prices, peers // 2, place=place)


def _peer(prices: Sequence[Decimal], rank: int, *, place: int) -> Decimal:
    """Return the price of that rank among the peers of the one at ``place``; negative ranks count from the highest."""
    index = rank if rank >= 0 else len(prices) - 1 + rank
    return prices[index if index < place else index + 1]
