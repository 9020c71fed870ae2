"""`manage.py backtest CONFIG DATA…`: a configuration run over recorded prices, without database or network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.feeds.document import ConfigError, read_document
from apps.feeds.specs import specs_of
from apps.feeds.validation import rule_problems
from apps.pricing.backtest import Series, Step, Tally, run
from apps.pricing.types import FeedSpec
from apps.rounds.backtest_report import html_report, report_lines
from apps.rounds.history_csv import UnreadableHistory, read_history

# One answer in a report of three signers, as docs/operate.md measures it.
GAS_PER_UPDATE = 80_000


class Command(BaseCommand):
    """Says how a configuration would have done: tracking error, refusals, holds, updates and gas."""

    help = "Run a configuration over recorded prices (CSV); docs/backtest.md describes the files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("config", type=Path, help="oracle.yaml whose tickers are names of recorded files")
        parser.add_argument("data", type=Path, nargs="+", help="CSV files (.csv, .csv.gz) or folders of them")
        parser.add_argument("--against", action="append", default=[], metavar="PAIR=SERIES", help="reference of a feed")
        parser.add_argument("--from", dest="start", type=_moment, help="first round, 2023-03-10T20:00 in UTC")
        parser.add_argument("--to", dest="end", type=_moment, help="end, excluded")
        parser.add_argument("--every", type=int, default=60, metavar="SECONDS", help="between rounds (default 60)")
        parser.add_argument("--gas", type=int, default=GAS_PER_UPDATE, help=f"per update (default {GAS_PER_UPDATE})")
        parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and report."""
        feeds, series = _read(
            options["config"], options["data"], {text.partition("=")[2] for text in options["against"]}
        )
        references = _references(options["against"], feeds, series)
        times = _times(series, options["start"], options["end"], every_s=options["every"])
        steps: defaultdict[str, list[Step]] = defaultdict(list)
        tallies: defaultdict[str, Tally] = defaultdict(Tally)
        known = {pair: {tick.at: tick.price for tick in found.ticks} for pair, found in references.items()}
        for rounds in run(feeds, series, times):
            for pair, step in rounds.items():
                tallies[pair].add(step, reference=known.get(pair, {}).get(step.at))
                if options["html"]:
                    steps[pair].append(step)
        for pair, tally in tallies.items():
            for line in report_lines(pair, tally, gas_per_update=options["gas"]):
                self.stdout.write(line)
        if options["html"]:
            page = html_report(steps, tallies, references=references, gas_per_update=options["gas"])
            options["html"].write_text(page)
            self.stdout.write(f"written: {options['html']}")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(config: Path, data: list[Path], references: set[str]) -> tuple[list[FeedSpec], dict[str, Series]]:
    """Return the feeds and the recorded series. Raises CommandError for what cannot be used."""
    try:
        document = read_document(config.read_text())
        wanted = {row.ticker for feed in document.config.feeds.values() for row in feed.listings}
        series = read_history(data, only=wanted | references)
    except (ConfigError, OSError, UnreadableHistory) as exc:
        raise CommandError(str(exc)) from exc
    if problems := list(rule_problems(document.config)):
        raise CommandError("; ".join(f"{' '.join(map(str, p.where[1:]))}: {p.message}" for p in problems))
    feeds = specs_of(document.config)
    if missing := sorted(wanted - series.keys()):
        raise CommandError(f"no recorded file for: {', '.join(missing)}")
    return feeds, series


def _references(against: list[str], feeds: list[FeedSpec], series: Mapping[str, Series]) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for text in against:
        pair, _, name = text.partition("=")
        if pair not in {feed.pair for feed in feeds} or name not in series:
            raise CommandError(f"--against {text}: expected PAIR=SERIES with a feed of the file and a recorded series")
        found[pair] = series[name]
    return found


def _times(
    series: Mapping[str, Series], start: datetime | None, end: datetime | None, *, every_s: int
) -> list[datetime]:
    """Return when rounds are settled: from the first to the last recorded tick, unless told otherwise."""
    ticks = [found.times for found in series.values() if found.times]
    if not ticks:
        raise CommandError("the files hold no prices")
    first = start or min(times[0] for times in ticks)
    last = end or max(times[-1] for times in ticks) + timedelta(seconds=1)
    count = max(0, -(-int((last - first).total_seconds()) // every_s))
    return [first + timedelta(seconds=every_s * index) for index in range(count)]
