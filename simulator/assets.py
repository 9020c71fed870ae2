"""Which currencies the simulated market knows, and at what price each starts.

To add one, add a line to ASSETS; every exchange quotes it at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Asset:
    """A currency walking against USD.

    start: USD per unit.  swing: its volatility, as a multiple of the market's.
    beta: share of its movement that it has in common with the market, 0 … 1.
    money: a stablecoin or national currency, which other currencies are quoted in.
    """

    symbol: str
    start: Decimal
    swing: float = 1.3
    beta: float = 0.7
    money: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """``base`` priced in ``quote``; its text is ``BASE/QUOTE``."""

    base: str
    quote: str

    @classmethod
    def parse(cls, text: str) -> Pair:
        """Return the pair of ``BASE/QUOTE``.

        Raises:
            ValueError: the text is not two names of letters and digits joined by a slash.
        """
        base, slash, quote = text.upper().partition("/")
        if not (slash and base.isalnum() and quote.isalnum()):
            raise ValueError(f"pair {text!r} is not of the form BTC/USD")
        return cls(base, quote)

    def __str__(self) -> str:
        """Return ``BASE/QUOTE``."""
        return f"{self.base}/{self.quote}"


UNIT = "USD"

ASSETS: tuple[Asset, ...] = (
    Asset("BTC", Decimal(84050), swing=1.0, beta=0.9),
    Asset("ETH", Decimal(2520), beta=0.85),
    Asset("SOL", Decimal(108), swing=1.6, beta=0.8),
    Asset("XRP", Decimal("1.42")),
    Asset("BNB", Decimal(742), swing=1.1),
    Asset("DOGE", Decimal("0.0936"), swing=1.6),
    Asset("ADA", Decimal("0.2184"), swing=1.5),
    Asset("AVAX", Decimal("8.61"), swing=1.6),
    Asset("LINK", Decimal("10.94"), swing=1.5),
    Asset("LTC", Decimal("58.70")),
    Asset("DOT", Decimal("1.382"), swing=1.5),
    Asset("TRX", Decimal("0.3415"), swing=0.8),
    Asset("BCH", Decimal("431.5")),
    Asset("XLM", Decimal("0.2051")),
    Asset("UNI", Decimal("4.183"), swing=1.6),
    Asset("ATOM", Decimal("1.921"), swing=1.5),
    Asset("NEAR", Decimal("2.374"), swing=1.7),
    Asset("AAVE", Decimal("112.4"), swing=1.6),
    Asset("SUI", Decimal("1.137"), swing=1.8),
    Asset("SHIB", Decimal("0.00000612"), swing=1.6),
    Asset("USDT", Decimal("0.99937"), swing=0.05, beta=0.0, money=True),
    Asset("USDC", Decimal("0.99991"), swing=0.02, beta=0.0, money=True),
    Asset("EUR", Decimal("1.1634"), swing=0.1, beta=0.1, money=True),
    Asset("KRW", Decimal("0.0006834"), swing=0.1, beta=0.1, money=True),
    Asset("MXN", Decimal("0.05442"), swing=0.1, beta=0.1, money=True),
)
