"""DIA, https://www.diadata.org/docs/reference/apis."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import ClassVar

from simulator.exchanges.base import Call, Handler, Reply, iso, plain
from simulator.exchanges.coins import CoinSource
from simulator.quotes import Desk

NATIVE = "0x0000000000000000000000000000000000000000"


class Dia(CoinSource):
    """The quotation of one asset, by blockchain and address."""

    slug = "dia"
    name = "DIA"
    ids: ClassVar[Mapping[str, str]] = {
        "BTC": f"Bitcoin/{NATIVE}",
        "ETH": f"Ethereum/{NATIVE}",
        "LINK": "Ethereum/0x514910771AF9Ca656af840dff83E8264EcF986CA",
    }
    bias_bps = Decimal("-2.6")
    lag_ms = 7000

    def routes(self) -> Mapping[str, Handler]:
        """Return one asset's quotation."""
        return {"/assetQuotation/{chain}/{address}": self._one}

    def _one(self, desk: Desk, call: Call) -> Reply:
        chain, address = call.parts["chain"], call.parts["address"]
        quote = desk.find(f"{chain}/{address}")
        if quote is None:
            return Reply({"errorcode": 404, "errormessage": "not found"}, status=404)
        return Reply(
            {
                "Symbol": quote.pair.base,
                "Name": quote.pair.base,
                "Address": address,
                "Blockchain": chain,
                "Price": Decimal(plain(quote.last)),
                "PriceYesterday": quote.open,
                "VolumeYesterdayUSD": quote.turnover,
                "Time": iso(quote.time_ms, form="%Y-%m-%dT%H:%M:%SZ"),
                "Source": "diadata.org",
                "Signature": "0x00",
            }
        )
