// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {AggregatorV2V3Interface} from "../src/interfaces/AggregatorV2V3Interface.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title A feed as consumers of Chainlink read it
contract FeedProxyTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ---------------------------------------------------------------------------------------------------- facts

    function test_selectors_AreChainlinks() public pure {
        vm.assertTrue(AggregatorV2V3Interface.latestRoundData.selector == 0xfeaf968c, "latestRoundData");
        vm.assertTrue(AggregatorV2V3Interface.getRoundData.selector == 0x9a6fc8f5, "getRoundData");
        vm.assertTrue(AggregatorV2V3Interface.latestAnswer.selector == 0x50d25bcd, "latestAnswer");
        vm.assertTrue(AggregatorV2V3Interface.latestTimestamp.selector == 0x8205bf6a, "latestTimestamp");
        vm.assertTrue(AggregatorV2V3Interface.latestRound.selector == 0x668a0f02, "latestRound");
        vm.assertTrue(AggregatorV2V3Interface.getAnswer.selector == 0xb5ab58dc, "getAnswer");
        vm.assertTrue(AggregatorV2V3Interface.getTimestamp.selector == 0xb633620c, "getTimestamp");
        vm.assertTrue(AggregatorV2V3Interface.decimals.selector == 0x313ce567, "decimals");
        vm.assertTrue(AggregatorV2V3Interface.description.selector == 0x7284e416, "description");
        vm.assertTrue(AggregatorV2V3Interface.version.selector == 0x54fd4d50, "version");
    }

    function test_facts_AreTheFeeds() public view {
        vm.assertEq(uint256(btc.decimals()), 8, "decimals");
        vm.assertEq(btc.description(), "BTC / USD", "description");
        vm.assertEq(btc.version(), 2, "version");
        vm.assertEq(address(btc.oracle()), address(oracle), "oracle");
        vm.assertEq(btc.feedId(), BTC, "feedId");
    }

    // ---------------------------------------------------------------------------------------------------- latest

    function testFuzz_latest_IsTheLastRoundInBothGenerations(uint256 price, uint256 observedAt, uint256 delay) public {
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        observedAt = _bound(observedAt, START + 1, START + MAX_AGE);
        uint256 blockTime = observedAt + _bound(delay, 0, MAX_AGE + 60) - 60;
        _submit(BTC, PRICE, START);
        vm.warp(blockTime);
        _submit(BTC, answer, observedAt);
        uint256 updatedAt = observedAt < blockTime ? observedAt : blockTime;

        (uint80 id, int256 current, uint256 started, uint256 updated, uint80 answeredIn) = btc.latestRoundData();
        vm.assertEq(uint256(id), 2, "roundId");
        vm.assertEq(current, int256(answer), "answer");
        vm.assertEq(started, observedAt, "startedAt");
        vm.assertEq(updated, updatedAt, "updatedAt");
        vm.assertEq(uint256(answeredIn), 2, "answeredInRound");
        vm.assertEq(btc.latestAnswer(), int256(answer), "latestAnswer");
        vm.assertEq(btc.latestTimestamp(), updatedAt, "latestTimestamp");
        vm.assertEq(btc.latestRound(), 2, "latestRound");
    }

    function test_latest_FailsIf_NoData() public {
        _latestFails(abi.encodeWithSelector(IPriceOracle.NoData.selector, BTC));
    }

    function test_latest_FailsIf_Paused() public {
        _submit(BTC, PRICE, START);
        vm.prank(PAUSER);
        oracle.pause();
        _latestFails(abi.encodeWithSelector(IPriceOracle.Paused.selector));
    }

    // --------------------------------------------------------------------------------------------------- history

    function test_getRoundData_IsTheRoundInBothGenerations() public {
        _submit(BTC, PRICE, START - 3);
        vm.warp(START + 10);
        _submit(BTC, PRICE + 1, START + 8);

        (uint80 id, int256 answer, uint256 started, uint256 updated, uint80 answeredIn) = btc.getRoundData(1);
        vm.assertEq(uint256(id), 1, "roundId");
        vm.assertEq(answer, int256(PRICE), "answer");
        vm.assertEq(started, START - 3, "startedAt");
        vm.assertEq(updated, START - 3, "updatedAt");
        vm.assertEq(uint256(answeredIn), 1, "answeredInRound");
        vm.assertEq(btc.getAnswer(2), int256(PRICE + 1), "getAnswer");
        vm.assertEq(btc.getTimestamp(2), START + 8, "getTimestamp");
    }

    function test_getRoundData_WorksWhilePaused() public {
        _submit(BTC, PRICE, START);
        vm.prank(PAUSER);
        oracle.pause();
        vm.assertEq(btc.getAnswer(1), int256(PRICE), "getAnswer");
    }

    function testFuzz_getRoundData_FailsIf_RoundIsUnknown(uint80 roundId) public {
        vm.assume(roundId != 1);
        _submit(BTC, PRICE, START);
        bytes memory reason = abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, roundId, 1, 1);
        vm.expectRevert(reason);
        btc.getRoundData(roundId);
        vm.expectRevert(reason);
        btc.getAnswer(roundId);
        vm.expectRevert(reason);
        btc.getTimestamp(roundId);
    }

    function testFuzz_getAnswer_FailsIf_RoundHasMoreThan80Bits(uint256 roundId) public {
        _submit(BTC, PRICE, START);
        roundId = _bound(roundId, uint256(1) << 80, type(uint256).max);
        bytes memory reason =
            abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, uint256(type(uint80).max), 1, 1);
        vm.expectRevert(reason);
        btc.getAnswer(roundId);
        vm.expectRevert(reason);
        btc.getTimestamp((uint256(1) << 80) + 1);
    }

    // -------------------------------------------------------------------------------------------------- other calls

    function test_updatedAt_IsNeverAheadOfTheReader() public {
        _submit(BTC, PRICE, START + 40);
        vm.assertEq(btc.latestTimestamp(), START, "now");
        vm.warp(START + 39);
        vm.assertEq(btc.latestTimestamp(), START + 39, "later now");
        vm.warp(START + 41);
        vm.assertEq(btc.latestTimestamp(), START + 40, "the observation");
    }

    function test_supportsInterface_NamesTheAggregator() public view {
        vm.assertTrue(btc.supportsInterface(0x01ffc9a7), "IERC165");
        vm.assertTrue(btc.supportsInterface(type(AggregatorV2V3Interface).interfaceId), "aggregator");
        vm.assertTrue(!btc.supportsInterface(0xffffffff), "nothing else");
    }

    function testFuzz_announce_FailsIf_CallerIsNotTheOracle(address caller) public {
        vm.assume(caller != address(oracle));
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(FeedProxy.OnlyOracle.selector, caller));
        btc.announce(1, 1, 1, caller);
    }

    // ------------------------------------------------------------------------------------------------------- twins

    function testFuzz_getRoundData_IsTheRoundInBothGenerations(uint256 price, uint256 asked, bool isPaused) public {
        for (uint256 i = 1; i <= HISTORY; ++i) {
            _submit(BTC, _boundAnswer(uint256(keccak256(abi.encode(price, i))), MIN_ANSWER, MAX_ANSWER), START - 9 + i);
        }
        if (isPaused) {
            vm.prank(PAUSER);
            oracle.pause();
        }
        asked = _bound(asked, 1, HISTORY);
        int192 expected = _boundAnswer(uint256(keccak256(abi.encode(price, asked))), MIN_ANSWER, MAX_ANSWER);

        // forge-lint: disable-next-line(unsafe-typecast)
        (uint80 id, int256 answer, uint256 started, uint256 updated, uint80 by) = btc.getRoundData(uint80(asked));
        vm.assertTrue(id == asked && by == asked && answer == expected, "round");
        vm.assertTrue(started == START - 9 + asked && updated == started, "times");
        vm.assertEq(btc.getAnswer(asked), expected, "getAnswer");
        vm.assertEq(btc.getTimestamp(asked), started, "getTimestamp");
    }

    function testFuzz_updatedAt_IsNeverAheadOfTheReader(uint256 ahead, uint256 wait) public {
        ahead = _bound(ahead, 0, 60);
        wait = _bound(wait, 0, 120);
        _submit(BTC, PRICE, START + ahead);
        vm.warp(START + wait);
        uint256 expected = START + (ahead < wait ? ahead : wait);
        vm.assertEq(btc.latestTimestamp(), expected, "latestTimestamp");
        vm.assertEq(btc.getTimestamp(1), expected, "getTimestamp");
    }

    // -------------------------------------------------------------------------------------------------- private

    function _latestFails(bytes memory reason) private {
        vm.expectRevert(reason);
        btc.latestRoundData();
        vm.expectRevert(reason);
        btc.latestAnswer();
        vm.expectRevert(reason);
        btc.latestTimestamp();
        vm.expectRevert(reason);
        btc.latestRound();
    }
}
