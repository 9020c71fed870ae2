"""Fields and forms that several replies share."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.api.problems import ProblemCode


@extend_schema_field({"type": "string", "pattern": r"^-?\d+$", "example": "8406504000000"})
class IntegerText(serializers.Field):  # type: ignore[type-arg]
    """An integer too wide for JavaScript's numbers, as a string."""

    def to_representation(self, value: int) -> str:
        """Return the digits."""
        return str(value)


@extend_schema_field({"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "84065.04000000"})
class DecimalText(serializers.Field):  # type: ignore[type-arg]
    """An exact decimal as plain text, never in exponent form."""

    def to_representation(self, value: Any) -> str:
        """Return the digits."""
        return value if isinstance(value, str) else f"{value:f}"


@extend_schema_field({"type": "string", "pattern": r"^[A-Z0-9]{1,12}/[A-Z0-9]{1,12}$", "example": "BTC/USD"})
class PairField(serializers.CharField):
    """A pair as it is named everywhere but in paths."""


@extend_schema_field(OpenApiTypes.URI_REF)
class LinkField(serializers.CharField):
    """A path on this server."""


class FieldErrorSerializer(serializers.Serializer[Any]):
    """One part of a body that was refused."""

    pointer = serializers.CharField(help_text="JSON pointer (RFC 6901) into the body.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details. Further members depend on the code."""

    type = LinkField(help_text="Explains the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = LinkField(help_text="The path that was asked for.")
    code = serializers.ChoiceField(choices=[code.value for code in ProblemCode])
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]
