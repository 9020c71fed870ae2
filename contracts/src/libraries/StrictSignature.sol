// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../IPriceOracle.sol";

/// @title ECDSA recovery that accepts exactly one encoding of a signature
library StrictSignature {
    /// @dev secp256k1n / 2 (EIP-2): above it the mirrored signature (r, n - s) has the low s.
    uint256 internal constant MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    uint256 internal constant LENGTH = 65;

    /// @notice Return who signed a digest, never the zero address.
    /// @param index Place of the signature in its list, for the errors.
    /// @param signature r (32 bytes), s (32 bytes, lower half), v (27 or 28).
    function recover(bytes32 digest, bytes calldata signature, uint256 index) internal pure returns (address signer) {
        if (signature.length != LENGTH) revert IPriceOracle.BadSignatureLength(index, signature.length);
        bytes32 r = bytes32(signature[:32]);
        bytes32 s = bytes32(signature[32:64]);
        uint8 v = uint8(signature[64]);
        if (uint256(s) > MAX_S) revert IPriceOracle.HighS(index, s);
        if (v != 27 && v != 28) revert IPriceOracle.BadV(index, v);
        signer = ecrecover(digest, v, r, s);
        if (signer == address(0)) revert IPriceOracle.UnrecoverableSignature(index);
    }
}
