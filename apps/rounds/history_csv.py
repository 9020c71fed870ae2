"""Recorded prices from CSV files: one file per source and market, plain or gzipped, named after the listing's ticker.

Columns, found by their header, in any order, others ignored:

``t``
    Seconds since 1970 in UTC. For bars, the start; all files of a run should agree on that.
``price`` (or ``close``, ``mid_close``)
    The last price, above zero. Rows without one are left out.
``volume``, ``bid``, ``ask``
    Optional. A volume of 0 means that nobody traded.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from apps.pricing.backtest import Series, Tick

SUFFIXES = (".csv", ".csv.gz")
PRICE_COLUMNS = ("price", "close", "mid_close")


class UnreadableHistory(ValueError):
    """A file cannot be used; the message names it, and its line where there is one."""


def read_history(paths: Sequence[Path], *, only: Collection[str] | None = None) -> dict[str, Series]:
    """Return the series by name: a file's name without its ending. A folder stands for all its CSV files.

    only: names to read, None for all.

    Raises UnreadableHistory.
    """
    files = [file for path in paths for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    named = {_name(file): file for file in files if file.name.endswith(SUFFIXES)}
    return {name: read_series(file) for name, file in named.items() if only is None or name in only}


def read_series(path: Path) -> Series:
    """Return one file's ticks, sorted by time. Raises UnreadableHistory."""
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        rows = csv.DictReader(io.StringIO(raw.decode()))
        column = next((name for name in PRICE_COLUMNS if name in (rows.fieldnames or ())), None)
        if column is None or "t" not in (rows.fieldnames or ()):
            raise UnreadableHistory(f"{path.name}: needs the columns t and one of {', '.join(PRICE_COLUMNS)}")
        ticks = [
            _tick(row, column, where=f"{path.name}:{line}") for line, row in enumerate(rows, start=2) if row[column]
        ]
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise UnreadableHistory(f"{path.name}: {exc}") from exc
    return Series(sorted(ticks, key=lambda tick: tick.at))


def _tick(row: Mapping[str, str], column: str, *, where: str) -> Tick:
    try:
        price = Decimal(row[column])
        tick = Tick(
            at=datetime.fromtimestamp(int(Decimal(row["t"])), tz=UTC),
            price=price,
            volume=_optional(row.get("volume")),
            bid=_optional(row.get("bid")),
            ask=_optional(row.get("ask")),
        )
    except (InvalidOperation, ValueError, OverflowError) as exc:
        raise UnreadableHistory(f"{where}: not a row of numbers") from exc
    if not price.is_finite() or price <= 0:
        raise UnreadableHistory(f"{where}: price {price} is not above zero")
    return tick


def _optional(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _name(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")
