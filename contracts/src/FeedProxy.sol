// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "./interfaces/AggregatorV2V3Interface.sol";
import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title One feed of a PriceOracle in the shape of a Chainlink aggregator
/// @notice startedAt is when the price was observed; updatedAt is the same, or the reader's block time while the
///         observation is ahead of it, so that `block.timestamp - updatedAt` never underflows and never flatters.
///         The latest readings revert with IPriceOracle.NoData, Paused or PausedFeed, and an unknown round with
///         RoundNotFound: none of them ever answers zero. What a feed shows when only its neighbours were updated stands
///         at IPriceOracle.
/// @dev Has no state and no owner. Deployed by the oracle, whose address it keeps.
contract FeedProxy is AggregatorV2V3Interface, IERC165 {
    /// @notice Thrown if anyone but the oracle announces an answer.
    error OnlyOracle(address caller);

    /// @notice The oracle that holds the rounds.
    IPriceOracle public immutable oracle;

    /// @notice The feed in the oracle.
    bytes32 public immutable feedId;

    /// @inheritdoc AggregatorV2V3Interface
    uint8 public immutable override decimals;

    /// @inheritdoc AggregatorV2V3Interface
    uint256 public constant override version = 2;

    /// @dev The feed's place, and the page's round when the feed was added.
    uint256 private immutable i_index;
    uint256 private immutable i_lane;
    uint256 private immutable i_baseRound;

    constructor(IPriceOracle oracle_, bytes32 feedId_, uint8 decimals_, uint16 index, uint8 lane, uint32 baseRound) {
        oracle = oracle_;
        feedId = feedId_;
        decimals = decimals_;
        i_index = index;
        i_lane = lane;
        i_baseRound = baseRound;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function description() external view returns (string memory) {
        return oracle.feedConfig(feedId).description;
    }

    // ------------------------------------------------------------------------------------------------------- V3

    /// @inheritdoc AggregatorV2V3Interface
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        (uint256 answer, uint256 observedAt, uint80 roundId) = _latest();
        // forge-lint: disable-next-line(unsafe-typecast)
        return (roundId, int256(answer), observedAt, _updatedAt(observedAt), roundId);
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        (IPriceOracle.FeedView memory round, uint80 answeredInRound) = oracle.roundData(feedId, roundId);
        return (roundId, round.answer, round.observedAt, round.updatedAt, answeredInRound);
    }

    // ------------------------------------------------------------------------------------------------------- V2

    /// @inheritdoc AggregatorV2V3Interface
    function latestAnswer() external view returns (int256) {
        (uint256 answer,,) = _latest();
        // forge-lint: disable-next-line(unsafe-typecast)
        return int256(answer);
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestTimestamp() external view returns (uint256) {
        (, uint256 observedAt,) = _latest();
        return _updatedAt(observedAt);
    }

    /// @inheritdoc AggregatorV2V3Interface
    function latestRound() external view returns (uint256) {
        (,, uint80 roundId) = _latest();
        return roundId;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getAnswer(uint256 roundId) external view returns (int256) {
        (IPriceOracle.FeedView memory round,) = oracle.roundData(feedId, _roundId(roundId));
        return round.answer;
    }

    /// @inheritdoc AggregatorV2V3Interface
    function getTimestamp(uint256 roundId) external view returns (uint256) {
        (IPriceOracle.FeedView memory round,) = oracle.roundData(feedId, _roundId(roundId));
        return round.updatedAt;
    }

    // ---------------------------------------------------------------------------------------------------- others

    /// @notice Emit AnswerUpdated and NewRound where indexers of Chainlink feeds look for them. Oracle only.
    function announce(uint256 answer, uint256 roundId, uint256 observedAt, address submitter) external {
        if (msg.sender != address(oracle)) revert OnlyOracle(msg.sender);
        // forge-lint: disable-next-line(unsafe-typecast)
        emit AnswerUpdated(int256(answer), roundId, _updatedAt(observedAt));
        emit NewRound(roundId, submitter, observedAt);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(AggregatorV2V3Interface).interfaceId;
    }

    /// @dev oracle.latestAt(i_index, i_lane), by hand: the compiler's call costs 250 gas more. What the oracle reverts
    ///      with is passed on.
    function _latest() private view returns (uint256 answer, uint256 observedAt, uint80 roundId) {
        (IPriceOracle core, uint256 index, uint256 lane, uint256 pageRound) = (oracle, i_index, i_lane, 0);
        bytes4 selector = IPriceOracle.latestAt.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, selector)
            mstore(add(free, 4), index)
            mstore(add(free, 36), lane)
            let done := staticcall(gas(), core, free, 68, free, 96)
            if iszero(and(done, gt(returndatasize(), 95))) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            answer := mload(free)
            observedAt := mload(add(free, 32))
            pageRound := mload(add(free, 64))
        }
        unchecked {
            // no answer is of a round before the feed was added
            // forge-lint: disable-next-line(unsafe-typecast)
            roundId = uint80(pageRound - i_baseRound);
        }
    }

    function _updatedAt(uint256 observedAt) private view returns (uint256) {
        return observedAt < block.timestamp ? observedAt : block.timestamp;
    }

    /// @dev V2 asks with 256 bits. What does not fit is mapped to the largest id, which no feed ever reaches, so that
    ///      the oracle refuses it instead of reading a truncated id.
    function _roundId(uint256 roundId) private pure returns (uint80) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return roundId > type(uint80).max ? type(uint80).max : uint80(roundId);
    }
}
