"""Admin of destinations: contracts on chains beside the environment's own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.feeds.admin.forms import LinesField, add_errors
from apps.feeds.admin.versioned import VersionedAdmin
from apps.feeds.config import new_problems
from apps.feeds.models import Destination
from apps.feeds.selectors import current_config, destination_config
from apps.feeds.values import plain

if TYPE_CHECKING:
    DestinationModelForm = forms.ModelForm[Destination]
else:
    DestinationModelForm = forms.ModelForm


def _lines(help_text: str, *, label: str | None = None) -> LinesField:
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2})
    return LinesField(required=False, widget=widget, label=label, help_text=f"{help_text} One a line.")


class DestinationForm(DestinationModelForm):
    """A destination, judged together with every feed that names it. It holds no rule of its own."""

    rpc_urls = _lines(
        "JSON-RPC endpoints without a key in them, or env:NAME_RPC_URLS, the variable that holds them.",
        label="RPC URLs",
    )
    transmitters = _lines(
        "References to the keys that pay: keystore files, or keys in a service. None: the environment's."
    )
    signers = _lines("References to the keys that sign reports. None: the environment's.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Show the balance without the column's trailing zeros."""
        super().__init__(*args, **kwargs)
        if isinstance(value := self.initial.get("min_balance_eth"), Decimal):
            self.initial["min_balance_eth"] = plain(value)

    def clean(self) -> dict[str, Any]:
        """Judge the configuration as it would be with this destination."""
        cleaned = super().clean() or {}
        name = cleaned.get("name") or self.instance.name
        if self.errors or not name:
            return cleaned
        current = current_config()
        before = current.destinations.get(name) or destination_config(Destination(name=name))
        rules = {key: value for key, value in cleaned.items() if hasattr(before, key)}
        wanted = replace(before, **{**rules, "name": name})
        target = replace(current, destinations={**current.destinations, name: wanted})
        add_errors(self, new_problems(current, target), owner=("destinations", name))
        return cleaned


@admin.register(Destination)
class DestinationAdmin(VersionedAdmin):
    """Destinations. They are switched off, never deleted: submissions and contracts still speak of them."""

    form = DestinationForm
    list_display = ("name", "chain_id", "switch", "is_default", "required", "finality", "max_fee_gwei", "description")
    list_filter = ("enabled", "paused")
    search_fields = ("name", "description", "contract_address")
    ordering = ("name",)
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": ("name", "description", ("enabled", "paused"), ("is_default", "required"))}),
        ("Chain", {"fields": ("chain_id", "rpc_urls", ("read_agreement", "receipt_patience_s"), "contract_address")}),
        ("Keys", {"fields": ("transmitters", "signers", ("signer_threshold", "admin_key"))}),
        ("Fees", {"fields": (("fee_strategy", "data_fee"), ("max_fee_gwei", "min_balance_eth"))}),
        (
            "Waiting and finality",
            {"fields": (("bump_after_blocks", "timeout_s", "max_in_flight"), ("finality", "confirmations"))},
        ),
        ("Rollup", {"fields": (("sequencer_feed", "sequencer_grace_s"),)}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Destination | None = None) -> tuple[str, ...]:  # noqa: ARG002
        """Fix the name and the chain: submissions, contracts and the queue are known by them."""
        return ("name", "chain_id") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:  # noqa: ARG002
        """Refuse: a destination is switched off instead."""
        return False

    @display(description="State", label={"running": "success", "paused": "warning", "off": "danger"})  # type: ignore[untyped-decorator]
    def switch(self, row: Destination) -> str:
        """Say whether it is published to."""
        if not row.enabled:
            return "off"
        return "paused" if row.paused else "running"
