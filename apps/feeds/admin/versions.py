"""Admin of what must never be changed by hand: a read-only base, and the configuration's versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apps.feeds.models import ConfigVersion


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Shows rows; nobody, superusers included, adds, changes or deletes one."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False


@admin.register(ConfigVersion)
class ConfigVersionAdmin(ReadOnlyAdmin):
    """Every configuration that was in force, newest first."""

    list_display = ("number", "created_at", "author", "sha256")
    search_fields = ("author", "sha256")
    fields = ("number", "created_at", "author", "sha256", "text")
    readonly_fields = ("text",)
    ordering = ("-number",)

    @display(description="oracle.yaml")  # type: ignore[untyped-decorator]
    def text(self, version: ConfigVersion) -> str:
        """Show the document as it would be exported."""
        return format_html('<pre class="overflow-x-auto text-xs">{}</pre>', version.document)
