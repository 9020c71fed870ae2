"""How a simulated exchange can misbehave, and the reading of that from a control request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from simulator.assets import Pair


class BadControl(ValueError):
    """A control request asks for something that does not exist; the message says what."""


class Mode(StrEnum):
    """What a source does with a call."""

    OK = "ok"
    DEAD = "dead"  # closes the connection without a byte
    SLOW = "slow"  # answers after delay_ms
    DRIP = "drip"  # answers in small pieces spread over delay_ms
    WRONG = "wrong"  # prices times factor (0 and negative ones included)
    FROZEN = "frozen"  # prices, volumes and times stay as they were
    DELISTED = "delisted"  # the tickers are unknown to it
    RATE_LIMITED = "rate_limited"  # the exchange's own "too many requests"
    BANNED = "banned"  # the exchange's own "go away"
    HTML = "html"  # a web page where JSON was expected
    TRUNCATED = "truncated"  # half the JSON
    EMPTY = "empty"  # no body
    BODY = "body"  # the body given
    STATUS = "status"  # the HTTP status given


DEFAULT_DELAY_MS = {Mode.SLOW: 5_000, Mode.DRIP: 10_000}
MAX_DELAY_MS = 600_000
MAX_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to misbehave.

    pairs: the only pairs concerned, empty for all; a call that touches one of them is concerned as a whole.
    status, body, content_type, headers: of the reply, where the mode makes one up; None for the mode's own.
    """

    mode: Mode = Mode.OK
    pairs: frozenset[str] = frozenset()
    delay_ms: int = 0
    factor: Decimal = Decimal("1.05")
    status: int | None = None
    body: str | None = None
    content_type: str | None = None
    retry_after_s: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, pair: Pair) -> bool:
        """Return whether quotes of ``pair`` are affected."""
        return not self.pairs or str(pair) in self.pairs

    def hits(self, touched: frozenset[str]) -> bool:
        """Return whether a call that touched these pairs is affected."""
        return not self.pairs or bool(self.pairs & touched)


def read_fault(request: Mapping[str, object]) -> Fault:
    """Return the fault that a control request describes.

    Raises:
        BadControl: unknown mode, or a field out of range.
    """
    try:
        mode = Mode(str(request.get("mode", Mode.OK)))
    except ValueError as error:
        raise BadControl(f"mode is one of {', '.join(Mode)}") from error
    return Fault(
        mode=mode,
        pairs=_read_pairs(request.get("pairs")),
        delay_ms=read_integer(request, "delay_ms", 0, MAX_DELAY_MS) or DEFAULT_DELAY_MS.get(mode, 0),
        factor=read_decimal(request, "factor", Decimal("1.05")),
        status=read_integer(request, "status", 200, 599),
        body=_read_text(request, "body"),
        content_type=_read_text(request, "content_type"),
        retry_after_s=read_integer(request, "retry_after_s", 0, 10_000_000),
        headers=_read_headers(request.get("headers")),
    )


def read_decimal(request: Mapping[str, object], name: str, default: Decimal) -> Decimal:
    """Return the finite number in field ``name``, given as text or number."""
    try:
        number = Decimal(str(request.get(name, default)))
    except InvalidOperation as error:
        raise BadControl(f"{name} is not a number") from error
    if not number.is_finite() or abs(number) > MAX_NUMBER:
        raise BadControl(f"{name} is not between -{MAX_NUMBER} and {MAX_NUMBER}")
    return number


def read_integer(request: Mapping[str, object], name: str, low: int, high: int) -> int | None:
    """Return the integer in field ``name``, None when it is not there."""
    value = request.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadControl(f"{name} is an integer from {low} to {high}")
    return value


def _read_text(request: Mapping[str, object], name: str) -> str | None:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise BadControl(f"{name} is a text")
    return value


def _read_pairs(value: object) -> frozenset[str]:
    if value is None:
        return frozenset()
    if not isinstance(value, list):
        raise BadControl("pairs is a list such as ['BTC/USD']")
    try:
        return frozenset(str(Pair.parse(str(pair))) for pair in value)
    except ValueError as error:
        raise BadControl(str(error)) from error


def _read_headers(value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadControl("headers is an object of texts")
    return {str(name): str(text) for name, text in value.items()}
