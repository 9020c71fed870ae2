"""URLs under /api/. A last slash is never part of a path of ours."""

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from apps.api.views.chains import ChainList
from apps.api.views.evidence import RoundEvidence
from apps.api.views.feeds import FeedDetail, FeedHistory, FeedList, ReportDetail, SourceList
from apps.api.views.holds import ApproveHold, HoldDetail, HoldList, RejectHold
from apps.api.views.prices import PriceDetail, PriceList
from apps.api.views.problems import ProblemType
from apps.api.views.rounds import RoundDetail, RoundList
from apps.api.views.scorecards import FeedScorecards, SourceScorecards

app_name = "api"
urlpatterns: list[URLPattern] = [
    path("schema/", SpectacularAPIView.as_view(throttle_classes=()), name="schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api:schema", throttle_classes=()), name="docs"),
    path("problems/<str:code>", ProblemType.as_view(), name="problem"),
    path("v1/chains", ChainList.as_view(), name="chains"),
    path("v1/feeds", FeedList.as_view(), name="feeds"),
    path("v1/feeds/<str:pair>", FeedDetail.as_view(), name="feed"),
    path("v1/feeds/<str:pair>/history", FeedHistory.as_view(), name="history"),
    path("v1/holds", HoldList.as_view(), name="holds"),
    path("v1/holds/<int:hold_id>", HoldDetail.as_view(), name="hold"),
    path("v1/holds/<int:hold_id>/approve", ApproveHold.as_view(), name="approve-hold"),
    path("v1/holds/<int:hold_id>/reject", RejectHold.as_view(), name="reject-hold"),
    path("v1/prices", PriceList.as_view(), name="prices"),
    path("v1/prices/<str:pair>", PriceDetail.as_view(), name="price"),
    path("v1/reports/<str:pair>", ReportDetail.as_view(), name="report"),
    path("v1/rounds", RoundList.as_view(), name="rounds"),
    path("v1/rounds/<str:round_id>", RoundDetail.as_view(), name="round"),
    path("v1/feeds/<str:pair>/scorecards", FeedScorecards.as_view(), name="feed-scorecards"),
    path("v1/sources/scorecards", SourceScorecards.as_view(), name="source-scorecards"),
    path("v1/rounds/<str:round_id>/evidence", RoundEvidence.as_view(), name="evidence"),
    path("v1/sources", SourceList.as_view(), name="sources"),
]
