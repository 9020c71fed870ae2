// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../IPriceOracle.sol";

/// @title EIP-712 hashes of a report
/// @dev https://eips.ethereum.org/EIPS/eip-712
library ReportHash {
    bytes32 internal constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant NAME_HASH = keccak256("PriceOracle");
    bytes32 internal constant VERSION_HASH = keccak256("1");
    bytes32 internal constant REPORT_TYPEHASH = keccak256(
        "Report(uint32 signerSetVersion,bytes32 evidenceHash,FeedAnswer[] answers)FeedAnswer(bytes32 feedId,int192 answer,uint64 observedAt)"
    );
    bytes32 internal constant FEED_ANSWER_TYPEHASH =
        keccak256("FeedAnswer(bytes32 feedId,int192 answer,uint64 observedAt)");

    /// @notice Return the domain separator of a contract on a chain.
    function domain(uint256 chainId, address verifyingContract) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, verifyingContract));
    }

    /// @notice Return the digest that is signed.
    function digest(bytes32 domainSeparator, IPriceOracle.Report calldata report) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, hashReport(report)));
    }

    /// @notice Return hashStruct of a report.
    function hashReport(IPriceOracle.Report calldata report) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](report.answers.length);
        for (uint256 i; i < hashes.length; ++i) {
            hashes[i] = hashAnswer(report.answers[i]);
        }
        bytes32 answers = keccak256(abi.encodePacked(hashes));
        return keccak256(abi.encode(REPORT_TYPEHASH, report.signerSetVersion, report.evidenceHash, answers));
    }

    /// @notice Return hashStruct of one answer.
    function hashAnswer(IPriceOracle.FeedAnswer calldata answer) internal pure returns (bytes32) {
        return keccak256(abi.encode(FEED_ANSWER_TYPEHASH, answer.feedId, answer.answer, answer.observedAt));
    }
}
