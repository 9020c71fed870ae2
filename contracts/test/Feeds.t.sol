// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {FeedProxyFactory} from "../src/FeedProxyFactory.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Adding and changing feeds
contract FeedsTest is OracleTest {
    bytes32 private constant NEW = "SOL/USD";
    uint256 private constant PAGES_SLOT = 5; // of s_pages; `forge inspect PriceOracle storage-layout`

    // ---------------------------------------------------------------------------------------------------- works

    function test_addFeed_ListsTheFeedWithItsProxy() public {
        address proxy = _addFeed(NEW, "SOL / USD");

        vm.assertEq(oracle.proxyOf(NEW), proxy, "proxyOf");
        bytes32[] memory expected = new bytes32[](3);
        (expected[0], expected[1], expected[2]) = (BTC, ETH, NEW);
        vm.assertEq(oracle.feedIds(), expected, "feedIds");
        _assertConfig(NEW, _config("SOL / USD"));
        _assertLatest(NEW, 0, 0, 0);
    }

    function test_addFeed_DeploysTheProxyByCreate2() public {
        vm.assertEq(_addFeed(NEW, "SOL / USD"), _create2Address(NEW), "proxy");
    }

    function test_addFeed_EmitsProxyAndConfig() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedAdded(NEW, _create2Address(NEW), 0, 2);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedConfigured(NEW, _config("SOL / USD"));
        _addFeed(NEW, "SOL / USD");
    }

    function testFuzz_addFeed_KeepsEveryValidConfig(bytes32 feedId, uint256 seed, string memory text) public {
        vm.assume(feedId != 0 && feedId != BTC && feedId != ETH);
        IPriceOracle.FeedConfig memory config = _valid(seed, text);
        vm.prank(ADMIN);
        oracle.addFeed(feedId, config);
        _assertConfig(feedId, config);
    }

    function testFuzz_updateFeed_KeepsEveryValidConfig(uint256 seed, string memory text) public {
        IPriceOracle.FeedConfig memory config = _valid(seed, text);
        config.decimals = 8;
        config.form = IPriceOracle.Form.Packed;
        config.maxAnswer = _boundAnswer(uint192(config.maxAnswer), 1, oracle.MAX_PACKED_ANSWER());
        config.minAnswer = _boundAnswer(uint192(config.minAnswer), 1, config.maxAnswer);
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

        _assertLatest(BTC, MIN_ANSWER, START, 1);
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
        _assertLatest(BTC, 0, 0, 0);
        _submit(BTC, 5, START - 1);
        _assertLatest(BTC, 5, START - 1, 1);
    }

    // --------------------------------------------------------------------------------------------------- places

    function test_addFeed_FillsPagesLaneByLane() public {
        _addFeed("A", "A");
        _addFeed("B", "B");
        _addFeed("C", "C");
        _assertPlace(2, 0, 2);
        _assertPlace(3, 0, 3);
        _assertPlace(4, 1, 0);
        vm.assertEq(oracle.feedAt(0, 3), "B", "feedAt");
        vm.assertEq(oracle.feedAt(0, 4), 0, "no lane 4");
    }

    function test_addFeed_OpensANewPageWhenAsked() public {
        IPriceOracle.FeedConfig memory config = _config("A");
        config.form = IPriceOracle.Form.NewPage;
        vm.prank(CONFIGURATOR);
        oracle.addFeed("A", config);
        _addFeed("B", "B");
        _assertPlace(2, 1, 0);
        _assertPlace(3, 1, 1);
    }

    function test_addFeed_GivesAWideFeedItsOwnSlotAndLeavesThePageOpen() public {
        IPriceOracle.FeedConfig memory config = _config("A");
        (config.form, config.maxAnswer, config.decimals) = (IPriceOracle.Form.Wide, type(int192).max, 38);
        vm.prank(CONFIGURATOR);
        oracle.addFeed("A", config);
        _addFeed("B", "B");
        _assertPlace(2, 0x8001, 0);
        _assertPlace(3, 0, 2);
        _assertConfig("A", config);
    }

    function test_addFeed_FailsIf_PagesAreUsedUp() public {
        // 248 words of s_pages' length are set by hand: adding them would take minutes
        IPriceOracle.FeedConfig memory config = _config("x");
        config.form = IPriceOracle.Form.Wide;
        vm.store(address(oracle), bytes32(PAGES_SLOT), bytes32(oracle.MAX_PAGES()));
        _addFails("A", config, abi.encodeWithSelector(IPriceOracle.TooManyPages.selector, oracle.MAX_PAGES()));
    }

    // --------------------------------------------------------------------------------------------------- refused

    function test_addFeed_FailsIf_IdIsZero() public {
        _addFails(0, _config("x"), abi.encodeWithSelector(IPriceOracle.ZeroFeedId.selector));
    }

    function test_addFeed_FailsIf_FeedExists() public {
        _addFails(BTC, _config("x"), abi.encodeWithSelector(IPriceOracle.FeedExists.selector, BTC, address(btc)));
    }

    function testFuzz_addFeed_FailsIf_DecimalsAreMany(uint8 decimals) public {
        decimals = uint8(_bound(decimals, 39, 255));
        IPriceOracle.FeedConfig memory config = _config("x");
        config.decimals = decimals;
        _addFails(NEW, config, abi.encodeWithSelector(IPriceOracle.TooManyDecimals.selector, decimals, 38));
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

    function test_addFeed_FailsIf_MinIsZero() public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.minAnswer = 0;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.BadBounds.selector, 0, MAX_ANSWER));
    }

    function test_addFeed_TakesASingleAnswerForBounds() public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.minAnswer = config.maxAnswer;
        vm.prank(CONFIGURATOR);
        oracle.addFeed(NEW, config);
        _assertConfig(NEW, config);
    }

    function testFuzz_addFeed_FailsIf_MinExceedsMax(int192 max) public {
        vm.assume(max < MIN_ANSWER);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxAnswer = max;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.BadBounds.selector, MIN_ANSWER, max));
    }

    function testFuzz_addFeed_FailsIf_MaxDoesNotFit(int192 max) public {
        int192 largest = oracle.MAX_PACKED_ANSWER();
        vm.assume(max > largest);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxAnswer = max;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.AnswerOutOfStorageRange.selector, max, largest));
    }

    function testFuzz_addFeed_FailsIf_StepNeverRelaxes(uint16 maxMoveBps) public {
        vm.assume(maxMoveBps != 0);
        IPriceOracle.FeedConfig memory config = _config("x");
        config.maxMoveBps = maxMoveBps;
        _bothFail(config, abi.encodeWithSelector(IPriceOracle.MoveNeverRelaxes.selector, maxMoveBps));
    }

    function test_updateFeed_FailsIf_PackedFeedWouldBecomeWide() public {
        IPriceOracle.FeedConfig memory config = _config("x");
        config.form = IPriceOracle.Form.Wide;
        config.maxAnswer = oracle.MAX_PACKED_ANSWER() + 1;
        bytes memory reason = abi.encodeWithSelector(
            IPriceOracle.AnswerOutOfStorageRange.selector, config.maxAnswer, oracle.MAX_PACKED_ANSWER()
        );
        _updateFails(BTC, config, reason);
    }

    function testFuzz_updateFeed_KeepsTheFormWhateverIsNamed(uint8 named, int192 max) public {
        max = int192(uint192(_bound(uint192(max), uint192(MIN_ANSWER), uint192(type(int192).max))));
        IPriceOracle.FeedConfig memory config = _config("A");
        (config.form, config.maxAnswer) = (IPriceOracle.Form.Wide, type(int192).max);
        vm.prank(CONFIGURATOR);
        oracle.addFeed("A", config);
        (config.form, config.maxAnswer) = (IPriceOracle.Form(named % 4), max);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed("A", config);
        config.form = IPriceOracle.Form.Wide;
        _assertConfig("A", config);
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

    function test_proxies_AreMadeForTheOracleAlone() public {
        FeedProxyFactory factory = new FeedProxyFactory();
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(FeedProxyFactory.OnlyOracle.selector, STRANGER));
        factory.create(NEW, 8, 0, 0, 0);
    }

    function test_feedConfig_FailsIf_FeedIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, NEW));
        oracle.feedConfig(NEW);
        vm.assertEq(oracle.proxyOf(NEW), address(0), "no proxy");
    }

    // ------------------------------------------------------------------------------------------------------- twins

    /// @notice Places follow the order of feeds and their forms: the next lane of the last packed page, or a new page.
    function testFuzz_addFeed_FillsPagesLaneByLane(uint256 forms) public {
        (uint256 pages, uint256 open, uint256 used) = (1, 0, 2); // BTC and ETH
        for (uint256 i; i < 12; ++i) {
            IPriceOracle.Form form = IPriceOracle.Form((forms >> (8 * i)) % 3);
            IPriceOracle.FeedConfig memory config = _config("X / Y");
            config.form = form;
            vm.prank(CONFIGURATOR);
            oracle.addFeed(bytes32(i + 1), config);
            if (form == IPriceOracle.Form.Wide) {
                _assertPlace(2 + i, 0x8000 + pages++, 0);
            } else {
                if (form == IPriceOracle.Form.NewPage || used == 4) (open, used) = (pages++, 0);
                _assertPlace(2 + i, open, used++);
            }
        }
    }

    function test_updateFeed_TakesTheLargestPackedAnswer() public {
        IPriceOracle.FeedConfig memory config = _config("BTC / USD");
        config.maxAnswer = oracle.MAX_PACKED_ANSWER();
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);
        _assertConfig(BTC, config);
    }

    function testFuzz_updateFeed_FailsIf_PackedFeedWouldBecomeWide(int192 max) public {
        int192 largest = oracle.MAX_PACKED_ANSWER();
        vm.assume(max > largest);
        IPriceOracle.FeedConfig memory config = _config("x");
        (config.form, config.maxAnswer) = (IPriceOracle.Form.Wide, max);
        _updateFails(BTC, config, abi.encodeWithSelector(IPriceOracle.AnswerOutOfStorageRange.selector, max, largest));
    }

    function testFuzz_feeds_FailIf_Unknown(bytes32 feedId) public {
        vm.assume(feedId != BTC && feedId != ETH);
        bytes memory reason = abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, feedId);
        _updateFails(feedId, _config("x"), reason);
        vm.expectRevert(reason);
        oracle.feedConfig(feedId);
        vm.expectRevert(reason);
        oracle.feedPaused(feedId);
        vm.expectRevert(reason);
        oracle.read(feedId);
        vm.expectRevert(reason);
        oracle.latestRound(feedId);
        vm.prank(PAUSER);
        vm.expectRevert(reason);
        oracle.pauseFeed(feedId);
    }

    function testFuzz_addFeed_DeploysTheProxyByCreate2(bytes32 feedId) public {
        vm.assume(feedId != 0 && feedId != BTC && feedId != ETH);
        vm.assertEq(_addFeed(feedId, "X / Y"), _create2Address(feedId), "proxy");
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev EIP-1014, with the feed id as salt; the deployer is the oracle's first contract.
    function _create2Address(bytes32 feedId) private view returns (address) {
        bytes memory initCode = abi.encodePacked(
            type(FeedProxy).creationCode, abi.encode(oracle, feedId, uint8(8), uint16(0), uint8(2), uint32(0))
        );
        address factory = address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(oracle), hex"01")))));
        bytes32 hash = keccak256(abi.encodePacked(hex"ff", factory, feedId, keccak256(initCode)));
        return address(uint160(uint256(hash)));
    }

    function _assertPlace(uint256 nth, uint256 index, uint256 lane) private view {
        IPriceOracle.Placement memory place = oracle.placements()[nth];
        vm.assertEq(uint256(place.index), index, "index");
        vm.assertEq(uint256(place.lane), lane, "lane");
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

    function _valid(uint256 seed, string memory text) private view returns (IPriceOracle.FeedConfig memory config) {
        // forge-lint: disable-next-item(unsafe-typecast)
        config = IPriceOracle.FeedConfig({
            decimals: uint8(seed % 39),
            form: seed % 2 == 0 ? IPriceOracle.Form.Wide : IPriceOracle.Form.Packed,
            maxAge: uint24(_bound(uint24(seed >> 8), 1, type(uint24).max)),
            heartbeat: uint32(_bound(uint32(seed >> 32), 1, type(uint32).max)),
            deviationBps: uint16((seed >> 64) % 10_001),
            maxMoveBps: uint16(seed >> 80),
            relaxBpsPerMinute: uint16(_bound(uint16(seed >> 96), 1, type(uint16).max)),
            minAnswer: 0,
            maxAnswer: 0,
            description: bytes(text).length == 0 ? "X / Y" : text
        });
        int192 largest = seed % 2 == 0 ? oracle.MAX_WIDE_ANSWER() : oracle.MAX_PACKED_ANSWER();
        config.maxAnswer = _boundAnswer(uint256(keccak256(abi.encode(seed))) >> 64, 1, largest);
        config.minAnswer = _boundAnswer(uint256(keccak256(abi.encode(seed, 1))) >> 64, 1, config.maxAnswer);
    }

    function _assertConfig(bytes32 feedId, IPriceOracle.FeedConfig memory expected) private view {
        IPriceOracle.FeedConfig memory actual = oracle.feedConfig(feedId);
        vm.assertEq(keccak256(abi.encode(actual)), keccak256(abi.encode(expected)), "config");
    }
}
