// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {IPriceOracle} from "../src/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Adding and changing feeds
contract FeedsTest is OracleTest {
    bytes32 private constant NEW = "SOL/USD";

    // ---------------------------------------------------------------------------------------------------- works

    function test_addFeed_ListsTheFeedWithItsProxy() public {
        address proxy = _addFeed(NEW, "SOL / USD");

        vm.assertEq(oracle.proxyOf(NEW), proxy, "proxyOf");
        bytes32[] memory expected = new bytes32[](3);
        (expected[0], expected[1], expected[2]) = (BTC, ETH, NEW);
        vm.assertEq(oracle.feedIds(), expected, "feedIds");
        _assertConfig(NEW, _config("SOL / USD"));
        _assertLatest(NEW, 0, 0, 0, 0);
    }

    function test_addFeed_DeploysTheProxyByCreate2() public {
        vm.assertEq(_addFeed(NEW, "SOL / USD"), _create2Address(NEW), "proxy");
    }

    function test_addFeed_EmitsProxyAndConfig() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedAdded(NEW, _create2Address(NEW));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedConfigured(NEW, _config("SOL / USD"));
        _addFeed(NEW, "SOL / USD");
    }

    function testFuzz_addFeed_KeepsEveryValidConfig(bytes32 feedId, IPriceOracle.FeedConfig memory config) public {
        vm.assume(feedId != 0 && feedId != BTC && feedId != ETH);
        _makeValid(config);
        vm.prank(ADMIN);
        oracle.addFeed(feedId, config);
        _assertConfig(feedId, config);
    }

    function testFuzz_updateFeed_KeepsEveryValidConfig(IPriceOracle.FeedConfig memory config) public {
        _makeValid(config);
        config.decimals = 8;
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedConfigured(BTC, config);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);
        _assertConfig(BTC, config);
    }

    function test_updateFeed_KeepsRoundsProxyAndOrder() public {
        _submit(BTC, MIN_ANSWER, START);
        IPriceOracle.FeedConfig memory config = _config("BTC / USD");
        config.minAnswer = MIN_ANSWER + 1;
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);

        _assertLatest(BTC, MIN_ANSWER, START, START, 1);
        vm.assertEq(oracle.proxyOf(BTC), address(btc), "proxy");
        vm.assertEq(oracle.feedIds().length, 2, "feeds");
    }

    function test_updateFeed_BindsTheNextAnswer() public {
        IPriceOracle.FeedConfig memory config = _config("BTC / USD");
        (config.minAnswer, config.maxAnswer, config.maxAge) = (5, 6, 1);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);
        _submit(BTC, 7, START);
        _submit(BTC, 5, START - 2);
        _assertLatest(BTC, 0, 0, 0, 0);
        _submit(BTC, 5, START - 1);
        _assertLatest(BTC, 5, START - 1, START, 1);
    }

    // --------------------------------------------------------------------------------------------------- refused

    function test_addFeed_FailsIf_IdIsZero() public {
        _addFails(0, _config("x"), abi.encodeWithSelector(IPriceOracle.ZeroFeedId.selector));
    }

    function test_addFeed_FailsIf_FeedExists() public {
        _addFails(BTC, _config("x"), abi.encodeWithSelector(IPriceOracle.FeedExists.selector, BTC, address(btc)));
    }

    function testFuzz_addFeed_FailsIf_DecimalsAreMany(uint8 decimals) public {
        decimals = uint8(_bound(decimals, 19, 255));
        IPriceOracle.FeedConfig memory config = _config("x");
        config.decimals = decimals;
        _addFails(NEW, config, abi.encodeWithSelector(IPriceOracle.TooManyDecimals.selector, decimals, 18));
    }

    function test_addFeed_FailsIf_MaxAgeIsZero() public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxAge = 0;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.ZeroMaxAge.selector));
    }

    function test_addFeed_FailsIf_HeartbeatIsZero() public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.heartbeat = 0;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.ZeroHeartbeat.selector));
    }

    function testFuzz_addFeed_FailsIf_DeviationIsLarge(uint16 deviation) public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.deviationBps = uint16(_bound(deviation, 10_001, type(uint16).max));
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.DeviationTooLarge.selector, config.deviationBps, 10_000));
    }

    function testFuzz_addFeed_FailsIf_MinIsNotPositive(int192 min) public {
        vm.assume(min <= 0);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.minAnswer = min;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.BadBounds.selector, min, MAX_ANSWER));
    }

    function testFuzz_addFeed_FailsIf_MinExceedsMax(int192 max) public {
        vm.assume(max < MIN_ANSWER);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxAnswer = max;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.BadBounds.selector, MIN_ANSWER, max));
    }

    function testFuzz_addFeed_FailsIf_MaxDoesNotFit(int192 max) public {
        int192 largest = oracle.MAX_ANSWER();
        vm.assume(max > largest);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxAnswer = max;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.AnswerOutOfStorageRange.selector, max, largest));
    }

    function test_addFeed_FailsIf_DescriptionIsEmpty() public {
        _bothFail(_config(""), abi.encodeWithSelector(IPriceOracle.EmptyDescription.selector));
    }

    function test_updateFeed_FailsIf_FeedIsUnknown() public {
        _updateFails(NEW, _config("x"), abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, NEW));
    }

    function testFuzz_updateFeed_FailsIf_DecimalsChange(uint8 decimals) public {
        vm.assume(decimals != 8);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.decimals = decimals;
        _updateFails(BTC, config, abi.encodeWithSelector(IPriceOracle.DecimalsFixed.selector, decimals, 8));
    }

    function test_feedConfig_FailsIf_FeedIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, NEW));
        oracle.feedConfig(NEW);
        vm.assertEq(oracle.proxyOf(NEW), address(0), "no proxy");
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev EIP-1014, with the feed id as salt.
    function _create2Address(bytes32 feedId) private view returns (address) {
        bytes memory initCode = abi.encodePacked(type(FeedProxy).creationCode, abi.encode(oracle, feedId, uint8(8)));
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", address(oracle), feedId, keccak256(initCode)));
        return address(uint160(uint256(hash)));
    }

    function _addFails(bytes32 feedId, IPriceOracle.FeedConfig memory config, bytes memory reason) private {
        vm.prank(CONFIGURATOR);
        vm.expectRevert(reason);
        oracle.addFeed(feedId, config);
    }

    function _updateFails(bytes32 feedId, IPriceOracle.FeedConfig memory config, bytes memory reason) private {
        vm.prank(CONFIGURATOR);
        vm.expectRevert(reason);
        oracle.updateFeed(feedId, config);
    }

    function _bothFail(IPriceOracle.FeedConfig memory config, bytes memory reason) private {
        _addFails(NEW, config, reason);
        _updateFails(BTC, config, reason);
    }

    function _makeValid(IPriceOracle.FeedConfig memory config) private view {
        config.decimals = uint8(_bound(config.decimals, 0, 18));
        config.maxAge = uint32(_bound(config.maxAge, 1, type(uint32).max));
        config.heartbeat = uint32(_bound(config.heartbeat, 1, type(uint32).max));
        config.deviationBps = uint16(_bound(config.deviationBps, 0, 10_000));
        int192 largest = oracle.MAX_ANSWER();
        config.maxAnswer = _boundAnswer(uint192(config.maxAnswer), 1, largest);
        config.minAnswer = _boundAnswer(uint192(config.minAnswer), 1, config.maxAnswer);
        if (bytes(config.description).length == 0) config.description = "X / Y";
    }

    function _assertConfig(bytes32 feedId, IPriceOracle.FeedConfig memory expected) private view {
        IPriceOracle.FeedConfig memory actual = oracle.feedConfig(feedId);
        vm.assertEq(keccak256(abi.encode(actual)), keccak256(abi.encode(expected)), "config");
    }
}
