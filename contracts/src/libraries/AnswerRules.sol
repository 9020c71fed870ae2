// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {Page} from "./Page.sol";
import {RuleBook} from "./RuleBook.sol";

/// @title Which answers a feed takes, and what its limits may be
/// @dev Pure: the clock and the stored state are arguments.
library AnswerRules {
    /// @notice Seconds an observation may be ahead of its block, inclusive: room for clocks that differ.
    uint256 internal constant MAX_FUTURE_S = 60;

    /// @notice Largest answer of a packed feed: 47 bits, 1,407,374.88 at 8 decimals.
    int192 internal constant MAX_PACKED_ANSWER = int192((1 << 47) - 1);

    /// @notice Largest answer of a wide feed.
    int192 internal constant MAX_WIDE_ANSWER = type(int192).max;

    uint8 internal constant MAX_DECIMALS = 38;
    uint16 internal constant MAX_DEVIATION_BPS = 10_000;
    uint256 internal constant BPS = 10_000;
    uint256 internal constant MINUTE = 60;

    /// @notice Return why an answer is refused, or SkipReason.None.
    /// @dev `limits`: maxAge (24 bits), maxMoveBps (16), relaxBpsPerMinute (16) from the lowest bit up.
    ///      A feed that exists has min >= 1 and maxAge >= 1, so an answer that is taken is positive.
    ///      Unchecked: times < 2^33, answers < 2^192, the allowance < 2^16 + 2^16 * 2^32: no product reaches 2^256.
    /// @param max 0 for a feed that does not exist.
    /// @param lastAnswer 0 when the feed has none.
    /// @param lastObservedAt The feed's own.
    function refusal(
        uint256 answer,
        uint256 observedAt,
        uint256 min,
        uint256 max,
        uint256 limits,
        uint256 lastAnswer,
        uint256 lastObservedAt,
        uint256 blockTime
    ) internal pure returns (IPriceOracle.SkipReason) {
        unchecked {
            if (max == 0) return IPriceOracle.SkipReason.UnknownFeed;
            if (observedAt <= lastObservedAt) return IPriceOracle.SkipReason.NotNewer;
            if (observedAt > blockTime + MAX_FUTURE_S) return IPriceOracle.SkipReason.FromFuture;
            if (observedAt + (limits & 0xFFFFFF) < blockTime) return IPriceOracle.SkipReason.TooOld;
            if (answer < min || answer > max) return IPriceOracle.SkipReason.OutOfBounds;
            uint256 maxMoveBps = (limits >> 24) & 0xFFFF;
            if (maxMoveBps != 0 && lastAnswer != 0) {
                uint256 relaxed = ((limits >> 40) & 0xFFFF) * (observedAt - lastObservedAt) / MINUTE;
                uint256 moved = answer > lastAnswer ? answer - lastAnswer : lastAnswer - answer;
                if (moved * BPS > lastAnswer * (maxMoveBps + relaxed)) return IPriceOracle.SkipReason.MovedTooFar;
            }
            return IPriceOracle.SkipReason.None;
        }
    }

    /// @notice Return whether a packed page surely takes an entry whole: every feed of the page is answered, none is
    ///         refused, none is paused, and none was carried. Then the entry's body is the page's next body.
    /// @dev The quick way for the usual report, in a tenth of the gas; false says nothing. It never says yes where
    ///      `refusal` says no for a lane: test/libraries/AnswerRules.t.sol compares the two.
    /// @param old The page's word.
    /// @param next observedAt and body of the entry, in the places they have in a word.
    /// @param mins Of the page's record in the RuleBook, as is maxs.
    function takesWhole(uint256 old, uint256 next, uint256 mins, uint256 maxs, uint256 blockTime)
        internal
        pure
        returns (bool whole)
    {
        uint256 guards = Page.GUARDS;
        uint256 ones = Page.ONES;
        assembly ("memory-safe") {
            // 1. No attention bit, a round left (both: old >> 224 < MAX_ROUND), a page that exists and is packed (both: as
            //    a signed number mins is 0 for no page, where a packed one has a maxAge, and negative for a wide one).
            whole := and(lt(shr(224, old), 0x7FFFFFFF), sgt(mins, 0))
            // 2. Strictly newer, at most MAX_FUTURE_S ahead, at most the least maxAge of the page behind.
            let observedAt := shr(192, next)
            whole := and(whole, gt(observedAt, and(shr(192, old), 0xFFFFFFFF)))
            whole := and(whole, gt(add(blockTime, add(MAX_FUTURE_S, 1)), observedAt))
            whole := and(whole, gt(add(add(observedAt, and(shr(192, mins), 0xFFFFFF)), 1), blockTime))
            // 3. In every lane, by its guard bit (see Page): min <= next <= max, and old - step <= next <= old + step with
            //    step = old / 2**shift. Bits above the body take part in no lane. old + step may reach the guard bit of
            //    its lane, never the next lane; it looks smaller than it is then.
            let shift := and(shr(216, mins), 0xFF)
            let step := and(shr(shift, old), mul(ones, sub(shl(sub(47, shift), 1), 1)))
            let within := and(sub(or(next, guards), mins), sub(or(maxs, guards), next))
            within := and(within, sub(or(next, guards), sub(old, step)))
            within := and(within, sub(or(add(old, step), guards), next))
            // 4. No lane was carried, and no answer is beyond 47 bits.
            within := and(within, not(or(next, old)))
            whole := and(whole, eq(and(within, guards), guards))
        }
    }

    /// @notice Revert unless a configuration makes sense for a feed of one form or the other, whatever form it names.
    function check(IPriceOracle.FeedConfig calldata config, bool isWide) internal pure {
        if (config.decimals > MAX_DECIMALS) revert IPriceOracle.TooManyDecimals(config.decimals, MAX_DECIMALS);
        if (config.maxAge == 0) revert IPriceOracle.ZeroMaxAge();
        if (config.heartbeat == 0) revert IPriceOracle.ZeroHeartbeat();
        if (config.deviationBps > MAX_DEVIATION_BPS) {
            revert IPriceOracle.DeviationTooLarge(config.deviationBps, MAX_DEVIATION_BPS);
        }
        if (config.maxMoveBps != 0 && config.relaxBpsPerMinute == 0) {
            revert IPriceOracle.MoveNeverRelaxes(config.maxMoveBps);
        }
        if (config.minAnswer <= 0 || config.minAnswer > config.maxAnswer) {
            revert IPriceOracle.BadBounds(config.minAnswer, config.maxAnswer);
        }
        if (!isWide && config.maxAnswer > MAX_PACKED_ANSWER) {
            revert IPriceOracle.AnswerOutOfStorageRange(config.maxAnswer, MAX_PACKED_ANSWER);
        }
        if (bytes(config.description).length == 0) revert IPriceOracle.EmptyDescription();
    }
}
