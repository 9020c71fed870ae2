"""Scorecards of sources, and the suggested order of a feed's list."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.serializers.common import DecimalText, PairField
from apps.scorecards.selectors import Window

WINDOWS = [window.value for window in Window]


class ScorecardSerializer(serializers.Serializer[Any]):
    """How one source did in the window."""

    source = serializers.CharField()  # type: ignore[assignment]
    pair = PairField(allow_null=True, help_text="Null: over all its feeds.")
    asked = serializers.IntegerField(help_text="Tickers asked.")
    quotes = serializers.IntegerField(help_text="Tickers answered with a price.")
    used = serializers.IntegerField(help_text="Quotes an answer rests on.")
    success_bps = serializers.IntegerField(allow_null=True, help_text="quotes of asked, 10000 is all; null if unasked.")
    used_bps = serializers.IntegerField(allow_null=True, help_text="used of asked, 10000 is all; null if unasked.")
    latency_p50_ms = DecimalText(allow_null=True)
    latency_p95_ms = DecimalText(allow_null=True, help_text="95 of a hundred of its calls are faster.")
    bias_bps = DecimalText(allow_null=True, help_text="Mean signed distance from the answers of the same rounds.")
    deviation_p95_bps = DecimalText(allow_null=True, help_text="95 of a hundred of its quotes are nearer.")
    refused = serializers.DictField(child=serializers.IntegerField(), help_text="Quotes refused, by code.")
    misses = serializers.DictField(child=serializers.IntegerField(), help_text="Tickers without a price, by code.")
    breaker_openings = serializers.IntegerField(allow_null=True, help_text="Null in the card of a single feed.")

    def to_representation(self, instance: Any) -> Any:
        """Return null where a card has nothing to say: no pair, or openings of a breaker that all feeds share."""
        shown = super().to_representation(instance)
        return shown | {
            "pair": instance.pair or None,
            "breaker_openings": None if instance.pair else instance.breaker_openings,
        }


class ScorecardListSerializer(serializers.Serializer[Any]):
    """The cards of a window, by source and pair."""

    window = serializers.ChoiceField(choices=WINDOWS)
    since = serializers.DateTimeField(help_text="Beginning of the window's first bucket.")
    results = ScorecardSerializer(many=True)


class PlaceSerializer(serializers.Serializer[Any]):
    """One source's place in the suggested order."""

    source = serializers.CharField()  # type: ignore[assignment]
    current = serializers.IntegerField(help_text="Place in the list as it stands, from 1.")
    suggested = serializers.IntegerField()
    points = DecimalText(allow_null=True, help_text="Against it; null when it was asked too little to be judged.")
    reason = serializers.CharField()


class FeedScorecardSerializer(ScorecardListSerializer):
    """The cards of a feed's sources, and the order they suggest. Nothing is changed by itself."""

    is_other_order = serializers.BooleanField(help_text="Whether the suggestion differs from the list.")
    suggested_order = PlaceSerializer(many=True)
