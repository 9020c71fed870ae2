// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title The one slot that submit reads of the configuration, besides the book, as a word
/// @dev Laid out as Solidity packs OracleState.OfficeSlot; test/libraries/Lists.t.sol compares the two. A copy of the struct
///      in memory would cost 300 gas in every report.
library Office {
    /// @notice Return the address of the rule book.
    function book(uint256 office) internal pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(office));
    }

    /// @notice Return the version of the signer set.
    function signerSetVersion(uint256 office) internal pure returns (uint32) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(office >> 160);
    }

    /// @notice Return how many signers must sign.
    function threshold(uint256 office) internal pure returns (uint256) {
        return (office >> 192) & 0xFF;
    }

    /// @notice Return how many signers there are.
    function signerCount(uint256 office) internal pure returns (uint256) {
        return (office >> 200) & 0xFF;
    }

    /// @notice Return whether the oracle is paused.
    function isPaused(uint256 office) internal pure returns (bool) {
        return office & (0xFF << 208) != 0;
    }

    /// @notice Return the size of the rule book in bytes: kept here because asking for a code's size costs 100 gas.
    function bookSize(uint256 office) internal pure returns (uint256) {
        return (office >> 216) & 0xFFFF;
    }
}
