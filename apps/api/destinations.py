"""Which destination a request speaks of: ``?chain=`` with a destination's name, the default one without."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from apps.api.problems import Problem, ProblemCode
from apps.feeds.models import Feed
from apps.feeds.publishing import Destinations, destinations

CHAIN_PARAMETER = OpenApiParameter(
    "chain", str, description="Name of a destination, see /api/v1/chains; the default destination without it."
)


def destination_of(request: Request) -> str:
    """Return the destination that is asked for, the default one unless named. Raises chain_unknown."""
    return _asked(request, destinations())


def destination_of_feed(request: Request, feed: Feed) -> str:
    """Return the same for one feed, whose first destination stands in where it does not go to the default one.

    Raises chain_unknown, or not_published when the feed does not go to the destination that is named.
    """
    found = destinations()
    published = found.of(feed.destinations)
    name = _asked(request, found)
    if name in published:
        return name
    if "chain" in request.query_params or not published:
        detail = f"{feed.pair} is published to {', '.join(published) or 'no destination'}, not to {name}."
        raise Problem(ProblemCode.NOT_PUBLISHED, detail)
    return published[0]


def _asked(request: Request, found: Destinations) -> str:
    name = request.query_params.get("chain", "") or found.default
    if name not in found.chain_ids:
        known = ", ".join(sorted(found.chain_ids))
        raise Problem(ProblemCode.CHAIN_UNKNOWN, f"There is no destination {name[:40]!r}; known: {known}.")
    return name
