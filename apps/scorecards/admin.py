"""The scorecards page: every source, the sources of one feed with a suggested order, or one source feed by feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.feeds.admin import ReadOnlyAdmin
from apps.feeds.models import Feed, Listing, Source
from apps.scorecards.models import SourceScore
from apps.scorecards.selectors import (
    Scorecard,
    Window,
    scorecards_of_feed,
    scorecards_of_source,
    scorecards_of_sources,
)
from apps.scorecards.suggestion import Place, is_other_order, suggested_order

PAGE = "admin:scorecards_sourcescore_changelist"
# How a figure is drawn: up to the first bound good, up to the second fair, beyond poor.
LATENCY_TONES = (Decimal(500), Decimal(1500))
DEVIATION_TONES = (Decimal(10), Decimal(50))
UNUSED_TONES = (Decimal(50), Decimal(500))  # bps of the tickers asked
CODES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. place: where the feed's list has it, None elsewhere."""

    label: str
    url: str
    card: Scorecard
    place: Place | None = None

    @property
    def success(self) -> str:
        """Return the share of tickers answered, as a percentage."""
        return _percent(self.card.success_bps)

    @property
    def used(self) -> str:
        """Return the share of tickers an answer rests on, as a percentage."""
        return _percent(self.card.used_bps)

    @property
    def success_tone(self) -> str:
        """Return the colour of the share answered."""
        return "" if self.card.success_bps is None else tone(Decimal(10_000 - self.card.success_bps), UNUSED_TONES)

    @property
    def latency_tone(self) -> str:
        """Return the colour of the slow calls."""
        return tone(self.card.latency_p95_ms, LATENCY_TONES)

    @property
    def deviation_tone(self) -> str:
        """Return the colour of the distance from the answers."""
        return tone(self.card.deviation_p95_bps, DEVIATION_TONES)

    @property
    def bias(self) -> str:
        """Return the mean signed distance."""
        return "-" if self.card.bias_bps is None else f"{self.card.bias_bps:+}"

    @property
    def codes(self) -> list[tuple[str, int, str]]:
        """Return the most frequent codes with their counts, refused quotes before misses."""
        refused = [(code, count, "fair") for code, count in self.card.refused.items()]
        missed = [(code, count, "poor") for code, count in self.card.misses.items()]
        return refused[:CODES_SHOWN] + missed[:CODES_SHOWN]


@admin.register(SourceScore)
class ScorecardAdmin(ReadOnlyAdmin):
    """One page instead of a list of buckets."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the cards of the window, feed or source that the address names."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = request.GET.get("window", Window.DAY)
        window = Window(wanted) if wanted in set(Window) else Window.DAY
        context = {
            **self.admin_site.each_context(request),
            **_content(request, window),
            "opts": self.opts,
            "window": window,
            "windows": [(each, _address({**request.GET.dict(), "window": each})) for each in Window],
            "pairs": list(Feed.objects.values_list("pair", flat=True)),
            "all_sources": _address({"window": window}),
            **(extra_context or {}),
        }
        return render(request, "scorecards/page.html", context)


def _content(request: HttpRequest, window: Window) -> dict[str, Any]:
    now = timezone.now()
    if pair := request.GET.get("feed"):
        return _of_feed(pair, scorecards_of_feed(pair, window, now=now), window)
    if slug := request.GET.get("source"):
        if not Source.objects.filter(slug=slug).exists():
            raise Http404
        rows = [
            Row(card.pair or "all feeds", _address({"window": window, "feed": card.pair}) if card.pair else "", card)
            for card in scorecards_of_source(slug, window, now=now)
        ]
        return {"title": f"Scorecard of {slug}", "rows": rows, "first": "Feed", "source": slug}
    return {
        "title": "Scorecards",
        "rows": _by_source(scorecards_of_sources(window, now=now), window),
        "first": "Source",
    }


def _of_feed(pair: str, cards: Sequence[Scorecard], window: Window) -> dict[str, Any]:
    feed = Feed.objects.filter(pair=pair).first()
    if feed is None:
        raise Http404
    listings = Listing.objects.filter(feed=feed, enabled=True).order_by("priority")
    ids = dict(listings.values_list("source__slug", "source_id"))
    places = suggested_order(list(ids), {card.source: card for card in cards})
    order = ",".join(str(ids[place.source]) for place in places)
    is_other = is_other_order(places)
    feed_url = reverse("admin:feeds_feed_change", args=[feed.pk])
    return {
        "title": f"Sources of {pair}",
        "rows": _by_source(cards, window, places={place.source: place for place in places}),
        "first": "Source",
        "feed": feed,
        "places": places,
        "is_other_order": is_other,
        "feed_url": f"{feed_url}?{urlencode({'order': order})}" if is_other else feed_url,
    }


def _by_source(cards: Iterable[Scorecard], window: Window, *, places: Mapping[str, Place] | None = None) -> list[Row]:
    found = [
        Row(card.source, _address({"window": window, "source": card.source}), card, (places or {}).get(card.source))
        for card in cards
    ]
    return sorted(found, key=lambda row: (row.place.current if row.place else len(found) + 1, row.label))


def _address(query: Mapping[str, str]) -> str:
    return f"{reverse(PAGE)}?{urlencode(query)}"


def tone(size: Decimal | None, bounds: tuple[Decimal, Decimal]) -> str:
    """Return ``good``, ``fair`` or ``poor`` by the bounds, empty without a size."""
    if size is None:
        return ""
    return "good" if size <= bounds[0] else "fair" if size <= bounds[1] else "poor"


def _percent(bps: int | None) -> str:
    return "-" if bps is None else f"{Decimal(bps) / 100:.2f} %"
