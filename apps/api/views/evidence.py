"""GET /rounds/{id}/evidence: everything behind a round, to be checked elsewhere."""

from __future__ import annotations

import uuid

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.problems import Problem, ProblemCode
from apps.api.schema import problems
from apps.evidence.bundles import evidence_bundle
from apps.rounds.models import Round
from apps.rounds.selectors import get_round


class RoundEvidence(APIView):
    """The bundle of one round."""

    @extend_schema(
        operation_id="evidence",
        parameters=[OpenApiParameter("round_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)],
        responses={200: OpenApiTypes.OBJECT, **problems(ProblemCode.ROUND_UNKNOWN)},
    )
    def get(self, request: Request, round_id: str) -> Response:
        """Leaves, reply bodies, report, signatures and transaction of a closed round, for `verify_evidence`."""
        try:
            round_ = get_round(uuid.UUID(round_id))
        except (ValueError, Round.DoesNotExist) as exc:
            raise Problem(ProblemCode.ROUND_UNKNOWN, "There is no such round, or not any more.") from exc
        if round_.state != Round.State.CLOSED:
            raise Problem(ProblemCode.ROUND_UNKNOWN, "The round is still open; its evidence comes with its end.")
        headers = {"Content-Disposition": f'attachment; filename="evidence-{round_.pk}.json"'}
        return Response(evidence_bundle(round_), headers=headers)
