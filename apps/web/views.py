"""The pages: prices now, rounds, and the story of one round. Server-rendered; they work without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from apps.chain.errors import ChainError
from apps.feeds.models import Feed
from apps.feeds.publishing import default_destination, feeds_published_to
from apps.rounds.models import Answer, Round
from apps.rounds.prices import CurrentPrice, current_prices
from apps.rounds.selectors import get_round, is_finished, reports_of
from apps.rounds.story import round_story
from apps.submissions.selectors import active_deployment
from apps.web.rows import answer_blocks, price_rows, round_rows

PAGE = 50
ROUNDS_ON_FRONT = 8
# Nothing may come from elsewhere and nothing inline runs, so text from a source can never become code.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the view with GET and HEAD only, a content security policy, and no caching."""

    @require_safe
    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: uuid.UUID) -> HttpResponse:
        response = view(request, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Cache-Control"] = "no-store"
        return response

    return guarded


@page
def prices(request: HttpRequest) -> HttpResponse:
    """Current prices of all enabled feeds and their age."""
    feeds = list(feeds_published_to(default_destination()))
    found, problem = _read(feeds)
    context = {
        "rows": price_rows(feeds, found),
        "chain_problem": problem,
        "block_number": next((price.block_number for price in found.values()), None),
        "deployment": active_deployment(),
        "simulated": settings.MARKET == "simulated" or any(price.is_simulated for price in found.values()),
        "rounds": round_rows(_newest(limit=ROUNDS_ON_FRONT)),
        "now": timezone.now(),
        "refresh": True,
    }
    return render(request, "web/prices.html", context)


@page
def rounds(request: HttpRequest) -> HttpResponse:
    """Rounds, newest first, a page at a time; ``feed`` narrows them to one feed."""
    feeds = list(Feed.objects.values_list("pair", flat=True))
    wanted = request.GET.get("feed", "").upper().replace("-", "/")
    feed = wanted if wanted in feeds else ""
    before = parse_datetime_or_none(request.GET.get("before", ""))
    found = _newest(limit=PAGE, pair=feed, before=before)
    context = {
        "rows": round_rows(found),
        "feed": feed,
        "feeds": feeds,
        "older": found[-1].opened_at.isoformat() if len(found) == PAGE else "",
        "simulated": settings.MARKET == "simulated",
        "refresh": before is None,
    }
    return render(request, "web/rounds.html", context)


@page
def round_detail(request: HttpRequest, round_id: uuid.UUID) -> HttpResponse:
    """The story of one round: who was asked, lost and promoted, what was used, and what was sent."""
    try:
        found = get_round(round_id)
    except Round.DoesNotExist as exc:
        raise Http404 from exc
    context = {
        "round": found,
        "row": round_rows([found])[0],
        "story": round_story(found),
        "answers": answer_blocks(found),
        "reports": reports_of(found),
        "simulated": found.market == Round.Market.SIMULATED,
        "refresh": not is_finished(found),
    }
    return render(request, "web/round.html", context)


def parse_datetime_or_none(text: str) -> datetime | None:
    """Return an aware time, None for anything that is none: a mangled link shows the newest page."""
    try:
        moment = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _newest(*, limit: int, pair: str = "", before: datetime | None = None) -> list[Round]:
    """Return the newest rounds without their observations and calls, which no list shows and which are most of them."""
    answers = Prefetch("answers", Answer.objects.defer("own_observations"))
    rounds = Round.objects.select_related("submission").defer("lanes", "submission__answers").prefetch_related(answers)
    if pair:
        rounds = rounds.filter(pairs__contains=[pair])
    if before is not None:
        rounds = rounds.filter(opened_at__lt=before)
    return list(rounds.order_by("-opened_at")[:limit])


def _read(feeds: list[Feed]) -> tuple[dict[str, CurrentPrice], str]:
    try:
        return current_prices(feeds, now=timezone.now()), ""
    except ChainError as exc:
        return {}, exc.code
