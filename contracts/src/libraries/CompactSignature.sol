// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @title ECDSA recovery that accepts exactly one encoding of a signature
/// @dev 64 bytes: r, then s with the parity of v in its highest bit. https://eips.ethereum.org/EIPS/eip-2098
library CompactSignature {
    /// @dev secp256k1n / 2 (EIP-2): above it the mirrored signature (r, n - s) has the low s.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;
    uint256 internal constant BYTES = 64;

    /// @notice Return the number of signatures. Reverts if the length is no multiple of a signature's.
    function count(bytes calldata signatures) internal pure returns (uint256) {
        unchecked {
            if (signatures.length % BYTES != 0) revert IPriceOracle.BadSignaturesLength(signatures.length, BYTES);
            return signatures.length / BYTES;
        }
    }

    /// @notice Return who made signature i, never the zero address. i < count(signatures).
    function recover(bytes32 digest, bytes calldata signatures, uint256 i) internal pure returns (address signer) {
        bytes32 r;
        uint256 vs;
        assembly ("memory-safe") {
            let start := add(signatures.offset, mul(i, BYTES))
            r := calldataload(start)
            vs := calldataload(add(start, 32))
        }
        uint256 s = vs & (type(uint256).max >> 1);
        if (s > MAX_S) revert IPriceOracle.HighS(i, bytes32(s));
        unchecked {
            // forge-lint: disable-next-line(unsafe-typecast)
            signer = ecrecover(digest, uint8(27 + (vs >> 255)), r, bytes32(s));
        }
        if (signer == address(0)) revert IPriceOracle.UnrecoverableSignature(i);
    }
}
