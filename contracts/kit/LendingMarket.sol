// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {SequencerGuard} from "../src/SequencerGuard.sol";
import {AggregatorV2V3Interface} from "../src/interfaces/AggregatorV2V3Interface.sol";

/// @title Example: may a position be liquidated?
/// @notice Shows the checks that a consumer of money should make. No real market: positions are arguments.
contract LendingMarket {
    /// @notice Thrown if the price is older than the market accepts.
    error StalePrice(uint256 age, uint256 maxAge);

    /// @notice Collateral is worth this share of its price, in 1/10000.
    uint256 public constant LIQUIDATION_BPS = 8_000;

    AggregatorV2V3Interface public immutable feed;
    uint256 public immutable maxAge;
    uint256 private immutable i_scale;

    /// @param maxAge_ The feed's heartbeat and a margin.
    constructor(AggregatorV2V3Interface feed_, uint256 maxAge_) {
        feed = feed_;
        maxAge = maxAge_;
        i_scale = 10 ** feed_.decimals();
    }

    /// @notice Return whether `collateral` no longer covers `debt`, both with the same decimals, debt in quote currency.
    ///         Reverts rather than guess: no data, paused, or stale.
    function isLiquidatable(uint256 collateral, uint256 debt) external view returns (bool) {
        return collateral * price() / i_scale * LIQUIDATION_BPS / 10_000 < debt;
    }

    /// @notice Return the price, never older than maxAge.
    function price() public view returns (uint256) {
        // the feed reverts without data and while paused, and never answers zero or less
        (, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        uint256 age = block.timestamp - updatedAt; // updatedAt is never ahead of the block
        if (age > maxAge) revert StalePrice(age, maxAge);
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint256(answer);
    }
}

/// @title Example: the same on a rollup
contract RollupLendingMarket {
    SequencerGuard public immutable guard;
    uint256 public immutable maxAge;

    constructor(SequencerGuard guard_, uint256 maxAge_) {
        guard = guard_;
        maxAge = maxAge_;
    }

    /// @notice Return the price, never stale, never while the sequencer is down or just back.
    function price() external view returns (uint256 value) {
        (value,) = guard.read(maxAge);
    }
}
