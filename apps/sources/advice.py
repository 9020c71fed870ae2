"""What a miss code means to the person who set the source up, and what to do about it. Shown by tests of a source."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from apps.pricing.types import MissCode

ADVICE: Mapping[MissCode, str] = MappingProxyType(
    {
        MissCode.TIMEOUT: "The source did not finish within timeout_s. Raise timeout_s if it is always slow.",
        MissCode.CONNECTION_FAILED: "Nobody answers at this host and port. Check the URL, DNS and the firewall.",
        MissCode.TLS_FAILED: "The certificate or handshake is refused. Check the host name, and this machine's clock.",
        MissCode.RATE_LIMITED: "The source wants fewer requests. Ask less often, or for many tickers at once.",
        MissCode.BANNED: "The source shut this address out. Wait; asking again prolongs it.",
        MissCode.GEO_BLOCKED: "The source refuses the country of this machine. Use another host of it.",
        MissCode.KEY_REFUSED: "The API key is missing, wrong, or lacks the right.",
        MissCode.SERVER_ERROR: "The source itself is ill. Try again later.",
        MissCode.HTTP_ERROR: "The source refuses the request. Compare URL and parameters with its documentation.",
        MissCode.REDIRECT_REFUSED: "The URL leads to another host. Give the final address as the base URL.",
        MissCode.ADDRESS_REFUSED: "The host is not on the public internet. If meant, list it in PRICE_HOST_ALLOWLIST.",
        MissCode.BODY_TOO_LARGE: "The reply is larger than a price reply may be. Ask for fewer tickers.",
        MissCode.NOT_JSON: "The reply is not JSON: mostly a web page of a gateway, or the wrong URL.",
        MissCode.ERROR_IN_BODY: "The API says that something is wrong; its words are in the message.",
        MissCode.UNEXPECTED_SHAPE: "The reply is JSON of another form. Compare the paths with the body.",
        MissCode.UNKNOWN_TICKER: "The source does not know the ticker. Check its spelling in the source's docs.",
        MissCode.TICKER_MISSING: "No row carries the ticker. Compare `rows`, `symbol` and ticker with the body.",
        MissCode.WRONG_PAIR: "The reply names another ticker than the one asked for. Write it as the reply does.",
        MissCode.PRICE_MISSING: "Nothing stands at the path of the price. Compare it with the body.",
        MissCode.PRICE_NULL: "The price is null or empty: mostly a market without trades.",
        MissCode.PRICE_NOT_A_NUMBER: "At the path of the price stands no decimal number. Compare it with the body.",
        MissCode.PRICE_ZERO: "The price is zero: mostly a delisted or halted market.",
        MissCode.PRICE_NEGATIVE: "The price is below zero. The path leads to something else than a price.",
        MissCode.PRICE_OUT_OF_RANGE: "The price is absurdly large or small. Check `scale`, and the path.",
        MissCode.TIME_MALFORMED: "The time is missing or unreadable. Check `time` and `time_unit`.",
        MissCode.DEADLINE_EXCEEDED: "The time for the whole call ran out, retries included.",
        MissCode.LANE_LOST: "The fetch worker gave no result before the round closed. Check that it runs.",
        MissCode.SOURCE_MISCONFIGURED: "URL, ticker or options cannot work; the message says which.",
        MissCode.INTERNAL_ERROR: "A fault of the oracle; its log has the details.",
    }
)


def advice(code: MissCode) -> str:
    """Return what to do about a miss, one or two sentences for an operator."""
    return ADVICE[code]
