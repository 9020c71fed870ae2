"""Strict readers for the fields exchanges send: prices, times, rows; each fault raises its own error.

Numbers become Decimal straight from their text and never pass through a float. Lengths and exponents are bounded
before any arithmetic, so that 1E999999999 costs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from enum import Enum
from typing import Final

from apps.pricing.fixed_point import PRECISION
from apps.sources import errors
from apps.sources.adapters.decoding import MAX_NUMBER_CHARS, excerpt, to_decimal

MAX_PRICE = Decimal(10) ** 18
MIN_PRICE = Decimal(10) ** -18
MAX_MESSAGE = 300
MAX_EPOCH_DIGITS = 20  # nanoseconds have nineteen
REPLY_CLOCK_TOLERANCE = timedelta(seconds=10)
_PLAIN_NUMBER = re.compile(r"\d{1,30}(\.\d{1,40})?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,18})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)  # Bitcoin's first block
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_UNITS_A_SECOND: Mapping[str, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
TIME_UNITS = ("s", "ms", "us", "ns", "iso")
_GEO_WORDS = re.compile(
    rb"country|restricted location|your region|your location|geo.?block|unavailable in the u", re.IGNORECASE
)


class _Absent(Enum):
    """A field that is not in the row, told apart from null."""

    ABSENT = "absent"


ABSENT: Final = _Absent.ABSENT
_AMBIGUOUS: Final = object()  # two rows carry the same symbol


def price(value: object) -> Decimal:
    """Return the value as a price, > 0 and within MIN_PRICE … MAX_PRICE. Raises the Price… error that fits."""
    if value is ABSENT:
        raise errors.PriceMissing("the row has no price field")
    if value is None or value == "":
        raise errors.PriceNull("the price is null or empty")
    number = _number(value)
    if MIN_PRICE <= number <= MAX_PRICE:
        return number
    if number.is_zero():
        raise errors.PriceZero("the price is zero")
    if number < 0:
        raise errors.PriceNegative(f"the price is negative: {_short(value)}")
    raise errors.PriceOutOfRange(f"the price {_short(value)} is outside {MIN_PRICE} … {MAX_PRICE}")


def optional_number(value: object, *, zero: bool = False) -> Decimal | None:
    """Return a secondary field (bid, ask, volume), None where it is absent or unusable; > 0, or >= 0 if ``zero``."""
    try:
        number = _number(value)
    except (errors.PriceNotANumber, errors.PriceOutOfRange):
        return None
    if number < 0 or number > MAX_PRICE or (number.is_zero() and not zero):
        return None
    return number


def divided_by_ten_to(value: object, scale: int) -> object:
    """Return a number divided by 10**scale, exactly; what is no number as it is, for ``price`` to refuse."""
    if scale == 0 or (number := _number_or_none(value)) is None:
        return value
    with localcontext(prec=MAX_NUMBER_CHARS):
        return number.scaleb(-scale)


def inverted(value: object) -> object:
    """Return 1 / number to PRECISION digits; zero and what is no number as they are, for ``price`` to refuse."""
    number = _number_or_none(value)
    if number is None or number.is_zero():
        return value
    with localcontext(prec=PRECISION):
        return 1 / number


def product(value: object, factor: object) -> object:
    """Return the product of two numbers to PRECISION digits, ABSENT where one of them is none."""
    number, other = _number_or_none(value), _number_or_none(factor)
    if number is None or other is None:
        return ABSENT
    with localcontext(prec=PRECISION):
        return number * other


def _number_or_none(value: object) -> Decimal | None:
    try:
        return _number(value)
    except (errors.PriceNotANumber, errors.PriceOutOfRange):
        return None


def is_zero(value: object) -> bool:
    """Return whether the value is a number, and that number is zero."""
    number = _number_or_none(value)
    return number is not None and number.is_zero()


def _number(value: object) -> Decimal:
    """Return a JSON number or a string of one, of bounded length and exponent."""
    if isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
        return Decimal(value)  # nearly every number there is, and within bounds by its length
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise errors.PriceNotANumber(f"the price is not a number but {type(value).__name__}")
    if isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise errors.PriceNotANumber(f"the price is not a number: {_short(value)!r}")
        value = to_decimal(value)
    number = Decimal(value)
    if number.is_nan():
        raise errors.PriceNotANumber("the price is NaN or infinite")
    # compare the exponent first: 1E-999999999 is cheap to hold and ruinous to write out
    if not number.is_zero() and (number.is_infinite() or abs(number.adjusted()) > MAX_NUMBER_CHARS):
        raise errors.PriceOutOfRange(f"the price {_short(value)} is absurdly large or small")
    return number


def instant(value: object, *, unit: str) -> datetime:
    """Return the value as an aware UTC datetime, cut to microseconds. Raises TimeMalformed.

    unit: s, ms, us or ns since 1970 as an integer, a decimal or a string of one; or ``iso`` with an offset.
    """
    try:
        moment = _from_iso(value) if unit == "iso" else _from_epoch(value, units_a_second=_UNITS_A_SECOND[unit])
    except (ValueError, OverflowError, InvalidOperation, errors.SourceError) as exc:
        raise errors.TimeMalformed(f"not a time in {unit}: {_short(value)!r}") from exc
    if not _EARLIEST <= moment <= _LATEST:
        raise errors.TimeMalformed(f"{moment.isoformat()} is outside {_EARLIEST.year} … {_LATEST.year}")
    return moment


def _from_iso(value: object) -> datetime:
    if not isinstance(value, str) or len(value) > MAX_NUMBER_CHARS:
        raise ValueError(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)  # whose midnight?
    return moment.astimezone(UTC)


def _from_epoch(value: object, *, units_a_second: int) -> datetime:
    if isinstance(value, str) and len(value) < MAX_EPOCH_DIGITS and value.isascii() and value.isdigit():
        return _EPOCH + timedelta(microseconds=int(value) * 10**6 // units_a_second)
    number = _number(value)
    if number.adjusted() > 30:
        raise ValueError(value)
    return _EPOCH + timedelta(microseconds=int(number * 10**6 / units_a_second))


@dataclass(frozen=True, slots=True)
class Clock:
    """A time field as the JSON has it.

    unit: of TIME_UNITS.
    tolerance: None when the field says when the price was made. Otherwise it is a reply's own clock, which says when
    the exchange answered and must not pass as the time of a price. While it agrees with ours within the tolerance it
    is ignored; beyond that it unmasks a cached or replayed reply: the price is at least that old.
    """

    value: object
    unit: str
    tolerance: timedelta | None = None

    def read(self, *, received_at: datetime) -> datetime | None:
        """Return the price's time, None when only a sound reply clock is there. Raises TimeMalformed."""
        if self.tolerance is None:
            return instant(self.value, unit=self.unit)
        if self.value is ABSENT:
            return None
        moment = instant(self.value, unit=self.unit)
        return None if abs(received_at - moment) <= self.tolerance else moment


def mapping(value: object, what: str) -> Mapping[str, object]:
    """Return the value as a JSON object. Raises UnexpectedShape."""
    if not isinstance(value, dict):
        raise errors.UnexpectedShape(f"{what} is not an object but {_kind(value)}")
    return value


def sequence(value: object, what: str) -> list[object]:
    """Return the value as a JSON array. Raises UnexpectedShape."""
    if not isinstance(value, list):
        raise errors.UnexpectedShape(f"{what} is not an array but {_kind(value)}")
    return value


def cell(row: Mapping[str, object], key: str, index: int | None = None) -> object:
    """Return ``row[key]``, or its item ``index``, ABSENT where either is not there."""
    value = row.get(key, ABSENT)
    if index is None:
        return value
    return item(value, index) if isinstance(value, list) else ABSENT


def item(row: Sequence[object], index: int) -> object:
    """Return ``row[index]``, ABSENT where the row is shorter."""
    return row[index] if len(row) > index else ABSENT


def index_rows(rows: Iterable[object], key: str) -> dict[str, object]:
    """Return the rows that are objects by their symbol; a symbol that occurs twice is marked, see unambiguous."""
    indexed: dict[str, object] = {}
    for row in rows:
        symbol = row.get(key) if isinstance(row, dict) else None
        if isinstance(symbol, str):
            add_row(indexed, symbol, row)
    return indexed


def index_arrays(rows: Iterable[object]) -> dict[str, object]:
    """Return the rows that are arrays by the symbol in their first cell; see index_rows."""
    indexed: dict[str, object] = {}
    for row in rows:
        symbol = row[0] if isinstance(row, list) and row else None
        if isinstance(symbol, str):
            add_row(indexed, symbol, row)
    return indexed


def add_row(indexed: dict[str, object], symbol: str, row: object) -> None:
    """Add a row under its symbol, or mark the symbol when it is already there."""
    indexed[symbol] = _AMBIGUOUS if symbol in indexed else row


def unambiguous(row: object, ticker: str) -> object:
    """Return the row. Raises UnexpectedShape when two rows carry the ticker: choosing one would be a guess."""
    if row is _AMBIGUOUS:
        raise errors.UnexpectedShape(f"two rows carry {ticker}")
    return row


def speaks_of_place(body: bytes) -> bool:
    """Return whether the beginning of a body or message blames the place the request came from."""
    return bool(_GEO_WORDS.search(body[:4096]))


def status_error(status: int, body: bytes) -> errors.SourceError:
    """Return the error an HTTP status other than 200 stands for."""
    message = f"HTTP {status}: {excerpt(body)}"
    if status == 451 or (status == 403 and speaks_of_place(body)):
        return errors.GeoBlocked(message)
    # a 403 without a key in play is a firewall's or an exchange's ban; asking again prolongs it
    known: Mapping[int, type[errors.SourceError]] = {
        401: errors.KeyRefused,
        403: errors.Banned,
        408: errors.SourceTimeout,
        418: errors.Banned,
        420: errors.RateLimited,  # "enhance your calm"
        429: errors.RateLimited,
    }
    if status in known:
        return known[status](message)
    return errors.ServerError(message) if status >= 500 else errors.HttpError(message)


def words(document: object, key: str) -> str:
    """Return ``document[key]`` as short text for messages and comparisons, empty where there is none."""
    value = document.get(key) if isinstance(document, dict) else None
    return _short(value) if isinstance(value, str | int) else ""


def _kind(value: object) -> str:
    return "absent" if value is ABSENT else "null" if value is None else type(value).__name__


def _short(value: object) -> str:
    return str(value)[:60]
