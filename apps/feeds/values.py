"""The configuration as plain values: what `oracle.yaml` says and what the tables hold, in one shape.

Defaults here are those of the models (a test compares them), so a key left out of the file means the model's default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from apps.pricing.storage import Storage
from apps.pricing.types import Estimator, OnExpiry, Weighting


@dataclass(frozen=True, slots=True)
class ListingConfig:
    """One row of a feed's ordered source list; its place in the list is its priority."""

    source: str
    ticker: str
    weight: Decimal = Decimal(1)
    enabled: bool = True
    invert: bool = False
    conversion: str | None = None


@dataclass(frozen=True, slots=True)
class FeedConfig:
    """One feed's rules; units as in ``apps.pricing.types.FeedSpec``. Listings stand in priority order."""

    pair: str
    enabled: bool = True
    required: bool = True
    decimals: int = 8
    quorum: int = 3
    active_sources: int = 5
    max_age_s: int = 90
    heartbeat_s: int = 3600
    deviation_bps: int = 50
    outlier_k: Decimal = Decimal(3)
    outlier_floor_bps: int = 50
    min_answer: Decimal | None = None
    max_answer: Decimal | None = None
    storage: str = Storage.AUTO.value
    estimator: str = Estimator.MEDIAN.value
    weighting: str = Weighting.LISTING.value
    max_spread_bps: int = 100
    freeze_bps: int = 50
    peg: Decimal | None = None
    depeg_bps: int = 100
    camp_bps: int = 200
    lean_bps: int = 20
    jump_bps: int = 1000
    agree_bps: int = 200
    agree_sources: int = 5
    min_interval_s: int = 0
    quiet_hours: str = ""
    hold_expiry_s: int = 3600
    hold_on_expiry: str = OnExpiry.REJECT.value
    two_persons: bool = False
    destinations: list[str] = field(default_factory=list)
    description: str = ""
    listings: tuple[ListingConfig, ...] = ()


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One source; an empty ``base_url`` or ``venue`` means the adapter's own."""

    slug: str
    name: str
    adapter: str
    base_url: str = ""
    venue: str = ""
    enabled: bool = True
    timeout_s: Decimal = Decimal("2.5")
    max_attempts: int = 3
    rate_limit: str = ""
    cache_ttl_ms: int = 0
    mirrors: list[str] = field(default_factory=list)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DestinationConfig:
    """A contract on a chain that feeds are published to, beside the environment's own; the rules of that chain.

    rpc_urls: URLs without a secret, or ``env:NAME_RPC_URLS``, a variable that holds them.  signers, transmitters,
    admin_key, signer_threshold: empty (0) for the environment's.  required: readiness fails while a required feed is
    too old there.  timeout_s: after it, unmined bytes are sent again.
    """

    name: str
    chain_id: int = 0
    rpc_urls: list[str] = field(default_factory=list)
    enabled: bool = True
    paused: bool = False
    is_default: bool = False
    required: bool = False
    contract_address: str = ""
    read_agreement: int = 1
    receipt_patience_s: int = 60
    transmitters: list[str] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)
    signer_threshold: int = 0
    admin_key: str = ""
    fee_strategy: str = "auto"
    data_fee: str = "none"
    max_fee_gwei: int = 500
    min_balance_eth: Decimal = Decimal("0.05")
    bump_after_blocks: int = 3
    timeout_s: int = 15
    max_in_flight: int = 16
    finality: str = "depth"
    confirmations: int = 12
    sequencer_feed: str = ""
    sequencer_grace_s: int = 300
    description: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration: sources by slug, feeds by pair, destinations by name."""

    sources: Mapping[str, SourceConfig] = field(default_factory=dict)
    feeds: Mapping[str, FeedConfig] = field(default_factory=dict)
    destinations: Mapping[str, DestinationConfig] = field(default_factory=dict)


FEED_KEYS = (
    "description",
    "enabled",
    "required",
    "decimals",
    "quorum",
    "active_sources",
    "max_age_s",
    "heartbeat_s",
    "deviation_bps",
    "outlier_k",
    "outlier_floor_bps",
    "min_answer",
    "max_answer",
    "storage",
    "estimator",
    "weighting",
    "max_spread_bps",
    "freeze_bps",
    "peg",
    "depeg_bps",
    "camp_bps",
    "lean_bps",
    "jump_bps",
    "agree_bps",
    "agree_sources",
    "min_interval_s",
    "quiet_hours",
    "hold_expiry_s",
    "hold_on_expiry",
    "two_persons",
    "destinations",
)
LISTING_KEYS = ("source", "ticker", "conversion", "weight", "invert", "enabled")
SOURCE_KEYS = (
    "name",
    "adapter",
    "base_url",
    "venue",
    "enabled",
    "timeout_s",
    "max_attempts",
    "rate_limit",
    "cache_ttl_ms",
    "mirrors",
    "options",
)
DESTINATION_KEYS = tuple(entry.name for entry in fields(DestinationConfig) if entry.name != "name")


def plain(value: Decimal) -> str:
    """Return the number without exponent or trailing zeros: ``Decimal("1E+3")`` gives ``1000``."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
