"""The control API, as plain functions from a request's JSON to a reply's JSON.

Errors:
    BadControl: the request is malformed; answered as 400 with {"error": message}.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from simulator.assets import UNIT, Pair
from simulator.exchanges.base import plain
from simulator.faults import BadControl, read_decimal, read_fault
from simulator.market import UnknownAsset, mid_price
from simulator.state import Simulation, Source

Json = dict[str, object]


def state(simulation: Simulation) -> Json:
    """Return the market's prices and every source's mood."""
    market = simulation.market
    market.advance()
    prices = market.prices()
    return {
        "t": simulation.clock(),
        "seed": simulation.seed,
        "volatility_bps_per_sqrt_s": simulation.volatility_bps,
        "frozen": market.frozen,
        "served_kept": simulation.served.maxlen,
        "prices": {f"{symbol}/{UNIT}": plain(price) for symbol, price in prices.items() if symbol != UNIT},
        "sources": {slug: source_state(source) for slug, source in simulation.sources.items()},
    }


def source_state(source: Source) -> Json:
    """Return one source's mood."""
    fault, habits = source.fault, source.habits
    return {
        "name": source.exchange.name,
        "mode": fault.mode.value,
        "pairs": sorted(fault.pairs),
        "delay_ms": fault.delay_ms,
        "factor": plain(fault.factor),
        "status": fault.status,
        "retry_after_s": fault.retry_after_s,
        "bias_bps": plain(habits.bias_bps),
        "spread_bps": plain(habits.spread_bps),
        "lag_ms": habits.lag_ms,
        "calls": source.calls,
    }


def set_source(simulation: Simulation, slug: str, request: Mapping[str, object]) -> Json:
    """Change one source's mood, or all with the slug ``*``, and return the moods."""
    chosen = list(simulation.sources.values()) if slug == "*" else [simulation.source(slug)]
    if slug != "*":
        _require_quoted(simulation, chosen[0], request)
    now = simulation.clock()
    for source in chosen:
        source.control(request, simulation.market, now)
    return {source.exchange.slug: source_state(source) for source in chosen}


def set_market(simulation: Simulation, request: Mapping[str, object]) -> Json:
    """Set a pair's price, or multiply the price of one pair's base or of everything that is not money."""
    if ("price" in request) == ("multiply" in request):
        raise BadControl("give either price or multiply")
    try:
        pair = Pair.parse(str(request["pair"])) if "pair" in request else None
        if "price" in request:
            _set_price(simulation, pair, read_decimal(request, "price", Decimal(0)))
        else:
            factor = read_decimal(request, "multiply", Decimal(1))
            simulation.market.multiply(factor, symbol=pair.base if pair else None)
    except UnknownAsset as error:
        raise BadControl(f"currency {error} is not known") from error
    except ValueError as error:
        raise BadControl(str(error)) from error
    prices = simulation.market.prices()
    return {"pair": str(pair), "price": plain(mid_price(prices, pair))} if pair else {"multiplied": True}


def freeze(simulation: Simulation, request: Mapping[str, object]) -> Json:
    """Stop the walk, or let it go on."""
    frozen = request.get("frozen", True)
    if not isinstance(frozen, bool):
        raise BadControl("frozen is true or false")
    simulation.market.freeze(frozen)
    return {"frozen": frozen}


def served(simulation: Simulation, query: Mapping[str, str]) -> Json:
    """Return the log of served prices, oldest first; ``since`` (Unix time), ``source`` and ``pair`` narrow it."""
    try:
        since = float(query.get("since", "0"))
    except ValueError as error:
        raise BadControl("since is a Unix time") from error
    source, pair = query.get("source"), query.get("pair")
    rows = [
        row._asdict()
        for row in simulation.served
        if row.t >= since and source in {None, row.source} and pair in {None, row.pair}
    ]
    return {"t": simulation.clock(), "served": rows}


def quotes(simulation: Simulation, query: Mapping[str, str]) -> Json:
    """Return what every source would say now, transport faults left aside; ``source`` and ``pair`` narrow it."""
    now = simulation.clock()
    only, pair = query.get("source"), query.get("pair")
    chosen = simulation.sources.values() if only is None else [simulation.source(only)]
    return {
        "t": now,
        "frozen": simulation.market.frozen,
        "sources": {source.exchange.slug: _source_quotes(simulation, source, now, pair) for source in chosen},
    }


def _source_quotes(simulation: Simulation, source: Source, now: float, pair: str | None) -> Json:
    text = source.exchange.text
    tickers = {
        quote.ticker: {
            "pair": str(quote.pair),
            "price": text(quote.last, quote),
            "bid": text(quote.bid, quote),
            "ask": text(quote.ask, quote),
            "time_ms": quote.time_ms,
        }
        for quote in source.desk(simulation.market, now).quotes()
        if pair in {None, str(quote.pair)}
    }
    return {"mode": source.fault.mode.value, "tickers": tickers}


def _require_quoted(simulation: Simulation, source: Source, request: Mapping[str, object]) -> None:
    """Refuse pairs that the source does not quote: BTC/USD on an exchange of tether books would do nothing."""
    quoted = {str(pair) for pair in source.listing(simulation.market).values()}
    missing = sorted(read_fault(request).pairs - quoted)
    if missing:
        raise BadControl(f"{source.exchange.slug} does not quote {', '.join(missing)}")


def _set_price(simulation: Simulation, pair: Pair | None, price: Decimal) -> None:
    if pair is None:
        raise BadControl("price needs a pair")
    simulation.market.set_price(pair, price)
