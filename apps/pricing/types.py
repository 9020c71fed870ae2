"""What a source said and what the oracle made of it, as plain values.

Every other app speaks in these types, so they stand at the bottom: no Django, Celery, HTTP, web3, clock or logger.
Prices are ``Decimal`` in quote currency per one base, times are aware UTC, shares are in basis points (1 bp = 0.01 %).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec


class MissCode(StrEnum):
    """Why a source gave no usable price. Stable: stored, shown in the API, used as a metrics label."""

    TIMEOUT = "timeout"
    CONNECTION_FAILED = "connection_failed"
    TLS_FAILED = "tls_failed"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    GEO_BLOCKED = "geo_blocked"
    KEY_REFUSED = "key_refused"
    SERVER_ERROR = "server_error"
    HTTP_ERROR = "http_error"
    REDIRECT_REFUSED = "redirect_refused"
    ADDRESS_REFUSED = "address_refused"
    BODY_TOO_LARGE = "body_too_large"
    NOT_JSON = "not_json"
    ERROR_IN_BODY = "error_in_body"
    UNEXPECTED_SHAPE = "unexpected_shape"
    UNKNOWN_TICKER = "unknown_ticker"
    TICKER_MISSING = "ticker_missing"
    WRONG_PAIR = "wrong_pair"
    MARKET_HALTED = "market_halted"
    PRICE_MISSING = "price_missing"
    PRICE_NULL = "price_null"
    PRICE_NOT_A_NUMBER = "price_not_a_number"
    PRICE_ZERO = "price_zero"
    PRICE_NEGATIVE = "price_negative"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    TIME_MALFORMED = "time_malformed"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    LANE_LOST = "lane_lost"
    OUT_OF_BUDGET = "out_of_budget"
    PAUSED_BY_SOURCE = "paused_by_source"
    BREAKER_OPEN = "breaker_open"
    SOURCE_MISCONFIGURED = "source_misconfigured"
    INTERNAL_ERROR = "internal_error"


class RefusalCode(StrEnum):
    """Why a quote that arrived was not used for the answer."""

    STALE = "stale"
    FROM_FUTURE = "from_future"
    CROSSED_BOOK = "crossed_book"
    WIDE_SPREAD = "wide_spread"
    NO_VOLUME = "no_volume"
    FROZEN = "frozen"
    CONVERSION_MISSING = "conversion_missing"
    DEPEGGED = "depegged"
    LEG_DOUBTED = "leg_doubted"
    DUPLICATE_SOURCE = "duplicate_source"
    OUTLIER = "outlier"


class AnswerState(StrEnum):
    """What became of a feed in a round."""

    ACCEPTED = "ACCEPTED"
    HELD = "HELD"
    REJECTED = "REJECTED"
    SKIPPED = "SKIPPED"


class AnswerReason(StrEnum):
    """Why an answer is in its state. ACCEPTED answers name the trigger, the others what stopped them."""

    FIRST_ANSWER = "first_answer"
    HEARTBEAT = "heartbeat"
    DEVIATION = "deviation"
    ON_DEMAND = "on_demand"
    NO_NEWS = "no_news"
    NO_QUOTES = "no_quotes"
    BELOW_QUORUM = "below_quorum"
    OUT_OF_BOUNDS = "out_of_bounds"
    NOT_NEWER = "not_newer"
    SPLIT = "split"
    JUMP = "jump"
    TOO_FEW_AGREE = "too_few_agree"
    COINS_BROKEN = "coins_broken"
    LEG_DOUBTED = "leg_doubted"
    FRAGILE = "fragile"
    TOO_SOON = "too_soon"
    QUIET_HOURS = "quiet_hours"
    NO_DESTINATION = "no_destination"


class Estimator(StrEnum):
    """How one price is made of the quotes that passed the filter."""

    MEDIAN = "median"
    WEIGHTED_MEDIAN = "weighted_median"
    FILTERED_MEAN = "filtered_mean"
    TRIMMED_MEAN = "trimmed_mean"
    VWAP = "vwap"
    PRIMARY_FIRST = "primary_first"


class Weighting(StrEnum):
    """What a quote weighs: its listing's weight, or that times its 24 h volume. Always capped, see ``estimators``."""

    LISTING = "listing"
    VOLUME = "volume"


class OnExpiry(StrEnum):
    """What becomes of a held price nobody decided about."""

    REJECT = "reject"
    RELEASE = "release"


class Grade(StrEnum):
    """How well a price is supported. FULL: many sources close together.  THIN: no source to spare, or a wide spread."""

    FULL = "full"
    GOOD = "good"
    THIN = "thin"


class SourceRole(StrEnum):
    """How a source came into a round."""

    PRIMARY = "primary"
    RESERVE = "reserve"


class Ask(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One ticker to ask of a source: ``pair`` is our name (``BTC/USD``), ``ticker`` the source's own."""

    pair: str
    ticker: str


class Quote(msgspec.Struct, frozen=True, tag="quote", tag_field="kind", gc=False):
    """A price as the source said it, unconverted.

    A struct, and not a dataclass as its neighbours: a round has tens of thousands, made in a tenth of the time, read
    from JSON as they are, and nothing that the garbage collector must look at.

    source_time: the exchange's time of the print, None when the reply carries none.
    received_at: when the body had arrived here.
    volume: 24 h, in units of the ticker's base, None when not given.
    """

    source: str
    pair: str
    ticker: str
    price: Decimal
    received_at: datetime
    source_time: datetime | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    volume: Decimal | None = None

    @property
    def observed_at(self) -> datetime:
        """Time the price stands for: the exchange's own where it gives one, else the time of arrival."""
        return self.source_time or self.received_at


class Miss(msgspec.Struct, frozen=True, tag="miss", tag_field="kind", gc=False):
    """A ticker for which a source gave no usable price, and why. ``message`` is for people."""

    source: str
    pair: str
    ticker: str
    code: MissCode
    message: str = ""


@dataclass(frozen=True, slots=True)
class ListingSpec:
    """One line of a feed's source list, frozen for a round.

    priority: 1 is the most trusted; unique per feed.  weight: > 0.
    invert: the ticker quotes units of base per quote, so 1 / price is meant.
    conversion: feed (``USDT/USD``) whose rate of the same round turns the quote into the feed's quote currency.
    venue: what the source fails with; quotes of one venue count once. Empty: the source is alone on its venue.
    """

    pair: str
    source: str
    ticker: str
    priority: int
    weight: Decimal = Decimal(1)
    invert: bool = False
    conversion: str | None = None
    venue: str = ""

    @property
    def independent_of(self) -> str:
        """The name under which this listing counts once."""
        return self.venue or self.source


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed's rules, frozen for a round.

    active_sources: how many sources a round asks before any reserve.  quorum: sources an answer needs.
    min_answer / max_answer: bounds in quote currency, inclusive, None for none.
    outlier_k: multiples of the scaled MAD; outlier_floor_bps: what is never an outlier.
    max_spread_bps: widest usable book, 0 for any.  freeze_bps: how far peers move before an unchanged quote counts as
    frozen, 0 for never.  peg: what the base is meant to be worth, None for no peg; depeg_bps: how far below it the
    markets quoted in it are left out.
    camp_bps: gap that parts sources into camps, 0 for off.  jump_bps, agree_bps: moves against the chain's value,
    within a minute, that a person, or ``agree_sources`` agreeing sources, must stand behind; 0 for off.
    min_interval_s: shortest time between publications.  quiet_hours: ``22:00-06:00`` in UTC, empty for none.
    hold_expiry_s: how long a held price waits for a person.
    destinations: names of where it is published, empty for the default.
    lean_bps: how far the quotes that were refused as outliers or for their leg may move the answer, were they to
    count; 0 for any distance, and legs are then not compared with what the markets imply.
    """

    pair: str
    decimals: int
    quorum: int
    active_sources: int
    max_age_s: int
    heartbeat_s: int
    deviation_bps: int
    outlier_k: Decimal
    outlier_floor_bps: int
    min_answer: Decimal | None
    max_answer: Decimal | None
    listings: tuple[ListingSpec, ...]
    # Later than the first version: a plan stored before them is read with these.
    estimator: str = Estimator.MEDIAN
    weighting: str = Weighting.LISTING
    max_spread_bps: int = 100
    freeze_bps: int = 50
    peg: Decimal | None = None
    depeg_bps: int = 100
    camp_bps: int = 200
    jump_bps: int = 1000
    agree_bps: int = 200
    agree_sources: int = 5
    min_interval_s: int = 0
    quiet_hours: str = ""
    hold_expiry_s: int = 3600
    destinations: tuple[str, ...] = ()
    lean_bps: int = 0  # a plan stored before this guard is replayed without it


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What a fetch worker must know to ask one source; its key only sealed, and nothing else that is secret.

    timeout_s: of one HTTP call.  max_attempts: calls per request, first one included.
    options: settings of adapters that have any, empty for the others.
    sealed_key: the source's API key as ``apps.sources.sealing`` seals it, empty for none.
    rate_limit: what ``sources.budget`` reads, e.g. ``20/second``; empty for no limit of ours.
    cache_ttl_ms: how long one reply serves every round that asks the same, 0 for a call each time.
    mirrors: base URLs that speak for the same source, asked in order when the one before fails.
    """

    slug: str
    adapter: str
    base_url: str
    timeout_s: Decimal
    max_attempts: int
    options: dict[str, object] = field(default_factory=dict)
    sealed_key: str = field(default="", repr=False)
    rate_limit: str = ""
    cache_ttl_ms: int = 0
    mirrors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OnChainValue:
    """What the contract says about a feed: ``answer`` scaled by 10**decimals, times in UTC."""

    answer: int
    observed_at: datetime
    updated_at: datetime
