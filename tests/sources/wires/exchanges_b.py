"""Sample replies of the exchanges from Binance to Bybit."""

from __future__ import annotations

from tests.sources.wires.base import ASK, BID, VOLUME, Wire, iso


def _binance(symbol: str, price: object, time_ms: int) -> object:
    return {
        "symbol": symbol,
        "lastPrice": price,
        "bidPrice": BID,
        "askPrice": ASK,
        "volume": VOLUME,
        "quoteVolume": None,
        "closeTime": time_ms,
    }


def _bitfinex(symbol: str, price: object, _time_ms: int) -> object:
    return [[symbol, 83999.9, 24.4, 84001.1, 19.6, 1812, 0.0638, price, 1234.5, 85000, 83000]]


def _bitget(symbol: str, price: object, time_ms: int) -> object:
    row = {"symbol": symbol, "lastPr": price, "bidPr": BID, "askPr": ASK, "baseVolume": VOLUME, "ts": str(time_ms)}
    return {"code": "00000", "msg": "success", "requestTime": time_ms + 900, "data": [row]}


def _bithumb(symbol: str, price: object, time_ms: int) -> object:
    row = {"market": symbol, "trade_price": price, "acc_trade_volume_24h": 1234.5, "trade_timestamp": time_ms}
    return [{**row, "timestamp": time_ms + 5000, "change_price": 1.4e-07}]


def _bithumb_older(symbol: str, price: object, time_ms: int) -> object:
    row = {"opening_price": "84000", "closing_price": price, "units_traded_24H": VOLUME, "fluctate_24H": "212,000"}
    return {"status": "0000", "data": {symbol.partition("_")[0]: row, "date": str(time_ms)}}


def _bitmart(symbol: str, price: object, time_ms: int) -> object:
    row = {"symbol": symbol, "last": price, "v_24h": VOLUME, "bid_px": BID, "ask_px": ASK, "ts": str(time_ms)}
    return {"code": 1000, "trace": "x", "message": "success", "data": row}


def _bitso(symbol: str, price: object, time_ms: int) -> object:
    moment = iso(time_ms, suffix="+00:00")
    row = {"book": symbol, "last": price, "volume": VOLUME, "bid": BID, "ask": ASK, "created_at": moment}
    return {"success": True, "payload": row}


def _bitstamp(symbol: str, price: object, time_ms: int) -> object:
    pair = f"{symbol[:3]}/{symbol[3:]}".upper()
    row = {"timestamp": str(time_ms // 1000), "last": price, "bid": BID, "ask": ASK, "volume": VOLUME}
    return {**row, "pair": pair}


def _bybit(symbol: str, price: object, time_ms: int) -> object:
    row = {"symbol": symbol, "lastPrice": price, "bid1Price": BID, "ask1Price": ASK, "volume24h": VOLUME}
    return {"retCode": 0, "retMsg": "OK", "result": {"category": "spot", "list": [row]}, "time": time_ms}


WIRES = (
    Wire("binance", "BTCUSDT", "ETHUSDT", _binance),
    Wire("binance_us", "BTCUSD", "ETHUSD", _binance),
    Wire("bitfinex", "tBTCUSD", "tETHUSD", _bitfinex, clock="none"),
    Wire("bitget", "BTCUSDT", "ETHUSDT", _bitget),
    Wire("bithumb", "KRW-BTC", "KRW-ETH", _bithumb, pair="BTC/KRW", book=False),
    Wire("bithumb", "BTC_KRW", "ETH_KRW", _bithumb_older, pair="", book=False, clock="reply"),
    Wire("bitmart", "BTC_USDT", "ETH_USDT", _bitmart),
    Wire("bitso", "btc_usd", "eth_usd", _bitso, clock="reply"),
    Wire("bitstamp", "btcusd", "ethusd", _bitstamp),
    Wire("bybit", "BTCUSDT", "ETHUSDT", _bybit, clock="reply"),
    Wire("mexc", "BTCUSDT", "ETHUSDT", _binance),
)
