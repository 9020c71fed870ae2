"""GET /chains: the destinations that prices are published to."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api.schema import problems
from apps.api.serializers.chains import ChainListSerializer
from apps.feeds.models import Destination
from apps.feeds.publishing import destinations, feeds_published_to
from apps.submissions.models import Submission
from apps.submissions.selectors import active_deployment


class ChainList(APIView):
    """Destinations."""

    @extend_schema(operation_id="chains", responses={200: ChainListSerializer, **problems()})
    def get(self, request: Request) -> Response:
        """Every destination that is on: its chain, its contract and the feeds that are published there."""
        found = destinations()
        paused = set(Destination.objects.filter(paused=True).values_list("name", flat=True))
        rows = [self._row(name, chain_id, found.default, paused) for name, chain_id in found.chain_ids.items()]
        return Response(ChainListSerializer({"results": rows}).data)

    def _row(self, name: str, chain_id: int, default: str, paused: set[str]) -> dict[str, object]:
        deployment = active_deployment(name)
        return {
            "name": name,
            "chain_id": chain_id,
            "is_default": name == default,
            "paused": name in paused,
            "contract": deployment.address if deployment else None,
            "feeds": list(feeds_published_to(name).order_by("pair").values_list("pair", flat=True)),
            "pending": Submission.objects.filter(destination=name, state__in=Submission.UNFINISHED).count(),
        }
