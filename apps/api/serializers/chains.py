"""Destinations on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.api.serializers.common import PairField


class ChainSerializer(serializers.Serializer[Any]):
    """A destination: a contract on a chain."""

    name = serializers.CharField(help_text="What `?chain=` takes.")
    chain_id = serializers.IntegerField()
    is_default = serializers.BooleanField(help_text="Where prices are read when no chain is named.")
    paused = serializers.BooleanField(help_text="An operator lets nothing new be sent there.")
    contract = serializers.CharField(allow_null=True, help_text="Address, null before it is deployed.")
    feeds = serializers.ListField(child=PairField(), help_text="Enabled feeds that are published there.")
    pending = serializers.IntegerField(help_text="Reports on their way.")


class ChainListSerializer(serializers.Serializer[Any]):
    """All destinations that are on, the environment's first."""

    results = ChainSerializer(many=True)
