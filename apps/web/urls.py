"""URLs of the pages."""

from django.urls import URLPattern, path

from apps.web import views

app_name = "web"
urlpatterns: list[URLPattern] = [
    path("", views.prices, name="prices"),
    path("rounds", views.rounds, name="rounds"),
    path("rounds/<uuid:round_id>", views.round_detail, name="round"),
]
