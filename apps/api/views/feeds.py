"""GET /feeds, /sources and /reports: configuration, its state, and signed reports."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db.models import Count, Q
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from redis import RedisError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.destinations import CHAIN_PARAMETER, destination_of_feed
from apps.api.history import INTERVALS, RAW, accepted_answers, candles
from apps.api.pairs import feed_or_problem
from apps.api.parameters import choice, whole_number
from apps.api.problems import Problem, ProblemCode
from apps.api.reports import latest_report
from apps.api.schema import PAIR_PARAMETER, problems
from apps.api.serializers.feeds import (
    FeedDetailSerializer,
    FeedListSerializer,
    HistorySerializer,
    SourceListSerializer,
)
from apps.api.serializers.rounds import SignedReportSerializer
from apps.feeds.models import Feed, Source, SourceState
from apps.feeds.publishing import destinations
from apps.rounds.selectors import latest_answer
from apps.sources.gate_state import GateState, gate_states
from apps.submissions.selectors import active_deployment

log = logging.getLogger(__name__)
DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class FeedList(APIView):
    """All feeds."""

    @extend_schema(operation_id="feeds", responses={200: FeedListSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """All feeds and their rules, disabled ones included."""
        feeds = {"results": Feed.objects.all()}
        return Response(FeedListSerializer(feeds, context={"proxies": _proxies()}).data)


class FeedDetail(APIView):
    """One feed."""

    @extend_schema(
        operation_id="feed",
        parameters=[PAIR_PARAMETER],
        responses={200: FeedDetailSerializer, **problems(ProblemCode.FEED_UNKNOWN)},
    )
    def get(self, request: Request, pair: str) -> Response:
        """A feed with its source list in the order of asking, and what its newest round made of it."""
        feed = feed_or_problem(pair)
        context = {"proxies": _proxies(), "last_answer": latest_answer(feed.pair)}
        return Response(FeedDetailSerializer(feed, context=context).data)


class FeedHistory(APIView):
    """A feed's past."""

    @extend_schema(
        operation_id="feed_history",
        parameters=[
            PAIR_PARAMETER,
            OpenApiParameter("interval", enum=[RAW, *INTERVALS], default=RAW),
            OpenApiParameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
            ),
        ],
        responses={200: HistorySerializer, **problems(ProblemCode.FEED_UNKNOWN, ProblemCode.PARAMETER_INVALID)},
    )
    def get(self, request: Request, pair: str) -> Response:
        """Accepted answers, newest first; or their open, high, low and close per interval."""
        feed = feed_or_problem(pair)
        interval = choice(request, "interval", choices=[RAW, *INTERVALS], default=RAW)
        limit = whole_number(request, "limit", default=DEFAULT_LIMIT, maximum=MAX_LIMIT)
        is_raw = interval == RAW
        history = {
            "pair": feed.pair,
            "interval": interval,
            "decimals": feed.decimals,
            "answers": list(accepted_answers(feed.pair, limit=limit)) if is_raw else [],
            "candles": [] if is_raw else candles(feed.pair, interval=interval, limit=limit, now=timezone.now()),
        }
        return Response(HistorySerializer(history).data)


class SourceList(APIView):
    """All sources."""

    @extend_schema(operation_id="sources", responses={200: SourceListSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """All sources: state, breaker, limits, latency, success and last error."""
        listed = Count("listings", filter=Q(listings__enabled=True, listings__feed__enabled=True))
        sources = Source.objects.select_related("state").annotate(feeds_listed=listed).order_by("slug")
        for source in sources:
            if not hasattr(source, "state"):
                SourceState(source=source)  # never asked: shown with the zeros of an unsaved row
        context = {"gates": _gates(source.slug for source in sources)}
        return Response(SourceListSerializer({"results": sources}, context=context).data)


class ReportDetail(APIView):
    """A signed report."""

    @extend_schema(
        operation_id="report",
        parameters=[PAIR_PARAMETER, CHAIN_PARAMETER],
        responses={
            200: SignedReportSerializer,
            **problems(
                ProblemCode.FEED_UNKNOWN,
                ProblemCode.CHAIN_UNKNOWN,
                ProblemCode.NOT_PUBLISHED,
                ProblemCode.REPORT_UNKNOWN,
            ),
        },
    )
    def get(self, request: Request, pair: str) -> Response:
        """The newest signed report with this feed, ready for anyone to submit."""
        feed = feed_or_problem(pair)
        report = latest_report(feed.pair, destination_of_feed(request, feed))
        if report is None:
            raise Problem(ProblemCode.REPORT_UNKNOWN, f"No report with {feed.pair} has been signed yet.")
        return Response(SignedReportSerializer(report).data)


def _gates(slugs: Iterable[str]) -> dict[str, GateState]:
    """Return the sources' gates, none while Redis is away: the rest of the page is still true."""
    try:
        return gate_states(slugs)
    except RedisError as exc:
        log.warning("gates not readable error=%s", exc.__class__.__name__)
        return {}


def _proxies() -> dict[str, dict[str, str]]:
    """Return the proxies of every destination's contract by its name, the default destination's first."""
    found = destinations()
    names = sorted(found.chain_ids, key=lambda name: (name != found.default, name))
    deployments = {name: active_deployment(name) for name in names}
    return {name: deployment.proxies if deployment else {} for name, deployment in deployments.items()}
