"""CoinMarketCap, https://coinmarketcap.com/api/documentation/v1/."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.exchanges.base import Call, Handler, Reply, iso, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk, Quote

STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


class CoinMarketCap(CoinSource):
    """Latest quotes by numeric id, in one currency; one unknown id fails the call."""

    slug = "coinmarketcap"
    name = "CoinMarketCap"
    ids: ClassVar[Mapping[str, str]] = {"BTC": "1", "ETH": "1027", "SOL": "5426", "DOGE": "74", "LTC": "2"}
    money = ("USD", "EUR")
    bias_bps = Decimal("2.4")
    lag_ms = 6000

    def routes(self) -> Mapping[str, Handler]:
        """Return the latest quotes."""
        return {"/v2/cryptocurrency/quotes/latest": self._latest}

    def rate_limited(self) -> Reply:
        """Return 429 with code 1008."""
        return _bad(1008, "You've exceeded your API Key's HTTP request rate limit.", status=429)

    def _latest(self, desk: Desk, call: Call) -> Reply:
        money = call.query.get("convert", "USD")
        asked = call.query.get("id", "").split(",")
        quotes = desk.find_all([f"{coin}/{money}" for coin in asked])
        if quotes is None:
            known = set(self.ids.values())
            wrong = next((coin for coin in asked if coin not in known), asked[0])
            return _bad(400, f'Invalid value for "id": "{wrong}"', status=400)
        coins = {coin: _coin(int(coin), money, quote) for coin, quote in zip(asked, quotes, strict=True)}
        return Reply({"status": _status(0, None, iso(desk.now_ms, form=STAMP)), "data": coins})


def _coin(number: int, money: str, quote: Quote) -> dict[str, object]:
    updated = iso(quote.time_ms, form=STAMP)
    said = {"price": Decimal(plain(quote.last)), "volume_24h": quote.turnover, "last_updated": updated}
    symbol = quote.pair.base
    return {"id": number, "name": symbol, "symbol": symbol, "last_updated": updated, "quote": {money: said}}


def _status(code: int, message: str | None, stamp: str = "") -> dict[str, object]:
    return {"timestamp": stamp, "error_code": code, "error_message": message, "elapsed": 10, "credit_count": 1}


def _bad(code: int, message: str, *, status: int) -> Reply:
    return Reply({"status": _status(code, message)}, status=status)
