// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "./FeedProxy.sol";
import {IPriceOracle} from "./interfaces/IPriceOracle.sol";

/// @title Deploys the proxies of the oracle that deployed it
/// @dev Apart from the oracle only because both together exceed the 24,576 bytes of EIP-170.
contract FeedProxyFactory {
    /// @notice Thrown if anyone but the oracle asks for a proxy.
    error OnlyOracle(address caller);

    IPriceOracle private immutable i_oracle = IPriceOracle(msg.sender);

    /// @notice Deploy the proxy of a feed, by CREATE2 with the feed id as salt. Oracle only.
    function create(bytes32 feedId, uint8 decimals, uint16 index, uint8 lane, uint32 baseRound)
        external
        returns (address)
    {
        if (msg.sender != address(i_oracle)) revert OnlyOracle(msg.sender);
        return address(new FeedProxy{salt: feedId}(i_oracle, feedId, decimals, index, lane, baseRound));
    }
}
