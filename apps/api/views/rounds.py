"""POST /rounds starts or joins one; GET /rounds tells what happened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.authentication import caller
from apps.api.idempotency import HEADER, answer_once
from apps.api.pagination import RoundPagination
from apps.api.pairs import is_pair_slug, pair_of_slug
from apps.api.parameters import choice, wait_preference
from apps.api.permissions import MayReadOrStartRounds
from apps.api.problems import CONTENT_TYPE, Problem, ProblemCode, problem_body
from apps.api.schema import problems
from apps.api.serializers.rounds import (
    ROUND_STATUSES,
    RoundPageSerializer,
    RoundSerializer,
    RoundSummarySerializer,
    StartedRoundSerializer,
    StartRoundSerializer,
    round_path,
)
from apps.api.waiting import MAX_WAIT_S, is_done, refused_answers, wait_for_round
from apps.feeds.models import Feed
from apps.pricing.types import AnswerReason
from apps.rounds.models import Answer, Round
from apps.rounds.selectors import get_round
from apps.rounds.services import UnknownFeeds
from apps.rounds.workflow import start_round
from apps.submissions.models import Submission

TOO_FEW = {AnswerReason.NO_QUOTES, AnswerReason.BELOW_QUORUM}
RETRY_AFTER_S = 5
STATUS_FILTERS: dict[str, Q] = {
    "OPEN": Q(state=Round.State.OPEN),
    "SUBMITTING": Q(outcome=Round.Outcome.SENT, submission__state__in=Submission.UNFINISHED),
    "CONFIRMED": Q(outcome=Round.Outcome.SENT, submission__state__in=Submission.LANDED),
    "REPLACED": Q(outcome=Round.Outcome.SENT, submission__state=Submission.State.REPLACED),
    "FAILED": Q(outcome=Round.Outcome.SENT, submission__state=Submission.State.FATAL),
    "HELD": Q(outcome=Round.Outcome.HELD),
    "QUIET": Q(outcome=Round.Outcome.QUIET),
    "REJECTED": Q(outcome=Round.Outcome.REJECTED),
}
HEADERS = [
    OpenApiParameter("Prefer", str, OpenApiParameter.HEADER, description=f"wait=N: wait up to {MAX_WAIT_S} s."),
    OpenApiParameter(HEADER, str, OpenApiParameter.HEADER, description="Repeat safely within 24 h."),
]
FILTERS = [
    OpenApiParameter("feed", str, description="Only rounds with this feed, e.g. BTC-USD."),
    OpenApiParameter("status", enum=ROUND_STATUSES),
    OpenApiParameter("cursor", str),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}),
]


class RoundList(APIView):
    """Start a round, or page through those that were."""

    permission_classes = (MayReadOrStartRounds,)

    @extend_schema(
        operation_id="rounds",
        parameters=FILTERS,
        responses={200: RoundPageSerializer, **problems(ProblemCode.PARAMETER_INVALID)},
    )
    def get(self, request: Request) -> Response:
        """Rounds, newest first."""
        pagination = RoundPagination()
        page = pagination.paginate_queryset(_filtered(request), request, view=self) or []
        return Response({**pagination.links(), "results": RoundSummarySerializer(page, many=True).data})

    @extend_schema(
        operation_id="start_round",
        parameters=HEADERS,
        request=StartRoundSerializer,
        responses={
            200: OpenApiResponse(StartedRoundSerializer, "Finished within the time asked for."),
            202: OpenApiResponse(StartedRoundSerializer, "Running; `Location` tells how it goes."),
            **problems(
                ProblemCode.MALFORMED_JSON,
                ProblemCode.UNAUTHENTICATED,
                ProblemCode.UNSUPPORTED_MEDIA_TYPE,
                ProblemCode.VALIDATION_FAILED,
                ProblemCode.FEED_UNAVAILABLE,
                ProblemCode.IDEMPOTENCY_KEY_INVALID,
                ProblemCode.IDEMPOTENCY_KEY_REUSED,
                ProblemCode.IDEMPOTENCY_KEY_IN_FLIGHT,
                ProblemCode.NO_QUORUM,
                ProblemCode.NOTHING_ACCEPTED,
                ProblemCode.SUBMISSION_FAILED,
            ),
        },
    )
    def post(self, request: Request) -> Response:
        """Start a round over these feeds, or join the open one that covers them."""
        body = StartRoundSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return answer_once(request, lambda: _start(request, body.validated_data["feeds"]))


class RoundDetail(APIView):
    """One round."""

    @extend_schema(
        operation_id="round",
        parameters=[OpenApiParameter("round_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)],
        responses={200: RoundSerializer, **problems(ProblemCode.ROUND_UNKNOWN)},
    )
    def get(self, request: Request, round_id: str) -> Response:
        """A round whole: answers, every observation and what became of it, submission and transaction."""
        try:
            round_ = get_round(uuid.UUID(round_id))
        except (ValueError, ValidationError, Round.DoesNotExist) as exc:
            detail = (
                "There is no such round; quiet rounds are kept for minutes, rejected ones for hours, others for days."
            )
            raise Problem(ProblemCode.ROUND_UNKNOWN, detail) from exc
        return Response(RoundSerializer(round_).data)


def _filtered(request: Request) -> QuerySet[Round]:
    rounds = Round.objects.select_related("submission").defer("lanes", "submission__answers")
    if status := choice(request, "status", choices=ROUND_STATUSES, default=""):
        rounds = rounds.filter(STATUS_FILTERS[status])
    feed = request.query_params.get("feed")
    if feed is None:
        return rounds
    if not is_pair_slug(feed.replace("/", "-")):
        raise Problem(ProblemCode.PARAMETER_INVALID, "feed: expected a pair such as BTC-USD.", parameter="feed")
    return rounds.filter(pairs__contains=[pair_of_slug(feed)])


def _start(request: Request, feeds: Sequence[str]) -> Response:
    pairs = _enabled_pairs(feeds)
    try:
        started = start_round(pairs=pairs, trigger=Round.Trigger.REQUESTED, requested_by=caller(request).name)
    except UnknownFeeds as exc:
        raise _unavailable(exc.pairs, feeds=feeds) from exc
    headers = {"Location": round_path(started.round)}
    wait_s = wait_preference(request, maximum_s=MAX_WAIT_S)
    waited = wait_for_round(started.round.pk, pairs=pairs, wait_s=wait_s) if wait_s is not None else None
    if waited is not None:
        headers["Preference-Applied"] = f"wait={wait_s}"
    round_ = waited or get_round(started.round.pk)
    if waited is not None and is_done(round_, pairs=pairs):
        return _finished(request, round_, pairs=pairs, joined=started.joined, headers=headers)
    return Response(_body(round_, joined=started.joined), status=202, headers={**headers, "Retry-After": "1"})


def _enabled_pairs(feeds: Sequence[str]) -> list[str]:
    """Return the pairs, each once, in the order given. Raises feed_unavailable naming every bad one."""
    pairs = list(dict.fromkeys(pair_of_slug(feed) for feed in feeds))
    wellformed = [pair for pair in pairs if is_pair_slug(pair.replace("/", "-", 1))]
    enabled = set(Feed.objects.filter(pair__in=wellformed, enabled=True).values_list("pair", flat=True))
    if bad := [pair for pair in pairs if pair not in enabled]:
        raise _unavailable(bad, feeds=feeds)
    return pairs


def _unavailable(pairs: Sequence[str], *, feeds: Sequence[str]) -> Problem:
    disabled = set(
        Feed.objects.filter(pair__in=[pair for pair in pairs if "\0" not in pair]).values_list("pair", flat=True)
    )
    errors = [
        {
            "pointer": f"/feeds/{index}",
            "code": "feed_disabled" if pair_of_slug(feed) in disabled else "feed_unknown",
            "detail": f"{feed} is {'disabled' if pair_of_slug(feed) in disabled else 'not a feed'}.",
        }
        for index, feed in enumerate(feeds)
        if pair_of_slug(feed) in pairs
    ]
    return Problem(
        ProblemCode.FEED_UNAVAILABLE, f"{len(errors)} of {len(feeds)} feeds cannot be priced.", errors=errors
    )


def _finished(
    request: Request, round_: Round, *, pairs: Sequence[str], joined: bool, headers: dict[str, str]
) -> Response:
    if refused := refused_answers(round_, pairs=pairs):
        return _as_response(request, _nothing_accepted(round_, refused), headers=headers)
    submission = round_.submission
    if submission is not None and submission.state == Submission.State.FATAL:
        return _as_response(request, _not_submitted(round_, submission), headers=headers)
    return Response(_body(round_, joined=joined), headers=headers)


def _nothing_accepted(round_: Round, refused: Sequence[Answer]) -> Problem:
    code = ProblemCode.NO_QUORUM if {a.reason for a in refused} <= TOO_FEW else ProblemCode.NOTHING_ACCEPTED
    feeds = [
        {
            "pair": answer.pair,
            "reason": answer.reason,
            "message": answer.message,
            "sources_used": answer.sources_used,
            "quorum": answer.quorum,
        }
        for answer in refused
    ]
    names = ", ".join(answer.pair for answer in refused)
    detail = f"The round ended without an acceptable price of {names}; nothing was sent for it."
    return Problem(code, detail, retry_after_s=RETRY_AFTER_S, feeds=feeds, round=round_path(round_))


def _not_submitted(round_: Round, submission: Submission) -> Problem:
    detail = f"The report will not land: {submission.failure_code}."
    return Problem(ProblemCode.SUBMISSION_FAILED, detail, cause=submission.failure_code, round=round_path(round_))


def _as_response(request: Request, problem: Problem, *, headers: dict[str, str]) -> Response:
    """Return the problem as a Response, which Idempotency-Key can keep: the round did happen."""
    return Response(
        problem_body(problem, instance=request.path),
        status=problem.status_code,
        headers={**problem.headers, **headers},
        content_type=CONTENT_TYPE,
    )


def _body(round_: Round, *, joined: bool) -> Any:
    round_.joined = joined  # type: ignore[attr-defined]
    return StartedRoundSerializer(round_).data
