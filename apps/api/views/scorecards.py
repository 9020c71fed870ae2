"""GET /sources/scorecards and /feeds/{pair}/scorecards: how sources did."""

from __future__ import annotations

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.pairs import feed_or_problem
from apps.api.parameters import choice
from apps.api.problems import Problem, ProblemCode
from apps.api.schema import PAIR_PARAMETER, problems
from apps.api.serializers.scorecards import WINDOWS, FeedScorecardSerializer, ScorecardListSerializer
from apps.feeds.models import Listing
from apps.feeds.problems import SLUG
from apps.scorecards.selectors import (
    Window,
    scorecards_of_feed,
    scorecards_of_source,
    scorecards_of_sources,
    window_start,
)
from apps.scorecards.suggestion import is_other_order, suggested_order

WINDOW_PARAMETER = OpenApiParameter("window", enum=WINDOWS, default=Window.DAY.value)
SOURCE_PARAMETER = OpenApiParameter(
    "source", {"type": "string", "pattern": "^[a-z][a-z0-9_]{1,39}$"}, description="Only this source, feed by feed."
)


class SourceScorecards(APIView):
    """All sources' cards."""

    @extend_schema(
        operation_id="source_scorecards",
        parameters=[WINDOW_PARAMETER, SOURCE_PARAMETER],
        responses={200: ScorecardListSerializer, **problems(ProblemCode.PARAMETER_INVALID)},
    )
    def get(self, request: Request) -> Response:
        """Success, latency, distance from the answers and reasons of every source; of one source for each feed."""
        window, now = _window(request), timezone.now()
        source = request.query_params.get("source")
        if source is not None and not SLUG.fullmatch(source):
            raise Problem(ProblemCode.PARAMETER_INVALID, "source: expected the slug of a source.", parameter="source")
        cards = scorecards_of_source(source, window, now=now) if source else scorecards_of_sources(window, now=now)
        shown = {"window": window, "since": window_start(window, now=now), "results": cards}
        return Response(ScorecardListSerializer(shown).data)


class FeedScorecards(APIView):
    """The cards of one feed's sources."""

    @extend_schema(
        operation_id="feed_scorecards",
        parameters=[PAIR_PARAMETER, WINDOW_PARAMETER],
        responses={
            200: FeedScorecardSerializer,
            **problems(ProblemCode.FEED_UNKNOWN, ProblemCode.PARAMETER_INVALID),
        },
    )
    def get(self, request: Request, pair: str) -> Response:
        """How each source of a feed did, and in which order that would put them."""
        feed = feed_or_problem(pair)
        window, now = _window(request), timezone.now()
        cards = scorecards_of_feed(feed.pair, window, now=now)
        listings = Listing.objects.filter(feed=feed, enabled=True).order_by("priority")
        listed = list(listings.values_list("source__slug", flat=True))
        places = suggested_order(listed, {card.source: card for card in cards})
        shown = {
            "window": window,
            "since": window_start(window, now=now),
            "results": cards,
            "is_other_order": is_other_order(places),
            "suggested_order": places,
        }
        return Response(FeedScorecardSerializer(shown).data)


def _window(request: Request) -> Window:
    return Window(choice(request, "window", choices=WINDOWS, default=Window.DAY.value))
