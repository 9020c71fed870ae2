"""Pyth's Hermes, https://hermes.pyth.network/docs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.exchanges.base import Call, Handler, Reply
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk, Quote

EXPONENT = -8


class Pyth(CoinSource):
    """Latest prices by id, as integers with an exponent; ids are echoed without 0x."""

    slug = "pyth"
    name = "Pyth (Hermes)"
    ids: ClassVar[Mapping[str, str]] = {
        "BTC": "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
        "ETH": "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
        "SOL": "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
        "USDT": "2b89b9dc8fdf9f34709a5b106b472f0f39bb6ca9ce04b0fd7f2e971688e2e53b",
        "USDC": "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
    }
    bias_bps = Decimal("0.4")
    spread_bps = Decimal(3)
    lag_ms = 1000

    def routes(self) -> Mapping[str, Handler]:
        """Return the latest prices."""
        return {"/v2/updates/price/latest": self._latest}

    def rate_limited(self) -> Reply:
        """Return 429 in plain text."""
        return Reply(text="Too Many Requests", status=429, content_type="text/plain")

    def _latest(self, desk: Desk, call: Call) -> Reply:
        asked = [each.removeprefix("0x").lower() for each in call.every("ids[]")]
        quotes = {each: desk.find(each) for each in dict.fromkeys(asked)}
        unknown = [f"0x{each}" for each, quote in quotes.items() if quote is None]
        if unknown and call.query.get("ignore_invalid_price_ids") != "true":
            text = f"Price ids not found: {', '.join(unknown)}"
            return Reply(text=text, status=404, content_type="text/plain")
        parsed = [_row(each, quote) for each, quote in quotes.items() if quote]
        return Reply({"binary": {"encoding": "hex", "data": []}, "parsed": parsed})


def _row(price_id: str, quote: Quote) -> dict[str, object]:
    moment = quote.time_ms // 1000
    price = {
        "price": _scaled(quote.last),
        "conf": _scaled((quote.ask - quote.bid) / 2),
        "expo": EXPONENT,
        "publish_time": moment,
    }
    metadata = {"slot": quote.serial, "proof_available_time": moment + 1, "prev_publish_time": moment}
    return {"id": price_id, "price": price, "ema_price": price, "metadata": metadata}


def _scaled(number: Decimal) -> str:
    return str(int(number.scaleb(-EXPONENT)))
