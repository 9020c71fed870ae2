"""How a source did when it was last asked, drawn for admin."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from unfold.utils import display_for_label

from apps.feeds.models import Source, SourceKey, SourceState
from apps.sources.registry import adapters

NEVER = "never asked"


def state_of(source: Source) -> SourceState | None:
    """Return the source's state, None when it was never asked."""
    return getattr(source, "state", None)


def state_label(source: Source) -> SafeString:
    """Return a coloured label: disabled, never asked, ok, or the code of the last failure."""
    state = state_of(source)
    if not source.enabled:
        return _label("disabled", "warning")
    if state is None or state.last_asked_at is None:
        return _label(NEVER, "info")
    if not state.last_code:
        return _label("ok", "success")
    return _label(state.last_code, "danger")


def state_detail(source: Source) -> str:
    """Return when the source was last asked, how long it took, and how often in a row it failed."""
    state = state_of(source)
    if state is None or state.last_asked_at is None:
        return "-"
    failures = state.consecutive_failures
    failed = f", {failures} failure{'' if failures == 1 else 's'} in a row" if failures else ""
    title = f"{state.last_asked_at:%Y-%m-%d %H:%M:%S} UTC. {state.last_message}".strip()
    text = f"{timesince(state.last_asked_at, depth=1)} ago, {state.last_latency_ms} ms{failed}"
    return format_html('<span title="{}">{}</span>', title, text)


def key_state(source: Source) -> str:
    """Return when, by whom and for which host the source's key was set, or that there is none."""
    key: SourceKey | None = getattr(source, "key", None)
    if key:
        return f"set on {key.set_at:%Y-%m-%d %H:%M} UTC by {key.set_by}, for {key.origin}"
    own = adapters().get(source.adapter)
    place = own.with_options(source.options).key_place() if own else None
    return "none, and this API needs one" if place and place.is_needed else "none"


def _label(text: str, kind: str) -> SafeString:
    return display_for_label(text, "-", {text: kind})  # type: ignore[no-any-return]
