"""What the simulated aggregators call the coins they know, and the base of all that price coins by an id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from simulator.assets import Asset, Pair
from simulator.exchanges.base import Exchange

SLUGS: Mapping[str, str] = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "SOL": "solana",
    "DOGE": "dogecoin",
    "LINK": "chainlink",
}


class CoinSource(Exchange):
    """A source of a few coins, each under an id; where it knows several currencies, a ticker is ``id/currency``.

    ids: by symbol.
    """

    ids: ClassVar[Mapping[str, str]] = SLUGS
    money: ClassVar[tuple[str, ...]] = ("USD",)
    crosses: ClassVar[tuple[str, ...]] = ()

    def ticker(self, pair: Pair) -> str:
        """Return the coin's id, with the currency where there are several."""
        coin = self.ids[pair.base]
        return coin if len(self.money) == 1 else f"{coin}/{pair.quote}"

    def listing(self, assets: Iterable[Asset]) -> dict[str, Pair]:
        """Return the coins that have an id, in every currency."""
        del assets
        pairs = [Pair(base, money) for money in self.money for base in self.ids]
        return {self.ticker(pair): pair for pair in pairs}
