"""How far a quote lies from what the oracle holds: the other sources of the feed's newest round, and the contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from apps.pricing.estimators import median
from apps.pricing.fixed_point import PRECISION, from_fixed
from apps.pricing.types import ListingSpec, Quote
from apps.rounds.models import Answer
from apps.rounds.selectors import latest_answer
from apps.submissions.models import OnChainPrice
from apps.submissions.selectors import active_deployment

BPS = Decimal(10_000)
TENTH = Decimal("0.1")
STABLECOINS = ("USDT", "USDC")


@dataclass(frozen=True, slots=True)
class Distance:
    """How far a price lies from another. bps: signed, to a tenth; age_s: how old the other one is."""

    of: str
    price: Decimal
    bps: Decimal
    age_s: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A quote in the feed's currency beside what is known.

    price: after inversion and conversion; None when the conversion feed has no price.  rate: of that feed, 1 without.
    note: what could not be compared and why, empty when nothing.
    """

    pair: str
    price: Decimal | None
    conversion: str
    rate: Decimal
    distances: tuple[Distance, ...]
    note: str = ""


def compare(quote: Quote, listing: ListingSpec, *, now: datetime) -> Comparison:
    """Return the quote, read as the listing says, beside the feed's other sources and the contract."""
    conversion = listing.conversion or ""
    rate = _rate(conversion) if conversion else Decimal(1)
    if rate is None:
        note = f"{conversion} has no price yet, so the quote cannot be converted"
        return Comparison(listing.pair, None, conversion, Decimal(0), (), note)
    with localcontext(prec=PRECISION):
        price = (1 / quote.price if listing.invert else quote.price) * rate
        distances = (*_from_sources(price, listing, now=now), *_from_contract(price, listing.pair, now=now))
    note = "" if distances else f"{listing.pair} has neither a round nor a price on chain to compare with"
    return Comparison(listing.pair, price, conversion, rate, distances, note)


def words_of(distance: Distance) -> str:
    """Return e.g. ``3.2 bps above the median of 5 other sources, 84038.1, 12 s ago``."""
    side = "above" if distance.bps > 0 else "below"
    return f"{abs(distance.bps)} bps {side} {distance.of}, {shown(distance.price)}, {distance.age_s} s ago"


def bps_between(price: Decimal, other: Decimal) -> Decimal:
    """Return how far ``price`` lies above (+) or below (-) the other, to a tenth of a basis point. other: > 0."""
    return ((price - other) / other * BPS).quantize(TENTH) + 0  # no -0.0


def _from_sources(price: Decimal, listing: ListingSpec, *, now: datetime) -> list[Distance]:
    answer = latest_answer(listing.pair)
    if answer is None:
        return []
    others = [
        Decimal(row["converted"])
        for row in answer.observations
        if row["used"] and row["source"] != listing.source and row.get("converted")
    ]
    if not others:
        return []
    centre = median(others)
    named = "1 other source" if len(others) == 1 else f"{len(others)} other sources"
    return [Distance(f"the median of {named}", centre, bps_between(price, centre), _age_s(answer, now))]


def _from_contract(price: Decimal, pair: str, *, now: datetime) -> list[Distance]:
    row = OnChainPrice.objects.filter(deployment=active_deployment(), pair=pair).first()
    if row is None or row.answer <= 0:
        return []
    held = from_fixed(row.answer, decimals=row.decimals)
    age_s = max(0, int((now - row.observed_at).total_seconds()))
    return [Distance("the contract", held, bps_between(price, held), age_s)]


def _rate(pair: str) -> Decimal | None:
    """Return the newest price of a conversion feed: of its last round, else of the contract; None without either."""
    answer = latest_answer(pair)
    if answer is not None and answer.answer:
        return from_fixed(answer.answer, decimals=answer.decimals)
    row = OnChainPrice.objects.filter(deployment=active_deployment(), pair=pair).first()
    return from_fixed(row.answer, decimals=row.decimals) if row is not None and row.answer > 0 else None


def _age_s(answer: Answer, now: datetime) -> int:
    at = answer.round.closed_at or answer.round.opened_at
    return max(0, int((now - at).total_seconds()))


def shown(price: Decimal) -> str:
    """Return a price for people: plain digits, at most ten of them behind the point and none in vain."""
    text = f"{price:.10f}" if price < 1 else f"{price:.6f}"
    return text.rstrip("0").rstrip(".")


def assumed_listing(source: str, *, pair: str, ticker: str) -> ListingSpec:
    """Return how a ticker that no feed lists is most likely meant: a USDT or USDC market of a USD feed is converted."""
    conversion = None
    for money in STABLECOINS:
        if pair.endswith("/USD") and ticker.upper().endswith(money) and not pair.startswith(f"{money}/"):
            conversion = f"{money}/USD"
    return ListingSpec(pair=pair, source=source, ticker=ticker, priority=1, conversion=conversion)
