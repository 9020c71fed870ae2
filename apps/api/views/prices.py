"""GET /prices: what the contract says."""

from __future__ import annotations

import logging

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.destinations import CHAIN_PARAMETER, destination_of, destination_of_feed
from apps.api.pairs import feed_or_problem
from apps.api.problems import Problem, ProblemCode
from apps.api.schema import PAIR_PARAMETER, problems
from apps.api.serializers.prices import PriceListSerializer, PriceSerializer
from apps.chain.errors import ChainError, ChainReadInconsistent
from apps.feeds.models import Feed
from apps.feeds.publishing import feeds_published_to
from apps.rounds.prices import CurrentPrice, current_prices

logger = logging.getLogger(__name__)
RETRY_AFTER_S = 2


class PriceList(APIView):
    """All current prices."""

    @extend_schema(
        operation_id="prices",
        parameters=[CHAIN_PARAMETER],
        responses={
            200: PriceListSerializer,
            **problems(ProblemCode.CHAIN_UNKNOWN, ProblemCode.CHAIN_UNAVAILABLE, ProblemCode.CHAIN_READ_INCONSISTENT),
        },
    )
    def get(self, request: Request) -> Response:
        """Prices of all enabled feeds of a destination, read from its contract in one block."""
        destination = destination_of(request)
        feeds = list(feeds_published_to(destination))
        prices = _prices(feeds, destination)
        missing = [feed.pair for feed in feeds if feed.pair not in prices]
        paused = sorted(pair for pair, price in prices.items() if price.is_paused)
        results = [prices[pair] for pair in sorted(prices) if pair not in paused]
        reply = {"results": results, "missing": missing, "paused": paused}
        return Response(PriceListSerializer(reply).data)


class PriceDetail(APIView):
    """One current price."""

    @extend_schema(
        operation_id="price",
        parameters=[PAIR_PARAMETER, CHAIN_PARAMETER],
        responses={
            200: PriceSerializer,
            **problems(
                ProblemCode.FEED_UNKNOWN,
                ProblemCode.CHAIN_UNKNOWN,
                ProblemCode.NOT_PUBLISHED,
                ProblemCode.NO_PRICE_YET,
                ProblemCode.PRICE_PAUSED,
                ProblemCode.CHAIN_UNAVAILABLE,
                ProblemCode.CHAIN_READ_INCONSISTENT,
            ),
        },
    )
    def get(self, request: Request, pair: str) -> Response:
        """The price of a feed as the contract says it; also of a disabled feed, whose last value stays on chain."""
        feed = feed_or_problem(pair)
        price = _prices([feed], destination_of_feed(request, feed)).get(feed.pair)
        if price is None:
            raise Problem(ProblemCode.NO_PRICE_YET, f"No round of {feed.pair} has reached the contract yet.")
        if price.is_paused:
            raise Problem(
                ProblemCode.PRICE_PAUSED,
                f"The contract gives no price of {feed.pair} while it is paused; its history stays readable there.",
            )
        return Response(PriceSerializer(price).data)


def _prices(feeds: list[Feed], destination: str) -> dict[str, CurrentPrice]:
    try:
        return current_prices(feeds, now=timezone.now(), destination=destination)
    except ChainError as exc:
        logger.warning("chain not readable", extra={"code": exc.code})
        inconsistent = isinstance(exc, ChainReadInconsistent)
        raise Problem(
            ProblemCode.CHAIN_READ_INCONSISTENT if inconsistent else ProblemCode.CHAIN_UNAVAILABLE,
            f"The contract cannot be read now ({exc.code}).",
            retry_after_s=RETRY_AFTER_S,
            cause=exc.code,
        ) from exc
