// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {CompactSignature} from "./CompactSignature.sol";
import {RuleBook} from "./RuleBook.sol";

/// @title Who of a signer set signed a digest
/// @dev Every signature must be of a member, and their signers strictly ascending; so no signer counts twice. Both lists
///      ascend, so one walk through the set finds all.
library Quorum {
    /// @notice Return who signed, as a bitmap over the signers of a book. Reverts with what is wrong with the signatures.
    /// @param size Signers in the book, at most 31.
    /// @param signatures Whole ones, at least one.
    function signersOf(bytes memory book, uint256 size, bytes32 digest, bytes calldata signatures)
        internal
        view
        returns (uint256 bitmap)
    {
        bitmap = quickSignersOf(book, size, digest, signatures);
        if (bitmap == 0) bitmap = slowSignersOf(book, size, digest, signatures);
    }

    /// @notice The same, one plain step after the other. What it says holds; the quick way is only quick.
    function slowSignersOf(bytes memory book, uint256 size, bytes32 digest, bytes calldata signatures)
        internal
        view
        returns (uint256 bitmap)
    {
        uint256 count = signatures.length / CompactSignature.BYTES;
        uint256 next;
        for (uint256 i; i < count; ++i) {
            address signer = CompactSignature.recover(digest, signatures, i);
            next = RuleBook.find(book, size, next, signer);
            if (next == size) revert IPriceOracle.UnexpectedSigner(i, signer);
            bitmap |= 1 << next++;
        }
    }

    /// @notice Return what slowSignersOf returns, 0 where it reverts.
    /// @dev 100 gas a signature less. No member is zero.
    ///      test/libraries/Quorum.t.sol compares the two.
    function quickSignersOf(bytes memory book, uint256 size, bytes32 digest, bytes calldata signatures)
        internal
        view
        returns (uint256 bitmap)
    {
        uint256 maxS = CompactSignature.MAX_S;
        assembly ("memory-safe") {
            // what ecrecover takes, over free memory of which nothing is kept: digest, v, r, s
            let free := mload(0x40)
            mstore(free, digest)
            // ecrecover writes nothing where nothing can be recovered: then the signer before stands here still, whom the
            // walk has passed, or zero before the first
            mstore(0, 0)
            // the walk: a member of the book, and its bit; `beyond` is the bit after the last
            let member := add(book, 33)
            let bit := 1
            let beyond := shl(size, 1)
            let at_ := signatures.offset
            for { let end := add(at_, signatures.length) } lt(at_, end) { at_ := add(at_, 64) } {
                let vs := calldataload(add(at_, 32))
                let s := shr(1, shl(1, vs))
                mstore(add(free, 32), add(27, shr(255, vs)))
                mstore(add(free, 64), calldataload(at_))
                mstore(add(free, 96), s)
                pop(staticcall(gas(), 1, free, 128, 0, 32))
                let signer := mload(0)
                for {} lt(bit, beyond) { bit := shl(1, bit) } {
                    if eq(shr(96, mload(member)), signer) { break }
                    member := add(member, 20)
                }
                if or(gt(s, maxS), eq(bit, beyond)) {
                    bitmap := 0
                    break
                }
                bitmap := or(bitmap, bit)
                bit := shl(1, bit)
                member := add(member, 20)
            }
        }
    }
}
