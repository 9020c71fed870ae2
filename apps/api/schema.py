"""What drf-spectacular cannot see by itself: how keys are sent, and the problems each call may answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from apps.api.problems import CONTENT_TYPE, KINDS, ProblemCode
from apps.api.serializers.common import ProblemSerializer

PAIR_PARAMETER = OpenApiParameter(
    "pair",
    {"type": "string", "pattern": "^[A-Za-z0-9]{1,12}-[A-Za-z0-9]{1,12}$"},
    OpenApiParameter.PATH,
    description="BTC-USD stands for BTC/USD.",
)
# Every call may end so, whoever calls it and whatever for.
ALWAYS = (
    ProblemCode.BAD_REQUEST,
    ProblemCode.KEY_INVALID,
    ProblemCode.SCOPE_MISSING,
    ProblemCode.NOT_ACCEPTABLE,
    ProblemCode.THROTTLED,
    ProblemCode.INTERNAL_ERROR,
)


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """``Authorization: Api-Key <prefix>.<secret>``."""

    target_class = "apps.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the OpenAPI security scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "Write `Api-Key <prefix>.<secret>`.",
        }


def problems(*codes: ProblemCode) -> dict[Any, OpenApiResponse]:
    """Return the OpenAPI replies of these codes and of those every call may give, one per HTTP status."""
    by_status: dict[int, list[ProblemCode]] = {}
    for code in (*codes, *ALWAYS):
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, ", ".join(f"`{code}`" for code in found))
        for status, found in sorted(by_status.items())
    }
