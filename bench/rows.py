"""A measured line, and the two ways it is shown: JSON for programs, a table for people."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

COLUMNS = ("what", "unit", "floor", "rival", "ours", "ratio", "spread", "n")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of ours beside those of the others, medians of ``n`` turns.

    definition: what was divided by what, in words.  floor, rival: None where there is none.
    ratio: median over the turns of ours / floor, of ours / rival where there is no floor, None with neither.
    spread: (largest - smallest) / median of those ratios, or of ours where there is no ratio.
    """

    what: str
    definition: str
    unit: str
    floor: float | None
    rival: float | None
    ours: float
    ratio: float | None
    spread: float
    n: int


def row(what: str, definition: str, *, unit: str, samples: Mapping[str, Sequence[float]]) -> Row:
    """Return the line for what each contestant measured: ``ours``, and ``floor`` and ``rival`` where there are such.

    One sample per turn, the same turn at the same place in each sequence.
    """
    ours, floor, rival = (samples.get(name, ()) for name in ("ours", "floor", "rival"))
    against = floor or rival
    ratios = [mine / other for mine, other in zip(ours, against, strict=True)] if against else []
    judged = ratios or ours
    middle = statistics.median(judged)
    return Row(
        what=what,
        definition=definition,
        unit=unit,
        floor=_median(floor),
        rival=_median(rival),
        ours=round_figure(statistics.median(ours)),
        ratio=round_figure(middle) if ratios else None,
        spread=round_figure((max(judged) - min(judged)) / middle) if middle else 0.0,
        n=len(ours),
    )


def round_figure(value: float) -> float:
    """Return the value with four significant digits: more would be noise."""
    return float(f"{value:.4g}")


def save(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as a JSON list."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(each) for each in rows], indent=1) + "\n", encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, ready for docs/benchmarks.md."""
    cells = [[_cell(getattr(each, column)) for column in COLUMNS] for each in rows]
    widths = [max(len(line[i]) for line in [list(COLUMNS), *cells]) for i in range(len(COLUMNS))]
    lines = [list(COLUMNS), ["-" * width for width in widths], *cells]
    return "\n".join(
        "| " + " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def _median(samples: Sequence[float]) -> float | None:
    return round_figure(statistics.median(samples)) if samples else None


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case float() if value >= 10_000:
            return f"{value:,.0f}"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
