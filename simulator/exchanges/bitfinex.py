"""Bitfinex, https://docs.bitfinex.com/reference/rest-public-tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply
from simulator.quotes import Desk, Quote

ALIASES = {"USDT": "UST", "USDC": "UDC"}
FUNDING = ["fUSD", 0.0001, 0.0002, 30, 9.9e6, 0.0001, 2, 1.0e6, 0, 0, 0.0001, 6.6e6, 0.0002, 0.0001, None, None, 5.0e6]


class Bitfinex(Exchange):
    """Rows are arrays of numbers; an unknown symbol is left out, and ALL has rows of funding among the others."""

    slug = "bitfinex"
    name = "Bitfinex"
    money = ("USD", "USDT", "EUR")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD")
    bias_bps = Decimal("-1.1")
    spread_bps = Decimal(1)
    lag_ms = 450
    coarser = 1

    def ticker(self, pair: Pair) -> str:
        """Return e.g. tBTCUSD, tBTCUST for USDT, and tDOGE:USD where a name is longer than three letters."""
        base, quote = ALIASES.get(pair.base, pair.base), ALIASES.get(pair.quote, pair.quote)
        return f"t{base}:{quote}" if len(base) > 3 or len(quote) > 3 else f"t{base}{quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the tickers of a list and of one."""
        return {"/v2/tickers": self._tickers, "/v2/ticker/{symbol}": self._one}

    def rate_limited(self) -> Reply:
        """Return 429 with code 11010."""
        return Reply(["error", 11010, "ratelimit: error"], status=429)

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        names = call.query.get("symbols", "")
        if not names:
            return Reply(["error", 10020, "symbols: required"], status=500)
        if names == "ALL":
            return Reply([FUNDING, *(self._row(quote) for quote in desk.quotes())])
        found = [desk.find(name) for name in names.split(",")]
        return Reply([self._row(quote) for quote in found if quote])

    def _one(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        return Reply(self._row(quote)[1:]) if quote else Reply(["error", 10020, "symbol: invalid"], status=500)

    def _row(self, quote: Quote) -> list[object]:
        def price(value: Decimal) -> Decimal:
            return Decimal(self.text(value, quote))

        book = [price(quote.bid), Decimal("24.43585233"), price(quote.ask), Decimal("19.64058018")]
        change = [price(quote.change), Decimal(f"{quote.change_share:.8f}")]
        return [quote.ticker, *book, *change, price(quote.last), quote.volume, price(quote.high), price(quote.low)]
