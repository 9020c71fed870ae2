"""Kraken spot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, batches, split_pair, tickers_of

# Kraken's first assets carry an X (coins) or Z (money) in their canonical names: XBTUSD is answered as XXBTZUSD.
# A closed list, because stripping letters blindly would take AIOZUSD (AIOZ in dollars) for AIO with a ZUSD.
X_ASSETS = frozenset({"ETC", "ETH", "LTC", "MLN", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "ZEC"})
Z_ASSETS = frozenset({"AUD", "CAD", "EUR", "GBP", "JPY", "USD"})
COMMON_NAMES: Mapping[str, str] = {"BTC": "XBT", "DOGE": "XDG"}
STABLE_QUOTES = ("USDC", "USDT")
HALF_CANONICAL = frozenset({"USDTUSD"})  # the one pair whose quote alone is prefixed: USDTZUSD


class Kraken(BaseAdapter):
    """Ticker of Kraken's public REST API; no key needed.

    Source: https://docs.kraken.com/api/docs/rest-api/get-ticker-information (GET /0/public/Ticker).  About one
    request a second and IP, bursts of 30.  All errors come under status 200 in ``error``, its rate limit too.
    One unknown pair fails the whole call.  Keys are canonical names (asked XBTUSD, answered XXBTZUSD).
    Last trade is c[0], best ask a[0], best bid b[0], 24 h base volume v[1]; a halted pair has a last of 0.

    Time: none in the reply, so a quote stands for the time it arrived.
    """

    slug = "kraken"
    name = "Kraken"
    base_url = "https://api.kraken.com"
    rate_limit = "30/30 second"

    def ticker_for(self, pair: str) -> str:
        """Return ``XBTUSD`` for BTC/USD, ``XDGUSD`` for DOGE/USD."""
        return "".join(COMMON_NAMES.get(asset, asset) for asset in split_pair(pair))

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per hundred tickers."""
        return [
            PriceRequest(path="/0/public/Ticker", query=(("pair", ",".join(tickers_of(batch))),), asks=batch)
            for batch in batches(asks)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the ticker, its alternative name without slash and its canonical name, where it has one."""
        base, quoted = _split(ticker)
        if not base:
            return (ticker,)
        known = f"{base}{quoted}"
        candidates = [ticker, ticker.replace("/", ""), known, f"{base}/{quoted}"]
        candidates += [f"{_canonical(base)}{_canonical(quoted)}"] if base in X_ASSETS or base in Z_ASSETS else []
        candidates += [f"{base}Z{quoted}"] if known in HALF_CANONICAL else []
        reverse = {ours: common for common, ours in COMMON_NAMES.items()}
        candidates.append(f"{reverse.get(base, base)}/{reverse.get(quoted, quoted)}")
        return tuple(dict.fromkeys(candidates))

    def body_error(self, document: object, status: int) -> errors.SourceError | None:
        """Read ``{"error": ["EQuery:Unknown asset pair"]}``; entries that begin with W are warnings."""
        del status
        listed = document.get("error") if isinstance(document, dict) else None
        if not isinstance(listed, list):
            return None
        told = [str(entry)[:100] for entry in listed if not str(entry).startswith("W")]
        return _error(", ".join(told)) if told else None

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``result``, which is keyed by canonical name."""
        del request
        return parsing.mapping(parsing.cell(parsing.mapping(document, "the reply"), "result"), "result")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return last, best bid and ask, and 24 h base volume."""
        del ask, document
        fields = parsing.mapping(row, "the row")
        return Cells(
            price=parsing.cell(fields, "c", 0),
            bid=parsing.cell(fields, "b", 0),
            ask=parsing.cell(fields, "a", 0),
            volume=parsing.cell(fields, "v", 1),
        )


def _split(ticker: str) -> tuple[str, str]:
    """Return base and quote in Kraken's names, empty when the quote is no asset we know."""
    plain = ticker.upper().replace("/", "")
    for quoted in (*STABLE_QUOTES, *sorted(Z_ASSETS), *sorted(X_ASSETS), *COMMON_NAMES):
        base = plain.removesuffix(quoted)
        if base and base != plain and ("/" not in ticker or ticker.upper().endswith(f"/{quoted}")):
            return COMMON_NAMES.get(base, base), COMMON_NAMES.get(quoted, quoted)
    return "", ""


def _canonical(asset: str) -> str:
    return f"X{asset}" if asset in X_ASSETS else f"Z{asset}" if asset in Z_ASSETS else asset


def _error(told: str) -> errors.SourceError:
    if "Unknown asset pair" in told:
        return errors.UnknownTicker(told)
    if "Too many requests" in told or "Rate limit" in told:
        return errors.RateLimited(told)
    if "EService" in told or "Internal error" in told:
        return errors.ServerError(told)
    if "Temporary lockout" in told:
        return errors.Banned(told)
    return errors.ErrorInBody(told)
