"""Prices as small SVG pictures: no script, no library, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, MARGIN = 720, 160, 12
GREEN, AMBER, RED, GREY = "#16a34a", "#d97706", "#dc2626", "#9ca3af"


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot of a chart. place: 0 to 1 along the x axis; label: shown when pointed at."""

    place: Decimal
    value: Decimal
    colour: str
    label: str


def dot_chart(marks: Sequence[Mark], *, title: str, line: Decimal | None = None, line_label: str = "") -> SafeString:
    """Return the marks as an SVG, with a dashed line at ``line``; a sentence when there is nothing to draw."""
    if not marks:
        return format_html("<p>{}: nothing to draw.</p>", title)
    values = [mark.value for mark in marks] + ([line] if line is not None else [])
    low, high = min(values), max(values)
    dots = format_html_join(
        "",
        '<circle cx="{}" cy="{}" r="4" fill="{}"><title>{}</title></circle>',
        ((_x(mark.place), _y(mark.value, low, high), mark.colour, mark.label) for mark in marks),
    )
    dashed = (
        format_html(
            '<line x1="0" x2="{}" y1="{}" y2="{}" stroke="{}" stroke-dasharray="5 4"><title>{}</title></line>',
            WIDTH,
            _y(line, low, high),
            _y(line, low, high),
            GREY,
            line_label,
        )
        if line is not None
        else ""
    )
    return format_html(
        '<figure><figcaption>{} <span class="text-font-subtle-light">{} to {}</span></figcaption>'
        '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" style="width:100%;max-width:{}px">{}{}</svg></figure>',
        title,
        f"{low:f}",
        f"{high:f}",
        WIDTH,
        HEIGHT,
        title,
        WIDTH,
        dashed,
        dots,
    )


def _x(place: Decimal) -> str:
    return f"{MARGIN + place * (WIDTH - 2 * MARGIN):.1f}"


def _y(value: Decimal, low: Decimal, high: Decimal) -> str:
    share = (value - low) / (high - low) if high > low else Decimal("0.5")
    return f"{HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN):.1f}"
