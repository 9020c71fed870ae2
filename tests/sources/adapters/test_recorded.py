"""Recorded replies of the real exchanges, read to the value a person reads in them."""

from __future__ import annotations

import csv
from datetime import datetime
from decimal import Decimal

import pytest

from apps.pricing.types import Miss, MissCode, Quote
from tests.conftest import RECORDED_DIR, require
from tests.sources.adapters.recorded_exchanges import ERRORS, QUOTES, REPLY_TIMES, ROWS, TIMES, Recorded
from tests.sources.samples import parse, parse_one


def _body(file: str) -> bytes:
    return (require(RECORDED_DIR) / file).read_bytes()


def _slug(file: str) -> str:
    return file.partition("/")[0]


def _number(text: str) -> Decimal | None:
    return None if text == "-" else Decimal(text)


@pytest.mark.parametrize("case", QUOTES, ids=lambda case: f"{case[0]}-{case[1]}")
def test_a_recorded_body_is_read_as_a_person_reads_it(case: Recorded) -> None:
    """Price, bid, ask and base volume come from the right fields of the right row; "-" means none."""
    file, ticker, others, price, bid, ask, volume = case

    outcome = parse(_slug(file), _body(file), [ticker, *others])[0]

    assert isinstance(outcome, Quote)
    assert (outcome.price, outcome.bid, outcome.ask) == (Decimal(price), _number(bid), _number(ask))
    assert not volume or outcome.volume == _number(volume)


@pytest.mark.parametrize(("file", "ticker", "envelope", "price", "volume"), ROWS)
def test_a_row_recorded_alone_is_read_in_its_envelope(
    file: str, ticker: str, envelope: str, price: str, volume: str
) -> None:
    """A row that was kept without the reply around it is read like any other."""
    body = (envelope % _body(file).decode()).encode()

    outcome = parse(_slug(file), body, [ticker, "X"])[0]

    assert isinstance(outcome, Quote)
    assert (outcome.price, outcome.volume) == (Decimal(price), Decimal(volume))


@pytest.mark.parametrize(("file", "ticker", "moment"), TIMES)
def test_a_recorded_time_is_read_in_its_unit(file: str, ticker: str, moment: datetime | None) -> None:
    """Seconds, milliseconds and ISO times with nanoseconds are told apart."""
    outcome = parse_one(_slug(file), _body(file), ticker)

    assert isinstance(outcome, Quote)
    assert outcome.source_time == moment


@pytest.mark.parametrize(("file", "ticker", "moment"), REPLY_TIMES)
def test_a_replys_own_clock_shows_its_age_only(file: str, ticker: str, moment: datetime) -> None:
    """Read at the moment it was sent it is no price's time; read today it says how old the reply is."""
    slug, body = _slug(file), _body(file)

    fresh, old = parse_one(slug, body, ticker, received_at=moment), parse_one(slug, body, ticker)

    assert isinstance(fresh, Quote)
    assert isinstance(old, Quote)
    assert (fresh.source_time, old.source_time) == (None, moment)


@pytest.mark.parametrize(("file", "ticker", "status", "code"), ERRORS)
def test_a_recorded_error_has_its_code(file: str, ticker: str, status: int, code: MissCode) -> None:
    """Unknown tickers, limits, bans and wrong pairs are told apart, whatever the status."""
    outcome = parse_one(_slug(file), _body(file), ticker, status=status)

    assert isinstance(outcome, Miss)
    assert outcome.code == code


def test_no_recorded_body_is_left_out() -> None:
    """Every file of a source of these tables stands in one of them."""
    tabled = {case[0] for table in (QUOTES, ROWS, ERRORS) for case in table}
    folders = {_slug(file) for file in tabled}

    recorded = {f"{slug}/{file.name}" for slug in folders for file in (require(RECORDED_DIR) / slug).iterdir()}

    assert recorded - tabled == set()


def test_the_values_agree_with_those_found_by_path() -> None:
    """What the tables say a person reads is what a machine found at the documented JSON paths."""
    read: dict[str, set[Decimal]] = {}
    for file, _ticker, _others, price, *_rest in QUOTES:
        read.setdefault(file, set()).add(Decimal(price))
    with (require(RECORDED_DIR).parent / "json_paths.tsv").open() as lines:
        found = {row["fixture"]: Decimal(row["value_of_last"]) for row in csv.DictReader(lines, delimiter="\t")}

    # Binance.US: the path leads to a market that stands still
    shared = {file: value for file, value in found.items() if file in read and _slug(file) != "binance_us"}

    assert len(shared) >= 16
    assert {file for file, value in shared.items() if value not in read[file]} == set()
