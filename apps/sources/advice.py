"""What an operator does about each way a source can fail: one sentence per code, shown wherever a code is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from apps.pricing.types import MissCode

WHAT_TO_DO: Mapping[MissCode, str] = MappingProxyType(
    {
        MissCode.TIMEOUT: "Nothing if it passes. Else raise timeout_s, or move the source down the list.",
        MissCode.CONNECTION_FAILED: "Check the base URL, DNS and the firewall; the source itself may be down.",
        MissCode.TLS_FAILED: "Check this machine's clock and CA certificates, then whether someone intercepts TLS.",
        MissCode.RATE_LIMITED: "Lower the source's rate_limit below what it allows, or set cache_ttl_ms.",
        MissCode.BANNED: "Wait until the ban is over, then lower rate_limit. Another program on this address may be "
        "using up the limit.",
        MissCode.GEO_BLOCKED: "The source does not serve this country: use a mirror, SOURCE_PROXY_URL, or disable it.",
        MissCode.KEY_REFUSED: "Give the source a valid API key with market-data rights.",
        MissCode.SERVER_ERROR: "The source is ill; nothing to do but wait.",
        MissCode.HTTP_ERROR: "Check base URL and adapter: the path may have moved to another API version.",
        MissCode.REDIRECT_REFUSED: "Point the base URL at the host the source redirects to, if you trust it.",
        MissCode.ADDRESS_REFUSED: "The URL leads inside the network. If that is meant, list the host in "
        "PRICE_HOST_ALLOWLIST; if not, find out who changed the source or its DNS.",
        MissCode.BODY_TOO_LARGE: "Ask for fewer tickers a call, or use an endpoint that answers for one.",
        MissCode.NOT_JSON: "Usually a gateway's page and passing. If it stays, open the URL: a login or bot check?",
        MissCode.ERROR_IN_BODY: "Read the message: it is the source's own.",
        MissCode.UNEXPECTED_SHAPE: "The API changed, or the JSON paths are wrong: run `manage.py probe`.",
        MissCode.UNKNOWN_TICKER: "Correct the listing's ticker, or disable it: the source may have delisted it.",
        MissCode.TICKER_MISSING: "Correct the listing's ticker, or disable it: the source left it out of its reply.",
        MissCode.WRONG_PAIR: "Correct the listing's ticker: the source answered for another one.",
        MissCode.MARKET_HALTED: "The source shows the market as standing still. If it stays, disable the listing.",
        MissCode.PRICE_MISSING: "The API changed, or the price path is wrong: run `manage.py probe`.",
        MissCode.PRICE_NULL: "The market never traded or is closed: disable the listing.",
        MissCode.PRICE_NOT_A_NUMBER: "Check the price path with `manage.py probe`.",
        MissCode.PRICE_ZERO: "The market is halted or delisted: disable the listing.",
        MissCode.PRICE_NEGATIVE: "Check ticker and price path; no spot price is negative.",
        MissCode.PRICE_OUT_OF_RANGE: "Check ticker, price path and scale with `manage.py probe`.",
        MissCode.TIME_MALFORMED: "Check the time path and its unit with `manage.py probe`.",
        MissCode.DEADLINE_EXCEEDED: "Raise ROUND_DEADLINE_S, lower timeout_s, or move slow sources down the list.",
        MissCode.LANE_LOST: "Look at the fetch workers: one was killed, or too few threads serve the queue.",
        MissCode.OUT_OF_BUDGET: "Raise rate_limit if the source allows more, set cache_ttl_ms, or start rounds less "
        "often.",
        MissCode.PAUSED_BY_SOURCE: "Wait: the source named a pause. If it recurs, lower rate_limit.",
        MissCode.BREAKER_OPEN: "Look at the reason it opened with. It is probed again by itself; close it in admin "
        "to ask at once.",
        MissCode.SOURCE_MISCONFIGURED: "Correct adapter, base URL, ticker or options: no request could be made.",
        MissCode.INTERNAL_ERROR: "A fault of the oracle: report it with the log of the fetch worker.",
    }
)


def what_to_do(code: str) -> str:
    """Return the advice for a miss code, empty for another word."""
    return WHAT_TO_DO[MissCode(code)] if code in set(MissCode) else ""
