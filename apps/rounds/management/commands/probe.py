"""`manage.py probe SOURCE [PAIR…]`: ask one source now, and show what it says.

Exit codes: 0 every row has a price, 1 some have not, 2 the command line makes no sense.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseProblem
from django.db import connection
from django.utils import timezone

from apps.feeds.selectors import listings_of, source_specs
from apps.pricing.types import Ask, ListingSpec, Miss, Quote, SourceSpec
from apps.rounds.probe_report import report_lines
from apps.sources.calls import SourceCall
from apps.sources.errors import SourceError
from apps.sources.http import DEFAULT_PORTS
from apps.sources.probing import probe
from apps.sources.registry import adapter_of, built_in
from apps.sources.wire import outcome_to_json

DEADLINE_S = 15
TIMEOUT_S = Decimal(5)
MAX_ATTEMPTS = 3
DATABASE_TIMEOUT_S = 3
DEFAULT_PAIR = "BTC/USD"
CCXT = "ccxt:"
SOME_FAILED = 1
NONSENSE = 2
JSON_FIELDS = (
    *("source", "pair", "ticker", "ok", "price", "bid", "ask", "volume", "source_time"),
    *("code", "message", "latency_ms"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A source, what it lists, and whether a database was there to say so."""

    spec: SourceSpec
    listings: tuple[ListingSpec, ...] = ()
    has_database: bool = False


class Command(BaseCommand):
    """Asks one source for prices, outside of any round; stores and sends nothing."""

    help = "Ask one source for prices now. Built-in sources work without a database."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the source, the pairs and the options."""
        parser.add_argument("source", help="Slug of a source; a built-in one, or ccxt:ID, needs no configuration.")
        parser.add_argument("pairs", nargs="*", metavar="PAIR", help="BASE/QUOTE; default: its listings, else BTC/USD.")
        parser.add_argument("--ticker", default="", help="The source's own symbol; with one pair at most.")
        parser.add_argument("--base-url", default="", help="Ask here instead of the source's own base URL.")
        parser.add_argument("--allow-private", action="store_true", help="Let the base URL be a private address.")
        parser.add_argument("--json", action="store_true", dest="as_json", help="Print a list of rows as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask the source and print every row; exits with 1 when a row has no price."""
        base_url = str(options["base_url"])
        found = _find(str(options["source"]), use_database=not base_url)
        spec = found.spec
        if base_url:  # the key was set for the source's own address, and goes nowhere else; nor is a mirror asked
            spec = replace(spec, base_url=base_url.rstrip("/"), sealed_key="", mirrors=())
        asks = _asks(spec, pairs=options["pairs"], ticker=str(options["ticker"]), listings=found.listings)

        allowed = _hosts(spec) if options["allow_private"] else frozenset()
        asked = probe(spec, asks, seconds=DEADLINE_S, extra_allowed=allowed)

        if options["as_json"]:
            self.stdout.write(json.dumps([_row(outcome, asked.call) for outcome in asked.call.outcomes], indent=2))
        else:
            listings = found.listings if found.has_database else None
            for line in report_lines(asked, listings=listings, now=timezone.now()):
                self.stdout.write(line)
        if any(isinstance(outcome, Miss) for outcome in asked.call.outcomes):
            sys.exit(SOME_FAILED)


def _find(slug: str, *, use_database: bool) -> Found:
    """Return the source as the database has it, else as a built-in one; ``ccxt:ID`` is an exchange of ccxt."""
    if slug.startswith(CCXT):
        options: dict[str, object] = {"exchange": slug.removeprefix(CCXT)}
        return Found(SourceSpec(slug, "ccxt", "", TIMEOUT_S, MAX_ATTEMPTS, options))
    own = next((each for each in built_in() if each.slug == slug), None)
    has_database = False
    if own is None or use_database:
        try:
            connection.settings_dict.setdefault("OPTIONS", {}).setdefault("connect_timeout", DATABASE_TIMEOUT_S)
            specs = source_specs([slug])
            has_database = True
            return Found(specs[slug], tuple(listings_of(slug)), has_database)
        except (LookupError, DatabaseProblem) as exc:
            if own is None:
                known = ", ".join(each.slug for each in built_in())
                told = f"no source {slug!r} in the database ({exc.__class__.__name__}); built in are {known}"
                raise CommandError(told, returncode=NONSENSE) from exc
    simulated = settings.MARKET == "simulated" and settings.MARKET_SIMULATOR_URL
    base_url = f"{settings.MARKET_SIMULATOR_URL.rstrip('/')}/{slug}" if simulated else own.base_url
    return Found(SourceSpec(slug, slug, base_url, TIMEOUT_S, MAX_ATTEMPTS), has_database=has_database)


def _asks(spec: SourceSpec, *, pairs: Sequence[str], ticker: str, listings: Sequence[ListingSpec]) -> list[Ask]:
    """Return what to ask: the ticker given, else the listing's, else the adapter's default symbol."""
    wanted = [pair.upper().replace("-", "/") for pair in pairs]
    if ticker:
        if len(wanted) > 1:
            raise CommandError("--ticker goes with one pair at most", returncode=NONSENSE)
        return [Ask(wanted[0] if wanted else "", ticker)]
    known = {listing.pair: Ask(listing.pair, listing.ticker) for listing in listings}
    if not wanted and known:
        return list(known.values())
    try:
        own = adapter_of(spec)
        return [known.get(pair) or Ask(pair, own.ticker_for(pair)) for pair in wanted or [DEFAULT_PAIR]]
    except (SourceError, LookupError) as exc:
        raise CommandError(str(exc), returncode=NONSENSE) from exc


def _hosts(spec: SourceSpec) -> frozenset[str]:
    """Return the ``host:port`` the source is asked at."""
    url = spec.base_url or str(spec.options.get("url", ""))
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as exc:
        raise CommandError(f"not a URL: {url!r}", returncode=NONSENSE) from exc
    return frozenset({f"{parts.hostname}:{port}"})


def _row(outcome: Quote | Miss, call: SourceCall) -> dict[str, object]:
    """Return one row of the output; what is absent is None."""
    told = outcome_to_json(outcome) | {"ok": isinstance(outcome, Quote), "latency_ms": call.latency_ms}
    told["pair"] = outcome.pair or None
    return {name: told.get(name) for name in JSON_FIELDS}
