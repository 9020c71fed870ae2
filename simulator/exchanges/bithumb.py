"""Bithumb, https://apidocs.bithumb.com/reference and, for the older calls, https://apidocs.bithumb.com/v1.2.0/reference."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.exchanges.base import Call, Handler, Reply, plain
from simulator.exchanges.upbit import Upbit
from simulator.quotes import Desk, Quote


class Bithumb(Upbit):
    """Upbit's call, and older ones: a pair without its name, or all in one currency by base, the date among them."""

    slug = "bithumb"
    name = "Bithumb"
    money = ("KRW",)
    crosses = ("ETH/BTC", "USDT/KRW")
    bias_bps = Decimal("-2.1")
    spread_bps = Decimal(5)
    lag_ms = 800

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker of a list, and the older one of a pair or of ALL_KRW."""
        return {**super().routes(), "/public/ticker/{symbol}": self._older}

    def rate_limited(self) -> Reply:
        """Return 429."""
        return Reply({"error": {"name": "too_many_requests", "message": "too many requests"}}, status=429)

    def banned(self) -> Reply:
        """Return 403."""
        return Reply({"error": {"name": "forbidden", "message": "forbidden"}}, status=403)

    def _older(self, desk: Desk, call: Call) -> Reply:
        base, _, money = call.parts["symbol"].partition("_")
        date = {"date": str(desk.now_ms)}
        if base.upper() == "ALL":
            names = [name for name, pair in desk.pairs() if pair.quote == (money or "KRW")]
            rows = {quote.pair.base: self._older_row(quote) for name in names if (quote := desk.find(name))}
            return _good({**rows, **date}) if rows else _bad()
        quote = desk.find(f"{money}-{base}")
        return _good({**self._older_row(quote), **date}) if quote else _bad()

    def _older_row(self, quote: Quote) -> dict[str, object]:
        return {
            "opening_price": self.text(quote.open, quote),
            "closing_price": self.text(quote.last, quote),
            "min_price": self.text(quote.low, quote),
            "max_price": self.text(quote.high, quote),
            "units_traded": plain(quote.volume / 2)[:24],
            "acc_trade_value": plain(quote.turnover / 2)[:24],
            "prev_closing_price": self.text(quote.open, quote),
            "units_traded_24H": plain(quote.volume),
            "acc_trade_value_24H": plain(quote.turnover),
            "fluctate_24H": f"{quote.change:,.0f}",
            "fluctate_rate_24H": f"{quote.change_share * 100:.2f}",
        }


def _good(rows: dict[str, object]) -> Reply:
    return Reply({"status": "0000", "data": rows})


def _bad() -> Reply:
    return Reply({"status": "5500", "message": "Invalid Parameter"}, status=400)
