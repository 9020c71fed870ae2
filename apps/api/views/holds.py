"""GET /holds: prices that wait for a person."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.parameters import choice, whole_number
from apps.api.problems import ProblemCode
from apps.api.schema import problems
from apps.api.serializers.holds import HoldListSerializer
from apps.rounds.models import Hold

ALL = "ALL"
STATES = [*Hold.State.values, ALL]
DEFAULT_LIMIT, MAX_LIMIT = 50, 200


class HoldList(APIView):
    """Held prices."""

    @extend_schema(
        operation_id="holds",
        parameters=[
            OpenApiParameter("state", enum=STATES, default=Hold.State.WAITING.value),
            OpenApiParameter("limit", int, description=f"1 to {MAX_LIMIT}, default {DEFAULT_LIMIT}."),
        ],
        responses={200: HoldListSerializer, **problems(ProblemCode.PARAMETER_INVALID)},
    )
    def get(self, request: Request) -> Response:
        """Prices a guard stopped, newest first: those that wait, or those of another state."""
        state = choice(request, "state", choices=STATES, default=Hold.State.WAITING.value)
        limit = whole_number(request, "limit", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)
        found = Hold.objects.all() if state == ALL else Hold.objects.filter(state=state)
        return Response(HoldListSerializer({"results": found[:limit]}).data)
