// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "../src/interfaces/AggregatorV2V3Interface.sol";

/// @title Example: time-weighted average price over a feed's own history
/// @notice Walks back round by round. Rounds in which only neighbours of the feed were updated show its older answer with
///         its older time, so they weigh nothing.
contract TwapReader {
    /// @notice Thrown if the kept history does not reach back far enough.
    error HistoryTooShort(uint256 covered, uint256 window);

    /// @notice Thrown if the window is zero.
    error EmptyWindow();

    /// @notice Return the average over the last `window` seconds, each answer weighing the time until the next.
    /// @param maxRounds Most rounds to walk back: bounds the gas.
    function twap(AggregatorV2V3Interface feed, uint256 window, uint256 maxRounds) external view returns (uint256 average) {
        if (window == 0) revert EmptyWindow();
        uint256 from = block.timestamp - window;
        (uint80 id, int256 answer,, uint256 updatedAt,) = feed.latestRoundData();
        uint256 until = block.timestamp;
        for (uint256 i;; ++i) {
            uint256 start = updatedAt < from ? from : updatedAt;
            // forge-lint: disable-next-line(unsafe-typecast)
            average += uint256(answer) * (until - start);
            until = start;
            if (start == from) return average / window;
            if (i == maxRounds || id == 1) revert HistoryTooShort(block.timestamp - until, window);
            (, answer,, updatedAt,) = feed.getRoundData(--id);
        }
    }
}
