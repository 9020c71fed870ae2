"""A source tried before it is saved: the form as it stands, asked now, and each value beside what the oracle holds."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.feeds.admin.forms import SourceForm
from apps.feeds.listing_rules import MAX_TICKER
from apps.feeds.models import Feed, Source, SourceKey
from apps.feeds.selectors import listings_of, source_spec
from apps.feeds.values import Config
from apps.pricing.types import Ask, ListingSpec, Miss, Quote, SourceSpec
from apps.rounds.comparing import Comparison, assumed_listing, compare, shown
from apps.sources.advice import what_to_do
from apps.sources.errors import SourceError
from apps.sources.probing import Probe, ProbeOverdue, ProbesBusy, probe_within
from apps.sources.registry import adapter_of

log = logging.getLogger(__name__)
SECONDS = 10.0  # for the whole test; the web process is free again a second later, whatever hangs
MAX_TICKERS = 20
NOT_CONVERTED = "-"
NOTHING_TO_ASK = "Give a ticker, or choose a feed: no feed lists this source yet."


class TrialSourceForm(SourceForm):
    """The source's form as posted, judged by itself: it need not fit the rest of the configuration yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Let the names be left out."""
        super().__init__(*args, **kwargs)
        for name in ("slug", "name"):
            if name in self.fields:
                self.fields[name].required = False

    def judged_against(self) -> Config:
        """Return an empty configuration: only the source's own faults count."""
        return Config()

    def clean_slug(self) -> str:
        """Return the slug, ``test`` before one is given."""
        return self.cleaned_data.get("slug") or "test"

    def clean_name(self) -> str:
        """Return the name, ``test`` before one is given."""
        return self.cleaned_data.get("name") or "test"

    def _post_clean(self) -> None:
        """Leave the model alone: nothing is saved."""


class AskedForm(forms.Form):
    """What to ask of the source, and which feed to compare with."""

    prefix = "test"
    ticker = forms.CharField(
        required=False,
        max_length=MAX_TICKER,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "BTC-USD", "spellcheck": "false"}),
        help_text="As the source writes it. Empty: every ticker that feeds list.",
    )
    feed = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Compare with feed",
        choices=lambda: [("", "-"), *_pairs()],
        help_text="How far it is from the feed's other sources and the contract.",
    )
    conversion = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        label="Converted through",
        choices=lambda: [("", "automatic"), (NOT_CONVERTED, "not converted"), *_pairs()],
        help_text="Automatic: as listed, else a ticker in USDT or USDC through its dollar feed.",
    )


def _pairs() -> list[tuple[str, str]]:
    return [(pair, pair) for pair in Feed.objects.values_list("pair", flat=True)]


@dataclass(frozen=True, slots=True)
class Row:
    """One ticker: what was read, how it compares, or why there is no price and what to do."""

    outcome: Quote | Miss
    comparison: Comparison | None
    advice: str

    @property
    def is_quote(self) -> bool:
        """Return whether there is a price."""
        return isinstance(self.outcome, Quote)

    @property
    def price(self) -> str:
        """Return the price as the source says it."""
        return shown(self.outcome.price) if isinstance(self.outcome, Quote) else ""

    @property
    def converted(self) -> str:
        """Return the price in the feed's currency where that is another number, and by what."""
        found = self.comparison
        if found is None or found.price is None or not isinstance(self.outcome, Quote):
            return ""
        if found.price == self.outcome.price:
            return ""
        return (
            f"{shown(found.price)}{f' by {found.conversion} {shown(found.rate)}' if found.conversion else ', inverted'}"
        )

    @property
    def age(self) -> str:
        """Return how old the price was when it arrived, by the source's own clock."""
        if not isinstance(self.outcome, Quote) or self.outcome.source_time is None:
            return ""
        age_s = (self.outcome.received_at - self.outcome.source_time).total_seconds()
        return f"{age_s:.1f} s old" if age_s >= 0 else f"{-age_s:.1f} s ahead of our clock"

    @property
    def distances(self) -> list[tuple[str, str, str]]:
        """Return tone, signed distance and what it is from, for each thing compared with."""
        found = self.comparison.distances if self.comparison else ()
        return [
            (tone(each.bps), f"{each.bps:+} bps", f"from {each.of} ({shown(each.price)}, {each.age_s} s ago)")
            for each in found
        ]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a test came to. complaint: why nobody was asked, empty when somebody was."""

    rows: tuple[Row, ...] = ()
    probe: Probe | None = None
    complaint: str = ""

    @property
    def answered(self) -> int:
        """Return how many tickers have a price."""
        return sum(row.is_quote for row in self.rows)


def run_trial(form: TrialSourceForm, asked: AskedForm) -> Trial:
    """Return what the source says now. Both forms must be valid; stores nothing and sends nothing but the requests."""
    spec = _spec(form)
    try:
        listings = _listings(spec, asked.cleaned_data)
    except (SourceError, LookupError) as exc:
        return Trial(complaint=str(exc))
    if not listings:
        return Trial(complaint=NOTHING_TO_ASK)
    try:
        found = probe_within(spec, [Ask(listing.pair, listing.ticker) for listing in listings], seconds=SECONDS)
    except ProbesBusy as exc:
        return Trial(complaint=f"{exc}. Try again in some seconds.")
    except ProbeOverdue as exc:
        return Trial(complaint=f"{exc}. Mostly a name server that does not answer: check the host of the URL.")
    log.info("source tested source=%s tickers=%d latency_ms=%d", spec.slug, len(listings), found.call.latency_ms)
    now = timezone.now()
    rows = [_row(outcome, listing, now=now) for outcome, listing in zip(found.call.outcomes, listings, strict=True)]
    return Trial(tuple(rows), found)


def _spec(form: TrialSourceForm) -> SourceSpec:
    """Return the source as posted, with the key that was typed, or else the one that is kept."""
    wanted = form.wanted
    columns = {name: getattr(wanted, name) for name in wanted.__slots__}
    spec = source_spec(Source(**columns))
    if form.sealed is not None:
        return replace(spec, sealed_key=form.sealed.sealed)
    kept = SourceKey.objects.filter(source__slug=wanted.slug).first()
    return replace(spec, sealed_key=kept.sealed) if kept and not form.cleaned_data.get("clear_key") else spec


def _listings(spec: SourceSpec, asked: dict[str, Any]) -> list[ListingSpec]:
    """Return the tickers to ask and how to read each: the one given, else the listed ones."""
    pair, ticker, conversion = asked["feed"], asked["ticker"].strip(), asked["conversion"]
    listed = [listing for listing in listings_of(spec.slug) if pair in {"", listing.pair}]
    known = [listing for listing in listed if ticker in {"", listing.ticker}]
    if known and not conversion:
        return known[:MAX_TICKERS]
    if not ticker and not pair:
        return []
    listing = known[0] if known else None
    if listing is None:
        ticker = ticker or adapter_of(spec).ticker_for(pair)
        listing = assumed_listing(spec.slug, pair=pair, ticker=ticker)
    if conversion:
        listing = replace(listing, conversion=None if conversion == NOT_CONVERTED else conversion)
    return [listing]


def _row(outcome: Quote | Miss, listing: ListingSpec, *, now: datetime) -> Row:
    if isinstance(outcome, Miss):
        return Row(outcome, None, what_to_do(outcome.code))
    return Row(outcome, compare(outcome, listing, now=now) if listing.pair else None, "")


def tone(bps: Decimal) -> str:
    """Return how a distance is drawn: ``good`` up to 50 bps, ``fair`` up to 200, else ``poor``."""
    return "good" if abs(bps) <= 50 else "fair" if abs(bps) <= 200 else "poor"
