"""What adapters of aggregators share: a coin id with a currency as ticker, plans with hosts of their own, keys.

An aggregator's price is made from many markets, converted and averaged: neither a print nor a book. So there is no bid
or ask, and no volume where only one in quote currency over all markets is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from apps.pricing.types import Ask
from apps.sources.adapters.base import Adapter, BaseAdapter, batches, tickers_of

PLAN = "plan"


class Aggregator(BaseAdapter):
    """An aggregator. Its ticker is ``id`` for US dollars, or ``id/CURRENCY``.

    plans: further plans by name, each an adapter with the plan's own host, key and limit; ``default_plan`` is this one.
    """

    default_plan: ClassVar[str] = ""
    plans: ClassVar[Mapping[str, type[Aggregator]]] = {}

    def with_options(self, options: Mapping[str, object]) -> Adapter:
        """Return the adapter of the plan in the options."""
        chosen = self.plans.get(str(options.get(PLAN, self.default_plan)))
        return chosen() if chosen else self

    def option_faults(self, options: Mapping[str, object]) -> list[str]:
        """Return what is wrong with the options; ``plan`` is the only one, where there are plans."""
        if not self.plans:
            return super().option_faults(options)
        known = (self.default_plan, *self.plans)
        faults = [f"{name}: unknown option; the only one is {PLAN}" for name in sorted(options) if name != PLAN]
        if options.get(PLAN, self.default_plan) not in known:
            faults.append(f"{PLAN}: expected {' or '.join(known)}, got {str(options[PLAN])[:40]!r}")
        return faults


def coin_of(ticker: str) -> tuple[str, str]:
    """Return the coin's id and the currency in upper case: ``bitcoin/eur`` gives ``("bitcoin", "EUR")``."""
    coin, _, money = ticker.rpartition("/")
    return (coin, money.upper()) if coin and money.isalpha() else (ticker, "USD")


def ticker_of(coin: str, money: str) -> str:
    """Return the ticker of a coin in a currency; US dollars go without saying."""
    return coin if money == "USD" else f"{coin}/{money}"


def canonical(ticker: str) -> str:
    """Return the one name a ticker's row goes under: ``bitcoin``, ``bitcoin/usd`` and ``bitcoin/USD`` are the same."""
    coin, money = coin_of(ticker)
    return f"{coin}/{money}"


def coins_of(asks: Sequence[Ask]) -> list[str]:
    """Return the asks' coins, each once, in order."""
    return list(dict.fromkeys(coin_of(ticker)[0] for ticker in tickers_of(asks)))


def moneys_of(asks: Sequence[Ask]) -> list[str]:
    """Return the asks' currencies, each once, in order."""
    return list(dict.fromkeys(coin_of(ticker)[1] for ticker in tickers_of(asks)))


def batches_by_money(asks: Sequence[Ask], *, size: int) -> Iterator[tuple[str, tuple[Ask, ...]]]:
    """Yield a currency with asks for it, for APIs that take one currency a call."""
    for money in moneys_of(asks):
        for batch in batches([ask for ask in asks if coin_of(ask.ticker)[1] == money], size=size):
            yield money, batch
