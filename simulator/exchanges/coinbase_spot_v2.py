"""Coinbase's retail prices, https://docs.cdp.coinbase.com/coinbase-app/track-apis/prices."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Context, Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply
from simulator.quotes import Desk

RATE = Context(prec=18)


class CoinbaseSpotV2(Exchange):
    """One pair's amount, or how much of everything one unit of a currency buys."""

    slug = "coinbase_spot_v2"
    name = "Coinbase spot price"
    money = ("USD", "EUR")
    crosses = ("USDT/USD", "USDC/USD")
    bias_bps = Decimal("2.4")
    spread_bps = Decimal(1)
    lag_ms = 800

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC-USD."""
        return f"{pair.base}-{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the price of one pair and the rates of one currency."""
        return {"/v2/prices/{symbol}/spot": self._spot, "/v2/exchange-rates": self._rates}

    def rate_limited(self) -> Reply:
        """Return 429."""
        return _bad("rate_limit_exceeded", "Too many requests", status=429)

    def not_found(self) -> Reply:
        """Return 404, which unknown pairs get as well."""
        return _bad("not_found", "Not found", status=404)

    def _spot(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        if quote is None:
            return self.not_found()
        amount = self.text(quote.last, quote)
        return Reply({"data": {"amount": amount, "base": quote.pair.base, "currency": quote.pair.quote}})

    def _rates(self, desk: Desk, call: Call) -> Reply:
        currency = call.query.get("currency", "USD")
        names = [name for name, pair in desk.pairs() if pair.quote == currency]
        rates = {
            quote.pair.base: f"{RATE.divide(Decimal(1), quote.last):f}" for name in names if (quote := desk.find(name))
        }
        if not rates:
            return _bad("invalid", "Invalid currency", status=400)
        return Reply({"data": {"currency": currency, "rates": rates}})


def _bad(code: str, message: str, *, status: int) -> Reply:
    return Reply({"errors": [{"id": code, "message": message}]}, status=status)
