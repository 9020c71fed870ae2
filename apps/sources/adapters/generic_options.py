"""What the options of a generic source may say; ``generic_faults`` names every way in which they can be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

TICKER = "{ticker}"
TICKERS = "{tickers}"
METHODS = ("GET", "POST")
PRICE_TIME, REPLY_TIME = "price", "reply"
TIME_OF = (PRICE_TIME, REPLY_TIME)
PATH_KEYS = ("price", "bid", "ask", "volume", "time", "symbol", "rows", "error", "error_message")
WHOLE_REPLY_PATHS = ("rows", "error", "error_message")  # looked up in the whole reply, never in a row
WORD_KEYS = ("error_expected", "error_forbidden")  # compared with JSON values, so 0, "0" and false are all fine
NO_TEXT_KEYS = ("headers", "body", "scale", "inverse")
MAX_SCALE = 36


@dataclass(frozen=True, slots=True)
class GenericOptions:
    """An API in words.

    url: template; ``{ticker}`` asks for one ticker a call, ``{tickers}`` for many, neither for everything.
        Below the source's base URL when it begins with ``/``, else absolute.
    method: GET or POST.  body: JSON of a POST; ``{ticker}`` and ``{tickers}`` in its texts are filled in, and a text
        that is nothing but ``{tickers}`` becomes an array of them.
    separator: between tickers.  headers: sent as they are; no place for secrets.
    key_header, key_prefix, key_query: where the API wants the source's key: in a header, after a prefix, or as a query
        parameter.
    price, bid, ask, volume, time: JSON paths (RFC 9535) within the row; ``{ticker}`` in one stands for the ticker.
    scale: digits behind the point that an integer price carries, 2 for cents: prices are divided by 10**scale.
    inverse: the API quotes base per quote for all its tickers; 1 / price is meant.
    time_unit: s, ms, us, ns or iso; needed with ``time``.
    time_of: ``price`` when the time says when the price was made; ``reply`` when it is the clock of the reply, looked
        up in the whole reply: it then only unmasks a reply that is older than it looks.
    rows: path of the rows; without it the whole reply is the row.  symbol: path of a row's own ticker.
    error: path at which the API states an error under HTTP 200. With ``error_expected`` anything but that value
        refuses the reply, with ``error_forbidden`` only that value does, with neither anything but null, false, 0 or
        empty.  error_message: path of its words.  unknown_ticker: words in them that speak of the ticker.
    """

    url: str
    price: str
    method: str = "GET"
    body: object = None
    separator: str = ","
    headers: Mapping[str, str] = field(default_factory=dict)
    key_header: str = ""
    key_prefix: str = ""
    key_query: str = ""
    bid: str = ""
    ask: str = ""
    volume: str = ""
    scale: int = 0
    inverse: bool = False
    time: str = ""
    time_unit: str = ""
    time_of: str = PRICE_TIME
    symbol: str = ""
    rows: str = ""
    error: str = ""
    error_expected: str = ""
    error_forbidden: str = ""
    error_message: str = ""
    unknown_ticker: str = ""

    @classmethod
    def from_mapping(cls, options: Mapping[str, Any]) -> GenericOptions:
        """Return the options; they must have passed ``validate_options``."""
        words = {name: word(options[name]) for name in WORD_KEYS if name in options}
        return cls(**{**options, **words})

    def asks(self, placeholder: str) -> bool:
        """Return whether a placeholder stands in what is sent."""
        return placeholder in self.url or placeholder in texts_of(self.body)


KEYS = tuple(option.name for option in fields(GenericOptions))


def word(value: object) -> str:
    """Return a JSON value as the word options compare it by: ``false``, ``null``, ``0``."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def texts_of(node: object) -> str:
    """Return all texts in a JSON value in one, keys included."""
    match node:
        case str():
            return node
        case list():
            return "\n".join(map(texts_of, node))
        case dict():
            return "\n".join(f"{key}\n{texts_of(value)}" for key, value in node.items())
    return ""
