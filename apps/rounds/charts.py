"""Small line charts as SVG, without a script or a library: what a page of the admin needs to show a price over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, PAD = 720, 160, 8
MAX_POINTS = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its legend, its colour, and its points in order of time; a value of None breaks it."""

    name: str
    colour: str
    points: Sequence[tuple[datetime, int | None]]


def line_chart(lines: Sequence[Line], *, low: str, high: str) -> SafeString:
    """Return the lines in one frame with their legend. low, high: the captions of the lowest and highest value."""
    thinned = [_thin(line.points) for line in lines]
    times = [at for points in thinned for at, _ in points]
    values = [value for points in thinned for _, value in points if value is not None]
    if not values:
        return format_html('<p class="text-xs">{}</p>', "No prices to draw.")
    frame = _Frame(min(times), max(times), min(values), max(values))
    paths = format_html_join(
        "",
        '<path d="{}" fill="none" stroke="{}" stroke-width="1.5" vector-effect="non-scaling-stroke"/>',
        ((frame.path(points), line.colour) for line, points in zip(lines, thinned, strict=True)),
    )
    legend = format_html_join(
        "", '<span style="color:{}">&#9473; {}</span> ', ((line.colour, line.name) for line in lines)
    )
    return format_html(
        '<figure class="my-2"><svg viewBox="0 0 {} {}" class="w-full border border-base-200 dark:border-base-800" '
        'role="img" preserveAspectRatio="none" style="height:{}px">{}</svg>'
        '<figcaption class="flex flex-wrap gap-4 text-xs">{}<span>{} to {} UTC</span>'
        "<span>lowest {}, highest {}</span></figcaption></figure>",
        WIDTH,
        HEIGHT,
        HEIGHT,
        paths,
        legend,
        f"{frame.start:%d %b %H:%M:%S}",
        f"{frame.end:%H:%M:%S}",
        low,
        high,
    )


@dataclass(frozen=True, slots=True)
class _Frame:
    """What the axes span. Coordinates are floats: they place ink, they are no prices."""

    start: datetime
    end: datetime
    low: int
    high: int

    def path(self, points: Sequence[tuple[datetime, int | None]]) -> str:
        """Return the ``d`` of an SVG path, lifted over missing values."""
        parts: list[str] = []
        command = "M"
        for at, value in points:
            if value is None:
                command = "M"
                continue
            parts.append(f"{command}{self._x(at):.1f},{self._y(value):.1f}")
            command = "L"
        return " ".join(parts)

    def _x(self, at: datetime) -> float:
        span = (self.end - self.start).total_seconds() or 1
        return PAD + (WIDTH - 2 * PAD) * (at - self.start).total_seconds() / span

    def _y(self, value: int) -> float:
        span = (self.high - self.low) or 1
        return HEIGHT - PAD - (HEIGHT - 2 * PAD) * (value - self.low) / span


def _thin(points: Sequence[tuple[datetime, int | None]]) -> Sequence[tuple[datetime, int | None]]:
    """Return every n-th point, so that a page stays small; the last one always."""
    step = -(-len(points) // MAX_POINTS) or 1
    return [*points[::step], *points[-1:]]
