// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {PriceOracle} from "../src/PriceOracle.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title The cheatcodes that the script uses
/// @dev https://getfoundry.sh/reference/cheatcodes/overview
interface ScriptVm {
    function envAddress(string calldata name, string calldata delimiter) external view returns (address[] memory);
    function envUint(string calldata name) external view returns (uint256);
    function envOr(string calldata name, address otherwise) external view returns (address);
    function envOr(string calldata name, uint256 otherwise) external view returns (uint256);
    function envOr(string calldata name, bool otherwise) external view returns (bool);
    function envOr(string calldata name, string calldata delimiter, address[] calldata otherwise)
        external
        view
        returns (address[] memory);
    function readFile(string calldata path) external view returns (string memory);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @title Deploys a PriceOracle, and hands its admin's office to a timelock, as `manage.py deploy_contract` does
/// @notice Both deploy the committed artifacts by CREATE2 with one salt, so both give the same addresses for the same
///         settings, on every chain. What stands already is left as it is: run again, the script goes on where it stopped.
///
///         SIGNERS (addresses, comma between), THRESHOLD; and if wanted ADMIN (else who sends), CONFIGURATOR, PAUSER,
///         HISTORY_LENGTH (128), ANNOUNCES (false); with TIMELOCK_DELAY (seconds) also PROPOSERS and EXECUTORS (else
///         anyone executes). In contracts/:
///
///         SIGNERS=0x…,0x… THRESHOLD=2 bin/forge script script/Deploy.s.sol --rpc-url URL --broadcast --private-key KEY
contract Deploy {
    /// @notice Thrown if the chain has no CREATE2 factory.
    error NoFactory(address factory);

    /// @notice Thrown if there is no contract where there should be one.
    error NotDeployed(address expected);

    /// @notice Thrown if a setting is beyond what the contract has room for; cut down it would be another one.
    error TooLarge(string setting, uint256 given, uint256 max);

    /// @notice Thrown if a timelock is wanted for an oracle that another holds the admin's office of.
    error NotAdmin(address admin);

    /// @notice https://github.com/Arachnid/deterministic-deployment-proxy: on nearly every chain, Anvil included.
    address public constant FACTORY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// @notice Salt of everything: apps/chain/contract_setup.py has the same.
    bytes32 public constant SALT = keccak256("price-oracle/2");

    ScriptVm private constant vm = ScriptVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @return oracle The contract.
    /// @return timelock The timelock, zero if none is wanted.
    /// @return remains What is still to be done, in words; empty if nothing is.
    function run() external returns (address oracle, address timelock, string memory remains) {
        uint256 delay = vm.envOr("TIMELOCK_DELAY", uint256(0));
        if (FACTORY.code.length == 0) revert NoFactory(FACTORY);
        vm.startBroadcast();
        oracle = _deploy("PriceOracle", abi.encode(_setup()));
        if (delay != 0) {
            address[] memory proposers = vm.envAddress("PROPOSERS", ",");
            timelock = _deploy("TimelockController", _timelock(delay, proposers));
            remains = _handOver(PriceOracle(oracle), TimelockController(payable(timelock)), delay);
        }
        vm.stopBroadcast();
    }

    function _setup() private view returns (PriceOracle.Setup memory) {
        // forge-lint: disable-next-item(unsafe-typecast)
        return PriceOracle.Setup({
            admin: vm.envOr("ADMIN", msg.sender),
            configurator: vm.envOr("CONFIGURATOR", address(0)),
            pauser: vm.envOr("PAUSER", address(0)),
            signers: _ascending(vm.envAddress("SIGNERS", ",")),
            threshold: uint8(_atMost("THRESHOLD", vm.envUint("THRESHOLD"), type(uint8).max)),
            historyLength: uint16(
                _atMost("HISTORY_LENGTH", vm.envOr("HISTORY_LENGTH", uint256(128)), type(uint16).max)
            ),
            announces: vm.envOr("ANNOUNCES", false)
        });
    }

    function _atMost(string memory setting, uint256 given, uint256 max) private pure returns (uint256) {
        if (given > max) revert TooLarge(setting, given, max);
        return given;
    }

    /// @dev The constructor's arguments. Without executors anyone may execute what has waited; nobody is its admin but itself.
    function _timelock(uint256 delay, address[] memory proposers) private view returns (bytes memory) {
        address[] memory executors = vm.envOr("EXECUTORS", ",", new address[](1));
        return abi.encode(delay, _ascending(proposers), _ascending(executors), address(0));
    }

    /// @dev Deploy an artifact by the factory, unless it stands already.
    function _deploy(string memory name, bytes memory arguments) private returns (address deployed) {
        string memory artifact = vm.readFile(string.concat("artifacts/", name, ".json"));
        bytes memory code = bytes.concat(vm.parseJsonBytes(artifact, ".bytecode"), arguments);
        bytes32 hash = keccak256(abi.encodePacked(bytes1(0xff), FACTORY, SALT, keccak256(code)));
        deployed = address(uint160(uint256(hash)));
        if (deployed.code.length != 0) return deployed;
        (bool done,) = FACTORY.call(bytes.concat(SALT, code));
        if (!done || deployed.code.length == 0) revert NotDeployed(deployed);
    }

    /// @dev The steps of apps/chain/timelock.py: offer the office, schedule its acceptance, execute it once it has waited.
    function _handOver(PriceOracle oracle, TimelockController timelock, uint256 delay) private returns (string memory) {
        if (oracle.admin() == address(timelock)) return "";
        bytes memory accept = abi.encodeCall(oracle.acceptAdmin, ());
        bytes32 operation = timelock.hashOperation(address(oracle), 0, accept, 0, 0);
        if (oracle.pendingAdmin() != address(timelock)) {
            if (oracle.admin() != msg.sender) revert NotAdmin(oracle.admin());
            if (oracle.configurator() == address(0)) oracle.setConfigurator(msg.sender);
            if (oracle.pauser() == address(0)) oracle.setPauser(msg.sender);
            oracle.transferAdmin(address(timelock));
        }
        if (!timelock.isOperation(operation)) {
            if (!timelock.hasRole(timelock.PROPOSER_ROLE(), msg.sender)) {
                return "a proposer schedules acceptAdmin() on the timelock; then it is executed";
            }
            timelock.schedule(address(oracle), 0, accept, 0, 0, delay);
        }
        if (!timelock.isOperationReady(operation)) {
            return "acceptAdmin() waits in the timelock; run this again to execute it";
        }
        bytes32 executor = timelock.EXECUTOR_ROLE();
        if (!timelock.hasRole(executor, msg.sender) && !timelock.hasRole(executor, address(0))) {
            return "an executor executes acceptAdmin() in the timelock";
        }
        timelock.execute(address(oracle), 0, accept, 0, 0);
        return "";
    }

    /// @dev Insertion sort, in place.
    function _ascending(address[] memory list) private pure returns (address[] memory) {
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; --j) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
        return list;
    }
}
