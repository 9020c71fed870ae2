"""What became of every source's word for a feed, and the price that was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import msgspec

from apps.pricing.freeze import Watch
from apps.pricing.types import AnswerReason, FeedSpec, Grade, ListingSpec, Miss, Quote


class Conversion(msgspec.Struct, frozen=True, gc=False):
    """The leg a quote went through: ``rate`` is the price of ``pair`` in this round."""

    pair: str
    rate: Decimal


class Observation(msgspec.Struct, gc=False):
    """What became of one source for one feed.

    price: in the feed's quote currency after inversion and conversion; None for a miss or a missing leg.
    observed_at: the older of the quote's and its conversion leg's time; None for a miss.
    refusal: empty when the quote was used, else a RefusalCode or MissCode; ``message`` explains it to people.

    Not frozen: each check writes its refusal into the one object. Copies and frozen fields were 40 % of a round's time.
    Nor watched by the garbage collector, which would look at all of a round's again and again: it holds no cycle.
    """

    outcome: Quote | Miss
    listing: ListingSpec
    price: Decimal | None = None
    observed_at: datetime | None = None
    conversion: Conversion | None = None
    refusal: str = ""
    message: str = ""

    @property
    def is_used(self) -> bool:
        """Whether the answer rests on this observation."""
        return not self.refusal

    def refuse(self, code: str, message: str) -> None:
        """Take the observation out of the answer."""
        self.refusal, self.message = code, message


class Usable(msgspec.Struct, frozen=True, gc=False):
    """An observation that is still in the running, with the price that a usable one always has."""

    price: Decimal
    observation: Observation


@dataclass(frozen=True, slots=True)
class Stop:
    """What keeps a price from being used or published without a person. ``message`` gives the values compared."""

    reason: AnswerReason
    message: str


@dataclass(slots=True)
class FeedPrice:
    """The price of one feed in a round, before triggers.

    price, answer, confidence, observed_at and grade are None when fewer than ``quorum`` quotes were usable.
    confidence: half the interquartile range of the used quotes, scaled like the answer.
    agreeing: used quotes that lie within the outlier floor of the price.
    alarm: what the quotes themselves give reason to stop for: camps, broken or doubtful legs, an answer that hangs on
    what was refused.  stop: what a guard says in the end, None when nothing.
    watches: what freeze detection must remember until the next round, by source.
    """

    feed: FeedSpec
    observations: tuple[Observation, ...]
    price: Decimal | None = None
    answer: int | None = None
    confidence: int | None = None
    observed_at: datetime | None = None
    grade: Grade | None = None
    agreeing: int = 0
    alarm: Stop | None = None
    stop: Stop | None = None
    watches: Mapping[str, Watch] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Observation, ...]:
        """The observations the price rests on."""
        return tuple(observation for observation in self.observations if not observation.refusal)
