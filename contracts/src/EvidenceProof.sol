// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "./interfaces/IPriceOracle.sol";
import {Reports} from "./libraries/Reports.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title Proving that one observation is part of the evidence behind a report
/// @notice The evidence hash of a report is the Merkle root of its observations: leaves are keccak256 applied twice to the
///         observation's JSON, siblings are sorted, an odd node moves up.
contract EvidenceProof {
    /// @notice Return whether an observation is behind an evidence hash.
    /// @param observation Its bytes as the oracle publishes them: JSON with sorted keys and no spaces.
    /// @param proof The siblings from the leaf to the root.
    function isObserved(bytes32 evidenceHash, bytes calldata observation, bytes32[] calldata proof)
        public
        pure
        returns (bool)
    {
        bytes32 leaf = keccak256(bytes.concat(keccak256(observation)));
        return MerkleProof.verifyCalldata(proof, evidenceHash, leaf);
    }

    /// @notice Return whether an observation is behind a report that the oracle's signers signed. Reverts as the oracle's
    ///         submit would if they did not; reports of former signer sets are void.
    function isVouchedFor(
        IPriceOracle oracle,
        bytes calldata report,
        bytes calldata signatures,
        bytes calldata observation,
        bytes32[] calldata proof
    ) external view returns (bool) {
        oracle.verifySignatures(report, signatures);
        return isObserved(Reports.evidenceHash(report), observation, proof);
    }
}
