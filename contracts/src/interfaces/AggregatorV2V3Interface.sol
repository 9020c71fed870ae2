// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Chainlink's reading interface, both generations
/// @dev Signatures are Chainlink's; consumers bind to the selectors, so nothing here may change.
interface AggregatorV2V3Interface {
    /// @notice A round has an answer.
    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    /// @notice A round began.
    event NewRound(uint256 indexed roundId, address indexed startedBy, uint256 startedAt);

    /// @notice Return the last answer.
    function latestAnswer() external view returns (int256);

    /// @notice Return the time of the last answer: updatedAt of latestRoundData.
    function latestTimestamp() external view returns (uint256);

    /// @notice Return the id of the last round.
    function latestRound() external view returns (uint256);

    /// @notice Return the answer of a round.
    function getAnswer(uint256 roundId) external view returns (int256);

    /// @notice Return the time of a round's answer: updatedAt of getRoundData.
    function getTimestamp(uint256 roundId) external view returns (uint256);

    /// @notice Return the scale of the answers: price = answer / 10**decimals.
    function decimals() external view returns (uint8);

    /// @notice Return the pair for people, such as "BTC / USD".
    function description() external view returns (string memory);

    /// @notice Return the version of the implementation.
    function version() external view returns (uint256);

    /// @notice Return a round.
    function getRoundData(uint80 _roundId)
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice Return the last round.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
