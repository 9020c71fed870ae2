"""Chainlink price feeds, read from a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from apps.sources import errors
from apps.sources.adapters import abi, coins, parsing
from apps.sources.adapters.base import Cells
from apps.sources.adapters.on_chain import Contract, OnChain, Returned, whole_setting

MAX_DECIMALS = 36
MAX_HEARTBEAT_S = 7 * 86_400
HEARTBEAT_GRACE = timedelta(seconds=60)  # the update is due at the heartbeat, and takes some blocks to land
MAINNET: Mapping[str, str] = {  # proxies on Ethereum, chain 1; nowhere else
    "BTC": "0xF4030086522a5bEEa4988F8cA5B36dbC97BeE88c",
    "ETH": "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419",
    "SOL": "0x4ffC43a60e009B551865A93d232E33Fce9f01507",
    "BNB": "0x14e613AC84a31f709eadbdF89C6CC390fDc9540A",
    "LINK": "0x2c1d072e956AFFC0D435Cb7AC38EF18d24d9127c",
    "UNI": "0x553303d460EE0afB37EdFf9bE42922D8FF63220e",
    "AAVE": "0x547a514d5e3769680Ce22B2361c10Ea13619e8a9",
    "AVAX": "0xFF3EEb22B5E3dE6e705b44749C2559d704923FD7",
    "USDC": "0x8fFfFfd4AfB6115b954Bd326cbe7B4BA576818f6",
    "USDT": "0x3E7d1eAB13ad0104d2750B8863b489D65364e32D",
    "EUR": "0xb49f677943BC038e9857d61E7d053CaA2C1734C1",
}


class Chainlink(OnChain):
    """latestRoundData() of a Chainlink feed's proxy, over any JSON-RPC node with Multicall3.

    Source: https://docs.chain.link/data-feeds/api-reference (AggregatorV3Interface).  Limits are the node's.
    A ticker is the proxy's address.  ``?decimals=8`` states the decimals; without it the contract is asked in the same
    call.  A feed without a contract, or whose call reverts, costs only its own ticker.

    Time: updatedAt (s), when the answer was written. A feed is silent while the market moves less than its deviation
    threshold, for up to its heartbeat; its answer still stands then. ``&heartbeat=3600`` says so: while the answer is
    no older than that on chain, it counts as of the block it was read in; once it is late, as of its writing. Without
    the setting a feed that is silent for longer than max_age_s is refused.
    """

    slug = "chainlink"
    name = "Chainlink"
    settings = ("decimals", "heartbeat")

    def ticker_for(self, pair: str) -> str:
        """Return the mainnet proxy of BTC/USD; on another chain give that chain's."""
        return coins.pinned(MAINNET, pair, only_usd=True)[0]

    def calls(self, contract: Contract) -> Sequence[abi.Call]:
        """Return the feed's two calls, or one where the decimals are stated."""
        self._heartbeat(contract)
        round_data = abi.Call(contract.address, abi.LATEST_ROUND_DATA)
        if self._decimals(contract) is not None:
            return (round_data,)
        return (round_data, abi.Call(contract.address, abi.DECIMALS))

    def needs_block_time(self, contract: Contract) -> bool:
        """Return whether the answer's age is judged against the heartbeat."""
        return self._heartbeat(contract) is not None

    def read(self, contract: Contract, returned: Returned) -> Cells:
        """Return answer / 10**decimals, and the time it stands for."""
        round_data = returned.results[0]
        decimals = self._decimals(contract)
        if decimals is None:
            decimals = abi.uint(returned.results[1], 0)
        if decimals > MAX_DECIMALS:
            raise errors.UnexpectedShape(f"{decimals} decimals are more than {MAX_DECIMALS}: not a price feed")
        price = parsing.divided_by_ten_to(abi.sint(round_data, 1), decimals)
        return Cells(price=price, clock=self._clock(contract, returned, abi.uint(round_data, 3)))

    def _clock(self, contract: Contract, returned: Returned, updated_at: int) -> parsing.Clock:
        updated = parsing.instant(updated_at, unit="s")
        heartbeat_s = self._heartbeat(contract)
        now = returned.block_time
        if heartbeat_s is None or now is None or now - updated > timedelta(seconds=heartbeat_s) + HEARTBEAT_GRACE:
            return parsing.Clock(updated_at, unit="s")
        return parsing.Clock(int(now.timestamp()), unit="s")

    @staticmethod
    def _decimals(contract: Contract) -> int | None:
        return whole_setting(contract, "decimals", lowest=0, highest=MAX_DECIMALS)

    @staticmethod
    def _heartbeat(contract: Contract) -> int | None:
        return whole_setting(contract, "heartbeat", lowest=1, highest=MAX_HEARTBEAT_S)
