"""What a probe brought, as lines for a terminal: requests, values, distances, and what to do about misses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import Error as DatabaseProblem

from apps.pricing.types import ListingSpec, Miss, Quote
from apps.rounds.comparing import assumed_listing, compare, shown, words_of
from apps.sources.advice import what_to_do
from apps.sources.probing import Exchange, Probe
from apps.sources.wire import outcome_to_json

COLUMNS = ("pair", "ticker", "price", "bid", "ask", "volume", "source_time", "code", "message")
HEAD_WHEN_MISSED = 300  # characters of a body that did not give all prices


def report_lines(asked: Probe, *, listings: Sequence[ListingSpec] | None, now: datetime) -> Iterator[str]:
    """Yield the lines. listings: of the source; None where there is no database to compare with."""
    missed = [outcome for outcome in asked.call.outcomes if isinstance(outcome, Miss)]
    for exchange in asked.exchanges:
        yield from _request(exchange, with_head=bool(missed))
    yield ""
    yield from _table([outcome_to_json(outcome) for outcome in asked.call.outcomes])
    quotes = [outcome for outcome in asked.call.outcomes if isinstance(outcome, Quote) and outcome.pair]
    if listings is not None:
        yield from _distances(quotes, listings, now=now)
    elif any(quote.pair.endswith("/USD") and quote.ticker.upper().endswith("USDT") for quote in quotes):
        yield "\nPrices are as the source quotes them: a USDT market's are in USDT, not in USD."
    for code in dict.fromkeys(miss.code for miss in missed):
        yield f"\n{code}: {what_to_do(code)}"


def _request(exchange: Exchange, *, with_head: bool) -> Iterator[str]:
    yield f"{exchange.method} {exchange.url}"
    for name, value in exchange.headers:
        yield f"    {name}: {value}"
    if exchange.body:
        yield f"    {exchange.body}"
    if exchange.status is None:
        yield f"--- {exchange.latency_ms} ms  {exchange.code}: {exchange.message}"
        return
    yield f"{exchange.status} {exchange.latency_ms} ms  {exchange.reply_bytes} bytes  {exchange.content_type}".rstrip()
    if with_head:
        yield f"    {exchange.head[:HEAD_WHEN_MISSED]}"


def _table(rows: Sequence[dict[str, object]]) -> Iterator[str]:
    cells = [["" if row.get(name) is None else str(row[name]) for name in COLUMNS] for row in rows]
    seen = [index for index in range(len(COLUMNS)) if any(line[index] for line in cells)]
    lines = [[name.upper() for name in COLUMNS], *cells]
    widths = [max(len(line[index]) for line in lines) for index in range(len(COLUMNS))]
    for line in lines:
        yield "  ".join(line[index].ljust(widths[index]) for index in seen).rstrip()


def _distances(quotes: Sequence[Quote], listings: Sequence[ListingSpec], *, now: datetime) -> Iterator[str]:
    """Yield a line per quote; the distances stop where the database does."""
    by_pair = {listing.pair: listing for listing in listings}
    try:
        for quote in quotes:
            listing = by_pair.get(quote.pair)
            if listing is None or listing.ticker != quote.ticker:
                listing = assumed_listing(quote.source, pair=quote.pair, ticker=quote.ticker)
            found = compare(quote, listing, now=now)
            converted = f" = {shown(found.price)} by {found.conversion}" if found.price and found.conversion else ""
            told = "; ".join(map(words_of, found.distances)) or found.note
            yield f"\n{quote.pair} {shown(quote.price)}{converted}: {told}"
    except DatabaseProblem as exc:
        yield f"\nNot compared: the database does not answer ({exc.__class__.__name__})."
