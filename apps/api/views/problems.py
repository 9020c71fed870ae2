"""GET /api/problems/{code}: what a problem's ``type`` points at."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.problems import KINDS, ProblemCode


class ProblemType(APIView):
    """One code of the table in docs/errors.md."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(exclude=True)
    def get(self, request: Request, code: str) -> Response:
        """The status and the title that go with a code."""
        if code not in set(ProblemCode):
            raise Http404
        kind = KINDS[ProblemCode(code)]
        return Response({"code": code, "status": kind.status, "title": kind.title})
