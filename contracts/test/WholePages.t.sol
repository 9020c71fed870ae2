// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title A report for a whole page: what is quick for all lanes at once holds for each lane by itself
contract WholePagesTest is OracleTest {
    int192 private constant PRICE = 100_000e8;
    int192 private constant LOWEST = 90_000e8; // 10 % of maxMoveBps
    int192 private constant HIGHEST = 110_000e8;
    uint256 private constant LATER = START + 59; // no whole minute: nothing is relaxed yet

    bytes32[4] private s_feeds = [BTC, ETH, bytes32("C"), bytes32("D")];

    function setUp() public override {
        super.setUp();
        _addFeed("C", "C");
        _addFeed("D", "D");
        for (uint256 lane; lane < 4; ++lane) {
            _limit(lane, 1, MAX_ANSWER, MAX_AGE);
        }
        _submitEntries(_entry(0, START, _prices(PRICE, PRICE, 0)));
        vm.warp(LATER);
    }

    // ------------------------------------------------------------------------------------------------------- steps

    function test_wholePage_TakesEveryStepUpToTheBound() public {
        for (uint256 lane; lane < 4; ++lane) {
            _assertAllTaken(lane, LOWEST);
            _assertAllTaken(lane, HIGHEST);
        }
    }

    function test_wholePage_RefusesOnlyTheLaneThatFallsTooFar() public {
        for (uint256 lane; lane < 4; ++lane) {
            _assertOnlyRefused(lane, LOWEST - 1, IPriceOracle.SkipReason.MovedTooFar);
            _assertOnlyRefused(lane, 1, IPriceOracle.SkipReason.MovedTooFar);
        }
    }

    function test_wholePage_RefusesOnlyTheLaneThatRisesTooFar() public {
        for (uint256 lane; lane < 4; ++lane) {
            _assertOnlyRefused(lane, HIGHEST + 1, IPriceOracle.SkipReason.MovedTooFar);
            _assertOnlyRefused(lane, MAX_ANSWER, IPriceOracle.SkipReason.MovedTooFar);
        }
    }

    function test_wholePage_RefusesTheCarriedLaneThatFallsTooFar() public {
        for (uint256 lane; lane < 4; ++lane) {
            uint256 snapshot = vm.snapshotState();
            _submitEntries(_entry(0, LATER, _prices(PRICE, 0, lane)));
            _assertOnlyRefusedAt(LATER + 1, lane, PRICE / 2, IPriceOracle.SkipReason.MovedTooFar);
            vm.revertToState(snapshot);
        }
    }

    function testFuzz_wholePage_RefusesOnlyTheLaneThatStepsTooFar(uint256 lane, uint256 price) public {
        int192 answer = _boundAnswer(price, LOWEST - PRICE / 20, HIGHEST + PRICE / 20);
        lane = _bound(lane, 0, 3);
        if (answer >= LOWEST && answer <= HIGHEST) _assertAllTaken(lane, answer);
        else _assertOnlyRefused(lane, answer, IPriceOracle.SkipReason.MovedTooFar);
    }

    // ------------------------------------------------------------------------------------------------------ bounds

    function test_wholePage_RefusesOnlyTheLaneThatIsOutOfBounds() public {
        for (uint256 lane; lane < 4; ++lane) {
            _limit(lane, PRICE - 9, PRICE + 9, MAX_AGE);
            _assertOnlyRefused(lane, PRICE - 10, IPriceOracle.SkipReason.OutOfBounds);
            _assertOnlyRefused(lane, PRICE + 10, IPriceOracle.SkipReason.OutOfBounds);
            _assertAllTaken(lane, PRICE - 9);
            _assertAllTaken(lane, PRICE + 9);
            _limit(lane, 1, MAX_ANSWER, MAX_AGE);
        }
    }

    function test_wholePage_RefusesOnlyTheLaneWithMoreThan47Bits() public {
        for (uint256 lane; lane < 4; ++lane) {
            _assertOnlyRefused(lane, PRICE + 2 ** 47, IPriceOracle.SkipReason.OutOfBounds);
        }
    }

    function testFuzz_wholePage_RefusesOnlyTheLaneThatIsOutOfBounds(uint256 lane, uint256 price, uint256 room) public {
        lane = _bound(lane, 0, 3);
        int192 answer = _boundAnswer(price, LOWEST, HIGHEST);
        int192 width = _boundAnswer(room, 0, HIGHEST - PRICE);
        _limit(lane, PRICE - width, PRICE + width, MAX_AGE);
        if (answer >= PRICE - width && answer <= PRICE + width) _assertAllTaken(lane, answer);
        else _assertOnlyRefused(lane, answer, IPriceOracle.SkipReason.OutOfBounds);
    }

    // -------------------------------------------------------------------------------------------------------- time

    function test_wholePage_RefusesOnlyTheLaneWhoseMaxAgeIsOver() public {
        for (uint256 lane; lane < 4; ++lane) {
            _limit(lane, 1, MAX_ANSWER, 50);
            _assertOnlyRefusedAt(LATER - 51, lane, PRICE, IPriceOracle.SkipReason.TooOld);
            _assertAllTakenAt(LATER - 50, lane, PRICE);
            _limit(lane, 1, MAX_ANSWER, MAX_AGE);
        }
    }

    function test_wholePage_TakesTimesUpToTheFuturesLimit() public {
        _submitEntries(_entry(0, LATER + 60, _prices(PRICE, PRICE, 0)));
        _assertLatest(BTC, PRICE, LATER + 60, 2);
        _assertLatest("D", PRICE, LATER + 60, 2);
    }

    function test_wholePage_RefusesAllFromTheFutureOrNotNewer() public {
        _assertNoneTaken(LATER + 61, IPriceOracle.SkipReason.FromFuture);
        _assertNoneTaken(START, IPriceOracle.SkipReason.NotNewer);
        _assertNoneTaken(START - 1, IPriceOracle.SkipReason.NotNewer);
    }

    function testFuzz_wholePage_TakesExactlyTheTimesThatEachLaneAllows(uint256 observedAt, uint256 lane, uint256 maxAge)
        public
    {
        vm.warp(START + 100);
        lane = _bound(lane, 0, 3);
        maxAge = _bound(maxAge, 1, MAX_AGE);
        observedAt = _bound(observedAt, START - 5, START + 170);
        // forge-lint: disable-next-line(unsafe-typecast)
        _limit(lane, 1, MAX_ANSWER, uint24(maxAge));
        _submitEntries(_entry(0, observedAt, _prices(PRICE, PRICE, 0)));
        bool isTimely = observedAt > START && observedAt <= START + 160;
        for (uint256 i; i < 4; ++i) {
            bool isTaken = isTimely && (i != lane || observedAt + maxAge >= START + 100);
            vm.assertEq(uint256(_latest(s_feeds[i]).observedAt), isTaken ? observedAt : START, "observedAt");
        }
    }

    // -------------------------------------------------------------------------------------------------------- cost

    /// @notice The quick check is used: steps of 5 % cost less than steps of 8 %, which only the lanes' own bounds allow.
    function test_wholePage_IsQuickForTheUsualReport() public {
        uint256 quick = _gasOf(_prices(PRICE, PRICE + PRICE / 20, 0));
        vm.warp(LATER + 10);
        uint256 slow = _gasOf(_prices(PRICE, PRICE - PRICE * 8 / 100, 3));
        vm.assertGe(slow, quick + 1000, "gas");
        vm.assertEq(uint256(_latest("D").observedAt), LATER + 10, "taken");
    }

    /// @notice A wide feed has no carry word, nor has a page that was taken whole.
    function test_wholePage_HasNoCarryWord() public {
        IPriceOracle.FeedConfig memory config = _config("W / USD");
        config.form = IPriceOracle.Form.Wide;
        vm.prank(ADMIN);
        oracle.addFeed("W/USD", config);
        _submit("W/USD", PRICE, LATER);
        uint256 carry = 4_294_967_304;
        vm.assertEq(vm.load(address(oracle), bytes32(carry + 0x8001 * HISTORY + 1)), 0, "wide");
        vm.assertEq(vm.load(address(oracle), bytes32(carry + 1)), 0, "whole page");
        _submitEntries(_entry(0, LATER, [uint48(0), uint48(uint192(PRICE)), 0, 0]));
        vm.assertTrue(vm.load(address(oracle), bytes32(carry + 2)) != 0, "three lanes carried");
    }

    // ----------------------------------------------------------------------------------------------------- private

    /// @dev One lane has this answer, the others `others`.
    function _prices(int192 others, int192 answer, uint256 lane) private pure returns (uint48[4] memory lanes) {
        for (uint256 i; i < 4; ++i) {
            lanes[i] = uint48(uint192(i == lane ? answer : others));
        }
    }

    function _limit(uint256 lane, int192 min, int192 max, uint24 maxAge) private {
        IPriceOracle.FeedConfig memory config = _config("X / Y");
        (config.minAnswer, config.maxAnswer, config.maxAge) = (min, max, maxAge);
        (config.maxMoveBps, config.relaxBpsPerMinute) = (1000, 1);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(s_feeds[lane], config);
    }

    function _gasOf(uint48[4] memory lanes) private returns (uint256 used) {
        (,, uint32 version) = oracle.signerSet();
        bytes memory report = abi.encodePacked(version, EVIDENCE, _entry(0, block.timestamp, lanes));
        bytes memory signatures = _sign(report, 2);
        used = gasleft();
        oracle.submit(report, signatures);
        used -= gasleft();
    }

    function _assertOnlyRefused(uint256 lane, int192 answer, IPriceOracle.SkipReason reason) private {
        _assertOnlyRefusedAt(LATER, lane, answer, reason);
    }

    /// @dev The lane is refused and named, the others are taken; then everything is as before the call.
    function _assertOnlyRefusedAt(uint256 time, uint256 lane, int192 answer, IPriceOracle.SkipReason reason) private {
        uint256 snapshot = vm.snapshotState();
        IPriceOracle.FeedView memory before = _latest(s_feeds[lane]);
        // forge-lint: disable-next-item(unsafe-typecast)
        bytes memory entry = _entry(0, time, _prices(PRICE, answer, lane));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(s_feeds[lane], 0, uint8(lane), reason, uint192(answer), time);
        _submitEntries(entry);
        for (uint256 i; i < 4; ++i) {
            if (i == lane) _assertView(_latest(s_feeds[i]), before);
            else vm.assertEq(uint256(_latest(s_feeds[i]).observedAt), time, "a neighbour is taken");
        }
        vm.revertToState(snapshot);
    }

    function _assertAllTaken(uint256 lane, int192 answer) private {
        _assertAllTakenAt(LATER, lane, answer);
    }

    /// @dev All four are taken; then everything is as before the call.
    function _assertAllTakenAt(uint256 time, uint256 lane, int192 answer) private {
        uint256 snapshot = vm.snapshotState();
        _submitEntries(_entry(0, time, _prices(PRICE, answer, lane)));
        for (uint256 i; i < 4; ++i) {
            vm.assertEq(int256(_latest(s_feeds[i]).answer), i == lane ? answer : PRICE, "answer");
            vm.assertEq(uint256(_latest(s_feeds[i]).observedAt), time, "observedAt");
        }
        vm.revertToState(snapshot);
    }

    function _assertNoneTaken(uint256 time, IPriceOracle.SkipReason reason) private {
        for (uint256 lane; lane < 4; ++lane) {
            vm.expectEmit(address(oracle));
            // forge-lint: disable-next-line(unsafe-typecast)
            emit IPriceOracle.AnswerSkipped(s_feeds[lane], 0, uint8(lane), reason, uint192(PRICE), time);
        }
        _submitEntries(_entry(0, time, _prices(PRICE, PRICE, 0)));
        for (uint256 lane; lane < 4; ++lane) {
            vm.assertEq(uint256(_latest(s_feeds[lane]).observedAt), START, "observedAt");
        }
    }
}
