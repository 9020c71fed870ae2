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
    function count(bytes calldata report) internal pure returns (uint256) {
        unchecked {
            if (report.length < HEAD_BYTES + ENTRY_BYTES || (report.length - HEAD_BYTES) % ENTRY_BYTES != 0) {
                revert IPriceOracle.BadReportLength(report.length, HEAD_BYTES, ENTRY_BYTES);
            }
            return (report.length - HEAD_BYTES) / ENTRY_BYTES;
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

    /// @notice Return the page index of entry i, and its observedAt and body in the places they have in a Page.
    ///         i < count(report).
    function entryAt(bytes calldata report, uint256 i) internal pure returns (uint256 index, uint256 stamped) {
        assembly ("memory-safe") {
            // Two bytes beyond the last entry may be read; the shifts drop them.
            let word := calldataload(add(add(report.offset, HEAD_BYTES), mul(i, ENTRY_BYTES)))
            index := shr(240, word)
            stamped := shr(32, shl(16, word))
        }
    }

    /// @notice Return the digest that is signed.
    function digest(bytes32 domainSeparator, bytes calldata report) internal pure returns (bytes32) {
        bytes32 entries = keccak256(report[HEAD_BYTES:]);
        bytes32 struct_ =
            keccak256(abi.encode(REPORT_TYPEHASH, signerSetVersion(report), evidenceHash(report), entries));
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, struct_));
    }

    /// @notice Return the domain separator of a contract on a chain.
    function domain(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, verifyingContract));
    }
}
