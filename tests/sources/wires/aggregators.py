"""Sample replies of the aggregators, and of Pyth."""

from __future__ import annotations

from apps.pricing.types import MissCode
from tests.sources.wires.base import VOLUME, Wire, iso

BTC_ID = "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43"
ETH_ID = "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace"
NATIVE = "0x0000000000000000000000000000000000000000"


def _coincap(symbol: str, price: object, time_ms: int) -> object:
    return {"data": {"id": symbol, "priceUsd": price, "volumeUsd24Hr": "1"}, "timestamp": time_ms}


def _coingecko(symbol: str, price: object, time_ms: int) -> object:
    return {symbol: {"usd": price, "last_updated_at": time_ms // 1000}}


def _coinmarketcap(symbol: str, price: object, time_ms: int) -> object:
    quote = {"price": price, "volume_24h": 1.5, "last_updated": iso(time_ms, suffix=".000Z")}
    coin = {"id": int(symbol), "symbol": "BTC", "quote": {"USD": quote}}
    return {"status": {"error_code": 0, "error_message": None}, "data": {symbol: coin}}


def _coinpaprika(symbol: str, price: object, time_ms: int) -> object:
    quotes = {"USD": {"price": price, "volume_24h": 1.5}}
    return {"id": symbol, "symbol": "BTC", "last_updated": iso(time_ms, suffix="Z"), "quotes": quotes}


def _cryptocompare(symbol: str, price: object, time_ms: int) -> object:
    coin, _, money = symbol.partition("/")
    row = {"PRICE": price, "LASTUPDATE": time_ms // 1000, "VOLUME24HOUR": float(VOLUME), "MEDIAN": 1}
    return {"RAW": {coin: {money: row}}, "DISPLAY": {coin: {money: {"PRICE": "$ 1"}}}}


def _defillama(symbol: str, price: object, time_ms: int) -> object:
    return {"coins": {symbol: {"symbol": "BTC", "price": price, "timestamp": time_ms // 1000, "confidence": 0.99}}}


def _dia(symbol: str, price: object, time_ms: int) -> object:
    chain, _, address = symbol.partition("/")
    named = {"Symbol": "BTC", "Address": address, "Blockchain": chain}
    return {**named, "Price": price, "PriceYesterday": 1.5, "Time": iso(time_ms, suffix="Z")}


def _kaiko(symbol: str, price: object, time_ms: int) -> object:
    base, _, money = symbol.partition("/")
    minutes = [{"timestamp": time_ms, "price": price}, {"timestamp": time_ms - 60_000, "price": price}]
    return {"query": {"base_asset": base, "quote_asset": money}, "data": minutes, "result": "success"}


def _messari(symbol: str, price: object, time_ms: int) -> object:
    market = {"price_usd": price, "last_trade_at": iso(time_ms, suffix=".000Z")}
    return {"status": {"timestamp": iso(time_ms, suffix="Z")}, "data": {"slug": symbol, "market_data": market}}


def _pyth(symbol: str, price: object, time_ms: int) -> object:
    """Return the price as a whole number and its exponent where it is a decimal, else as it is."""
    exponent = 0
    if isinstance(price, str) and price.strip("\x00RAW").replace(".", "").isascii():
        whole, _, decimals = price.partition(".")
        digits = decimals.rstrip("\x00RAW")
        if digits.isdigit() and "E" not in whole:
            price, exponent = f"{whole}{decimals}", -len(digits)
            price = price.replace("RAW\x000", "RAW\x00").lstrip("0") or "0"
    said = {"price": price, "expo": exponent, "publish_time": time_ms // 1000}
    return {"binary": {"encoding": "hex", "data": []}, "parsed": [{"id": symbol, "price": said, "ema_price": said}]}


WIRES = (
    Wire("coincap", "bitcoin", "ethereum", _coincap, book=False, volume=False, clock="reply"),
    Wire("coingecko", "bitcoin", "ethereum", _coingecko, book=False, volume=False, empty=MissCode.TICKER_MISSING),
    Wire("coinmarketcap", "1", "1027", _coinmarketcap, book=False, volume=False),
    Wire("coinpaprika", "btc-bitcoin", "eth-ethereum", _coinpaprika, book=False, volume=False),
    Wire("cryptocompare", "BTC/USD", "ETH/USD", _cryptocompare, book=False),
    Wire("defillama", "coingecko:bitcoin", "coingecko:ethereum", _defillama, book=False, volume=False),
    Wire("dia", f"Bitcoin/{NATIVE}", f"Ethereum/{NATIVE}", _dia, book=False, volume=False),
    Wire("kaiko", "btc/usd", "eth/usd", _kaiko, book=False, volume=False),
    Wire("messari", "bitcoin", "ethereum", _messari, book=False, volume=False),
    Wire("pyth", BTC_ID, ETH_ID, _pyth, book=False, volume=False),
)
