// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {DeployedOracle, Setup} from "./Deployed.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title What reports and readings cost: the code of artifacts/ against the figures in snapshots/gas.json
/// @dev Steady state: 3 of 5 signers, the ring full, every slot non-zero, each report a transaction of its own with its base
///      and call data, all feeds of the oracle in each. A figure that changes fails the test; to record a new one:
///      FORGE_SNAPSHOT_CHECK=false bin/forge test --match-contract GasTest
/// forge-config: default.isolate = true
contract GasTest is OracleTest {
    uint256 private constant LANES = 4;
    uint256 private constant ROUNDS = 8; // the ring of 4 full, and as many again
    uint256 private constant PRICE = 100_000e8;
    uint256 private constant MAX_TRANSACTION = 1 << 24; // EIP-7825

    bool private s_isAnnouncing;
    FeedProxy private s_last;

    function setUp() public override {
        vm.warp(START);
        _makeSigners(5);
    }

    function test_submit_OfOneFeed() public {
        _snapshotSubmit("submit of 1 feed", 1, 1, IPriceOracle.Form.Packed);
        _snapshotReading("latestRoundData");
    }

    function test_submit_OfTenFeeds() public {
        _snapshotSubmit("submit of 10 feeds", 10, 10, IPriceOracle.Form.Packed);
    }

    function test_submit_OfAHundredFeeds() public {
        _snapshotSubmit("submit of 100 feeds", 100, 100, IPriceOracle.Form.Packed);
    }

    function test_submit_OfTenFeedsThatAnnounce() public {
        s_isAnnouncing = true;
        _snapshotSubmit("submit of 10 feeds, announced", 10, 10, IPriceOracle.Form.Packed);
    }

    /// @dev The dearest reading: of a feed whose neighbours alone were updated last.
    function test_submit_OfOneFeedBesideThree() public {
        _snapshotSubmit("submit of 1 feed of 4 on a page", 4, 1, IPriceOracle.Form.Packed);
        _snapshotReading("latestRoundData, neighbours updated last");
    }

    function test_submit_OfAWideFeed() public {
        _snapshotSubmit("submit of 1 wide feed", 1, 1, IPriceOracle.Form.Wide);
        _snapshotReading("latestRoundData, wide");
    }

    /// @dev The dearest calls of the offices: the book is as large as it gets, and pages without an answer are zero slots.
    function test_offices_CanPayForEveryCallWithEveryPageInUse() public {
        _makeSigners(31);
        _deploy(249, IPriceOracle.Form.Wide);
        _snapshotOffice("addFeed, the last of 249 pages");
        vm.prank(ADMIN);
        oracle.setSigners(signers, 16);
        _snapshotOffice("setSigners, 31 signers and 249 pages");
        vm.prank(PAUSER);
        oracle.pause();
        _snapshotOffice("pause, 249 pages without an answer");
        vm.prank(ADMIN);
        oracle.unpause();
        _snapshotOffice("unpause, 249 pages");
    }

    /// @notice Take the gas of one reading, in a transaction in which nothing was read before.
    function read(address proxy) external view returns (uint256 used) {
        bytes memory question = abi.encodeWithSelector(FeedProxy.latestRoundData.selector);
        bool done;
        assembly ("memory-safe") {
            used := gas()
            done := staticcall(gas(), proxy, add(question, 32), mload(question), 0, 0)
            used := sub(used, gas())
        }
        vm.assertTrue(done, "read");
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev Of an oracle with so many feeds, of which the first `sent` are in each report.
    function _snapshotSubmit(string memory name, uint256 feeds, uint256 sent, IPriceOracle.Form form) private {
        _deploy(feeds, form);
        _reachSteadyState(feeds, sent);
        vm.snapshotGasLastCall("gas", name);
    }

    function _deploy(uint256 feeds, IPriceOracle.Form form) private {
        string memory artifact = vm.readFile("artifacts/PriceOracle.json");
        bytes memory code = bytes.concat(vm.parseJsonBytes(artifact, ".bytecode"), abi.encode(_setup()));
        address deployed;
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        oracle = DeployedOracle(deployed);
        for (uint256 i; i < feeds; ++i) {
            IPriceOracle.FeedConfig memory config = _config("X / USD");
            (config.form, config.maxMoveBps, config.relaxBpsPerMinute) = (form, 1_000, 500);
            vm.prank(CONFIGURATOR);
            s_last = FeedProxy(oracle.addFeed(bytes32(i + 1), config));
        }
    }

    function _setup() internal view override returns (Setup memory setup) {
        setup = super._setup();
        (setup.threshold, setup.historyLength, setup.announces) = (3, 4, s_isAnnouncing);
    }

    /// @dev Report all `feeds` once, then the first `sent` of them until every slot was written before.
    function _reachSteadyState(uint256 feeds, uint256 sent) private {
        for (uint256 round; round <= ROUNDS; ++round) {
            vm.warp(START + 5 * round);
            bytes memory report = _reportOf(round == 0 ? feeds : sent, round);
            bytes32 digest = oracle.reportDigest(report);
            bytes memory signatures =
                abi.encodePacked(_signOne(keys[0], digest), _signOne(keys[2], digest), _signOne(keys[4], digest));
            oracle.submit(report, signatures);
        }
    }

    function _reportOf(uint256 feeds, uint256 round) private view returns (bytes memory report) {
        report = abi.encodePacked(uint32(1), keccak256(abi.encode(round)));
        bool isWide = oracle.placements()[0].index >= 0x8000;
        for (uint256 first; first < feeds; first += LANES) {
            uint192 body;
            for (uint256 lane; lane < LANES && first + lane < feeds; ++lane) {
                body |= uint192((PRICE + 7 ** 9 * round + 11 * (first + lane)) << (48 * lane));
            }
            uint256 index = isWide ? 0x8000 : first / LANES;
            report = abi.encodePacked(report, uint16(index), uint32(block.timestamp - 2), body);
        }
    }

    function _snapshotOffice(string memory name) private {
        vm.assertGe(MAX_TRANSACTION, vm.snapshotGasLastCall("gas", name), name);
    }

    function _snapshotReading(string memory name) private {
        vm.snapshotValue("gas", name, this.read(address(s_last)));
    }
}
