"""Pyth, through Hermes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import localcontext

from apps.pricing.types import Ask
from apps.sources import errors
from apps.sources.adapters import coins, decoding, parsing
from apps.sources.adapters.base import BaseAdapter, Cells, PriceRequest, Reply, batches, tickers_of

IDS_A_REQUEST = 50  # an id has 64 characters
MAX_EXPONENT = 40
PRICE_IDS: Mapping[str, str] = {
    "BTC": "e62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43",
    "ETH": "ff61491a931112ddf1bd8147cd1b641375f79f5825126d665480874634fd0ace",
    "SOL": "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d",
    "XRP": "ec5d399846a9209f3fe5881d70aae9268c94339ff9817e8d18ff19fa05eea1c8",
    "BNB": "2f95862b045670cd22bee3114c39763a4a08beeb663b145d283c31d7d1101c4f",
    "DOGE": "dcef50dd0a4cd2dcc17e45df1676dcb336a11a61c69df7a0299b0150c672d25c",
    "ADA": "2a01deaec9e51a579277b34b122399984d0bbf57e2458a7e42fecd2829867a0d",
    "AVAX": "93da3352f9f1d105fdfe4971cfa80e9dd777bfc5d0f683ebb6e1294b92137bb7",
    "LINK": "8ac0c70fff57e9aefdf5edf44b51d62c2d433653cbb2cf5cc06bb115af04d221",
    "LTC": "6e3f3fa8253588df9326580180233eb791e03b443a3ba7a1d892e73874e19a54",
    "ATOM": "b00b60f88b03a6a625a8d1c048c3f66653edf217439983d037e7222c4e612819",
    "NEAR": "c415de8d2eba7db216527dff4b60e8f3a5311c740dadb233e13e12547e226750",
    "AAVE": "2b9ab1e972a281585084148ba1389800799bd4be63b957507db1349314e47445",
    "SUI": "23d7315113f5b1d3ba7a83604c44b94d79f4fd69af77f804fc7f920a6dc65744",
    "USDC": "eaa020c61cc479712813461ce153894a96a6c00b21ed0cfc2798d1f9a9e9c94a",
    "USDT": "2b89b9dc8fdf9f34709a5b106b472f0f39bb6ca9ce04b0fd7f2e971688e2e53b",
}


class Pyth(BaseAdapter):
    """Latest prices of Pyth's Hermes service, in US dollars; no key needed.

    Source: https://hermes.pyth.network/docs (GET /v2/updates/price/latest?ids[]=).  30 requests in ten seconds an
    address.  A ticker is a price id of 32 bytes in hexadecimal, with or without 0x; it is echoed without.
    ``ignore_invalid_price_ids=true`` leaves unknown ids out; without it one of them fails the call with 404.
    Price and confidence are integers to be scaled by 10**expo, exactly.

    Price minus and plus its confidence stand for bid and ask: the band is Pyth's own word for how sure it is, and a
    feed's checks of the spread then work on it.  It is dropped where it reaches zero.
    The update's signature (``binary``) is not checked: Hermes is believed as far as TLS goes.

    Time: price.publish_time (s).
    """

    slug = "pyth"
    name = "Pyth (Hermes)"
    base_url = "https://hermes.pyth.network"
    rate_limit = "30/10 second"

    def ticker_for(self, pair: str) -> str:
        """Return the price id of BTC/USD, without 0x."""
        return coins.pinned(PRICE_IDS, pair, only_usd=True)[0]

    def build(self, asks: Sequence[Ask]) -> Sequence[PriceRequest]:
        """Return one request per fifty ids."""
        return [
            PriceRequest(
                path="/v2/updates/price/latest",
                query=(
                    *(("ids[]", ticker) for ticker in tickers_of(batch)),
                    ("parsed", "true"),
                    ("ignore_invalid_price_ids", "true"),
                ),
                asks=batch,
            )
            for batch in batches(asks, size=IDS_A_REQUEST)
        ]

    def names(self, ticker: str) -> Sequence[str]:
        """Return the id as it is echoed: in lower case, without 0x."""
        return (ticker.lower().removeprefix("0x"),)

    def status_error(self, reply: Reply) -> errors.SourceError:
        """Return the error of a status; Hermes says in plain text which ids it does not know or cannot read."""
        told = decoding.excerpt(reply.body)
        if reply.status in {400, 404} and ("Price ids not found" in told or "hex" in told):
            return errors.UnknownTicker(f"HTTP {reply.status}: {told}")
        return super().status_error(reply)

    def rows(self, request: PriceRequest, document: object) -> Mapping[str, object]:
        """Return ``parsed`` by id."""
        del request
        listed = parsing.sequence(parsing.cell(parsing.mapping(document, "the reply"), "parsed"), "parsed")
        return parsing.index_rows(listed, "id")

    def cells(self, ask: Ask, row: object, document: object) -> Cells:
        """Return price, confidence band and publish time."""
        del ask, document
        fields = parsing.mapping(parsing.cell(parsing.mapping(row, "the row"), "price"), "price")
        exponent = fields.get("expo")
        if isinstance(exponent, bool) or not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT:
            raise errors.UnexpectedShape(f"expo is not a small whole number: {str(exponent)[:40]}")
        price = parsing.divided_by_ten_to(parsing.cell(fields, "price"), -exponent)
        half = parsing.divided_by_ten_to(parsing.cell(fields, "conf"), -exponent)
        bid, asked = _band(price, half)
        return Cells(
            price=price, bid=bid, ask=asked, clock=parsing.Clock(parsing.cell(fields, "publish_time"), unit="s")
        )


def _band(price: object, half: object) -> tuple[object, object]:
    """Return price minus and plus half, ABSENT where either is no number or the band reaches zero."""
    middle, reach = parsing.optional_number(price), parsing.optional_number(half, zero=True)
    if middle is None or reach is None or reach >= middle:
        return parsing.ABSENT, parsing.ABSENT
    with localcontext(prec=decoding.MAX_NUMBER_CHARS):
        return middle - reach, middle + reach
