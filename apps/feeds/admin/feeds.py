"""Admin of feeds: the rules of an answer and the source list, ordered by drag and drop."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from apps.feeds.admin.forms import FeedForm, ListingForm, ListingFormSet
from apps.feeds.admin.states import state_detail, state_label
from apps.feeds.admin.versioned import VersionedAdmin
from apps.feeds.models import Feed, Listing, Source


class ListingInline(TabularInline):  # type: ignore[misc]
    """The source list. Rows are dragged; the first ``active_sources`` are asked, the rest are reserves."""

    model = Listing
    fk_name = "feed"
    form = ListingForm
    formset = ListingFormSet
    extra = 0
    ordering = ("priority",)
    ordering_field = "priority"
    hide_ordering_field = True
    hide_title = True
    # The drag handle stands in the first cell, so the hidden position must not be first.
    fields = ("source", "ticker", "conversion", "weight", "invert", "enabled", "priority", "last_state", "last_call")
    readonly_fields = ("last_state", "last_call")
    verbose_name_plural = "Sources, most trusted first: drag to reorder"

    class Media:
        js = ("feeds/suggested_order.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        """Return the rows with their source and its state, in one query."""
        return super().get_queryset(request).select_related("source__state", "conversion")  # type: ignore[no-any-return]

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> type[ListingFormSet]:
        """Return the formset with its two choice lists read once, not once for each row."""
        formset = super().get_formset(request, obj, **kwargs)
        others = Feed.objects.exclude(pk=obj.pk) if obj else Feed.objects.all()
        rows = {"source": Source.objects.all(), "conversion": others}
        for name, queryset in rows.items():
            formset.form.base_fields[name].choices = [("", "-"), *((row.pk, str(row)) for row in queryset)]
        return formset  # type: ignore[no-any-return]

    @display(description="Last state")  # type: ignore[untyped-decorator]
    def last_state(self, listing: Listing) -> SafeString | str:
        """Draw the source's last state."""
        return state_label(listing.source) if listing.pk else "-"

    @display(description="Last asked")  # type: ignore[untyped-decorator]
    def last_call(self, listing: Listing) -> str:
        """Say when, how fast, and how many failures in a row."""
        return state_detail(listing.source) if listing.pk else "-"


@admin.register(Feed)
class FeedAdmin(VersionedAdmin):
    """Feeds. They are disabled, never deleted: the contract and the rounds still speak of them."""

    form = FeedForm
    inlines = (ListingInline,)
    list_display = (
        "pair",
        "switch",
        "required",
        "sources_enabled",
        "quorum",
        "active_sources",
        "heartbeat_s",
        "deviation_bps",
        "description",
    )
    list_filter = ("enabled", "required")
    search_fields = ("pair", "description")
    ordering = ("pair",)
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": (("pair", "decimals"), "description", ("enabled", "required"))}),
        (
            "Which quotes count",
            {
                "fields": (
                    ("quorum", "active_sources"),
                    ("max_age_s", "max_spread_bps"),
                    ("outlier_k", "outlier_floor_bps"),
                    "freeze_bps",
                    ("peg", "depeg_bps"),
                )
            },
        ),
        ("How they become one price", {"fields": (("estimator", "weighting"),)}),
        (
            "When and where to publish",
            {"fields": (("heartbeat_s", "deviation_bps"), ("min_interval_s", "quiet_hours"), "destinations")},
        ),
        (
            "Believable prices: others wait for a person",
            {
                "fields": (
                    ("min_answer", "max_answer"),
                    "storage",
                    ("camp_bps", "lean_bps", "jump_bps"),
                    ("agree_bps", "agree_sources"),
                    ("hold_expiry_s", "hold_on_expiry"),
                    "two_persons",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Feed]:
        """Count the listings on the way."""
        usable = Q(listings__enabled=True, listings__source__enabled=True)
        feeds: QuerySet[Feed] = super().get_queryset(request)
        return feeds.annotate(listings_count=Count("listings"), usable_count=Count("listings", filter=usable))

    def get_readonly_fields(self, request: HttpRequest, obj: Feed | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """Fix name and decimals for the life of a feed."""
        return ("pair", "decimals") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Feed | None = None) -> bool:  # noqa: ARG002
        """Refuse: a feed is disabled instead."""
        return False

    @display(description="State", ordering="enabled", label={"enabled": "success", "disabled": "warning"})  # type: ignore[untyped-decorator]
    def switch(self, feed: Feed) -> str:
        """Say whether the feed is on."""
        return "enabled" if feed.enabled else "disabled"

    @display(description="Sources")  # type: ignore[untyped-decorator]
    def sources_enabled(self, feed: Any) -> str:
        """Count the usable listings against all."""
        return f"{feed.usable_count} of {feed.listings_count}"
