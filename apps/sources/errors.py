"""Everything that can go wrong between asking a source and holding a price, as one tree.

SourceError
├── TransportError: no complete reply came
│   ├── SourceTimeout (transient)      the source's own timeout ran out
│   ├── DeadlineExceeded               the round's deadline ran out first
│   ├── ConnectionFailed (transient)   refused, reset, no such host, closed half-way
│   ├── TlsFailed                      certificate or handshake
│   ├── RedirectRefused                to another host, downgraded, or too many
│   ├── AddressRefused                 a private, loopback or link-local address, or plain http
│   └── BodyTooLarge
├── ReplyError: a reply came and is of no use as a whole
│   ├── RateLimited (transient)        429, or an exchange's own words under 200
│   ├── Banned · GeoBlocked · KeyRefused · HttpError
│   ├── ServerError (transient)        5xx, or "service busy" under 200
│   ├── NotJson (transient)            HTML, truncated, not UTF-8, empty
│   └── ErrorInBody · UnexpectedShape · UnknownTicker
├── RowError: the reply is sound, one ticker of it is not
│   ├── TickerMissing · WrongPair
│   ├── MarketHalted
│   ├── PriceMissing · PriceNull · PriceNotANumber · PriceZero · PriceNegative · PriceOutOfRange
│   └── TimeMalformed
├── NotAsked: no request was made, to spare the source or us
│   ├── OutOfBudget                    our own rate limit for the source is used up
│   ├── PausedBySource                 it demanded a pause (429, Retry-After, ban) that is not over
│   └── BreakerOpen                    it failed too often of late
├── SourceMisconfigured                URL, ticker or options that cannot work
└── InternalError                      a bug of ours

``code`` is stable: stored in a Miss, shown by the API, used as a metrics label. ``transient`` says whether asking
again within seconds can help; a retry happens for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apps.pricing.types import MissCode


class SourceError(Exception):
    """Base of the tree; the message is for people."""

    code: ClassVar[MissCode]
    transient: ClassVar[bool] = False


class TransportError(SourceError):
    """No complete reply came."""


class SourceTimeout(TransportError):
    """The source did not finish its reply within its own timeout."""

    code = MissCode.TIMEOUT
    transient = True


class DeadlineExceeded(TransportError):
    """The round's deadline ran out before the reply was complete."""

    code = MissCode.DEADLINE_EXCEEDED


class ConnectionFailed(TransportError):
    """Connection refused, reset, closed half-way, or the host name does not resolve."""

    code = MissCode.CONNECTION_FAILED
    transient = True


class TlsFailed(TransportError):
    """Certificate or handshake refused. Never retried: a wrong certificate does not mend in seconds."""

    code = MissCode.TLS_FAILED


class RedirectRefused(TransportError):
    """A redirect to another host, to plain http, or one too many."""

    code = MissCode.REDIRECT_REFUSED


class AddressRefused(TransportError):
    """The URL leads to an address that price requests may not reach; see PRICE_HOST_ALLOWLIST."""

    code = MissCode.ADDRESS_REFUSED


class BodyTooLarge(TransportError):
    """The body, decompressed, passes the size cap."""

    code = MissCode.BODY_TOO_LARGE


class ReplyError(SourceError):
    """A reply came and is of no use as a whole."""


class RateLimited(ReplyError):
    """Too many requests."""

    code = MissCode.RATE_LIMITED
    transient = True


class Banned(ReplyError):
    """The source shut us out for minutes; asking again prolongs it."""

    code = MissCode.BANNED


class GeoBlocked(ReplyError):
    """The source refuses our country."""

    code = MissCode.GEO_BLOCKED


class KeyRefused(ReplyError):
    """An API key is missing, wrong or lacks the right."""

    code = MissCode.KEY_REFUSED


class HttpError(ReplyError):
    """Any other status that is not 200."""

    code = MissCode.HTTP_ERROR


class ServerError(ReplyError):
    """The source is ill: 5xx, or its own words for it under 200."""

    code = MissCode.SERVER_ERROR
    transient = True


class NotJson(ReplyError):
    """HTML, truncated, not UTF-8 or empty. Transient: mostly a gateway's page or a cut connection."""

    code = MissCode.NOT_JSON
    transient = True


class ErrorInBody(ReplyError):
    """The exchange says that something is wrong, in words no narrower code stands for."""

    code = MissCode.ERROR_IN_BODY


class UnexpectedShape(ReplyError):
    """JSON, but not what the API documents."""

    code = MissCode.UNEXPECTED_SHAPE


class UnknownTicker(ReplyError):
    """The source does not know a ticker that was asked for; one of many may spoil the whole reply."""

    code = MissCode.UNKNOWN_TICKER


class RowError(SourceError):
    """The reply is sound, one ticker of it is not."""


class TickerMissing(RowError):
    """The reply has no row for the ticker."""

    code = MissCode.TICKER_MISSING


class WrongPair(RowError):
    """The reply names another ticker than the one asked for."""

    code = MissCode.WRONG_PAIR


class MarketHalted(RowError):
    """The exchange shows the market as standing still; its last price is of another time."""

    code = MissCode.MARKET_HALTED


class PriceMissing(RowError):
    """The row has no price field."""

    code = MissCode.PRICE_MISSING


class PriceNull(RowError):
    """The price is null or empty."""

    code = MissCode.PRICE_NULL


class PriceNotANumber(RowError):
    """The price is NaN, infinite, or text that is not a decimal number."""

    code = MissCode.PRICE_NOT_A_NUMBER


class PriceZero(RowError):
    """The price is zero: a delisted or halted market."""

    code = MissCode.PRICE_ZERO


class PriceNegative(RowError):
    """The price is below zero."""

    code = MissCode.PRICE_NEGATIVE


class PriceOutOfRange(RowError):
    """The price is absurdly large, small or long."""

    code = MissCode.PRICE_OUT_OF_RANGE


class TimeMalformed(RowError):
    """The row's time is missing where the API promises one, or is not a time."""

    code = MissCode.TIME_MALFORMED


class NotAsked(SourceError):
    """No request was made; a reserve takes the source's place at once."""


class OutOfBudget(NotAsked):
    """Our own rate limit for the source is used up."""

    code = MissCode.OUT_OF_BUDGET


class PausedBySource(NotAsked):
    """The source demanded a pause that is not over; asking earlier prolongs bans."""

    code = MissCode.PAUSED_BY_SOURCE


class BreakerOpen(NotAsked):
    """The source failed too often of late; one probe at a time finds out when it is back."""

    code = MissCode.BREAKER_OPEN


class SourceMisconfigured(SourceError):
    """A URL, ticker or options that cannot work."""

    code = MissCode.SOURCE_MISCONFIGURED


class InternalError(SourceError):
    """A bug of ours; the log has the traceback."""

    code = MissCode.INTERNAL_ERROR


def leaves(root: type[SourceError] = SourceError) -> Iterator[type[SourceError]]:
    """Yield every error of the tree that has a code."""
    if "code" in vars(root):
        yield root
    for child in root.__subclasses__():
        yield from leaves(child)


TRANSIENT_CODES: frozenset[MissCode] = frozenset(error.code for error in leaves() if error.transient)


NOT_ASKED_CODES: frozenset[MissCode] = frozenset(error.code for error in leaves(NotAsked))


def is_transient(code: MissCode) -> bool:
    """Return whether asking again within seconds can help."""
    return code in TRANSIENT_CODES
