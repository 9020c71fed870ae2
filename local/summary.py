"""What a ready oracle says of itself: run.json for programs, a short page for people."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HTTP_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Prices:
    """The API's answer about current prices: ``known`` pair -> row, ``missing`` pairs without a price yet."""

    known: Mapping[str, Mapping[str, Any]]
    missing: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many feeds there are."""
        return len(self.known) + len(self.missing)


def read_prices(api_url: str) -> Prices | None:
    """Return the current prices, or None while the API does not answer them."""
    try:
        with urllib.request.urlopen(f"{api_url}/prices", timeout=HTTP_TIMEOUT_S) as reply:  # noqa: S310 - own server
            page = json.load(reply)
    except (OSError, ValueError):
        return None
    known = {str(row.get("feed") or row.get("pair")): row for row in page.get("results", [])}
    return Prices(known, tuple(page.get("missing", ())))


def page(run: Mapping[str, Any], prices: Prices | None) -> str:
    """Return the summary a person reads."""
    lines = ["", _price_lines(prices) if prices and prices.known else "  no price on chain yet", ""]
    rows = {
        "Dashboard": run["base_url"] + "/",
        "API docs": run["base_url"] + "/api/docs/",
        "Admin": f"{run['admin_url']}   {run['admin_user']} / {run['admin_password']}",
        "Flower": f"{run['flower_url']}   {run['flower_user']} / {run['flower_password']}",
        "Metrics": run["metrics_url"],
        "Chain": f"{run['rpc_url']}   chain {run['chain_id']}",
        "Contract": run["contract"] or "not deployed",
        "API key": run["api_key"],
        "Market": run["market"] + (" prices, not real ones" if run["market"] == "simulated" else ""),
        "Logs": run["logs"],
    }
    width = max(len(name) for name in rows)
    lines += [f"  {name:<{width}}  {value}" for name, value in rows.items()]
    lines += ["", "The oracle is ready. Ctrl-C or `make stop` ends it.", ""]
    return "\n".join(lines)


def _price_lines(prices: Prices) -> str:
    """Return the prices in two columns."""
    cells = [f"{pair:<10}{row.get('price', '')!s:>20}" for pair, row in sorted(prices.known.items())]
    cells += [f"{pair:<10}{'no price yet':>20}" for pair in prices.missing]
    return "\n".join("  " + "    ".join(cells[index : index + 2]) for index in range(0, len(cells), 2))
