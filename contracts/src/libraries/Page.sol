// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The 256-bit word that holds the last round of up to four feeds, or of one wide feed
/// @dev From the highest byte down, so that a word reads in hex:
///
///          4 bytes         4 bytes       24 bytes
///      | attention 1b | observedAt | body                                            |
///      | round    31b |            | lane 3 (6) | lane 2 (6) | lane 1 (6) | lane 0 (6)| a packed page
///      |              |            | one answer (24)                                  | a wide feed
///
///      A lane is 1 bit `carried` above 47 bits of value; value 0: the feed has no answer yet. `round` counts the page's
///      updates from 1, `observedAt` is the time of the lanes that are not carried. A carried lane kept its value while
///      neighbours were updated; its own round and time stand in the carry word of the same round: 64 bits per lane, the
///      round above the time.
library Page {
    uint256 internal constant LANES = 4;
    uint256 internal constant LANE_BITS = 48;
    uint256 internal constant LANE_MASK = (1 << 48) - 1;
    uint256 internal constant VALUE_MASK = (1 << 47) - 1;
    uint256 internal constant CARRIED = 1 << 47;
    /// @dev 1 in every lane, and the top bit of every lane. Values leave the top bit 0, so lanes can be compared four at
    ///      once: put a 1 there in `a`, subtract `b`; no borrow crosses a lane, and the bit is still 1 where a >= b.
    uint256 internal constant ONES = 0x000000000001000000000001000000000001000000000001;
    uint256 internal constant GUARDS = ONES << 47;
    uint256 internal constant BODY_MASK = (1 << 192) - 1;
    uint256 internal constant TIME_MASK = (1 << 32) - 1;
    uint256 internal constant TIME_SHIFT = 192;
    uint256 internal constant MAX_ROUND = (1 << 31) - 1;
    uint256 internal constant ROUND_SHIFT = 224;
    uint256 internal constant ATTENTION = 1 << 255;
    uint256 internal constant OWN_BITS = 64;
    uint256 internal constant OWN_MASK = (1 << 64) - 1;

    /// @notice Return the word of a round, without the attention bit. `stamped`: observedAt and body in their places.
    function make(uint256 round_, uint256 stamped) internal pure returns (uint256) {
        return (round_ << ROUND_SHIFT) | stamped;
    }

    /// @notice Return the number of the page's last update; 0 before the first.
    function round(uint256 word) internal pure returns (uint256) {
        return (word >> ROUND_SHIFT) & MAX_ROUND;
    }

    /// @notice Return when the lanes that are not carried were observed.
    function observedAt(uint256 word) internal pure returns (uint256) {
        return (word >> TIME_SHIFT) & TIME_MASK;
    }

    /// @notice Return the 192 bits below round and time: a wide feed's answer, or four lanes.
    function body(uint256 word) internal pure returns (uint256) {
        return word & BODY_MASK;
    }

    /// @notice Return whether a reader must look at the pause flags before it believes the word.
    function needsAttention(uint256 word) internal pure returns (bool) {
        return word & ATTENTION != 0;
    }

    /// @notice Return a lane with its carried bit. lane < LANES.
    function laneOf(uint256 word, uint256 lane) internal pure returns (uint256) {
        unchecked {
            return (word >> (lane * LANE_BITS)) & LANE_MASK;
        }
    }

    /// @notice Return round and time of a lane that is not carried, as a carry word holds them.
    function own(uint256 word) internal pure returns (uint256) {
        return (round(word) << 32) | observedAt(word);
    }

    /// @notice Return the own round and time of a lane in a carry word.
    function ownOf(uint256 carry, uint256 lane) internal pure returns (uint256) {
        unchecked {
            return (carry >> (lane * OWN_BITS)) & OWN_MASK;
        }
    }
}
