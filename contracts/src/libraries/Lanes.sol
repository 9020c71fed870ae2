// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Comparing four lanes at once
/// @dev A body of a packed page is four lanes of 48 bits: 47 bits of value under a guard bit that is 0. Put a 1 on every
///      guard bit of `a` and subtract `b`: no borrow crosses a lane, and a guard bit is still set where a >= b.
library Lanes {
    uint256 internal constant BITS = 48;
    uint256 internal constant VALUE_BITS = 47;
    uint256 internal constant ONES = 0x000000000001000000000001000000000001000000000001;
    uint256 internal constant GUARDS = ONES << VALUE_BITS;

    /// @notice Return a word whose guard bit is set in the lanes where a >= b; its other bits mean nothing. Both are
    ///         values, or a >= b is not said where it holds.
    function atLeast(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return (a | GUARDS) - b;
        }
    }

    /// @notice Return whether the guard bit is set in every lane.
    function all(uint256 guards) internal pure returns (bool) {
        return guards & GUARDS == GUARDS;
    }

    /// @notice Return every lane of `body`, which are values, divided by 2**shift. shift < VALUE_BITS.
    function shiftedRight(uint256 body, uint256 shift) internal pure returns (uint256) {
        unchecked {
            return (body >> shift) & (ONES * ((1 << (VALUE_BITS - shift)) - 1));
        }
    }
}
