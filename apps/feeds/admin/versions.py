"""Admin of what must never be changed by hand: a read-only base, and the configuration's versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from apps.feeds.changes import Change
from apps.feeds.document import ConfigError
from apps.feeds.history import changes_back_to, changes_of, roll_back
from apps.feeds.models import ConfigVersion
from apps.feeds.selectors import current_config_version

COLOURS = {"+": "text-green-700 dark:text-green-400", "-": "text-red-700 dark:text-red-400", "~": ""}


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


def changes_html(changes: list[Change]) -> SafeString:
    """Return the lines of a diff, coloured by their sign; a sentence when there are none."""
    if not changes:
        return format_html("<p>{}</p>", "Nothing.")
    line = '<div class="{}"><span class="inline-block w-4">{}</span>{}</div>'
    lines = format_html_join("", line, ((COLOURS[change.sign], change.sign, change.text) for change in changes))
    return format_html('<div class="overflow-x-auto font-mono text-xs leading-6">{}</div>', lines)


@admin.register(ConfigVersion)
class ConfigVersionAdmin(ReadOnlyAdmin):
    """Every configuration that was in force, newest first, with what it changed and the way back to it."""

    list_display = ("number", "created_at", "author", "note", "changed", "sha256")
    search_fields = ("author", "note", "sha256")
    fields = (("number", "created_at", "author"), "note", "sha256", "diff", "text")
    readonly_fields = ("diff", "text")
    ordering = ("-number",)
    list_per_page = 25
    actions_detail = ("roll_back",)

    @display(description="Changed")  # type: ignore[untyped-decorator]
    def changed(self, version: ConfigVersion) -> str:
        """Count the lines of the diff against the version before."""
        return str(len(changes_of(version)))

    @display(description="What it changed")  # type: ignore[untyped-decorator]
    def diff(self, version: ConfigVersion) -> SafeString:
        """Show the diff against the version before."""
        return changes_html(changes_of(version))

    @display(description="oracle.yaml")  # type: ignore[untyped-decorator]
    def text(self, version: ConfigVersion) -> str:
        """Show the document as it would be exported."""
        return format_html('<pre class="overflow-x-auto text-xs">{}</pre>', version.document)

    def has_roll_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:  # noqa: ARG002
        """Let through who may change both feeds and sources: a version is all of them."""
        return request.user.has_perms(["feeds.change_feed", "feeds.change_source"])

    @action(description="Roll back to this version", permissions=["roll_back"], icon="undo", url_path="roll-back")  # type: ignore[untyped-decorator]
    def roll_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what would change; on POST, change it."""
        version = get_object_or_404(ConfigVersion, pk=object_id)
        here = reverse("admin:feeds_configversion_change", args=[version.pk])
        try:
            if request.method == "POST":
                count = len(roll_back(version, author=request.user.get_username()))
                messages.success(request, f"{count} change{'' if count == 1 else 's'}; now {current_config_version()}.")
                return HttpResponseRedirect(reverse("admin:feeds_configversion_changelist"))
            changes = changes_back_to(version)
        except ConfigError as exc:
            for complaint in exc.complaints:
                messages.error(request, complaint.message)
            return HttpResponseRedirect(here)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Roll back to {version}",
            "version": version,
            "diff": changes_html(changes),
            "count": len(changes),
            "back": here,
        }
        return render(request, "admin/feeds/configversion/roll_back.html", context)
