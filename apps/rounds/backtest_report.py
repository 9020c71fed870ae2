"""What a back-test came to, as lines for a terminal and as one HTML page with pictures and no dependency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from apps.pricing.backtest import Series, Step, Tally, percentile, root_mean_square
from apps.pricing.fixed_point import price_text, to_fixed
from apps.rounds.charts import Line, line_chart

STYLE = """body{font:15px system-ui;margin:2rem auto;max-width:60rem;color:#111;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #ddd;padding:.3rem .8rem;text-align:left}
svg{width:100%;border:1px solid #ddd}figcaption{display:flex;gap:1.5rem;font-size:13px}"""
REFUSALS_SHOWN = 12


def report_lines(pair: str, tally: Tally, *, gas_per_update: int) -> Iterator[str]:
    """Yield one feed's result as lines: errors, states, refusals, cost."""
    yield f"{pair}: {tally.rounds} rounds"
    for label, errors in (("price", tally.errors), ("chain", tally.chain_errors)):
        if errors:
            yield f"  {label} against the reference: {errors_text(errors)}"
    cost = f"{tally.updates} updates, about {tally.updates * gas_per_update} gas"
    yield f"  {cost}; {tally.held} rounds held, {tally.rejected} without a price"
    for state, count in sorted(tally.states.items()):
        yield f"    {count:>8} {state}"
    for (source, code), count in tally.refusals.most_common(REFUSALS_SHOWN):
        yield f"    {count:>8} refused: {source} {code}"


def errors_text(errors: Sequence[Decimal]) -> str:
    """Return the usual percentiles of errors in bps."""
    shares = " ".join(f"p{share} {percentile(errors, share):.2f}" for share in (50, 95, 99))
    return f"{shares} max {max(errors):.2f} rms {root_mean_square(errors):.2f} bps over {len(errors)} rounds"


def html_report(
    steps: Mapping[str, Sequence[Step]],
    tallies: Mapping[str, Tally],
    *,
    references: Mapping[str, Series],
    gas_per_update: int,
) -> str:
    """Return the page: for every feed its lines and a picture of price, chain and reference."""
    blocks = format_html_join(
        "",
        "<h2>{}</h2>{}<pre>{}</pre>",
        (
            (
                pair,
                _picture(rows, references.get(pair)),
                "\n".join(report_lines(pair, tallies[pair], gas_per_update=gas_per_update)),
            )
            for pair, rows in steps.items()
        ),
    )
    return str(
        format_html(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Back-test</title><style>{}</style>'
            "<h1>Back-test</h1>{}</html>",
            mark_safe(STYLE),  # noqa: S308 - a constant
            blocks,
        )
    )


def _picture(rows: Sequence[Step], reference: Series | None) -> SafeString:
    decimals = rows[0].price.feed.decimals
    lines = [
        Line("reference", "#9ca3af", _reference_points(rows, reference, decimals)),
        Line("chain", "#2563eb", [(row.at, row.chain) for row in rows]),
        Line("price", "#16a34a", [(row.at, None if row.price.stop else row.price.answer) for row in rows]),
    ]
    seen = [value for line in lines for _, value in line.points if value is not None]
    low, high = (price_text(edge(seen), decimals=decimals) if seen else "-" for edge in (min, max))
    return line_chart(lines, low=low, high=high)


def _reference_points(
    rows: Sequence[Step], reference: Series | None, decimals: int
) -> Sequence[tuple[datetime, int | None]]:
    if reference is None:
        return []
    known = {tick.at: to_fixed(tick.price, decimals=decimals) for tick in reference.ticks}
    return [(row.at, known.get(row.at)) for row in rows]
