"""CoinPaprika, https://api.coinpaprika.com."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar

from simulator.exchanges.base import Call, Handler, Reply, iso, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk


class CoinPaprika(CoinSource):
    """One coin or all, in the currencies asked for."""

    slug = "coinpaprika"
    name = "CoinPaprika"
    ids: ClassVar[Mapping[str, str]] = {
        "BTC": "btc-bitcoin",
        "ETH": "eth-ethereum",
        "SOL": "sol-solana",
        "DOGE": "doge-dogecoin",
        "LTC": "ltc-litecoin",
    }
    money = ("USD", "EUR")
    bias_bps = Decimal("-2.2")
    lag_ms = 5000

    def routes(self) -> Mapping[str, Handler]:
        """Return one coin and all."""
        return {"/tickers": self._all, "/tickers/{coin}": self._one}

    def _one(self, desk: Desk, call: Call) -> Reply:
        row = _coin(desk, call.parts["coin"], _moneys(call))
        return Reply(row) if row else Reply({"error": "id not found"}, status=404)

    def _all(self, desk: Desk, call: Call) -> Reply:
        rows = [_coin(desk, coin, _moneys(call)) for coin in self.ids.values()]
        return Reply([row for row in rows if row])


def _moneys(call: Call) -> list[str]:
    return call.query.get("quotes", "USD").split(",")


def _coin(desk: Desk, coin: str, moneys: Sequence[str]) -> dict[str, object] | None:
    quotes = [quote for quote in (desk.find(f"{coin}/{money}") for money in moneys) if quote]
    if not quotes:
        return None
    said = {
        quote.pair.quote: {"price": Decimal(plain(quote.last)), "volume_24h": quote.turnover, "market_cap": 1}
        for quote in quotes
    }
    symbol, updated = quotes[0].pair.base, iso(quotes[0].time_ms, form="%Y-%m-%dT%H:%M:%SZ")
    return {"id": coin, "name": symbol, "symbol": symbol, "rank": 1, "last_updated": updated, "quotes": said}
