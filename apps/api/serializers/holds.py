"""Held prices on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.serializers.common import IntegerText, PairField
from apps.api.serializers.rounds import ANSWER_REASONS
from apps.pricing.fixed_point import price_text
from apps.rounds.models import Hold, HoldEvent

MAX_REASON = 400
HOLD_STATES = list(Hold.State.values)


class HoldSerializer(serializers.Serializer[Hold]):
    """A price a guard stopped."""

    id = serializers.IntegerField(source="pk")
    pair = PairField()
    state = serializers.ChoiceField(choices=HOLD_STATES)
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


class HoldEventSerializer(serializers.Serializer[HoldEvent]):
    """A step of a hold's trail."""

    at = serializers.DateTimeField()
    action = serializers.CharField()
    who = serializers.CharField(help_text="Empty: the oracle itself.")
    note = serializers.CharField()


class HoldDetailSerializer(HoldSerializer):
    """A held price with its trail."""

    two_persons = serializers.BooleanField(help_text="Approving takes two people.")
    first_approval_by = serializers.CharField(help_text="Empty: nobody yet.")
    trail = HoldEventSerializer(many=True, source="events")


class DecidedHoldSerializer(HoldDetailSerializer):
    """A held price after a decision."""

    started_round = serializers.CharField(
        allow_null=True, help_text="Path of the round an approval started; null while a second person must approve."
    )


class RejectHoldSerializer(serializers.Serializer[Any]):
    """Why the price is wrong."""

    reason = serializers.CharField(max_length=MAX_REASON, allow_blank=True, help_text="Goes into the trail.")


class ApproveHoldSerializer(RejectHoldSerializer):
    """Why the price is right, and which one was looked at."""

    seen = serializers.RegexField(
        r"^[1-9][0-9]{0,77}$",
        help_text="`answer` as you read it. When the held price has left it meanwhile, the approval is refused.",
    )


class HoldListSerializer(serializers.Serializer[Any]):
    """Holds, newest first."""

    results = HoldSerializer(many=True)
