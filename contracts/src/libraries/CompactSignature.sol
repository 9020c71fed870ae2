// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @title ECDSA recovery that accepts exactly one encoding of a signature
/// @dev 64 bytes: r, then s with the parity of v in its highest bit. https://eips.ethereum.org/EIPS/eip-2098
library CompactSignature {
    /// @dev secp256k1n / 2 (EIP-2): above it the mirrored signature (r, n - s) has the low s.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    uint256 internal constant BYTES = 64;

    /// @notice Revert unless these are whole signatures, and at least `threshold`.
    function requireCount(bytes calldata signatures, uint256 threshold) internal pure {
        unchecked {
            if (signatures.length % BYTES != 0) revert IPriceOracle.BadSignaturesLength(signatures.length, BYTES);
            if (signatures.length < threshold * BYTES) {
                revert IPriceOracle.TooFewSignatures(signatures.length / BYTES, threshold);
            }
        }
    }

    /// @notice Return who made signature i, never the zero address. i < signatures.length / BYTES.
    /// @dev Calls the ecrecover precompile itself, over free memory of which nothing is kept: digest, v, r, s.
    function recover(bytes32 digest, bytes calldata signatures, uint256 i) internal view returns (address signer) {
        uint256 s;
        assembly ("memory-safe") {
            let start := add(signatures.offset, mul(i, BYTES))
            let vs := calldataload(add(start, 32))
            s := shr(1, shl(1, vs))
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 32), add(27, shr(255, vs)))
            mstore(add(free, 64), calldataload(start))
            mstore(add(free, 96), s)
            // nothing is returned for what no key can have signed; the word stays zero then
            mstore(0, 0)
            pop(staticcall(gas(), 1, free, 128, 0, 32))
            signer := mload(0)
        }
        if (s > MAX_S) revert IPriceOracle.HighS(i, bytes32(s));
        if (signer == address(0)) revert IPriceOracle.UnrecoverableSignature(i);
    }
}
