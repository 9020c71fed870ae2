"""Admin of sources and their last state."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters
from unfold.decorators import display

from apps.feeds.admin.forms import SourceForm
from apps.feeds.admin.gates import GatedAdmin
from apps.feeds.admin.states import key_state, state_detail, state_label, state_of
from apps.feeds.keys import clear_key, store_key
from apps.feeds.models import Source
from apps.sources.advice import what_to_do


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


LAST_STATE = "Last state"
# Shown for the generic adapter only, by feeds/source.css.
GENERIC_FIELDSETS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "The API described",
        {
            "classes": ("generic-only", "generic-head"),
            "fields": ("described_as",),
            "description": "Say what to ask and where the price stands in the reply; then press "
            '<a href="#source-test" class="text-primary-600 underline">Test now</a> at the end of this page before you '
            "save.",
        },
    ),
    (
        "Request",
        {
            "classes": ("generic-only",),
            "fields": (
                "g_url",
                ("g_method", "g_separator"),
                "g_body",
                "g_headers",
                ("g_key_header", "g_key_prefix", "g_key_query"),
            ),
        },
    ),
    (
        "Price in the reply",
        {
            "classes": ("generic-only",),
            "fields": (
                ("g_rows", "g_symbol"),
                ("g_price", "g_scale"),
                "g_inverse",
                ("g_bid", "g_ask", "g_volume"),
                ("g_time", "g_time_unit", "g_time_of"),
            ),
        },
    ),
    (
        "Errors under HTTP 200",
        {
            "classes": ("generic-only",),
            "fields": (("g_error", "g_error_expected", "g_error_forbidden"), ("g_error_message", "g_unknown_ticker")),
        },
    ),
)


@admin.register(Source)
class SourceAdmin(GatedAdmin):
    """Sources, each with what it last said."""

    form = SourceForm
    list_display = ("name", "slug", "adapter", "last_state", "last_call", "success", "feeds_count", "max_attempts")
    list_filter = ("enabled", LastStateFilter, "adapter")
    list_select_related = ("state",)
    search_fields = ("slug", "name")
    ordering = ("slug",)
    warn_unsaved_form = True
    readonly_fields = ("last_state", "last_call", "last_message", "success", "key_state")
    fieldsets = (
        (None, {"fields": (("slug", "name"), "enabled")}),
        (LAST_STATE, {"fields": (("last_state", "last_call"), "last_message", "success")}),
        ("How to ask", {"fields": (("adapter", "venue"), "base_url", ("timeout_s", "max_attempts"))}),
        *GENERIC_FIELDSETS,
        ("Options", {"classes": ("options-json",), "fields": ("options",)}),
        ("API key", {"fields": ("key_state", "new_key", "clear_key")}),
        ("Sparing it", {"fields": (("rate_limit", "cache_ttl_ms"), "mirrors")}),
    )

    class Media:
        css = {"all": ("feeds/source.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """Leave out what a new source has not; and a description's fields for who may only read: it stands as JSON."""
        fieldsets = [each for each in super().get_fieldsets(request, obj) if obj or each[0] != LAST_STATE]
        if self.has_change_permission(request, obj) or (obj is None and self.has_add_permission(request)):
            return fieldsets
        return [each for each in fieldsets if "generic-only" not in each[1].get("classes", ())]

    @method_decorator(sensitive_post_parameters("new_key"))
    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the key out of error reports."""
        return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Source, form: Any, change: bool) -> None:
        """Save the source, then put its new key in place or take the old one away."""
        super().save_model(request, obj, form, change)
        if form.sealed:
            store_key(obj, form.sealed, set_by=request.user.get_username(), now=timezone.now())
        elif form.cleaned_data.get("clear_key"):
            clear_key(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Source]:
        """Count the feeds that list each source."""
        sources: QuerySet[Source] = super().get_queryset(request)
        return sources.select_related("state").annotate(listings_count=Count("listings"))

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """Fix the slug: rounds and metrics name the source by it."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "slug") if obj else fields

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
        """Say what the last failure said, and what to do about it."""
        state = state_of(source)
        if state is None or not state.last_code:
            return "-"
        return f"{state.last_message} {what_to_do(state.last_code)}".strip() or "-"

    @display(description="Key")  # type: ignore[untyped-decorator]
    def key_state(self, source: Source) -> str:
        """Say when, by whom and for which host the key was set; never the key."""
        return key_state(source)

    @display(description="Quotes")  # type: ignore[untyped-decorator]
    def success(self, source: Source) -> str:
        """Count the quotes of all time against the misses."""
        state = state_of(source)
        return f"{state.quotes_ok} good, {state.quotes_missed} missed" if state else "-"

    @display(description="Feeds", ordering="listings_count")  # type: ignore[untyped-decorator]
    def feeds_count(self, source: Any) -> int:
        """Count the feeds that list it."""
        return int(source.listings_count)
