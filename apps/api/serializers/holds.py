"""Held prices on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.serializers.common import IntegerText, PairField
from apps.api.serializers.rounds import ANSWER_REASONS
from apps.pricing.fixed_point import price_text
from apps.rounds.models import Hold


class HoldSerializer(serializers.Serializer[Hold]):
    """A price a guard stopped."""

    id = serializers.IntegerField(source="pk")
    pair = PairField()
    state = serializers.ChoiceField(choices=Hold.State.values)
    reason = serializers.ChoiceField(choices=ANSWER_REASONS)
    message = serializers.CharField()
    price = serializers.SerializerMethodField()
    answer = IntegerText()
    decimals = serializers.IntegerField()
    rounds_held = serializers.IntegerField(help_text="Rounds in a row that were stopped.")
    opened_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(help_text="Empty: the oracle itself, or nobody yet.")
    release_until = serializers.DateTimeField(allow_null=True, help_text="Until then prices near this one pass.")
    round = serializers.SerializerMethodField()

    def get_price(self, hold: Hold) -> str:
        """Return the answer as decimal text."""
        return price_text(hold.answer, decimals=hold.decimals)

    def get_round(self, hold: Hold) -> str:
        """Return the path of the newest held round."""
        return f"/api/v1/rounds/{hold.round_id}"


class HoldListSerializer(serializers.Serializer[Any]):
    """Holds, newest first."""

    results = HoldSerializer(many=True)
