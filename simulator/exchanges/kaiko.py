"""Kaiko's spot exchange rate, https://docs.kaiko.com."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, plain
from simulator.quotes import Desk

MINUTE_MS = 60_000


class Kaiko(Exchange):
    """The rate of one pair by the minute, newest first; the newest may be null."""

    slug = "kaiko"
    name = "Kaiko"
    money = ("USD", "EUR")
    crosses = ("ETH/BTC", "USDT/USD", "USDC/USD")
    bias_bps = Decimal("0.6")
    lag_ms = 1000

    def ticker(self, pair: Pair) -> str:
        """Return e.g. btc/usd."""
        return str(pair).lower()

    def routes(self) -> Mapping[str, Handler]:
        """Return the rate of one pair."""
        return {"/trades.v2/spot_exchange_rate/{base}/{quote}": self._rate}

    def banned(self) -> Reply:
        """Return the firewall's page: the API's own 403 speaks of the key's rights."""
        return Reply(text="<html>Forbidden</html>", status=403, content_type="text/html")

    def _rate(self, desk: Desk, call: Call) -> Reply:
        base, money = call.parts["base"], call.parts["quote"]
        quote = desk.find(f"{base}/{money}")
        if quote is None:
            return Reply({"result": "error", "message": f"{base}-{money} not found"}, status=404)
        minute = quote.time_ms
        rows = [
            {"timestamp": minute, "price": None},
            {"timestamp": minute, "price": plain(quote.last)},
            {"timestamp": minute - MINUTE_MS, "price": plain(quote.average)},
        ]
        query = {"base_asset": base, "quote_asset": money, "interval": call.query.get("interval", "1d")}
        return Reply({"query": query, "timestamp": desk.now_ms, "data": rows, "result": "success"})
