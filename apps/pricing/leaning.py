"""Whether an answer would stand if what was refused had counted, or if a leg that still counts were wrong too.

A refused outlier changes an answer although it is not used: its honest word is missing, and a liar chooses whose. While
the used quotes lie close together nothing follows from that. In a storm, with honest sources tens of basis points
apart, the missing votes decide; nobody can say then what the price would have been, so a person must.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from apps.pricing.estimators import median
from apps.pricing.observations import Stop, Usable
from apps.pricing.types import AnswerReason, FeedSpec

BPS = 10_000


def leaning(used: Sequence[Usable], *, refused: int, feed: FeedSpec) -> Stop | None:
    """Return why the answer hangs on quotes that were refused, None when it would stand with them.

    used: at least one, ascending by price.  refused: quotes left out because somebody is wrong: outliers, and those of
    a leg that is in doubt or stopped. None of these, or ``lean_bps`` 0, is no reason to look.
    """
    if not refused or not feed.lean_bps:
        return None
    prices = [one.price for one in used]
    kept = f"{len(prices)} quotes are used and {refused} were refused"
    if refused >= len(prices):
        return Stop(AnswerReason.FRAGILE, f"{kept}: the refused ones could have said anything else")
    middle = median(prices)
    for what, value in _alternatives(used, prices, refused=refused):
        reach_bps = abs(value - middle) * BPS / middle
        if reach_bps > feed.lean_bps:
            message = f"{kept}: {what} the median is {value:.8f}, {reach_bps:.1f} bps away, lean_bps {feed.lean_bps}"
            return Stop(AnswerReason.FRAGILE, message)
    return None


def _alternatives(used: Sequence[Usable], prices: Sequence[Decimal], *, refused: int) -> Iterator[tuple[str, Decimal]]:
    """Yield other medians that may be the honest one, and what each assumes.

    The refused quotes may honestly stand on either side. And one who lies in a market may lie about a rate: an attack
    on the direct quotes is the easiest way to make a wrong leg agree with them.
    """
    yield "with these at the bottom", median([prices[0]] * refused + list(prices))
    yield "with these at the top", median(list(prices) + [prices[-1]] * refused)
    for leg in sorted({_leg(one) for one in used}):
        rest = [one.price for one in used if _leg(one) != leg]
        if rest:
            yield f"without {leg or 'the unconverted'}", median(rest)


def _leg(one: Usable) -> str:
    conversion = one.observation.conversion
    return conversion.pair if conversion is not None else ""
