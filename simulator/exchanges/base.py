"""What every simulated exchange shares: its listing, the text of its prices, its replies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from multidict import MultiMapping

from simulator.assets import Asset, Pair
from simulator.quotes import Desk, Quote

JSON_TYPE = "application/json"
_BARE_NUMBER = re.compile(r'"@@([^"@]*)@@"')


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP reply: ``body`` is dumped as JSON unless ``text`` is given. A ``Decimal`` in it becomes a JSON number."""

    body: object = None
    status: int = 200
    text: str | None = None
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)

    def payload(self) -> str:
        """Return the body as it goes over the wire."""
        if self.text is not None:
            return self.text
        dumped = json.dumps(self.body, separators=(",", ":"), default=_mark_number)
        return _BARE_NUMBER.sub(r"\1", dumped)


@dataclass(frozen=True, slots=True)
class Call:
    """A request: the query, the named parts of the path, and the text of a POST."""

    query: Mapping[str, str]
    parts: Mapping[str, str]
    body: str = ""

    def every(self, name: str) -> list[str]:
        """Return all values of a parameter that may be given several times."""
        if isinstance(self.query, MultiMapping):
            return [str(value) for value in self.query.getall(name, [])]
        return [self.query[name]] if name in self.query else []


Handler = Callable[[Desk, Call], Reply]


class Exchange:
    """One exchange; a subclass gives slug, name, ticker() and routes().

    money: currencies that every base is quoted in.  crosses: further pairs.
    bias_bps: how far its prices lie off the walk.  spread_bps: between bid and ask.  lag_ms: how old the walk is that
    it sees.  coarser: decimals fewer than usual.
    """

    slug: ClassVar[str]
    name: ClassVar[str]
    money: ClassVar[tuple[str, ...]] = ("USDT", "USDC")
    crosses: ClassVar[tuple[str, ...]] = ("ETH/BTC", "USDC/USDT")
    bias_bps: ClassVar[Decimal] = Decimal(0)
    spread_bps: ClassVar[Decimal] = Decimal(1)
    lag_ms: ClassVar[int] = 100
    coarser: ClassVar[int] = 0

    def ticker(self, pair: Pair) -> str:
        """Return the exchange's own name of a pair."""
        raise NotImplementedError

    def routes(self) -> Mapping[str, Handler]:
        """Return path patterns such as ``/products/{symbol}/ticker`` and who answers them."""
        raise NotImplementedError

    def text(self, price: Decimal, quote: Quote) -> str:  # noqa: ARG002 - subclasses pad by the quote's places
        """Return a price as this exchange writes it; by default without trailing zeros."""
        return plain(price)

    def listing(self, assets: Iterable[Asset]) -> dict[str, Pair]:
        """Return all tickers and their pairs."""
        bases = [asset.symbol for asset in assets if not asset.money]
        pairs = [Pair(base, money) for money in self.money for base in bases]
        pairs += [Pair.parse(text) for text in self.crosses]
        return {self.ticker(pair): pair for pair in pairs}

    def rate_limited(self) -> Reply:
        """Return the exchange's "too many requests"."""
        return Reply({"message": "Too Many Requests"}, status=429)

    def banned(self) -> Reply:
        """Return the exchange's reply to an address it has shut out."""
        return Reply({"message": "Forbidden"}, status=403)

    def not_found(self) -> Reply:
        """Return the reply to a path that does not exist."""
        return Reply({"message": "Not Found"}, status=404)


def plain(number: Decimal) -> str:
    """Return a number without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def padded(number: Decimal, places: int) -> str:
    """Return a number with at least ``places`` decimals, none of its own lost."""
    text = f"{number:f}"
    decimals = len(text.partition(".")[2])
    return text if decimals >= places else f"{number:.{places}f}"


def iso(time_ms: int, *, form: str) -> str:
    """Return a Unix time as text of this form, e.g. ``%Y%m%d``."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime(form)


def _mark_number(value: object) -> str:
    if isinstance(value, Decimal):
        return f"@@{value:f}@@"
    raise TypeError(f"{type(value).__name__} has no JSON form")
