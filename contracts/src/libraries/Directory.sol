// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @title Where the proxies of an oracle are that announces answers, kept as the code of a contract that cannot be run
/// @dev As a RuleBook, for the same reason: one code read brings all of them, where storage would take three slots a feed.
///
///          1 byte    24 bytes each, by page number and lane
///      | 00 STOP | proxy 20 | base round 4 |
library Directory {
    uint256 internal constant ENTRY_BYTES = 24;
    uint256 internal constant LANES = 4;

    /// @notice Return the proxy at a place and its base round; zeros if the directory ends before it.
    function find(bytes memory directory, uint256 page, uint256 lane)
        internal
        pure
        returns (address proxy, uint256 baseRound)
    {
        assembly ("memory-safe") {
            let from := add(1, mul(add(mul(page, LANES), lane), ENTRY_BYTES))
            if iszero(gt(add(from, ENTRY_BYTES), mload(directory))) {
                let entry := mload(add(add(directory, 32), from))
                proxy := shr(96, entry)
                baseRound := and(shr(64, entry), 0xFFFFFFFF)
            }
        }
    }

    /// @notice Return a directory in which this proxy stands at a place, longer if need be.
    function withProxy(bytes memory directory, uint256 page, uint256 lane, address proxy, uint32 baseRound)
        internal
        pure
        returns (bytes memory extended)
    {
        uint256 from = 1 + (page * LANES + lane) * ENTRY_BYTES;
        uint256 size = from + ENTRY_BYTES;
        extended = directory.length < size ? abi.encodePacked(directory, new bytes(size - directory.length)) : directory;
        bytes24 entry = bytes24(abi.encodePacked(proxy, baseRound));
        for (uint256 i; i < ENTRY_BYTES; ++i) {
            extended[from + i] = entry[i];
        }
    }
}
