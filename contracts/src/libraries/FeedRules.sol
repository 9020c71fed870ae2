// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../IPriceOracle.sol";

/// @title What a feed may be, and which answers it takes
/// @dev Pure: the clock and the stored state are arguments.
library FeedRules {
    /// @notice Largest answer that fits the storage of a round.
    int192 internal constant MAX_ANSWER = int192(uint192(type(uint112).max));
    uint8 internal constant MAX_DECIMALS = 18;
    uint16 internal constant MAX_DEVIATION_BPS = 10_000;

    /// @notice Seconds an observation may be ahead of its block, inclusive: room for clocks that differ.
    uint64 internal constant MAX_FUTURE_S = 60;

    /// @notice The part of a configuration that every answer is checked against; one storage slot.
    struct Limits {
        uint112 minAnswer;
        uint112 maxAnswer;
        uint32 maxAge;
    }

    /// @notice Revert unless a configuration makes sense.
    function check(IPriceOracle.FeedConfig calldata config) internal pure {
        if (config.decimals > MAX_DECIMALS) revert IPriceOracle.TooManyDecimals(config.decimals, MAX_DECIMALS);
        if (config.maxAge == 0) revert IPriceOracle.ZeroMaxAge();
        if (config.heartbeat == 0) revert IPriceOracle.ZeroHeartbeat();
        if (config.deviationBps > MAX_DEVIATION_BPS) {
            revert IPriceOracle.DeviationTooLarge(config.deviationBps, MAX_DEVIATION_BPS);
        }
        if (config.minAnswer <= 0 || config.minAnswer > config.maxAnswer) {
            revert IPriceOracle.BadBounds(config.minAnswer, config.maxAnswer);
        }
        if (config.maxAnswer > MAX_ANSWER) revert IPriceOracle.AnswerOutOfStorageRange(config.maxAnswer, MAX_ANSWER);
        if (bytes(config.description).length == 0) revert IPriceOracle.EmptyDescription();
    }

    /// @notice Return why an answer is refused, or SkipReason.None.
    /// @dev Limits of a feed that exists have maxAge > 0 and minAnswer > 0, so an answer in bounds is positive.
    /// @param limits All zero for a feed that does not exist.
    /// @param lastObservedAt Of the feed's last round; 0 without one.
    /// @param blockTime Time of the block, in unix seconds.
    function refusal(
        IPriceOracle.FeedAnswer calldata answer,
        Limits memory limits,
        uint256 lastObservedAt,
        uint256 blockTime
    ) internal pure returns (IPriceOracle.SkipReason) {
        uint256 observedAt = answer.observedAt;
        if (limits.maxAge == 0) return IPriceOracle.SkipReason.UnknownFeed;
        if (observedAt <= lastObservedAt) return IPriceOracle.SkipReason.NotNewer;
        if (observedAt > blockTime + MAX_FUTURE_S) return IPriceOracle.SkipReason.FromFuture;
        if (observedAt + limits.maxAge < blockTime) return IPriceOracle.SkipReason.TooOld;
        if (answer.answer < int192(uint192(limits.minAnswer)) || answer.answer > int192(uint192(limits.maxAnswer))) {
            return IPriceOracle.SkipReason.OutOfBounds;
        }
        return IPriceOracle.SkipReason.None;
    }
}
