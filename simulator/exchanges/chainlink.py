"""Chainlink's price feeds on a chain, https://docs.chain.link/data-feeds/api-reference."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.exchanges.evm import Node, word
from simulator.quotes import Desk

LATEST_ROUND_DATA, DECIMALS = "feaf968c", "313ce567"
PLACES = 8


class Chainlink(Node):
    """The proxies of mainnet, with eight decimals."""

    slug = "chainlink"
    name = "Chainlink"
    ids: ClassVar[Mapping[str, str]] = {
        "BTC": "0xf4030086522a5beea4988f8ca5b36dbc97bee88c",
        "ETH": "0x5f4ec3df9cbd43714fe2740f5e3616155c5b8419",
        "SOL": "0x4ffc43a60e009b551865a93d232e33fce9f01507",
        "LINK": "0x2c1d072e956affc0d435cb7ac38ef18d24d9127c",
    }
    bias_bps = Decimal("-0.9")
    lag_ms = 8000

    def contract(self, desk: Desk, address: str, selector: str, arguments: str) -> str | None:
        """Return the feed's round or its decimals; nothing at an address without a feed."""
        del arguments
        if selector == DECIMALS:
            return word(PLACES) if address in self.ids.values() else ""
        quote = desk.find(address)
        if quote is None:
            return ""
        if selector != LATEST_ROUND_DATA:
            return None
        answer, moment = int(quote.last.scaleb(PLACES)), quote.time_ms // 1000
        return word(quote.serial) + word(answer) + word(moment) + word(moment) + word(quote.serial)
