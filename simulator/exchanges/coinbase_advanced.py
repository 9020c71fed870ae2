"""Coinbase Advanced Trade, https://docs.cdp.coinbase.com/api-reference/advanced-trade-api/rest-api/public."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.assets import Pair
from simulator.exchanges.base import Call, Handler, Reply, iso, plain
from simulator.exchanges.coinbase_exchange import CoinbaseExchange
from simulator.quotes import Desk, Quote

PRODUCTS = "/api/v3/brokerage/market/products"
OF_EVERY_PRODUCT: Mapping[str, object] = {
    **dict.fromkeys(("watched", "is_disabled", "new", "cancel_only", "limit_only", "post_only"), False),
    **dict.fromkeys(("trading_disabled", "auction_mode", "view_only", "is_alpha_testing"), False),
    **dict.fromkeys(("mid_market_price", "alias", "market_cap", "base_cbrn", "quote_cbrn", "product_cbrn"), ""),
    **dict.fromkeys(("icon_color", "icon_url", "display_name_overwrite", "about_description"), ""),
    **dict.fromkeys(("best_bid_price", "best_ask_price"), ""),
    "volume_percentage_change_24h": "0.5",
    "base_increment": "0.00000001",
    "quote_increment": "0.01",
    "price_increment": "0.01",
    "quote_min_size": "1",
    "quote_max_size": "150000000",
    "base_min_size": "0.00000001",
    "base_max_size": "3400",
    "status": "online",
    "product_type": "SPOT",
    "fcm_trading_session_details": None,
    "alias_to": [],
    "product_venue": "CBE",
    "new_at": "2023-01-01T00:00:00Z",
}


class CoinbaseAdvanced(CoinbaseExchange):
    """The books of Coinbase Exchange: the trades of one product, or the figures of those named, without a time."""

    slug = "coinbase_advanced"
    name = "Coinbase Advanced"

    def ticker(self, pair: Pair) -> str:
        """Return e.g. BTC-USD."""
        return f"{pair.base}-{pair.quote}"

    def routes(self) -> Mapping[str, Handler]:
        """Return the trades of a product, and the products."""
        return {
            f"{PRODUCTS}/{{symbol}}/ticker": self._trades,
            f"{PRODUCTS}/{{symbol}}": self._product,
            PRODUCTS: self._products,
        }

    def rate_limited(self) -> Reply:
        """Return 429."""
        return _bad("RESOURCE_EXHAUSTED", "too many requests", status=429)

    def not_found(self) -> Reply:
        """Return 404, which unknown products get as well."""
        return _bad("NOT_FOUND", "valid product_id is required", status=404)

    def _trades(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        if quote is None:
            return self.not_found()
        trade = {
            "trade_id": str(quote.serial),
            "product_id": quote.ticker,
            "price": self.text(quote.last, quote),
            "size": "0.00064",
            "time": f"{iso(quote.time_ms, form='%Y-%m-%dT%H:%M:%S')}.{quote.time_ms % 1000:03d}778Z",
            "side": "SELL",
            "bid": "",
            "ask": "",
            "exchange": "coinbase",
        }
        bid, ask = self.text(quote.bid, quote), self.text(quote.ask, quote)
        return Reply({"trades": [trade], "best_bid": bid, "best_ask": ask})

    def _product(self, desk: Desk, call: Call) -> Reply:
        quote = desk.find(call.parts["symbol"])
        return Reply(self._figures(quote)) if quote else self.not_found()

    def _products(self, desk: Desk, call: Call) -> Reply:
        names = call.every("product_ids")
        quotes = [quote for name in names if (quote := desk.find(name))] if names else desk.quotes()
        return Reply({"products": [self._figures(quote) for quote in quotes], "num_products": len(quotes)})

    def _figures(self, quote: Quote) -> dict[str, object]:
        base, money = quote.pair.base, quote.pair.quote
        return {
            **OF_EVERY_PRODUCT,
            "product_id": quote.ticker,
            "display_name": quote.ticker,
            "price": self.text(quote.last, quote),
            "price_percentage_change_24h": f"{quote.change_share * 100:.14f}",
            "volume_24h": plain(quote.volume),
            "approximate_quote_24h_volume": f"{quote.turnover:.2f}",
            "base_name": base,
            "base_currency_id": base,
            "base_display_symbol": base,
            "quote_name": money,
            "quote_currency_id": money,
            "quote_display_symbol": money,
        }


def _bad(code: str, message: str, *, status: int) -> Reply:
    return Reply({"error": code, "error_details": message, "message": message}, status=status)
