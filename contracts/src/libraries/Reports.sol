// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @title The wire format of a report, and its EIP-712 hash
/// @dev
///          4 bytes            32 bytes       30 bytes each
///      | signerSetVersion | evidenceHash | entries |
///
///      An entry is for one page: index (2 bytes), observedAt (4), body (24). The body holds four 6-byte answers, lane 3
///      first, where 0 means that the lane is not in the report; or the one answer of a wide feed. The last 28 bytes are
///      laid out as the low bytes of a Page word. What is signed is, by https://eips.ethereum.org/EIPS/eip-712,
///      Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries).
library Reports {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant NAME_HASH = keccak256("PriceOracle");
    bytes32 internal constant VERSION_HASH = keccak256("2");
    bytes32 internal constant REPORT_TYPEHASH =
        keccak256("Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries)");

    uint256 internal constant HEAD_BYTES = 36;
    uint256 internal constant ENTRY_BYTES = 30;

    /// @notice Return the number of entries, at least one. Reverts unless the report has a head and whole entries. To be
    ///         asked before anything else here.
    function count(bytes calldata report) internal pure returns (uint256 entries) {
        unchecked {
            // for a report shorter than its head, `size` and `entries` are beyond all lengths; for none, entries - 1 is
            uint256 size = report.length - HEAD_BYTES;
            entries = size / ENTRY_BYTES;
            if (entries - 1 > type(uint64).max || entries * ENTRY_BYTES != size) {
                revert IPriceOracle.BadReportLength(report.length, HEAD_BYTES, ENTRY_BYTES);
            }
        }
    }

    /// @notice Return the version of the signer set that signed.
    function signerSetVersion(bytes calldata report) internal pure returns (uint32) {
        return uint32(bytes4(report));
    }

    /// @notice Return the Merkle root of the evidence.
    function evidenceHash(bytes calldata report) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            hash := calldataload(add(report.offset, 4))
        }
    }

    /// @notice Return the page index of the entry at `offset` in the report, and its observedAt and body in the places they
    ///         have in a Page.
    function entryAt(bytes calldata report, uint256 offset) internal pure returns (uint256 index, uint256 stamped) {
        assembly ("memory-safe") {
            // Two bytes beyond the last entry may be read; the shifts drop them.
            let word := calldataload(add(report.offset, offset))
            index := shr(240, word)
            stamped := shr(32, shl(16, word))
        }
    }

    /// @notice Return the digest that is signed: keccak256 of 0x1901, the domain separator and the struct's hash.
    /// @param report Not shorter than its head.
    /// @dev Written over free memory, of which nothing is kept. The slow way, which tests compare it with:
    ///      keccak256(abi.encodePacked(hex"1901", domainSeparator, keccak256(abi.encode(
    ///      REPORT_TYPEHASH, signerSetVersion, evidenceHash, keccak256(entries)))))
    function digest(bytes32 domainSeparator, bytes calldata report) internal pure returns (bytes32 hash) {
        bytes32 typehash = REPORT_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := sub(report.length, HEAD_BYTES)
            calldatacopy(free, add(report.offset, HEAD_BYTES), size)
            let entries := keccak256(free, size)
            mstore(free, typehash)
            mstore(add(free, 32), shr(224, calldataload(report.offset)))
            mstore(add(free, 64), calldataload(add(report.offset, 4)))
            mstore(add(free, 96), entries)
            let structHash := keccak256(free, 128)
            mstore(free, shl(240, 0x1901))
            mstore(add(free, 2), domainSeparator)
            mstore(add(free, 34), structHash)
            hash := keccak256(free, 66)
        }
    }

    /// @notice Return the domain separator of a contract on a chain.
    function domain(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, verifyingContract));
    }
}
