"""Admin of rows that make up the configuration: one writer at a time, and a new version after every change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import action

from apps.feeds.config import set_enabled
from apps.feeds.document import ConfigError
from apps.feeds.services import lock_configuration, record_config_version


class VersionedAdmin(ModelAdmin):  # type: ignore[misc]
    """Base of FeedAdmin, SourceAdmin and DestinationAdmin."""

    actions: tuple[str, ...] = ("enable", "disable")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Judge and save under the configuration's lock, so that two edits cannot make nonsense together."""
        with transaction.atomic():
            if request.method == "POST":
                lock_configuration()
            return super().changeform_view(request, *args, **kwargs)  # type: ignore[no-any-return]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the inlines, then record the version."""
        super().save_related(request, form, formsets, change)
        record_config_version(request.user.get_username())

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        """Delete the row, then record the version."""
        super().delete_model(request, obj)
        record_config_version(request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the rows, then record the version, all or nothing."""
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            record_config_version(request.user.get_username())

    @action(description="Enable", permissions=["change"])  # type: ignore[untyped-decorator]
    def enable(self, request: HttpRequest, queryset: Any) -> None:
        """Switch the chosen rows on."""
        self._switch(request, queryset, enabled=True)

    @action(description="Disable", permissions=["change"])  # type: ignore[untyped-decorator]
    def disable(self, request: HttpRequest, queryset: Any) -> None:
        """Switch the chosen rows off."""
        self._switch(request, queryset, enabled=False)

    def _switch(self, request: HttpRequest, queryset: Any, *, enabled: bool) -> None:
        count = queryset.count()
        try:
            set_enabled(queryset, enabled=enabled, author=request.user.get_username())
        except ConfigError as exc:
            for complaint in exc.complaints:
                messages.error(request, complaint.message)
            return
        messages.success(request, f"{'Enabled' if enabled else 'Disabled'}: {count}.")
