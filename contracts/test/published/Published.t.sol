// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {AggregatorV2V3Interface} from "../../src/interfaces/AggregatorV2V3Interface.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "../OracleTest.sol";
import {IPoolAddressesProvider} from "@aave/core-v3/contracts/interfaces/IPoolAddressesProvider.sol";
import {AaveOracle} from "@aave/core-v3/contracts/misc/AaveOracle.sol";
import {FunctionsCoordinator} from "@chainlink/contracts/src/v0.8/functions/v1_3_0/FunctionsCoordinator.sol";
import {FunctionsBillingConfig} from "@chainlink/contracts/src/v0.8/functions/v1_3_0/interfaces/IFunctionsBilling.sol";
import {AggregatorInterface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorInterface.sol";
import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {FeedConsumer} from "@chainlink/contracts/src/v0.8/tests/FeedConsumer.sol";

/// @title Our feeds as code that others published reads them: Chainlink's interface and consumers, and Aave's oracle
/// @dev Sources of npm packages, unchanged, compiled here.
contract PublishedTest is OracleTest {
    int192 private constant PRICE = 65_000e8;
    uint32 private constant STALE_AFTER = 3600;
    address private constant ASSET = address(0xA55E7);

    // ---------------------------------------------------------------------------------- Chainlink's own interface

    function test_interface_HasTheSelectorsThatChainlinkPublished() public pure {
        // interfaceId leaves out what is inherited, and V2V3 only inherits
        vm.assertTrue(
            type(AggregatorV2V3Interface).interfaceId
                == type(AggregatorInterface).interfaceId ^ type(AggregatorV3Interface).interfaceId,
            "all functions of both generations"
        );
        vm.assertEq(
            AggregatorV2V3Interface.AnswerUpdated.selector, AggregatorInterface.AnswerUpdated.selector, "AnswerUpdated"
        );
        vm.assertEq(AggregatorV2V3Interface.NewRound.selector, AggregatorInterface.NewRound.selector, "NewRound");
    }

    /// @notice Chainlink's FeedConsumer gets through every function what the oracle holds.
    function testFuzz_feedConsumer_ReadsWhatTheOracleHolds(uint256 price, uint256 observedAt) public {
        FeedConsumer consumer = new FeedConsumer(address(btc));
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE + 1, START + 60);
        _submit(BTC, PRICE, START - MAX_AGE);
        _submit(BTC, answer, observedAt);
        IPriceOracle.FeedView memory held = oracle.latestRound(BTC);

        (uint80 id, int256 read, uint256 startedAt, uint256 updatedAt, uint80 by) = consumer.latestRoundData();
        vm.assertTrue(id == 2 && by == 2 && read == answer, "round and answer");
        vm.assertTrue(startedAt == held.observedAt && updatedAt == held.updatedAt, "times");
        (id, read, startedAt, updatedAt, by) = consumer.getRoundData(1);
        vm.assertTrue(id == 1 && by == 1 && read == PRICE && startedAt == START - MAX_AGE, "the round before");
        vm.assertEq(consumer.latestAnswer(), answer, "latestAnswer");
        vm.assertEq(consumer.latestTimestamp(), held.updatedAt, "latestTimestamp");
        vm.assertEq(consumer.latestRound(), 2, "latestRound");
        vm.assertEq(consumer.getAnswer(1), PRICE, "getAnswer");
        vm.assertEq(consumer.getTimestamp(1), START - MAX_AGE, "getTimestamp");
        vm.assertEq(uint256(consumer.decimals()), 8, "decimals");
        vm.assertEq(consumer.description(), "BTC / USD", "description");
        vm.assertEq(consumer.version(), 2, "version");
    }

    function test_feedConsumer_FailsIf_NoData() public {
        FeedConsumer consumer = new FeedConsumer(address(btc));
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, BTC));
        consumer.latestRoundData();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, 1, 0, 0));
        consumer.getRoundData(1);
    }

    // --------------------------------------------------------------------- Chainlink Functions: staleness, fallback

    /// @notice Chainlink's own staleness check takes the price until it is too old, then its fallback; neighbours that are
    ///         updated meanwhile change nothing.
    function testFuzz_coordinator_FallsBackExactlyWhenThePriceIsStale(uint256 price, uint256 wait) public {
        FunctionsCoordinator coordinator = _coordinator();
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        wait = _bound(wait, 0, 2 * STALE_AFTER);
        _submit(BTC, answer, START);
        vm.warp(START + wait);
        _submit(ETH, PRICE, START + wait);

        (uint256 usd, uint8 decimals) = coordinator.getUsdPerUnitLink();
        uint256 expected = wait > STALE_AFTER ? 7 : uint192(answer);
        vm.assertEq(usd, expected, "getUsdPerUnitLink");
        vm.assertEq(uint256(decimals), wait > STALE_AFTER ? 3 : 8, "decimals");
        vm.assertEq(coordinator.getWeiPerUnitLink(), wait > STALE_AFTER ? 5 : uint192(answer), "getWeiPerUnitLink");
    }

    /// @notice An observation ahead of the block does not underflow in a consumer that subtracts times.
    function testFuzz_coordinator_ReadsAnObservationAheadOfItsBlock(uint256 ahead) public {
        FunctionsCoordinator coordinator = _coordinator();
        _submit(BTC, PRICE, START + _bound(ahead, 0, 60));
        vm.assertEq(coordinator.getWeiPerUnitLink(), uint192(PRICE), "price");
    }

    function test_coordinator_FailsIf_FeedIsPaused() public {
        FunctionsCoordinator coordinator = _coordinator();
        _submit(BTC, PRICE, START);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.PausedFeed.selector, BTC));
        coordinator.getWeiPerUnitLink();
    }

    // ------------------------------------------------------------------------------------------------ Aave's oracle

    /// @notice Aave V3 gets the price of each asset from its own feed, whichever was updated last.
    function testFuzz_aave_PricesAssetsByTheirFeeds(uint256 first, uint256 second) public {
        AaveOracle aave = _aave();
        int192 btcAnswer = _boundAnswer(first, MIN_ANSWER, MAX_ANSWER);
        int192 ethAnswer = _boundAnswer(second, MIN_ANSWER, MAX_ANSWER);
        _submit(BTC, btcAnswer, START - 1);
        _submit(ETH, ethAnswer, START);
        vm.assertEq(aave.getAssetPrice(ASSET), uint192(btcAnswer), "the asset");
        address[] memory assets = new address[](2);
        (assets[0], assets[1]) = (address(1), ASSET);
        uint256[] memory prices = aave.getAssetsPrices(assets);
        vm.assertEq(prices[0], uint192(ethAnswer), "the other");
        vm.assertEq(prices[1], uint192(btcAnswer), "the asset again");
    }

    /// @notice Aave never sees a zero for a price: without one, or while it is paused, the call reverts.
    function test_aave_FailsIf_NoDataOrPaused() public {
        AaveOracle aave = _aave();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, BTC));
        aave.getAssetPrice(ASSET);
        _submit(BTC, PRICE, START);
        vm.prank(PAUSER);
        oracle.pause();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Paused.selector));
        aave.getAssetPrice(ASSET);
    }

    // ------------------------------------------------------------------------------------------------------ private

    function _coordinator() private returns (FunctionsCoordinator) {
        FunctionsBillingConfig memory config;
        config.feedStalenessSeconds = STALE_AFTER;
        (config.fallbackNativePerUnitLink, config.fallbackUsdPerUnitLink, config.fallbackUsdPerUnitLinkDecimals) =
        (5, 7, 3);
        return new FunctionsCoordinator(address(this), config, address(btc), address(btc));
    }

    function _aave() private returns (AaveOracle) {
        address[] memory assets = new address[](2);
        address[] memory sources = new address[](2);
        (assets[0], assets[1]) = (ASSET, address(1));
        (sources[0], sources[1]) = (address(btc), oracle.proxyOf(ETH));
        return new AaveOracle(IPoolAddressesProvider(address(0)), assets, sources, address(0), address(0), 1e8);
    }
}
