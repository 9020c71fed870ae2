"""Feeds, their source lists, sources and history on the wire."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.serializers.common import DecimalText, IntegerText, LinkField, PairField
from apps.feeds.models import Feed, Listing, Source
from apps.feeds.selectors import host_of_source, rate_limit_of, venue_of
from apps.feeds.values import FEED_KEYS
from apps.pricing.types import AnswerReason, AnswerState
from apps.sources.advice import what_to_do
from apps.sources.budget import NO_LIMIT
from apps.sources.gate_state import BreakerState, GateState

SOURCE_STATES = ["ok", "failing", "unasked", "disabled"]


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """A feed's rules."""

    pair = PairField()
    min_answer = DecimalText(allow_null=True)
    max_answer = DecimalText(allow_null=True)
    peg = DecimalText(allow_null=True)
    outlier_k = DecimalText()
    proxy = serializers.SerializerMethodField(help_text="Address of its FeedProxy at the default destination, or null.")
    proxies = serializers.SerializerMethodField(help_text="The same by destination, of those that have the feed.")
    price_url = serializers.SerializerMethodField()
    history_url = serializers.SerializerMethodField()

    class Meta:
        model = Feed
        fields = (
            "pair",
            *FEED_KEYS,
            "proxy",
            "proxies",
            "price_url",
            "history_url",
        )

    def get_proxy(self, feed: Feed) -> str | None:
        """Return the address readers on chain use."""
        places: dict[str, dict[str, str]] = self.context.get("proxies", {})
        return next(iter(places.values()), {}).get(feed.pair)

    def get_proxies(self, feed: Feed) -> dict[str, str]:
        """Return the address at every destination whose contract has the feed."""
        places: dict[str, dict[str, str]] = self.context.get("proxies", {})
        return {name: proxies[feed.pair] for name, proxies in places.items() if feed.pair in proxies}

    def get_price_url(self, feed: Feed) -> str:
        """Return the path of its price."""
        return f"/api/v1/prices/{feed.slug}"

    def get_history_url(self, feed: Feed) -> str:
        """Return the path of its history."""
        return f"/api/v1/feeds/{feed.slug}/history"


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """One place in a feed's source list."""

    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]
    weight = DecimalText()
    enabled = serializers.SerializerMethodField(help_text="Listing and source are both enabled.")
    conversion = serializers.CharField(source="conversion.pair", allow_null=True, default=None)

    class Meta:
        model = Listing
        fields = ("source", "ticker", "priority", "weight", "enabled", "invert", "conversion")

    def get_enabled(self, listing: Listing) -> bool:
        """Return whether rounds may ask it."""
        return listing.enabled and listing.source.enabled


class FeedStateSerializer(serializers.Serializer[Any]):
    """What the feed's newest settled round made of it."""

    state = serializers.ChoiceField(choices=[state.value for state in AnswerState])
    reason = serializers.ChoiceField(choices=[reason.value for reason in AnswerReason])
    message = serializers.CharField()
    at = serializers.DateTimeField(source="round.closed_at", allow_null=True)
    round = serializers.SerializerMethodField()

    def get_round(self, answer: Any) -> str:
        """Return the path of that round."""
        return f"/api/v1/rounds/{answer.round_id}"


class FeedDetailSerializer(FeedSerializer):
    """A feed with its source list, most trusted first, and its newest answer."""

    listings = ListingSerializer(many=True)
    last_answer = serializers.SerializerMethodField()

    class Meta(FeedSerializer.Meta):
        fields = (*FeedSerializer.Meta.fields, "listings", "last_answer")  # type: ignore[assignment]

    @extend_schema_field(FeedStateSerializer(allow_null=True))
    def get_last_answer(self, feed: Feed) -> Any:
        """Return the newest answer or None."""
        answer = self.context.get("last_answer")
        return FeedStateSerializer(answer).data if answer else None


class FeedListSerializer(serializers.Serializer[Any]):
    """All feeds, by pair."""

    results = FeedSerializer(many=True)


class BreakerSerializer(serializers.Serializer[GateState]):
    """Whether a source may be asked. Times are null where there is nothing to wait for."""

    state = serializers.ChoiceField(choices=[state.value for state in BreakerState])
    failures = serializers.IntegerField(help_text="Failed calls in a row.")
    openings = serializers.IntegerField(help_text="Times it opened, ever.")
    opened_at = serializers.DateTimeField(allow_null=True, help_text="Last opening, also when it has closed since.")
    retry_at = serializers.DateTimeField(allow_null=True, help_text="When the next probe may go; null while closed.")
    code = serializers.CharField(help_text="What it last opened with; empty if never.")
    message = serializers.CharField()
    paused_until = serializers.DateTimeField(allow_null=True, help_text="End of a pause the source demanded.")
    pause_code = serializers.CharField(help_text="rate_limited, banned or server_error; empty without a pause.")


class SourceSerializer(serializers.Serializer[Source]):
    """A source and how it did when it was last asked."""

    slug = serializers.CharField()
    name = serializers.CharField()
    state = serializers.SerializerMethodField()
    feeds = serializers.IntegerField(source="feeds_listed", help_text="Enabled feeds that list it.")
    last_asked_at = serializers.DateTimeField(source="state.last_asked_at", allow_null=True)
    last_ok_at = serializers.DateTimeField(source="state.last_ok_at", allow_null=True)
    last_error = serializers.CharField(source="state.last_code", help_text="Empty when the last call was ok.")
    last_message = serializers.CharField(source="state.last_message")
    what_to_do = serializers.SerializerMethodField(help_text="Advice for the operator on last_error; empty when ok.")
    breaker = serializers.SerializerMethodField(help_text="null when Redis cannot be read.")
    venue = serializers.SerializerMethodField(help_text="Sources of one venue count once in an answer.")
    host = serializers.SerializerMethodField(help_text="Whom it asks first now: its own host, or a mirror.")
    rate_limit = serializers.SerializerMethodField(help_text="The limit in force; empty for none.")
    cache_ttl_ms = serializers.IntegerField()
    latency_ms = serializers.IntegerField(source="state.last_latency_ms", allow_null=True)
    consecutive_failures = serializers.IntegerField(source="state.consecutive_failures")
    quotes_ok = serializers.IntegerField(source="state.quotes_ok")
    quotes_missed = serializers.IntegerField(source="state.quotes_missed")
    success_bps = serializers.SerializerMethodField(
        help_text="Share of tickers answered, 10000 is all; null if unasked."
    )

    @extend_schema_field(serializers.ChoiceField(choices=SOURCE_STATES))
    def get_state(self, source: Source) -> str:
        """Return ok, failing, unasked or disabled."""
        return source_state(source)

    def get_what_to_do(self, source: Source) -> str:
        """Return the advice for the last error."""
        return what_to_do(source.state.last_code)

    @extend_schema_field(BreakerSerializer(allow_null=True))
    def get_breaker(self, source: Source) -> Any:
        """Return the gate's state, or None."""
        gates: dict[str, GateState] = self.context.get("gates", {})
        gate = gates.get(source.slug)
        return BreakerSerializer(gate).data if gate else None

    def get_venue(self, source: Source) -> str:
        """Return the venue in force."""
        return venue_of(source)

    def get_host(self, source: Source) -> str:
        """Return the host name, never a whole URL."""
        gate: GateState | None = self.context.get("gates", {}).get(source.slug)
        return host_of_source(source, index=gate.host if gate else 0)

    def get_rate_limit(self, source: Source) -> str:
        """Return the source's own limit, else its adapter's."""
        limit = rate_limit_of(source)
        return "" if limit == NO_LIMIT else limit

    def get_success_bps(self, source: Source) -> int | None:
        """Return the share of quotes among all outcomes."""
        total = source.state.quotes_ok + source.state.quotes_missed
        return source.state.quotes_ok * 10_000 // total if total else None


class SourceListSerializer(serializers.Serializer[Any]):
    """All sources, by slug."""

    results = SourceSerializer(many=True)


class HistoryAnswerSerializer(serializers.Serializer[Any]):
    """One accepted answer."""

    observed_at = serializers.DateTimeField()
    answer = IntegerText()
    sources_used = serializers.IntegerField()
    confidence = IntegerText(allow_null=True)
    reason = serializers.CharField()
    round = LinkField()


class CandleSerializer(serializers.Serializer[Any]):
    """Open, high, low and close of the accepted answers of one interval."""

    start = serializers.DateTimeField()
    open = IntegerText()
    high = IntegerText()
    low = IntegerText()
    close = IntegerText()
    answers = serializers.IntegerField()


class HistorySerializer(serializers.Serializer[Any]):
    """Newest first. ``answers`` is filled for interval ``raw``, ``candles`` for every other."""

    pair = PairField()
    interval = serializers.ChoiceField(choices=["raw", "1m", "5m", "1h", "1d"])
    decimals = serializers.IntegerField()
    answers = HistoryAnswerSerializer(many=True)
    candles = CandleSerializer(many=True)


def source_state(source: Source) -> str:
    """Return ``disabled``, ``unasked``, ``failing`` or ``ok``."""
    if not source.enabled:
        return "disabled"
    if source.state.last_asked_at is None:
        return "unasked"
    return "failing" if source.state.last_code else "ok"
