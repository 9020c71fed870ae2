// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title What a feed shows when only its neighbours were updated
contract PagesTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    FeedProxy private eth;

    function setUp() public override {
        super.setUp();
        eth = FeedProxy(oracle.proxyOf(ETH));
        _submitEntries(_entry(0, START, [uint48(uint192(PRICE)), uint48(uint192(PRICE + 1)), 0, 0]));
    }

    function test_latest_IsUntouchedByNeighbours() public {
        bytes memory before = _latestOf(btc);
        for (uint256 i = 1; i <= 3 * HISTORY; ++i) {
            vm.warp(START + i);
            _submit(ETH, PRICE, START + i);
            vm.assertEq(keccak256(_latestOf(btc)), keccak256(before), "every field, long after the ring has wrapped");
        }
        vm.assertEq(btc.latestTimestamp(), START, "its own time");
        vm.assertEq(btc.latestRound(), 1, "its own round");
    }

    function test_aloneFeed_NeverGetsNeighbours() public {
        IPriceOracle.FeedConfig memory config = _config("LONE / USD");
        config.form = IPriceOracle.Form.Alone;
        vm.prank(CONFIGURATOR);
        oracle.addFeed("LONE/USD", config);
        for (uint256 i; i < 4; ++i) {
            _addFeed(bytes32(bytes1(uint8(65 + i))), "later");
        }

        IPriceOracle.Placement[] memory places = oracle.placements();
        vm.assertTrue(places[2].index == 1 && places[2].lane == 0, "a page of its own");
        for (uint256 i; i < places.length; ++i) {
            vm.assertTrue(i == 2 || places[i].index != 1, "and nobody else's");
        }
        vm.assertTrue(places[3].index == 0 && places[3].lane == 2, "the open page is filled on");
        vm.assertTrue(oracle.feedConfig("LONE/USD").form == IPriceOracle.Form.Packed, "with the bounds of a lane");
    }

    function test_history_ShowsTheFeedsOwnTimesInItsNeighboursRounds() public {
        _submit(ETH, PRICE + 2, START + 5);
        _submit(ETH, PRICE + 3, START + 6);
        vm.warp(START + 10);
        _submit(BTC, PRICE + 4, START + 10);

        _assertRound(btc, 1, PRICE, START, 1);
        _assertRound(btc, 2, PRICE, START, 1);
        _assertRound(btc, 3, PRICE, START, 1);
        _assertRound(btc, 4, PRICE + 4, START + 10, 4);
        _assertRound(eth, 3, PRICE + 3, START + 6, 3);
    }

    function test_history_EndsAtTheFeedsLatestRound() public {
        _submit(ETH, PRICE + 2, START + 5);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, uint256(2), 1, 1));
        btc.getRoundData(2);
    }

    function test_history_KeepsTheLatestRoundWhenTheRingHasWrapped() public {
        for (uint256 i = 1; i <= 2 * HISTORY; ++i) {
            _submit(ETH, PRICE, START + i);
        }
        _assertRound(btc, 1, PRICE, START, 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, uint256(2), 1, 1));
        btc.getRoundData(2);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, ETH, uint256(9), 10, 17));
        eth.getRoundData(9);
    }

    function test_history_OfTheWrappedRingHasOwnTimesStill() public {
        for (uint256 i = 1; i <= 2 * HISTORY; ++i) {
            _submit(ETH, PRICE, START + i);
        }
        vm.warp(START + 30);
        _submit(BTC, PRICE + 5, START + 30);
        _assertRound(btc, 18, PRICE + 5, START + 30, 18);
        _assertRound(btc, 17, PRICE, START, 1);
        _assertRound(btc, 11, PRICE, START, 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, uint256(10), 11, 18));
        btc.getRoundData(10);
    }

    function test_roundIds_OfALaterFeedStartAtOne() public {
        FeedProxy sol = FeedProxy(_addFeed("SOL/USD", "SOL / USD"));
        _submit("SOL/USD", PRICE, START + 1);
        vm.assertEq(sol.latestRound(), 1, "its first round");
        vm.assertEq(btc.latestRound(), 1, "as before");
        _submit(ETH, PRICE, START + 2);
        _submit("SOL/USD", PRICE, START + 3);
        vm.assertEq(sol.latestRound(), 3, "no gap");
        _assertRound(sol, 2, PRICE, START + 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, bytes32("SOL/USD"), 0, 1, 3));
        sol.getRoundData(0);
    }

    function test_history_HasNoRoundBeforeTheFirstAnswer() public {
        FeedProxy sol = FeedProxy(_addFeed("SOL/USD", "SOL / USD"));
        _submit(ETH, PRICE, START + 1);
        _submit("SOL/USD", PRICE, START + 2);
        vm.assertEq(sol.latestRound(), 2, "the second round since it was added");
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, bytes32("SOL/USD"), 1, 1, 2));
        sol.getRoundData(1);

        FeedProxy dot = FeedProxy(_addFeed("DOT/USD", "DOT / USD"));
        _submit(ETH, PRICE, START + 3);
        _submit(ETH, PRICE, START + 4);
        _submit("DOT/USD", PRICE, START + 5);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, bytes32("DOT/USD"), 2, 1, 3));
        dot.getRoundData(2);
    }

    /// @notice The checks that consumers make: staleness by updatedAt, a completed round, a positive answer.
    function testFuzz_usualChecks_AreNotMisled(uint256 neighbourRounds, uint256 wait) public {
        neighbourRounds = _bound(neighbourRounds, 1, 3 * HISTORY);
        wait = _bound(wait, 0, 200);
        for (uint256 i = 1; i <= neighbourRounds; ++i) {
            vm.warp(START + i);
            _submit(ETH, PRICE, START + i);
        }
        vm.warp(START + neighbourRounds + wait);

        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = btc.latestRoundData();
        vm.assertTrue(answer > 0 && updatedAt != 0 && answeredIn >= id, "a completed round");
        vm.assertEq(block.timestamp - updatedAt, neighbourRounds + wait, "as stale as the feed itself, not its page");
        vm.assertEq(startedAt, updatedAt, "both its own");
    }

    /// @notice Every lane of every order of updates keeps its own answer, time and round (compared with plain arrays).
    function testFuzz_lanes_AreIndependent(uint8[12] memory masks, uint256 seed) public {
        _addFeed("C", "C");
        _addFeed("D", "D");
        bytes32[4] memory feeds = [BTC, ETH, bytes32("C"), bytes32("D")];
        IPriceOracle.FeedView[4] memory expected;
        expected[0] = _feedView(PRICE, START, 1);
        expected[1] = _feedView(PRICE + 1, START, 1);
        uint256 round = 1;
        for (uint256 i; i < masks.length; ++i) {
            vm.warp(START + i + 1);
            uint48[4] memory lanes;
            bool any;
            for (uint256 lane; lane < 4; ++lane) {
                if ((masks[i] >> lane) & 1 == 0) continue;
                any = true;
                uint256 random = uint256(keccak256(abi.encode(seed, i, lane)));
                lanes[lane] = uint48(_bound(random, uint192(MIN_ANSWER), uint192(MAX_ANSWER)));
                // a feed that was added to a page in use counts from there
                uint256 id = lane < 2 ? round + 1 : round;
                expected[lane] = _feedView(int192(uint192(lanes[lane])), START + i + 1, id);
            }
            if (any) ++round;
            _submitEntries(_entry(0, START + i + 1, lanes));
            for (uint256 lane; lane < 4; ++lane) {
                _assertView(_latest(feeds[lane]), expected[lane]);
            }
        }
    }

    function _latestOf(FeedProxy proxy) private view returns (bytes memory) {
        (uint80 a, int256 b, uint256 c, uint256 d, uint80 e) = proxy.latestRoundData();
        return abi.encode(a, b, c, d, e);
    }

    function _assertRound(FeedProxy proxy, uint80 id, int192 answer, uint256 seenAt, uint80 answeredIn) private view {
        (uint80 r, int256 a, uint256 startedAt, uint256 updatedAt, uint80 by) = proxy.getRoundData(id);
        vm.assertEq(uint256(r), id, "roundId");
        vm.assertEq(a, answer, "answer");
        vm.assertEq(startedAt, seenAt, "startedAt");
        vm.assertEq(updatedAt, seenAt < block.timestamp ? seenAt : block.timestamp, "updatedAt");
        vm.assertEq(uint256(by), answeredIn, "answeredInRound");
    }
}
