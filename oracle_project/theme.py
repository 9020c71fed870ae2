"""How Django admin looks: the sidebar of django-unfold, and where its links lead. Everything is served from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse_lazy


def _may_view(permission: str) -> Callable[[HttpRequest], bool]:
    def allowed(request: HttpRequest) -> bool:
        return bool(request.user.has_perm(permission))

    return allowed


def _item(title: str, icon: str, model: str) -> dict[str, Any]:
    app, _, name = model.partition(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may_view(f"{app}.view_{name}"),
    }


def _never(request: HttpRequest) -> bool:  # noqa: ARG001 - unfold's signature
    """Say that a link never leads to the page shown; ``/`` begins every path."""
    return False


def flower_url(request: HttpRequest) -> str:
    """Return where Flower is: behind the same TLS server in production, else on its own port of this host."""
    if request.is_secure():
        return "/flower/"
    host = request.get_host().rpartition(":")[0] if ":" in request.get_host() else request.get_host()
    return f"http://{host}:{settings.FLOWER_PORT}/"


def environment(request: HttpRequest) -> list[str]:  # noqa: ARG001 - unfold's signature
    """Return the badge beside the title: which market the prices come from."""
    return ["simulated market", "warning"] if settings.MARKET == "simulated" else ["live market", "success"]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Price Oracle",
    "SITE_HEADER": "Price Oracle",
    "SITE_SUBHEADER": "Feeds, sources and rounds",
    "SITE_SYMBOL": "monitoring",
    "SITE_URL": "/",
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "oracle_project.theme.environment",
    "SIDEBAR": {
        "show_search": True,
        "navigation": [
            {
                "title": "Configuration",
                "separator": True,
                "items": [
                    _item("Feeds", "show_chart", "feeds.feed"),
                    _item("Sources", "cloud_download", "feeds.source"),
                    _item("Scorecards", "leaderboard", "scorecards.sourcescore"),
                    _item("Destinations", "hub", "feeds.destination"),
                    _item("Versions", "history", "feeds.configversion"),
                    _item("Shadows", "contrast", "shadows.shadow"),
                ],
            },
            {
                "title": "What happened",
                "separator": True,
                "items": [
                    _item("Held prices", "pan_tool", "rounds.hold"),
                    _item("Rounds", "cycle", "rounds.round"),
                    _item("Answers", "price_check", "rounds.answer"),
                    _item("Submissions", "send", "submissions.submission"),
                ],
            },
            {
                "title": "Chain",
                "separator": True,
                "items": [
                    _item("On-chain prices", "link", "submissions.onchainprice"),
                    _item("Deployments", "deployed_code", "submissions.deployment"),
                    _item("Wallets", "account_balance_wallet", "submissions.wallet"),
                    _item("Chain differences", "compare_arrows", "submissions.chaindifference"),
                    _item("Operator actions", "back_hand", "submissions.operatoraction"),
                ],
            },
            {
                "title": "Access",
                "separator": True,
                "items": [
                    _item("API keys", "key", "api.apikey"),
                    _item("Users", "person", "auth.user"),
                    _item("Groups", "group", "auth.group"),
                ],
            },
            {
                "title": "Elsewhere",
                "separator": True,
                "items": [
                    {"title": "Dashboard", "icon": "dashboard", "link": "/", "active": _never},
                    {"title": "API documentation", "icon": "api", "link": "/api/docs/"},
                    {"title": "Flower", "icon": "local_florist", "link": flower_url},
                ],
            },
        ],
    },
}
