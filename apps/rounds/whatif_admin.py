"""The admin of feeds with a button that tries an edit on past rounds before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.feeds.admin import FeedAdmin
from apps.feeds.models import Feed
from apps.feeds.selectors import feed_specs
from apps.feeds.services import exported_document
from apps.pricing.types import FeedSpec
from apps.pricing.whatif import FeedComparison
from apps.rounds.charts import Line, line_chart
from apps.rounds.whatif import Simulation, simulate
from apps.submissions.admin import scaled

BUTTON = "feeds_feed_simulate"
SAVED = 302
BEFORE_COLOUR, AFTER_COLOUR = "#6b7280", "#9333ea"


@dataclass(frozen=True, slots=True)
class Draft:
    """An edit that was looked at and taken back: the enabled feeds before and after, the whole as oracle.yaml."""

    before: Sequence[FeedSpec]
    after: Sequence[FeedSpec]
    text: str


class WhatIfAdmin(FeedAdmin):
    """Adds *Simulate* beside *Save*."""

    actions_submit_line = ("simulate",)
    # Buttons that look at an edit without saving it.
    tries: tuple[str, ...] = (BUTTON,)
    # Further ways on from the simulation, inside its form; whoever knows more ways than rounds do fills it.
    ways_on = ""

    @action(description="Simulate on past rounds", permissions=["change"], icon="science")  # type: ignore[untyped-decorator]
    def simulate(self, request: HttpRequest, feed: Feed) -> None:
        """Stand in the row of buttons; the form's view answers for it before anything is saved."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Save as ever; or, for *Simulate*, save, look, and take it back."""
        pressed = next((name for name in self.tries if name in request.POST), "")
        if request.method != "POST" or not pressed:
            return super().changeform_view(request, object_id, form_url, extra_context)
        before = feed_specs()
        request.is_try = True  # type: ignore[attr-defined]
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            is_sound = response.status_code == SAVED
            draft = Draft(before, after=feed_specs(), text=exported_document()) if is_sound else None
            transaction.set_rollback(True)
        if draft is None:
            return response
        return self.show_try(request, pressed, draft, object_id)

    def message_user(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Say nothing of a save that is taken back."""
        if not hasattr(request, "is_try"):
            super().message_user(request, *args, **kwargs)

    def show_try(self, request: HttpRequest, button: str, draft: Draft, object_id: str | None) -> HttpResponse:  # noqa: ARG002
        """Answer for a button of ``tries`` that was pressed on a sound form."""
        return self._show(request, simulate(before=draft.before, after=draft.after), object_id)

    def _show(self, request: HttpRequest, simulation: Simulation, object_id: str | None) -> HttpResponse:
        others = {"csrfmiddlewaretoken", *self.tries}
        fields = [(name, value) for name, values in request.POST.lists() if name not in others for value in values]
        context = {
            **self.admin_site.each_context(request),
            "title": f"Simulation of {Feed.objects.get(pk=object_id).pair if object_id else 'a new feed'}",
            "simulation": simulation,
            "feeds": [comparison_row(feed) for feed in simulation.feeds],
            "fields": fields,
            "ways_on": self.ways_on,
        }
        return render(request, "rounds/whatif.html", context)


def comparison_row(feed: FeedComparison) -> dict[str, Any]:
    """Return a feed's comparison as the table and the chart show it."""
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
