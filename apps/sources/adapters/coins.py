"""What aggregators call the best-known coins. Pinned by hand, because names are no proof of a coin.

Symbols are not unique, and a plausible id may be another coin altogether: CoinGecko's ``gram`` is not the GRAM that
exchanges trade (0.0005 against 1.40 dollars on the same day). So only what is listed here is ever guessed; for any
other coin the operator looks the id up and writes it into the listing.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.sources import errors
from apps.sources.adapters.base import split_pair

MONEY = frozenset({"USD", "EUR", "GBP", "JPY", "CHF", "CAD", "AUD"})  # national currencies aggregators price in

COINGECKO: Mapping[str, str] = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "SOL": "solana",
    "XRP": "ripple",
    "BNB": "binancecoin",
    "DOGE": "dogecoin",
    "ADA": "cardano",
    "AVAX": "avalanche-2",
    "LINK": "chainlink",
    "LTC": "litecoin",
    "DOT": "polkadot",
    "TRX": "tron",
    "BCH": "bitcoin-cash",
    "XLM": "stellar",
    "UNI": "uniswap",
    "ATOM": "cosmos",
    "NEAR": "near",
    "AAVE": "aave",
    "SUI": "sui",
    "SHIB": "shiba-inu",
    "USDT": "tether",
    "USDC": "usd-coin",
}
COINMARKETCAP: Mapping[str, str] = {
    "BTC": "1",
    "LTC": "2",
    "XRP": "52",
    "DOGE": "74",
    "XLM": "512",
    "USDT": "825",
    "ETH": "1027",
    "BCH": "1831",
    "BNB": "1839",
    "TRX": "1958",
    "LINK": "1975",
    "ADA": "2010",
    "USDC": "3408",
    "ATOM": "3794",
    "SOL": "5426",
    "AVAX": "5805",
    "SHIB": "5994",
    "NEAR": "6535",
    "DOT": "6636",
    "UNI": "7083",
    "AAVE": "7278",
    "SUI": "20947",
}
COINPAPRIKA: Mapping[str, str] = {
    "BTC": "btc-bitcoin",
    "ETH": "eth-ethereum",
    "SOL": "sol-solana",
    "XRP": "xrp-xrp",
    "BNB": "bnb-binance-coin",
    "DOGE": "doge-dogecoin",
    "ADA": "ada-cardano",
    "AVAX": "avax-avalanche",
    "LINK": "link-chainlink",
    "LTC": "ltc-litecoin",
    "DOT": "dot-polkadot",
    "TRX": "trx-tron",
    "BCH": "bch-bitcoin-cash",
    "XLM": "xlm-stellar",
    "UNI": "uni-uniswap",
    "ATOM": "atom-cosmos",
    "NEAR": "near-near-protocol",
    "AAVE": "aave-new",
    "SHIB": "shib-shiba-inu",
    "USDT": "usdt-tether",
    "USDC": "usdc-usd-coin",
}
COINCAP: Mapping[str, str] = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "SOL": "solana",
    "XRP": "xrp",
    "BNB": "binance-coin",
    "DOGE": "dogecoin",
    "ADA": "cardano",
    "AVAX": "avalanche",
    "LINK": "chainlink",
    "LTC": "litecoin",
    "DOT": "polkadot",
    "TRX": "tron",
    "BCH": "bitcoin-cash",
    "XLM": "stellar",
    "UNI": "uniswap",
    "ATOM": "cosmos",
    "NEAR": "near-protocol",
    "AAVE": "aave",
    "SUI": "sui",
    "SHIB": "shiba-inu",
    "USDT": "tether",
    "USDC": "usd-coin",
}
MESSARI: Mapping[str, str] = {
    "BTC": "bitcoin",
    "ETH": "ethereum",
    "SOL": "solana",
    "XRP": "xrp",
    "DOGE": "dogecoin",
    "ADA": "cardano",
    "LINK": "chainlink",
    "LTC": "litecoin",
    "DOT": "polkadot",
    "UNI": "uniswap",
    "AAVE": "aave",
    "USDT": "tether",
    "USDC": "usd-coin",
}
_NATIVE = "0x0000000000000000000000000000000000000000"
DIA: Mapping[str, str] = {
    "BTC": f"Bitcoin/{_NATIVE}",
    "ETH": f"Ethereum/{_NATIVE}",
    "LINK": "Ethereum/0x514910771AF9Ca656af840dff83E8264EcF986CA",
    "UNI": "Ethereum/0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984",
    "AAVE": "Ethereum/0x7Fc66500c84A76Ad7e9c93437bFc5Ac33E2DDaE9",
    "SHIB": "Ethereum/0x95aD61b0a150d79219dCF64E1E6Cc01f0B64C4cE",
    "USDT": "Ethereum/0xdAC17F958D2ee523a2206206994597C13D831ec7",
    "USDC": "Ethereum/0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
}


def pinned(ids: Mapping[str, str], pair: str, *, only_usd: bool = False) -> tuple[str, str]:
    """Return the coin's id and the quote currency. Raises SourceMisconfigured for what nobody pinned.

    only_usd: the source has no other currency.
    """
    base, money = split_pair(pair)
    if money != "USD" and (only_usd or money not in MONEY):
        known = "USD" if only_usd else ", ".join(sorted(MONEY))
        raise errors.SourceMisconfigured(f"the source prices in {known}, not in {money}")
    try:
        return ids[base], money
    except KeyError as exc:
        raise errors.SourceMisconfigured(
            f"no id is pinned for {base}; look it up at the source and give it as the ticker (pinned: {', '.join(ids)})"
        ) from exc
