"""Sample replies of the exchanges from Coinbase to Upbit."""

from __future__ import annotations

from tests.sources.wires.base import ASK, BID, VOLUME, Wire, iso


def _coinbase_advanced(symbol: str, price: object, time_ms: int) -> object:
    trade = {"trade_id": "9", "product_id": symbol, "price": price, "time": iso(time_ms, suffix=".000000Z")}
    return {"trades": [trade, {**trade, "price": "1"}], "best_bid": BID, "best_ask": ASK}


def _coinbase_exchange(_symbol: str, price: object, time_ms: int) -> object:
    return {"price": price, "bid": BID, "ask": ASK, "volume": VOLUME, "time": iso(time_ms, suffix=".000000000Z")}


def _coinbase_spot_v2(symbol: str, price: object, _time_ms: int) -> object:
    base, _, money = symbol.partition("-")
    return {"data": {"amount": price, "base": base, "currency": money}}


def _cryptocom(symbol: str, price: object, time_ms: int) -> object:
    row = {"i": symbol, "a": price, "b": BID, "k": ASK, "v": VOLUME, "t": time_ms}
    return {"id": -1, "method": "public/get-tickers", "code": 0, "result": {"data": [row]}}


def _gate(symbol: str, price: object, _time_ms: int) -> object:
    row = {"currency_pair": symbol, "last": price, "lowest_ask": ASK, "highest_bid": BID, "base_volume": VOLUME}
    return [{**row, "quote_volume": "99999"}]


def _gemini(symbol: str, price: object, time_ms: int) -> object:
    volume = {symbol[:3].upper(): VOLUME, symbol[3:].upper(): "1.0", "timestamp": time_ms}
    return {"bid": BID, "ask": ASK, "last": price, "volume": volume}


def _htx(symbol: str, price: object, time_ms: int) -> object:
    tick = {"close": price, "amount": 1234.5, "vol": 9.9e8, "bid": [83999.9, 1.5], "ask": [84001.1, 2]}
    return {"ch": f"market.{symbol}.detail.merged", "status": "ok", "ts": time_ms, "tick": tick}


def _kraken(symbol: str, price: object, _time_ms: int) -> object:
    row = {"a": [ASK, "1", "1.0"], "b": [BID, "1", "1.0"], "c": [price, "0.1"], "v": ["10", VOLUME]}
    return {"error": [], "result": {symbol: row}}


def _kucoin(symbol: str, price: object, time_ms: int) -> object:
    row = {"symbol": symbol, "last": price, "buy": BID, "sell": ASK, "vol": VOLUME}
    return {"code": "200000", "data": {"time": time_ms, "ticker": [row]}}


def _lbank(symbol: str, price: object, time_ms: int) -> object:
    row = {"symbol": symbol, "ticker": {"latest": price, "vol": VOLUME, "turnover": "99"}, "timestamp": time_ms}
    return {"result": "true", "data": [row], "error_code": 0, "ts": time_ms + 7000}


def _okx(symbol: str, price: object, time_ms: int) -> object:
    row = {"instId": symbol, "last": price, "bidPx": BID, "askPx": ASK, "vol24h": VOLUME, "ts": str(time_ms)}
    return {"code": "0", "msg": "", "data": [{"instType": "SPOT", **row}]}


def _upbit(symbol: str, price: object, time_ms: int) -> object:
    row = {"market": symbol, "trade_price": price, "acc_trade_volume_24h": 1234.5, "trade_timestamp": time_ms}
    return [{**row, "timestamp": time_ms + 5000}]


WIRES = (
    Wire("coinbase_advanced", "BTC-USD", "ETH-USD", _coinbase_advanced, volume=False),
    Wire("coinbase_exchange", "BTC-USD", "ETH-USD", _coinbase_exchange, names_pair=False),
    Wire("coinbase_spot_v2", "BTC-USD", "ETH-USD", _coinbase_spot_v2, book=False, volume=False, clock="none"),
    Wire("cryptocom", "BTC_USD", "ETH_USD", _cryptocom),
    Wire("gate", "BTC_USDT", "ETH_USDT", _gate, clock="none"),
    Wire("gemini", "btcusd", "ethusd", _gemini, clock="reply"),
    Wire("htx", "btcusdt", "ethusdt", _htx, clock="reply"),
    Wire("kraken", "XBTUSD", "XETHZUSD", _kraken, clock="none"),
    Wire("kucoin", "BTC-USDT", "ETH-USDT", _kucoin, clock="reply"),
    Wire("lbank", "btc_usdt", "eth_usdt", _lbank, book=False),
    Wire("okx", "BTC-USDT", "ETH-USDT", _okx),
    Wire("upbit", "USDT-BTC", "USDT-ETH", _upbit, book=False),
)
