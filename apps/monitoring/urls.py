"""URLs of apps.monitoring."""

from __future__ import annotations

from django.urls import URLPattern, path

from apps.monitoring import views

urlpatterns: list[URLPattern] = [
    path("metrics", views.metrics, name="metrics"),
    path("api/v1/health/live", views.live, name="health-live"),
    path("api/v1/health/ready", views.ready, name="health-ready"),
]
