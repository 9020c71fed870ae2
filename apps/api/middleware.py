"""Problem replies for errors under /api/ that no API view ever saw."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api.problems import not_a_view


def problems_under_api(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Return middleware that turns Django's HTML error pages under /api/ into problem+json."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if response.status_code < 400 or not is_page or not request.path.startswith("/api/"):
            return response
        return not_a_view(request, response.status_code)

    return handle
