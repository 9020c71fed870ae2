// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "./interfaces/AggregatorV2V3Interface.sol";

/// @title A feed on a rollup, readable only while the sequencer is up and has been for a grace period
/// @notice While a sequencer is down, prices stand still and only some can transact; after it is back, all need time to
///         react. See https://docs.chain.link/data-feeds/l2-sequencer-feeds.
contract SequencerGuard {
    /// @notice Thrown while the sequencer is down, or its uptime feed says nothing.
    error SequencerDown();

    /// @notice Thrown while the sequencer has not been up for long enough.
    error GracePeriodNotOver(uint256 upFor, uint256 gracePeriod);

    /// @notice Thrown if the price is older than accepted.
    error StalePrice(uint256 age, uint256 maxAge);

    /// @notice Thrown if the price is not positive, or its round not complete.
    error BadPrice(int256 answer);

    /// @notice Answer 0: up, startedAt: since when.
    AggregatorV2V3Interface public immutable uptimeFeed;

    /// @notice The price.
    AggregatorV2V3Interface public immutable feed;

    /// @notice Seconds that the sequencer must have been up for; 3600 is usual.
    uint256 public immutable gracePeriod;

    constructor(AggregatorV2V3Interface uptimeFeed_, AggregatorV2V3Interface feed_, uint256 gracePeriod_) {
        uptimeFeed = uptimeFeed_;
        feed = feed_;
        gracePeriod = gracePeriod_;
    }

    /// @notice Return the price and its time, if nothing speaks against it.
    /// @param maxAge Seconds that the price may be old: the feed's heartbeat and a margin.
    function read(uint256 maxAge) external view returns (uint256 price, uint256 updatedAt) {
        _requireSequencer();
        (uint80 roundId, int256 answer,, uint256 at_, uint80 answeredIn) = feed.latestRoundData();
        if (answer <= 0 || at_ == 0 || answeredIn < roundId) revert BadPrice(answer);
        uint256 age = at_ < block.timestamp ? block.timestamp - at_ : 0;
        if (age > maxAge) revert StalePrice(age, maxAge);
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint256(answer), at_);
    }

    function _requireSequencer() private view {
        (, int256 status, uint256 since,,) = uptimeFeed.latestRoundData();
        // since is 0 until the uptime feed was first written
        if (status != 0 || since == 0 || since > block.timestamp) revert SequencerDown();
        uint256 upFor = block.timestamp - since;
        if (upFor <= gracePeriod) revert GracePeriodNotOver(upFor, gracePeriod);
    }
}
