"""Admin of sources and their last state."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.feeds.admin.forms import SourceForm
from apps.feeds.admin.states import state_detail, state_label, state_of
from apps.feeds.admin.versioned import VersionedAdmin
from apps.feeds.models import Source


class LastStateFilter(admin.SimpleListFilter):
    """Sources whose last call was good, failed, or never made."""

    title = "last state"
    parameter_name = "last"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Name the three cases."""
        return [("ok", "ok"), ("failing", "failing"), ("never", "never asked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Source]) -> QuerySet[Source]:  # noqa: ARG002
        """Return the sources of the chosen case."""
        cases = {
            "ok": Q(state__isnull=False, state__last_code=""),
            "failing": Q(state__isnull=False) & ~Q(state__last_code=""),
            "never": Q(state__isnull=True),
        }
        return queryset.filter(cases.get(self.value() or "", Q()))


@admin.register(Source)
class SourceAdmin(VersionedAdmin):
    """Sources, each with what it last said."""

    form = SourceForm
    list_display = ("name", "slug", "adapter", "last_state", "last_call", "success", "feeds_count", "max_attempts")
    list_filter = ("enabled", LastStateFilter, "adapter")
    list_select_related = ("state",)
    search_fields = ("slug", "name")
    ordering = ("slug",)
    warn_unsaved_form = True
    readonly_fields = ("last_state", "last_call", "last_message", "success")
    fieldsets = (
        (None, {"fields": (("slug", "name"), "enabled")}),
        ("Last state", {"fields": (("last_state", "last_call"), "last_message", "success")}),
        ("How to ask", {"fields": ("adapter", "base_url", ("timeout_s", "max_attempts"), "options")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Count the feeds that list each source."""
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.select_related("state").annotate(listings_count=Count("listings"))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """Fix the slug: rounds and metrics name the source by it."""
        return (*self.readonly_fields, "slug") if obj else self.readonly_fields

    @display(description="Last state")  # type: ignore[untyped-decorator]
    def last_state(self, source: Source) -> SafeString | str:
        """Draw the last state."""
        return state_label(source) if source.pk else "-"

    @display(description="Last asked")  # type: ignore[untyped-decorator]
    def last_call(self, source: Source) -> str:
        """Say when, how fast, and how many failures in a row."""
        return state_detail(source)

    @display(description="Last message")  # type: ignore[untyped-decorator]
    def last_message(self, source: Source) -> str:
        """Say what the last failure said."""
        state = state_of(source)
        return (state.last_message if state else "") or "-"

    @display(description="Quotes")  # type: ignore[untyped-decorator]
    def success(self, source: Source) -> str:
        """Count the quotes of all time against the misses."""
        state = state_of(source)
        return f"{state.quotes_ok} good, {state.quotes_missed} missed" if state else "-"

    @display(description="Feeds", ordering="listings_count")  # type: ignore[untyped-decorator]
    def feeds_count(self, source: Any) -> int:
        """Count the feeds that list it."""
        return int(source.listings_count)
