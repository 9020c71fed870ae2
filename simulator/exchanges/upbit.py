"""Upbit, https://global-docs.upbit.com/reference/list-tickers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.assets import Pair
from simulator.exchanges.base import Call, Exchange, Handler, Reply, iso
from simulator.quotes import Desk, Quote

KOREA_MS = 9 * 3_600_000


class Upbit(Exchange):
    """A list of markets, quote before base; an unknown one fails the call, prices are JSON numbers."""

    slug = "upbit"
    name = "Upbit"
    money: ClassVar[tuple[str, ...]] = ("KRW", "USDT")
    crosses: ClassVar[tuple[str, ...]] = ("ETH/BTC", "SOL/BTC", "USDT/KRW")
    bias_bps = Decimal("2.2")
    spread_bps = Decimal(4)
    lag_ms = 700

    def ticker(self, pair: Pair) -> str:
        """Return e.g. KRW-BTC."""
        return f"{pair.quote}-{pair.base}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the ticker of a list."""
        return {"/v1/ticker": self._tickers}

    def rate_limited(self) -> Reply:
        """Return 429."""
        return _bad("too_many_requests", "API call limit exceeded.", status=429)

    def banned(self) -> Reply:
        """Return 418, a ban that grows with every further call."""
        return _bad("too_many_requests", "This request has been blocked.", status=418)

    def _tickers(self, desk: Desk, call: Call) -> Reply:
        names = [name for name in call.query.get("markets", "").split(",") if name]
        if not names:
            return _bad(400, "Missing request parameter error. Check the required parameters!", status=400)
        quotes = desk.find_all(names)
        return _bad(404, "Code not found", status=404) if quotes is None else Reply([self._row(one) for one in quotes])

    def _row(self, quote: Quote) -> dict[str, object]:
        def price(value: Decimal) -> Decimal:
            return Decimal(self.text(value, quote))

        return {
            "market": quote.ticker,
            **_moments(quote),
            "opening_price": price(quote.open),
            "high_price": price(quote.high),
            "low_price": price(quote.low),
            "trade_price": price(quote.last),
            "prev_closing_price": price(quote.open),
            "change": "RISE" if quote.change > 0 else "FALL",
            "change_price": abs(price(quote.change)),
            "change_rate": abs(Decimal(f"{quote.change_share:.10f}")),
            "signed_change_price": price(quote.change),
            "signed_change_rate": Decimal(f"{quote.change_share:.10f}"),
            "trade_volume": Decimal("0.02988133"),
            "acc_trade_price": quote.turnover,
            "acc_trade_price_24h": quote.turnover,
            "acc_trade_volume": quote.volume,
            "acc_trade_volume_24h": quote.volume,
            "highest_52_week_price": price(quote.high * 2),
            "highest_52_week_date": "2026-01-06",
            "lowest_52_week_price": price(quote.low / 2),
            "lowest_52_week_date": "2026-09-25",
            "timestamp": quote.time_ms + 30,
        }


def _moments(quote: Quote) -> dict[str, object]:
    """Return the trade's time in every form Upbit has for it."""
    korea_ms = quote.time_ms + KOREA_MS
    return {
        "trade_date": iso(quote.time_ms, form="%Y%m%d"),
        "trade_time": iso(quote.time_ms, form="%H%M%S"),
        "trade_date_kst": iso(korea_ms, form="%Y%m%d"),
        "trade_time_kst": iso(korea_ms, form="%H%M%S"),
        "trade_timestamp": quote.time_ms,
    }


def _bad(name: str | int, message: str, *, status: int) -> Reply:
    return Reply({"error": {"message": message, "name": name}}, status=status)
