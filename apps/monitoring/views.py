"""Health and metrics over HTTP. None of them asks for a key; the reverse proxy keeps /metrics inside."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from apps.monitoring import collector, health


@require_safe
@never_cache
def metrics(_request: HttpRequest) -> HttpResponse:
    """Return the metrics of every process that shares this host's metrics folder."""
    return HttpResponse(collector.exposition(), content_type=CONTENT_TYPE_LATEST)


@require_safe
@never_cache
def live(_request: HttpRequest) -> JsonResponse:
    """Return 200 while this process answers; touches nothing else, so a restart is the right cure when it fails."""
    return JsonResponse({"status": "live"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Return 200 when prices flow to the chain, else a 503 problem that names what is ill."""
    found = health.findings()
    checks = {name: [finding.as_json() for finding in group] for name, group in found.items()}
    if health.is_ready(found):
        return JsonResponse({"status": "ready", "checks": checks})
    ill = [f"{f.name}: {f.reason}" for group in found.values() for f in group if f.required and not f.ok]
    problem = {
        "type": f"/api/problems/{health.NOT_READY_CODE}",
        "title": health.NOT_READY_TITLE,
        "status": health.NOT_READY_STATUS,
        "detail": "; ".join(ill) or "No readiness check is registered.",
        "instance": request.path,
        "code": health.NOT_READY_CODE,
        "checks": checks,
    }
    return JsonResponse(problem, status=health.NOT_READY_STATUS, content_type="application/problem+json")
