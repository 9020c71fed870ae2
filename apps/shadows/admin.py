"""Admin of shadows: started from a simulation, watched, stopped or promoted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import action, display

from apps.feeds.admin import ReadOnlyAdmin
from apps.feeds.admin.versions import changes_html
from apps.feeds.document import ConfigError
from apps.feeds.models import Feed
from apps.feeds.selectors import current_config_version
from apps.rounds.admin import FeedWithRoundsAdmin
from apps.rounds.whatif_admin import Draft, comparison_row
from apps.shadows.models import Shadow
from apps.shadows.reports import divergence
from apps.shadows.services import (
    NothingToShadow,
    StateMoved,
    changes_by_promoting,
    promote_shadow,
    start_shadow,
    stop_shadow,
)

BUTTON = "feeds_feed_shadow"
NAME = "shadow_name"
COLOURS = {"RUNNING": "success", "STOPPED": "info", "PROMOTED": "warning"}
CLASS = "border border-base-200 rounded-default px-4 py-2 font-medium dark:border-base-700"

admin.site.unregister(Feed)


@admin.register(Feed)
class FeedWithShadowsAdmin(FeedWithRoundsAdmin):
    """The admin of feeds, whose simulation leads on to a shadow."""

    tries = (*FeedWithRoundsAdmin.tries, BUTTON)
    ways_on = mark_safe(  # noqa: S308 - fixed text
        f'<input name="{NAME}" maxlength="60" placeholder="name of a shadow" aria-label="name of a shadow" '
        f'class="{CLASS}">'
        f'<button type="submit" name="{BUTTON}" class="{CLASS} cursor-pointer">Run beside production</button>'
    )

    def show_try(self, request: HttpRequest, button: str, draft: Draft, object_id: str | None) -> HttpResponse:
        """Start a shadow of the edit when that was asked for."""
        if button != BUTTON:
            return super().show_try(request, button, draft, object_id)
        author = request.user.get_username()
        name = request.POST.get(NAME, "").strip() or f"shadow of {author}, {current_config_version()}"
        try:
            with transaction.atomic():
                shadow = start_shadow(name=name[:60], text=draft.text, author=author)
        except IntegrityError:
            messages.error(request, f"There is a shadow named {name} already.")
        except (NothingToShadow, ConfigError) as exc:
            messages.error(request, str(exc))
        else:
            messages.success(request, f"{shadow.name} runs beside production; nothing of it is sent.")
            return HttpResponseRedirect(reverse("admin:shadows_shadow_change", args=[shadow.pk]))
        return HttpResponseRedirect(request.path)


@admin.register(Shadow)
class ShadowAdmin(ReadOnlyAdmin):
    """Shadows, each with its divergence from production."""

    list_display = ("name", "coloured_state", "feeds", "author", "created_at", "ended_at")
    list_filter = ("state",)
    search_fields = ("name", "author")
    fields = (("name", "coloured_state"), ("author", "created_at"), ("ended_by", "ended_at"), "report", "text")
    readonly_fields = ("coloured_state", "report", "text")
    actions_detail = ("promote", "stop")

    @display(description="State", label=COLOURS)  # type: ignore[untyped-decorator]
    def coloured_state(self, shadow: Shadow) -> str:
        """Show the state in its colour."""
        return shadow.state

    @display(description="Feeds")  # type: ignore[untyped-decorator]
    def feeds(self, shadow: Shadow) -> str:
        """Name the feeds compared."""
        return ", ".join(shadow.pairs)

    @display(description="Against production")  # type: ignore[untyped-decorator]
    def report(self, shadow: Shadow) -> SafeString:
        """Show the divergence as table and charts."""
        rows = [comparison_row(feed) for feed in divergence(shadow)]
        return render_to_string("shadows/report.html", {"feeds": rows})

    @display(description="Draft")  # type: ignore[untyped-decorator]
    def text(self, shadow: Shadow) -> SafeString:
        """Show the draft as oracle.yaml."""
        return render_to_string("shadows/draft.html", {"text": shadow.document})

    def has_steer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        """Let through who may change feeds and sources."""
        return request.user.has_perms(["feeds.change_feed", "feeds.change_source"])

    @action(description="Promote", permissions=["steer"], icon="publish", url_path="promote")  # type: ignore[untyped-decorator]
    def promote(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what promoting would change now; on POST, do it."""
        shadow = get_object_or_404(Shadow, pk=object_id)
        if request.method == "POST":
            return self._done(request, shadow, promote_shadow, "is now the configuration")
        try:
            changes = changes_by_promoting(shadow)
        except ConfigError as exc:
            messages.error(request, str(exc))
            return self._back(shadow)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Promote {shadow.name}",
            "shadow": shadow,
            "diff": changes_html(changes),
            "back": reverse("admin:shadows_shadow_change", args=[shadow.pk]),
        }
        return render(request, "shadows/promote.html", context)

    @action(description="Stop", permissions=["steer"], icon="stop_circle", url_path="stop")  # type: ignore[untyped-decorator]
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End the shadow."""
        return self._done(request, get_object_or_404(Shadow, pk=object_id), stop_shadow, "is stopped")

    def _done(
        self, request: HttpRequest, shadow: Shadow, step: Callable[..., object], outcome: str
    ) -> HttpResponseRedirect:
        try:
            step(shadow, author=request.user.get_username())
        except (StateMoved, ConfigError) as exc:
            messages.error(request, str(exc))
        else:
            messages.success(request, f"{shadow.name} {outcome}.")
        return self._back(shadow)

    def _back(self, shadow: Shadow) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:shadows_shadow_change", args=[shadow.pk]))
