"""Which conversion legs are not to be trusted: broken stablecoins, and rates that their witnesses contradict.

A leg's rate stands behind every quote that converts through it. A wrong one moves them all together, which no filter
over the quotes can see. Its witnesses can: the venues that quote the rate, and the feed's own markets, because
BTC/USDT beside BTC/USD implies USDT/USD. On the history of March 2023 the implied rate of tether lay within 2.5 bps of
the stated one in 99 % of calm minutes, and within 44 bps in all of the three days of the depeg.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.pricing.estimators import median, median_absolute_deviation, outlier_limit
from apps.pricing.observations import FeedPrice, Observation, Stop
from apps.pricing.types import AnswerReason, FeedSpec, RefusalCode

BPS = 10_000
# Below five sources the error of a median grows fast (history of March 2023: p99 38 bps with 5, 64 with 3, 138 with 1).
MIN_LEFT_WITHOUT_STABLE = 5
# One direct quote may be the liar; of two, only one.
MIN_DIRECT = 2
MIN_SCATTERED = 3
# The implied rate may lie this many times the scatter of its markets from the stated one (see _gap_limit).
GAP_PER_SCATTER = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the legs came to. doubted: quotes refused because of a leg that may be wrong, or that a guard stopped.

    stop: why the price cannot be published without a person, None when it can.
    """

    doubted: int = 0
    stop: Stop | None = None


@dataclass(slots=True)
class _Leg:
    """One leg of a feed. quotes: usable ones through it.  broken, doubt: why, empty for no.

    gap_bps: how far a broken coin is below its peg.
    """

    price: FeedPrice
    quotes: list[Observation]
    broken: str = ""
    gap_bps: Decimal = Decimal(0)
    doubt: str = ""

    @property
    def pair(self) -> str:
        return self.price.feed.pair


def refuse_legs(observations: Sequence[Observation], *, feed: FeedSpec, rates: Mapping[str, FeedPrice]) -> Verdict:
    """Refuse the quotes whose leg is broken or in doubt, and say what else follows.

    Broken coins go first, the most broken one before others, and only while enough markets remain. Above its peg a
    coin's markets stay: on 11 March 2023 tether stood at 1.017 and its converted markets were the best ones.
    A leg in doubt goes while a quorum remains without it; otherwise the price stands on it, and is stopped.
    """
    usable = [observation for observation in observations if not observation.refusal]
    missing = _stopped(observations, rates=rates) if feed.lean_bps else 0
    through = _by_leg(usable)
    if not through:
        return Verdict(missing)
    direct = _direct(usable, feed=feed)
    legs = [_judged(_Leg(rates[pair], through[pair]), direct, feed=feed) for pair in sorted(through)]
    out = _without_price(feed, rates)
    left, kept = _refuse_broken(legs, left=len(usable), feed=feed, out=out)
    doubted, stop = _refuse_doubted([leg for leg in legs if leg.pair not in out], left=left, feed=feed)
    if stop is None and out and kept:
        stop = Stop(AnswerReason.COINS_BROKEN, f"{', '.join(out)} cannot be used, and {'; '.join(kept)}")
    return Verdict(doubted + missing, stop)


def _by_leg(usable: Sequence[Observation]) -> Mapping[str, list[Observation]]:
    """Return the quotes that convert, by the leg they convert through."""
    through: defaultdict[str, list[Observation]] = defaultdict(list)
    for observation in usable:
        if observation.conversion is not None:
            through[observation.conversion.pair].append(observation)
    return through


def _refuse_broken(legs: Sequence[_Leg], *, left: int, feed: FeedSpec, out: list[str]) -> tuple[int, list[str]]:
    """Refuse what converts through broken coins; return how many quotes are left and which coins had to be kept.

    out: gets the coins that went. With two coins in trouble the markets that are left are bad judges, so a kept coin
    beside one that is out stops the price.
    """
    kept = []
    for leg in sorted(legs, key=lambda leg: -leg.gap_bps):
        if not leg.broken:
            continue
        remaining = left - len(leg.quotes)
        if remaining < max(feed.quorum, MIN_LEFT_WITHOUT_STABLE):
            kept.append(leg.broken)
            continue
        left = remaining
        out.append(leg.pair)
        _refuse(leg, RefusalCode.DEPEGGED, leg.broken)
    return left, kept


def _refuse_doubted(legs: Sequence[_Leg], *, left: int, feed: FeedSpec) -> tuple[int, Stop | None]:
    """Refuse what converts through legs in doubt; return how many quotes went, and a stop where they cannot go."""
    doubted = 0
    for leg in legs:
        if not leg.doubt:
            continue
        if left - len(leg.quotes) < feed.quorum:
            return doubted, Stop(AnswerReason.LEG_DOUBTED, f"{leg.doubt}, and no quorum remains without it")
        left -= len(leg.quotes)
        doubted += len(leg.quotes)
        _refuse(leg, RefusalCode.LEG_DOUBTED, leg.doubt)
    return doubted, None


def _refuse(leg: _Leg, code: RefusalCode, message: str) -> None:
    for observation in leg.quotes:
        observation.refuse(code, message)


def _judged(leg: _Leg, direct: Sequence[Decimal], *, feed: FeedSpec) -> _Leg:
    """Return the leg with what is wrong with it."""
    rate = leg.price.price
    if rate is None:
        return leg
    if not feed.lean_bps:
        _judge_peg(leg, rate, [rate])
        return leg
    converted = [observation.price for observation in leg.quotes if observation.price is not None]
    implied = rate * median(direct) / median(converted) if len(direct) >= MIN_DIRECT else None
    witnesses = [observation.price for observation in leg.price.used if observation.price is not None]
    leg.doubt = _quarrel(leg, witnesses)
    if implied is not None:
        limit = _gap_limit(direct, converted, feed=feed)
        gap_bps = abs(implied - rate) * BPS / rate
        if gap_bps > limit and not leg.doubt:
            implies = f"the markets imply {implied:.6f}: {gap_bps:.1f} bps, {limit:.1f} allowed"
            leg.doubt = f"{leg.pair} is {rate:.6f}, {implies}"
        witnesses.append(implied)
    _judge_peg(leg, rate, witnesses)
    return leg


def _judge_peg(leg: _Leg, rate: Decimal, witnesses: Sequence[Decimal]) -> None:
    """Write whether the leg is a broken coin; one that only some witnesses call broken is in doubt."""
    peg, depeg_bps = leg.price.feed.peg, leg.price.feed.depeg_bps
    if not peg:
        return
    lowest = peg * (BPS - depeg_bps) / BPS
    if max(witnesses) < lowest:
        leg.gap_bps = (peg - rate) * BPS / peg
        leg.broken = f"{leg.pair} is {leg.gap_bps:.0f} bps below its peg {peg:f}, more than depeg_bps {depeg_bps}"
    elif min(witnesses) < lowest:
        spread = f"{min(witnesses):.6f} to {max(witnesses):.6f}"
        leg.doubt = leg.doubt or f"{leg.pair} is {spread} by its witnesses, broken below {lowest:f}"
    elif len(leg.price.used) == 1:
        leg.gap_bps = Decimal("0.01")
        leg.broken = f"{leg.pair} rests on one venue, {leg.price.used[0].outcome.source}"


def _quarrel(leg: _Leg, venues: Sequence[Decimal]) -> str:
    """Return how the leg's own venues contradict each other, empty when they do not."""
    limit = leg.price.feed.outlier_floor_bps
    gap_bps = (max(venues) - min(venues)) * BPS / min(venues)
    if gap_bps <= limit:
        return ""
    return f"{leg.pair} is {min(venues):.6f} to {max(venues):.6f} by its venues: {gap_bps:.1f} bps, {limit} allowed"


def _gap_limit(direct: Sequence[Decimal], converted: Sequence[Decimal], *, feed: FeedSpec) -> Decimal:
    """Return how many bps the implied rate may lie from the stated one.

    Twice of what the answer may lean, because half the quotes moved so far move their median half as far; more while
    the markets themselves scatter, up to half of what is never an outlier.
    """
    # Two prices scatter as far as the liar among them likes: they earn no allowance.
    groups = [group for group in (direct, converted) if len(group) >= MIN_SCATTERED]
    scatter = sum((median_absolute_deviation(group) / median(group) for group in groups), Decimal(0))
    floor = Decimal(2 * feed.lean_bps)
    return max(floor, min(GAP_PER_SCATTER * scatter * BPS, Decimal(feed.outlier_floor_bps) / 2))


def _direct(usable: Sequence[Observation], *, feed: FeedSpec) -> list[Decimal]:
    """Return the prices that need no conversion, without those that the others call outliers."""
    prices = [o.price for o in usable if o.conversion is None and o.price is not None]
    if not prices:
        return prices
    centre = median(prices)
    limit = outlier_limit(prices, centre=centre, k=feed.outlier_k, floor_bps=feed.outlier_floor_bps)
    return [price for price in prices if abs(price - centre) <= limit]


def _without_price(feed: FeedSpec, rates: Mapping[str, FeedPrice]) -> list[str]:
    """Return the feed's legs that have a peg, and no price or one that a guard stopped."""
    legs = {pair: rates[pair] for row in feed.listings if (pair := row.conversion) and pair in rates}
    return sorted(pair for pair, rate in legs.items() if rate.feed.peg and (rate.price is None or rate.stop))


def _stopped(observations: Sequence[Observation], *, rates: Mapping[str, FeedPrice]) -> int:
    """Return how many quotes are missing because a guard stopped their leg."""
    missing = (o.listing.conversion for o in observations if o.refusal == RefusalCode.CONVERSION_MISSING)
    legs = (rates.get(pair) for pair in missing if pair is not None)
    return sum(1 for leg in legs if leg is not None and leg.stop is not None)
