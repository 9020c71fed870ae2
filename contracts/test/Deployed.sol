// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {Vm} from "./Vm.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title All that a deployed PriceOracle answers
/// @dev Tests deploy it by name and know this only, so that bin/mutate need not compile them anew for every change of it.
interface DeployedOracle is IPriceOracle, IERC165 {
    function MAX_SIGNERS() external view returns (uint256);
    function MAX_PAGES() external view returns (uint256);
    function MAX_FUTURE_S() external view returns (uint256);
    function MAX_PACKED_ANSWER() external view returns (int192);
    function MAX_WIDE_ANSWER() external view returns (int192);
}

/// @dev PriceOracle.Setup, field by field.
struct Setup {
    address admin;
    address configurator;
    address pauser;
    address[] signers;
    uint8 threshold;
    uint16 historyLength;
    bool announces;
}

/// @dev new PriceOracle(setup); reverts as its constructor does.
function deployOracle(Vm vm, Setup memory setup) returns (DeployedOracle) {
    return DeployedOracle(vm.deployCode("PriceOracle.sol:PriceOracle", abi.encode(setup)));
}
