"""Admin of what the gate knows about a source: breaker, pause, rate limit, and the button that closes a breaker."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from redis import RedisError
from unfold.decorators import action, display
from unfold.utils import display_for_label

from apps.feeds.admin.versioned import VersionedAdmin
from apps.feeds.models import Source
from apps.feeds.selectors import host_of_source, rate_limit_of, venue_of
from apps.sources.advice import what_to_do
from apps.sources.budget import NO_LIMIT
from apps.sources.gate_state import BreakerState, GateState, close_gate, gate_states

log = logging.getLogger(__name__)
UNKNOWN = "Redis away"
COLOURS = {BreakerState.CLOSED: "success", BreakerState.HALF_OPEN: "warning", BreakerState.OPEN: "danger"}


class GatedChangeList(ChangeList):
    """The list of sources, with their gates read in one round trip."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page's rows, then their gates."""
        super().get_results(request)
        _attach(list(self.result_list))


class GatedAdmin(VersionedAdmin):
    """Base of SourceAdmin: shows each source's gate and lets an operator open the way again."""

    actions: tuple[str, ...] = (*VersionedAdmin.actions, "close_breakers")
    gate_fields = ("breaker", "gate_detail", "limit_in_force", "venue_in_force", "asked_first")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:  # noqa: ARG002
        """Return the list that reads the gates."""
        return GatedChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the source with its gate."""
        source = super().get_object(request, object_id, from_field)
        if source is not None:
            _attach([source])
        return source

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Put the breaker behind the last state."""
        columns = list(super().get_list_display(request))
        columns.insert(columns.index("last_state") + 1, "breaker")
        return tuple(columns)

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """Add the gate's fields: nobody types a breaker shut."""
        return (*super().get_readonly_fields(request, obj), *self.gate_fields)

    def get_fieldsets(self, request: HttpRequest, obj: Source | None = None) -> Any:
        """Show the gate of a saved source."""
        fieldsets = list(super().get_fieldsets(request, obj))
        gate = ("Gate", {"fields": (("breaker", "limit_in_force"), ("venue_in_force", "asked_first"), "gate_detail")})
        return [*fieldsets[:2], gate, *fieldsets[2:]] if obj else fieldsets

    @display(description="Breaker")  # type: ignore[untyped-decorator]
    def breaker(self, source: Source) -> SafeString | str:
        """Draw the breaker's state, or the pause the source demanded."""
        gate = _gate_of(source)
        if gate is None:
            return UNKNOWN if source.pk else "-"
        if gate.state is BreakerState.CLOSED and gate.paused_until:
            return _label(f"paused until {_clock(gate.paused_until)}", "warning")
        return _label(gate.state.value.replace("_", "-"), COLOURS[gate.state])

    @display(description="Why")  # type: ignore[untyped-decorator]
    def gate_detail(self, source: Source) -> str:
        """Say since when, why, until when, how often, and what to do."""
        gate = _gate_of(source)
        return "-" if gate is None else gate_story(gate)

    @display(description="Rate limit in force")  # type: ignore[untyped-decorator]
    def limit_in_force(self, source: Source) -> str:
        """Say which limit holds, and whose it is."""
        if source.rate_limit:
            return source.rate_limit
        own = rate_limit_of(source)
        return f"{own} (the adapter's own)" if own else NO_LIMIT

    @display(description="Venue in force")  # type: ignore[untyped-decorator]
    def venue_in_force(self, source: Source) -> str:
        """Say what the source counts once with."""
        return venue_of(source)

    @display(description="Asked first now")  # type: ignore[untyped-decorator]
    def asked_first(self, source: Source) -> str:
        """Name the source's own host, or the mirror that steps in for it."""
        gate = _gate_of(source)
        index = gate.host if gate else 0
        name = host_of_source(source, index=index) or "-"
        return f"{name} (mirror {index})" if index else name

    @action(description="Close breaker now", permissions=["change"])  # type: ignore[untyped-decorator]
    def close_breakers(self, request: HttpRequest, queryset: QuerySet[Source]) -> None:
        """Let the chosen sources be asked at once; written to their history."""
        try:
            closed = [source for source in queryset if close_gate(source.slug)]
        except RedisError as exc:
            messages.error(request, f"The breakers cannot be reached: {exc.__class__.__name__}.")
            return
        for source in closed:
            self.log_change(request, source, "Breaker closed and pause lifted by hand.")
            log.warning("breaker closed by hand source=%s by=%s", source.slug, request.user.get_username())
        messages.success(request, f"Asked again from the next round on: {', '.join(s.slug for s in closed) or 'none'}.")


def gate_story(gate: GateState) -> str:
    """Return the gate's state in sentences."""
    told = []
    if gate.paused_until:
        why = f"{gate.pause_code}: {gate.pause_message}"
        told.append(f"Paused by the source until {_clock(gate.paused_until)} ({why}).")
    if gate.retry_at:
        told.append(f"Next probe after {_clock(gate.retry_at)}.")
    if gate.opened_at:
        told.append(f"Opened {gate.openings} times, last on {gate.opened_at:%Y-%m-%d} at {_clock(gate.opened_at)}")
        told[-1] += f" ({gate.code}: {gate.message})."
    elif gate.failures:
        told.append(f"{gate.failures} failures in a row.")
    if code := gate.pause_code or (gate.code if gate.retry_at else ""):
        told.append(what_to_do(code))
    return " ".join(told) or "Never opened."


def _attach(sources: Iterable[Any]) -> None:
    """Give every source its gate; None when Redis is away, which is no reason to refuse the page."""
    rows = list(sources)
    try:
        states = gate_states([source.slug for source in rows])
    except RedisError as exc:
        log.warning("gates not readable error=%s", exc.__class__.__name__)
        states = {}
    for source in rows:
        source.gate = states.get(source.slug)


def _gate_of(source: Source) -> GateState | None:
    return getattr(source, "gate", None)


def _label(text: str, kind: str) -> SafeString:
    return display_for_label(text, "-", {text: kind})  # type: ignore[no-any-return]


def _clock(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
