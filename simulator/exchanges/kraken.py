"""Kraken spot, https://docs.kraken.com/api/docs/rest-api/get-ticker-information."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, padded
from simulator.quotes import Desk, Quote

ALIASES = {"BTC": "XBT", "DOGE": "XDG"}
LEGACY_BASES = {"BTC": "XXBT", "ETH": "XETH", "XRP": "XXRP", "LTC": "XLTC", "XLM": "XXLM"}
LEGACY_QUOTES = {"USD": "ZUSD", "EUR": "ZEUR", "BTC": "XXBT"}


class Kraken(Exchange):
    """A list of pairs under any of their names, or all; answers under canonical names, errors under status 200."""

    slug = "kraken"
    name = "Kraken"
    money = ("USD", "EUR", "USDT", "USDC")
    crosses = ("ETH/BTC", "SOL/BTC", "USDT/USD", "USDC/USD", "USDC/USDT", "USDT/EUR", "USDC/EUR", "EUR/USD")
    bias_bps = Decimal("0.4")
    spread_bps = Decimal("0.5")
    lag_ms = 300
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return the canonical name, e.g. XXBTZUSD or SOLUSD."""
        if (pair.base, pair.quote) == ("USDT", "USD"):
            return "USDTZUSD"
        if (pair.base, pair.quote) == ("EUR", "USD"):
            return "ZEURZUSD"
        if pair.base in LEGACY_BASES and pair.quote in LEGACY_QUOTES:
            return LEGACY_BASES[pair.base] + LEGACY_QUOTES[pair.quote]
        return _alias(pair.base) + _alias(pair.quote)

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker and the clock."""
        return {
            "/0/public/Ticker": self._ticker,
            "/0/public/Time": lambda desk, _call: _good({"unixtime": desk.now_ms // 1000, "rfc1123": ""}),
        }

    def text(self, price: Decimal, quote: Quote) -> str:
        """Return the price with at least five decimals, some of them beyond the tick."""
        return padded(price, max(5, quote.places))

    def rate_limited(self) -> Reply:
        """Return status 200 with an error: Kraken does not use 429."""
        return _bad("EGeneral:Too many requests")

    def not_found(self) -> Reply:
        """Return status 200 with an error."""
        return _bad("EGeneral:Unknown method")

    def _ticker(self, desk: Desk, call: Call) -> Reply:
        readable = call.query.get("assetVersion") == "1"
        wanted = [name for name in call.query.get("pair", "").split(",") if name]
        if not wanted:
            return self._rows(desk.quotes(), readable=readable)
        names = self._names(desk)
        quotes = desk.find_all([names.get(name.upper(), "") for name in wanted])
        return _bad("EQuery:Unknown asset pair") if quotes is None else self._rows(quotes, readable=readable)

    def _names(self, desk: Desk) -> dict[str, str]:
        """Return every accepted name and the canonical one: XXBTZUSD, XBTUSD, XBT/USD, BTCUSD and BTC/USD."""
        names: dict[str, str] = {}
        for ticker, pair in desk.pairs():
            for base in (pair.base, _alias(pair.base)):
                for quote in (pair.quote, _alias(pair.quote)):
                    names[base + quote] = names[f"{base}/{quote}"] = ticker
            names[ticker] = ticker
        return names

    def _rows(self, quotes: list[Quote], *, readable: bool) -> Reply:
        return _good({str(quote.pair) if readable else quote.ticker: self._row(quote) for quote in quotes})

    def _row(self, quote: Quote) -> dict[str, object]:
        def text(price: Decimal) -> str:
            return self.text(price, quote)

        volumes = [padded(quote.volume / 2, 8)[:24], padded(quote.volume, 8)]
        return {
            "a": [text(quote.ask), "2", "2.000"],
            "b": [text(quote.bid), "1", "1.000"],
            "c": [text(quote.last), "0.00112355"],
            "v": volumes,
            "p": [text(quote.average), text(quote.average)],
            "t": [33_153, 135_029],
            "l": [text(quote.low), text(quote.low)],
            "h": [text(quote.high), text(quote.high)],
            "o": text(quote.open),
        }


def _alias(symbol: str) -> str:
    return ALIASES.get(symbol, symbol)


def _good(result: object) -> Reply:
    return Reply({"error": [], "result": result})


def _bad(message: str) -> Reply:
    return Reply({"error": [message]})
