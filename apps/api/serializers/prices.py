"""Prices on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.serializers.common import DecimalText, IntegerText, PairField
from apps.rounds.prices import CurrentPrice


class PriceSerializer(serializers.Serializer[CurrentPrice]):
    """What the contract says about one feed, and where it came from."""

    pair = PairField(source="feed.pair")
    destination = serializers.CharField(help_text="Whose contract says so: main, or another destination's name.")
    chain_id = serializers.IntegerField()
    price = DecimalText()
    answer = IntegerText(help_text="The contract's integer: price x 10^decimals.")
    decimals = serializers.IntegerField(source="feed.decimals")
    round_id = serializers.IntegerField(help_text="The contract's round of this feed.")
    observed_at = serializers.DateTimeField(help_text="Median time of the quotes behind it.")
    updated_at = serializers.DateTimeField(help_text="For readers of the contract: observed_at, never ahead of them.")
    age_s = serializers.IntegerField(help_text="Seconds since observed_at.")
    stale = serializers.BooleanField(source="is_stale", help_text="Older than the feed's heartbeat plus grace.")
    simulated = serializers.BooleanField(source="is_simulated", help_text="Made by the market simulator.")
    block_number = serializers.IntegerField(help_text="Block at which the contract was read.")
    tx_hash = serializers.SerializerMethodField(help_text="Transaction that wrote it, null when not known.")
    tx_block_number = serializers.IntegerField(allow_null=True)
    round = serializers.SerializerMethodField(help_text="The round behind it, null when no longer kept.")

    def get_tx_hash(self, price: CurrentPrice) -> str | None:
        """Return the transaction hash or None."""
        return price.tx_hash or None

    def get_round(self, price: CurrentPrice) -> str | None:
        """Return the path of the round or None."""
        return f"/api/v1/rounds/{price.round.pk}" if price.round else None


class PriceListSerializer(serializers.Serializer[Any]):
    """Every enabled feed that has a price on chain."""

    results = PriceSerializer(many=True)
    missing = serializers.ListField(child=PairField(), help_text="Enabled feeds without a price on chain yet.")
    paused = serializers.ListField(
        child=PairField(), help_text="Feeds paused on the contract, which gives no price of them."
    )
