"""The tables below a submission and a lane in admin: what was signed, and what people asked for."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display

from apps.submissions import console
from apps.submissions.models import Attempt, OperatorAction


class AttemptInline(TabularInline):  # type: ignore[misc]
    """The signed transactions of a submission, oldest first; their bytes are not shown."""

    model = Attempt
    extra = 0
    can_delete = False
    hide_title = True
    fields = ("nonce", "carries", "short_hash", "fees", "age", "gas_limit", "head_block", "nodes", "last_error")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    @display(description="Kind")  # type: ignore[untyped-decorator]
    def carries(self, attempt: Attempt) -> str:
        """Say in a word whether it carries the report or gives the nonce up."""
        return attempt.kind.lower()

    @display(description="Transaction")  # type: ignore[untyped-decorator]
    def short_hash(self, attempt: Attempt) -> SafeString:
        """Show the head of the hash, with the whole of it under the pointer, linked to all that is known."""
        url = reverse("admin:submissions_attempt_change", args=[attempt.pk])
        link = '<a href="{}" title="{}" class="text-primary-600 underline">{}…</a>'
        return format_html(link, url, attempt.tx_hash, attempt.tx_hash[:10])

    @display(description="Fee cap")  # type: ignore[untyped-decorator]
    def fees(self, attempt: Attempt) -> str:
        """Show what it offers for its gas."""
        return console.fee_text(attempt)

    @display(description="Age")  # type: ignore[untyped-decorator]
    def age(self, attempt: Attempt) -> str:
        """Show when it was signed and how often it was sent."""
        return console.age_text(attempt)


class ActionInline(TabularInline):  # type: ignore[misc]
    """What operators asked of a submission or a lane, newest first."""

    model = OperatorAction
    extra = 0
    can_delete = False
    hide_title = True
    fields = ("requested_at", "asked", "actor", "reason", "state", "outcome", "done_at")
    readonly_fields = fields
    verbose_name_plural = "operator actions"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Refuse."""
        return False

    @display(description="Asked")  # type: ignore[untyped-decorator]
    def asked(self, wish: OperatorAction) -> str:
        """Name the button."""
        return wish.kind.lower().replace("_", " ")
