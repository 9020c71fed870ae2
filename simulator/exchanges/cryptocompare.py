"""CryptoCompare's min-api, https://min-api.cryptocompare.com/documentation."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk, Quote


class CryptoCompare(CoinSource):
    """The index of symbols in currencies; unknown symbols are left out, and an error when nothing else was asked."""

    slug = "cryptocompare"
    name = "CryptoCompare"
    ids = {symbol: symbol for symbol in ("BTC", "ETH", "SOL", "DOGE", "LTC")}
    money = ("USD", "EUR")
    bias_bps = Decimal("-1.6")
    lag_ms = 2000

    def routes(self) -> Mapping[str, Handler]:
        """Return full and short prices."""
        return {
            "/data/pricemultifull": lambda desk, call: self._answer(desk, call, full=True),
            "/data/pricemulti": lambda desk, call: self._answer(desk, call, full=False),
        }

    def rate_limited(self) -> Reply:
        """Return the limit as it comes: under status 200."""
        return _bad("You are over your rate limit please upgrade your account!", kind=99)

    def _answer(self, desk: Desk, call: Call, *, full: bool) -> Reply:
        symbols, moneys = (call.query.get(name, "").split(",") for name in ("fsyms", "tsyms"))
        found: dict[str, dict[str, object]] = {}
        for symbol in symbols:
            for money in moneys:
                if quote := desk.find(f"{symbol}/{money}"):
                    found.setdefault(symbol, {})[money] = _row(quote) if full else Decimal(plain(quote.last))
        if not found:
            pair = f"{symbols[0]}-{moneys[0]}"
            return _bad(f"cccagg_or_exchange market does not exist for this coin pair ({pair})", kind=2)
        return Reply({"RAW": found, "DISPLAY": {}} if full else found)


def _row(quote: Quote) -> dict[str, object]:
    price, volume = Decimal(plain(quote.last)), Decimal(plain(quote.volume))
    named = {"TYPE": "5", "MARKET": "CCCAGG", "FROMSYMBOL": quote.pair.base, "TOSYMBOL": quote.pair.quote}
    day = {"VOLUME24HOUR": volume, "VOLUME24HOURTO": quote.turnover, "OPEN24HOUR": quote.open}
    return {**named, "PRICE": price, "LASTUPDATE": quote.time_ms // 1000, "MEDIAN": price, **day}


def _bad(message: str, *, kind: int) -> Reply:
    return Reply({"Response": "Error", "Message": message, "HasWarning": False, "Type": kind, "Data": {}})
