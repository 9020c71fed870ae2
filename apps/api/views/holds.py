"""GET /holds: prices that wait for a person; POST /holds/{id}/approve and /reject: the person's word."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.authentication import caller
from apps.api.idempotency import HEADER, answer_once
from apps.api.parameters import choice, whole_number
from apps.api.permissions import MayDecide, operator
from apps.api.problems import Problem, ProblemCode
from apps.api.schema import problems
from apps.api.serializers.holds import (
    ApproveHoldSerializer,
    DecidedHoldSerializer,
    HoldDetailSerializer,
    HoldListSerializer,
    RejectHoldSerializer,
)
from apps.api.serializers.rounds import round_path
from apps.rounds import holds
from apps.rounds.models import Hold, Round
from apps.rounds.services import UnknownFeeds
from apps.rounds.workflow import start_round

log = logging.getLogger(__name__)
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


HOLD_ID = OpenApiParameter("hold_id", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)


class HoldDetail(APIView):
    """One held price."""

    permission_classes = (MayDecide,)

    @extend_schema(
        operation_id="hold",
        parameters=[HOLD_ID],
        responses={
            200: HoldDetailSerializer,
            **problems(ProblemCode.UNAUTHENTICATED, ProblemCode.NOT_AN_OPERATOR, ProblemCode.HOLD_UNKNOWN),
        },
    )
    def get(self, request: Request, hold_id: int) -> Response:
        """A held price with its trail."""
        return Response(HoldDetailSerializer(_hold(hold_id)).data)


IDEMPOTENCY = [
    HOLD_ID,
    OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description="Repeat safely within 24 h."),
]
REFUSALS = (
    ProblemCode.MALFORMED_JSON,
    ProblemCode.UNAUTHENTICATED,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.VALIDATION_FAILED,
    ProblemCode.NOT_AN_OPERATOR,
    ProblemCode.HOLD_UNKNOWN,
    ProblemCode.HOLD_CLOSED,
    ProblemCode.HOLD_REASON_MISSING,
    ProblemCode.IDEMPOTENCY_KEY_INVALID,
    ProblemCode.IDEMPOTENCY_KEY_REUSED,
    ProblemCode.IDEMPOTENCY_KEY_IN_FLIGHT,
)


class ApproveHold(APIView):
    """Let a held price through."""

    permission_classes = (MayDecide,)

    @extend_schema(
        operation_id="approve_hold",
        parameters=IDEMPOTENCY,
        request=ApproveHoldSerializer,
        responses={
            200: DecidedHoldSerializer,
            **problems(*REFUSALS, ProblemCode.HOLD_OUT_OF_BOUNDS, ProblemCode.HOLD_MOVED, ProblemCode.HOLD_SAME_PERSON),
        },
    )
    def post(self, request: Request, hold_id: int) -> Response:
        """Approve: prices near it pass for ten minutes, and a round starts that publishes a fresh one."""
        body = ApproveHoldSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        seen = int(body.validated_data["seen"])
        return answer_once(
            request, lambda: _decided(request, hold_id, lambda **by: holds.approve(hold_id, seen=seen, **by), body)
        )


class RejectHold(APIView):
    """Refuse a held price."""

    permission_classes = (MayDecide,)

    @extend_schema(
        operation_id="reject_hold",
        parameters=IDEMPOTENCY,
        request=RejectHoldSerializer,
        responses={200: DecidedHoldSerializer, **problems(*REFUSALS)},
    )
    def post(self, request: Request, hold_id: int) -> Response:
        """Reject: nothing is sent; when the next round is stopped too, it is held anew."""
        body = RejectHoldSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return answer_once(request, lambda: _decided(request, hold_id, lambda **by: holds.reject(hold_id, **by), body))


def _hold(hold_id: int) -> Hold:
    try:
        return Hold.objects.prefetch_related("events").get(pk=hold_id)
    except Hold.DoesNotExist as exc:
        raise Problem(ProblemCode.HOLD_UNKNOWN, f"There is no held price {hold_id}; see /api/v1/holds.") from exc


def _decided(request: Request, hold_id: int, decide: Callable[..., Hold], body: RejectHoldSerializer) -> Response:
    """Return the hold after the operator's decision, which the trail names with the key it came by."""
    who, key = operator(request).get_username(), caller(request).name
    reason: str = body.validated_data["reason"].strip()
    now: datetime = timezone.now()
    try:
        hold = decide(who=who, note=f"{reason} (API key {key})" if reason else "", now=now)
    except Hold.DoesNotExist:
        _hold(hold_id)  # says so
        raise
    except holds.HoldClosed as exc:
        raise Problem(ProblemCode.HOLD_CLOSED, f"{exc}.") from exc
    except holds.HoldRefused as exc:
        raise Problem(ProblemCode(exc.code.value), f"{exc}.") from exc
    log.info("hold decided over the API hold=%d state=%s who=%s key=%s", hold.pk, hold.state, who, key)
    decided: Any = _hold(hold_id)
    decided.started_round = _started(hold, who=who) if hold.state == Hold.State.APPROVED else None
    return Response(DecidedHoldSerializer(decided).data)


def _started(hold: Hold, *, who: str) -> str | None:
    """Start the round that publishes; return its path, None when the feed cannot be priced any more."""
    try:
        started = start_round(pairs=[hold.pair], trigger=Round.Trigger.REQUESTED, requested_by=who)
    except UnknownFeeds:
        return None
    return round_path(started.round)
