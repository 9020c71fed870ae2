"""The admin of feeds with a button that tries an edit on past rounds before it is saved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.feeds.admin import FeedAdmin
from apps.feeds.models import Feed
from apps.feeds.selectors import feed_specs
from apps.pricing.whatif import FeedComparison
from apps.rounds.charts import Line, line_chart
from apps.rounds.whatif import Simulation, simulate
from apps.submissions.admin import scaled

BUTTON = "feeds_feed_simulate"
BEFORE_COLOUR, AFTER_COLOUR = "#6b7280", "#9333ea"
# What a browser posts beside the form's own fields.
NOT_OF_THE_FORM = frozenset({"csrfmiddlewaretoken", BUTTON})


class WhatIfAdmin(FeedAdmin):
    """Adds *Simulate* beside *Save*."""

    actions_submit_line = ("simulate",)

    @action(description="Simulate on past rounds", permissions=["change"], icon="science")  # type: ignore[untyped-decorator]
    def simulate(self, request: HttpRequest, feed: Feed) -> None:
        """Stand in the row of buttons; the form's view answers for it before anything is saved."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Save as ever; or, for *Simulate*, save, look, and take it back."""
        if request.method != "POST" or BUTTON not in request.POST:
            return super().changeform_view(request, object_id, form_url, extra_context)
        before = feed_specs()
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            is_sound = response.status_code == 302
            after = feed_specs() if is_sound else []
            transaction.set_rollback(True)
        if not is_sound:
            return response
        list(messages.get_messages(request))  # "was changed successfully" is not true
        return self._show(request, simulate(before=before, after=after), object_id)

    def _show(self, request: HttpRequest, simulation: Simulation, object_id: str | None) -> HttpResponse:
        fields = [
            (name, value) for name, values in request.POST.lists() if name not in NOT_OF_THE_FORM for value in values
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Simulation of {Feed.objects.get(pk=object_id).pair if object_id else 'a new feed'}",
            "simulation": simulation,
            "feeds": [_row(feed) for feed in simulation.feeds],
            "fields": fields,
        }
        return render(request, "rounds/whatif.html", context)


def _row(feed: FeedComparison) -> dict[str, Any]:
    return {
        "pair": feed.pair,
        "rounds": len(feed.steps),
        "p50": _bps(feed.p50_bps),
        "p95": _bps(feed.p95_bps),
        "max": _bps(feed.max_bps),
        "worst_minute": feed.worst_minute,
        "worst": _bps(feed.worst_minute_bps),
        "lost": feed.lost,
        "gained": feed.gained,
        "sent_before": feed.sent[0],
        "sent_after": feed.sent[1],
        "unseen": ", ".join(feed.unseen),
        "chart": _chart(feed),
    }


def _chart(feed: FeedComparison) -> SafeString:
    values = [value for step in feed.steps for value in (step.before, step.after) if value is not None]
    return line_chart(
        [
            Line("as it is", BEFORE_COLOUR, [(step.at, step.before) for step in feed.steps]),
            Line("with the change", AFTER_COLOUR, [(step.at, step.after) for step in feed.steps]),
        ],
        low=scaled(min(values, default=None), decimals=feed.decimals),
        high=scaled(max(values, default=None), decimals=feed.decimals),
    )


def _bps(value: Decimal) -> str:
    return f"{value:.2f}"
