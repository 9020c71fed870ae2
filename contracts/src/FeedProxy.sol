// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "./AggregatorV2V3Interface.sol";
import {IPriceOracle} from "./IPriceOracle.sol";

/// @title One feed of a PriceOracle in the shape of a Chainlink aggregator
/// @notice startedAt is when the price was observed, updatedAt the block that took it, answeredInRound the round itself.
///         The latest readings revert with IPriceOracle.NoData or IPriceOracle.Paused, and an unknown round with
///         IPriceOracle.RoundNotFound: none of them ever answers zero.
/// @dev Has no state and no owner. Deployed by the oracle, whose address it keeps.
contract FeedProxy is AggregatorV2V3Interface {
    /// @notice The oracle that holds the rounds.
    IPriceOracle public immutable oracle;

    /// @notice The feed in the oracle.
    bytes32 public immutable feedId;

    /// @inheritdoc AggregatorV2V3Interface
    uint8 public immutable override decimals;

    /// @inheritdoc AggregatorV2V3Interface
    uint256 public constant override version = 1;

    constructor(IPriceOracle oracle_, bytes32 feedId_, uint8 decimals_) {
        oracle = oracle_;
        feedId = feedId_;
        decimals = decimals_;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function description() external view returns (string memory) {
        return oracle.feedConfig(feedId).description;
    }

    // ------------------------------------------------------------------------------------------------------- V3

    /// @inheritdoc AggregatorV2V3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return _round(oracle.latestRound(feedId));
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        return _round(oracle.roundData(feedId, roundId));
    }

    // ------------------------------------------------------------------------------------------------------- V2

    /// @inheritdoc AggregatorV2V3Interface
    function latestAnswer() external view returns (int256) {
        return oracle.latestRound(feedId).answer;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestTimestamp() external view returns (uint256) {
        return oracle.latestRound(feedId).updatedAt;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestRound() external view returns (uint256) {
        return oracle.latestRound(feedId).roundId;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getAnswer(uint256 roundId) external view returns (int256) {
        return oracle.roundData(feedId, _roundId(roundId)).answer;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getTimestamp(uint256 roundId) external view returns (uint256) {
        return oracle.roundData(feedId, _roundId(roundId)).updatedAt;
    }

    // -------------------------------------------------------------------------------------------------- private

    function _round(IPriceOracle.FeedView memory feed) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (feed.roundId, feed.answer, feed.observedAt, feed.updatedAt, feed.roundId);
    }

    /// @dev V2 asks with 256 bits. What does not fit is mapped to the largest id, which no feed ever reaches, so that
    ///      the oracle refuses it instead of reading a truncated id.
    function _roundId(uint256 roundId) private pure returns (uint80) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return roundId > type(uint80).max ? type(uint80).max : uint80(roundId);
    }
}
