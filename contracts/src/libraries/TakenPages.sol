// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @title The list of pages that a report changed, as ReportAccepted carries it
/// @dev 34 bytes each: the page's index (2), its word (32). Memory is reserved once, for as many as the report has entries,
///      with room around the list for the rest of the event's data, so that the event is emitted from where it stands:
///
///          32 bytes           32 bytes       32 bytes  32 bytes  34 bytes each    to a whole word
///      | signerSetVersion | signerBitmap | 0x60    | length  | pages          | zeros           |
///                                                  ^ the list
library TakenPages {
    uint256 internal constant PAGE_BYTES = 34;

    /// @dev What stands before the list, and the offset of the list in the event's data.
    uint256 private constant HEAD_BYTES = 96;

    /// @notice Return an empty list with room for so many pages. What lies in the room before is never read.
    function withRoomFor(uint256 entries) internal pure returns (bytes memory pages) {
        assembly ("memory-safe") {
            pages := add(mload(0x40), HEAD_BYTES)
            mstore(pages, 0)
            // the length's word, the pages, a word of zeros
            mstore(0x40, add(pages, add(mul(entries, PAGE_BYTES), 64)))
        }
    }

    /// @notice Append a page. There must be room for it; index < 2^16.
    function push(bytes memory pages, uint256 index, uint256 word) internal pure {
        assembly ("memory-safe") {
            let length := mload(pages)
            let page := add(add(pages, 32), length)
            // the word is written over the 30 bytes after the index
            mstore(page, shl(240, index))
            mstore(add(page, 2), word)
            mstore(pages, add(length, PAGE_BYTES))
        }
    }

    /// @notice Return the number of pages.
    function count(bytes memory pages) internal pure returns (uint256) {
        unchecked {
            return pages.length / PAGE_BYTES;
        }
    }

    /// @notice Return page i. i < count(pages).
    function pageAt(bytes memory pages, uint256 i) internal pure returns (uint256 index, uint256 word) {
        assembly ("memory-safe") {
            let page := add(add(pages, 32), mul(i, PAGE_BYTES))
            index := shr(240, mload(page))
            word := mload(add(page, 2))
        }
    }

    /// @notice Emit ReportAccepted(evidenceHash, msg.sender, signerSetVersion, signerBitmap, pages).
    /// @param pages Of withRoomFor.
    function emitAccepted(bytes memory pages, bytes32 evidenceHash, uint256 signerSetVersion, uint256 signerBitmap)
        internal
    {
        bytes32 topic = IPriceOracle.ReportAccepted.selector;
        assembly ("memory-safe") {
            let length := mload(pages)
            let start := sub(pages, HEAD_BYTES)
            mstore(start, signerSetVersion)
            mstore(add(start, 32), signerBitmap)
            mstore(add(start, 64), HEAD_BYTES)
            mstore(add(add(pages, 32), length), 0)
            log3(start, add(HEAD_BYTES, and(add(length, 63), not(31))), topic, evidenceHash, caller())
        }
    }
}
