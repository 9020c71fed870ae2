// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title What submit does with each answer of a valid report
contract SubmitTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ------------------------------------------------------------------------------------------------- accepted

    function test_submit_OpensTheFirstRound() public {
        _submit(BTC, PRICE, START - 5);
        _assertLatest(BTC, PRICE, START - 5, 1);
    }

    function test_submit_EmitsOneEventWithThePagesStored() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);

        vm.recordLogs();
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(
            EVIDENCE, STRANGER, 1, 3, abi.encodePacked(uint16(0), uint32(1), uint32(START), uint192(int192(PRICE)))
        );
        vm.prank(STRANGER);
        oracle.submit(report, signatures);
    }

    function test_submit_CountsTheRoundsOfThePage() public {
        _submit(BTC, PRICE, START - 2);
        _submit(BTC, PRICE + 1, START - 1);
        _submit(ETH, PRICE + 2, START - 1);
        _assertLatest(BTC, PRICE + 1, START - 1, 2);
        _assertLatest(ETH, PRICE + 2, START - 1, 3);
    }

    function test_submit_TakesAWholePageAtOnce() public {
        _submitEntries(_entry(0, START, [uint48(uint192(PRICE)), uint48(uint192(PRICE + 1)), 0, 0]));
        _assertLatest(BTC, PRICE, START, 1);
        _assertLatest(ETH, PRICE + 1, START, 1);
        _submitEntries(_entry(0, START + 1, [uint48(uint192(PRICE + 2)), uint48(uint192(PRICE + 3)), 0, 0]));
        _assertLatest(BTC, PRICE + 2, START + 1, 2);
        _assertLatest(ETH, PRICE + 3, START + 1, 2);
    }

    function test_submit_TakesAFeedThatIsBehindItsNeighbour() public {
        _submit(BTC, PRICE, START);
        _submit(ETH, PRICE + 1, START - 50);
        _assertLatest(BTC, PRICE, START, 1);
        _assertLatest(ETH, PRICE + 1, START - 50, 2);
    }

    function test_submit_TakesAscendingTimesOfOneFeedInOneReport() public {
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, PRICE, START - 1);
        report.answers[1] = _answer(BTC, PRICE + 1, START);
        _submit(report);
        _assertLatest(BTC, PRICE + 1, START, 2);
    }

    function testFuzz_submit_TakesWhatTheRulesAllow(uint256 price, uint256 observedAt) public {
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE, START + 60);
        _submit(BTC, answer, observedAt);
        _assertLatest(BTC, answer, observedAt, 1);
        (IPriceOracle.FeedView memory kept,) = oracle.roundData(BTC, 1);
        _assertView(kept, _latest(BTC));
    }

    function test_submit_TakesEveryEdge() public {
        _submit(BTC, MIN_ANSWER, START - MAX_AGE);
        _assertLatest(BTC, MIN_ANSWER, START - MAX_AGE, 1);
        _submit(BTC, MAX_ANSWER, START + 60);
        _assertLatest(BTC, MAX_ANSWER, START + 60, 2);
    }

    function test_submit_StoresTheLargestAnswerOfEachForm() public {
        IPriceOracle.FeedConfig memory config = _config("BIG / USD");
        config.maxAnswer = oracle.MAX_PACKED_ANSWER();
        vm.prank(ADMIN);
        oracle.addFeed("BIG/USD", config);
        (config.form, config.maxAnswer) = (IPriceOracle.Form.Wide, oracle.MAX_WIDE_ANSWER());
        vm.prank(ADMIN);
        oracle.addFeed("WIDE/USD", config);
        _submit("BIG/USD", oracle.MAX_PACKED_ANSWER(), START);
        _submit("WIDE/USD", type(int192).max, START);
        _assertLatest("BIG/USD", oracle.MAX_PACKED_ANSWER(), START, 1);
        _assertLatest("WIDE/USD", type(int192).max, START, 1);
        _assertSkippedAt("BIG/USD", 0, 2, uint192(oracle.MAX_PACKED_ANSWER()) + 1, IPriceOracle.SkipReason.OutOfBounds);
    }

    // -------------------------------------------------------------------------------------------------- skipped

    function test_submit_SkipsIf_FeedIsUnknown() public {
        _assertSkipped(_answer("NO/FEED", PRICE, START), IPriceOracle.SkipReason.UnknownFeed);
    }

    function test_submit_SkipsIf_TimeIsTheSame() public {
        _submit(BTC, PRICE, START);
        _assertSkipped(_answer(BTC, PRICE + 1, START), IPriceOracle.SkipReason.NotNewer);
    }

    function test_submit_SkipsIf_TimeIsOlder() public {
        _submit(BTC, PRICE, START);
        _assertSkipped(_answer(BTC, PRICE + 1, START - 1), IPriceOracle.SkipReason.NotNewer);
    }

    function test_submit_SkipsIf_TimeIsZero() public {
        _assertSkipped(_answer(BTC, PRICE, 0), IPriceOracle.SkipReason.NotNewer);
    }

    function test_submit_SkipsIf_FromTheFuture() public {
        _assertSkipped(_answer(BTC, PRICE, START + 61), IPriceOracle.SkipReason.FromFuture);
    }

    function test_submit_SkipsIf_TimeIsTheLargest() public {
        _assertSkipped(_answer(BTC, PRICE, type(uint32).max), IPriceOracle.SkipReason.FromFuture);
    }

    function test_submit_SkipsIf_TooOld() public {
        _assertSkipped(_answer(BTC, PRICE, START - MAX_AGE - 1), IPriceOracle.SkipReason.TooOld);
    }

    function test_submit_SkipsIf_BelowMin() public {
        _assertSkipped(_answer(BTC, MIN_ANSWER - 1, START), IPriceOracle.SkipReason.OutOfBounds);
    }

    function test_submit_SkipsIf_AboveMax() public {
        _assertSkipped(_answer(BTC, MAX_ANSWER + 1, START), IPriceOracle.SkipReason.OutOfBounds);
    }

    function test_submit_SkipsIf_AWideAnswerIsZeroOrNegative() public {
        IPriceOracle.FeedConfig memory config = _config("W / USD");
        config.form = IPriceOracle.Form.Wide;
        vm.prank(ADMIN);
        oracle.addFeed("W/USD", config);
        _assertSkippedAt("W/USD", 0x8001, 0, 0, IPriceOracle.SkipReason.OutOfBounds);
        _assertSkippedAt("W/USD", 0x8001, 0, uint192(-PRICE), IPriceOracle.SkipReason.OutOfBounds);
    }

    function test_submit_SkipsIf_ThePageHasTheOtherForm() public {
        _assertSkippedAt(0, 0x8000, 0, uint192(PRICE), IPriceOracle.SkipReason.UnknownFeed);
    }

    function test_submit_AnEntryWithoutAnswersChangesNothing() public {
        _submit(BTC, PRICE, START - 1);
        vm.recordLogs();
        _submitEntries(_entry(0, START, [uint48(0), 0, 0, 0]));
        _submitEntries(_entry(NO_PAGE, START, [uint48(0), 0, 0, 0]));
        vm.assertEq(vm.getRecordedLogs().length, 2, "one event for each report");
        _assertLatest(BTC, PRICE, START - 1, 1);
    }

    function testFuzz_submit_SkipsIf_FeedIsUnknown(uint256 place, uint256 price) public {
        place = _bound(place, 2, 0x7FFF * 4 + 3);
        uint48 answer = uint48(_bound(price, 1, MAX_LANE));
        uint48[4] memory lanes;
        lanes[place % 4] = answer;
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(
            0, uint16(place / 4), uint8(place % 4), IPriceOracle.SkipReason.UnknownFeed, answer, START
        );
        _submitEntries(_entry(uint16(place / 4), START, lanes));
    }

    function testFuzz_submit_SkipsIf_NotNewer(uint256 price, uint256 observedAt) public {
        _submit(BTC, PRICE, START);
        observedAt = _bound(observedAt, 0, START);
        _assertSkipped(_answer(BTC, _boundAnswer(price, 1, MAX_ANSWER), observedAt), IPriceOracle.SkipReason.NotNewer);
    }

    function testFuzz_submit_SkipsIf_FromTheFuture(uint256 price, uint256 observedAt) public {
        observedAt = _bound(observedAt, START + 61, type(uint32).max);
        _assertSkipped(_answer(BTC, _boundAnswer(price, 1, MAX_ANSWER), observedAt), IPriceOracle.SkipReason.FromFuture);
    }

    function testFuzz_submit_SkipsIf_TooOld(uint256 price, uint256 observedAt) public {
        observedAt = _bound(observedAt, 1, START - MAX_AGE - 1);
        _assertSkipped(_answer(BTC, _boundAnswer(price, 1, MAX_ANSWER), observedAt), IPriceOracle.SkipReason.TooOld);
    }

    function testFuzz_submit_SkipsIf_OutOfBounds(uint256 price, uint256 observedAt) public {
        int192 answer = _boundAnswer(price, 1, int192(MAX_LANE));
        vm.assume(answer < MIN_ANSWER || answer > MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE, START + 60);
        _assertSkipped(_answer(BTC, answer, observedAt), IPriceOracle.SkipReason.OutOfBounds);
    }

    /// @dev The word of page 0 is set by hand: 2^31 updates take a while.
    function test_submit_SkipsIf_RoundsAreExhausted() public {
        uint256 last = uint256((1 << 31) - 2) << 224 | (START - 9) << 192 | uint192(PRICE);
        vm.store(address(oracle), bytes32(uint256(8)), bytes32(last));
        _submit(BTC, PRICE, START - 1);
        _assertLatest(BTC, PRICE, START - 1, (1 << 31) - 1);
        _assertSkipped(_answer(BTC, PRICE, START), IPriceOracle.SkipReason.RoundsExhausted);
    }

    // ------------------------------------------------------------------------------------------------------ steps

    function test_submit_SkipsIf_TheStepIsTooLarge() public {
        _boundSteps(1000, 500);
        _submit(BTC, 100_000e8, START);
        vm.warp(START + 30);
        _assertSkipped(_answer(BTC, 112_500e8 + 1, START + 30), IPriceOracle.SkipReason.MovedTooFar);
        _assertSkipped(_answer(BTC, 87_500e8 - 1, START + 30), IPriceOracle.SkipReason.MovedTooFar);
        _submit(BTC, 112_500e8, START + 30);
        _assertLatest(BTC, 112_500e8, START + 30, 2);
    }

    function test_submit_TakesAnyStepInTheEnd() public {
        _boundSteps(100, 1);
        _submit(BTC, 100_000e8, START);
        uint256 later = START + 60 * 10_000;
        vm.warp(later);
        _submit(BTC, 200_000e8, later);
        _assertLatest(BTC, 200_000e8, later, 2);
    }

    function test_submit_TakesAnyStepOnceTheBoundIsReleased() public {
        _boundSteps(100, 1);
        _submit(BTC, 100_000e8, START - 1);
        _assertSkipped(_answer(BTC, 200_000e8, START), IPriceOracle.SkipReason.MovedTooFar);
        _boundSteps(0, 0);
        _submit(BTC, 200_000e8, START);
        _assertLatest(BTC, 200_000e8, START, 2);
    }

    /// @notice The bound is on each step: a report may carry several, a second apart. It stops a mistake, not a quorum.
    function test_submit_TakesStepAfterStepInOneReport() public {
        _boundSteps(1000, 500);
        Report memory report = _emptyReport(3);
        report.answers[0] = _answer(BTC, 100_000e8, START);
        report.answers[1] = _answer(BTC, 110_000e8, START + 1);
        report.answers[2] = _answer(BTC, 121_000e8, START + 2);
        _submit(report);
        _assertLatest(BTC, 121_000e8, START + 2, 3);
    }

    function test_submit_MeasuresTheStepFromTheFeedsOwnTime() public {
        _boundSteps(1000, 500);
        _submit(BTC, 100_000e8, START);
        vm.warp(START + 60);
        _submit(ETH, PRICE, START + 59);
        _assertSkipped(_answer(BTC, 115_000e8 + 1, START + 60), IPriceOracle.SkipReason.MovedTooFar);
        _submit(BTC, 115_000e8, START + 60);
        _assertLatest(BTC, 115_000e8, START + 60, 3);
    }

    function test_submit_ReplayChangesNothing() public {
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, PRICE, START);
        report.answers[1] = _answer(ETH, PRICE, START);
        _submit(report);
        vm.warp(START + 10);

        bytes memory encoded = _encode(report);
        bytes memory signatures = _sign(encoded, 2);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 3, "");
        oracle.submit(encoded, signatures);

        _assertLatest(BTC, PRICE, START, 1);
        _assertLatest(ETH, PRICE, START, 2);
    }

    function test_submit_OneRefusedAnswerStopsNoOther() public {
        Report memory report = _emptyReport(3);
        report.answers[0] = _answer("NO/FEED", PRICE, START);
        report.answers[1] = _answer(BTC, MAX_ANSWER + 1, START);
        report.answers[2] = _answer(ETH, PRICE, START);

        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(0, NO_PAGE, 0, IPriceOracle.SkipReason.UnknownFeed, uint192(PRICE), START);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(BTC, 0, 0, IPriceOracle.SkipReason.OutOfBounds, uint192(MAX_ANSWER) + 1, START);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(
            EVIDENCE,
            address(this),
            1,
            3,
            abi.encodePacked(uint16(0), uint32(1), uint32(START), uint192(int192(PRICE)) << 48)
        );
        _submit(report);

        _assertLatest(BTC, 0, 0, 0);
        _assertLatest(ETH, PRICE, START, 1);
    }

    // --------------------------------------------------------------------------------------------------- reverts

    function testFuzz_submit_FailsIf_ReportIsNotWhole(uint16 length) public {
        length = uint16(_bound(length, 0, 400));
        vm.assume(length < 66 || (length - 36) % 30 != 0);
        _submitFails(
            new bytes(length),
            "",
            abi.encodeWithSelector(IPriceOracle.BadReportLength.selector, uint256(length), 36, 30)
        );
    }

    function test_submit_FailsIf_Paused() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);
        vm.prank(PAUSER);
        oracle.pause();
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.Paused.selector));
    }

    // ------------------------------------------------------------------------------------------------------- twins

    function testFuzz_submit_ReplayChangesNothing(uint256 price, uint256 wait) public {
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, _boundAnswer(price, MIN_ANSWER, MAX_ANSWER), START);
        report.answers[1] = _answer(ETH, _boundAnswer(price >> 64, MIN_ANSWER, MAX_ANSWER), START);
        bytes memory encoded = _encode(report);
        bytes memory signatures = _sign(encoded, 3);
        oracle.submit(encoded, signatures);
        vm.warp(START + _bound(wait, 0, 2 * MAX_AGE));
        _submit(ETH, PRICE, block.timestamp + 1);
        IPriceOracle.FeedView[2] memory before = [_latest(BTC), _latest(ETH)];

        oracle.submit(encoded, signatures);

        _assertView(_latest(BTC), before[0]);
        _assertView(_latest(ETH), before[1]);
    }

    function testFuzz_submit_TakesExactlyTheStepsThatTheBoundAllows(uint16 move, uint16 relax, uint256 wait, uint256 to)
        public
    {
        move = uint16(_bound(move, 1, type(uint16).max));
        relax = uint16(_bound(relax, 1, type(uint16).max));
        wait = _bound(wait, 1, 100_000);
        _boundSteps(move, relax);
        _submit(BTC, PRICE, START);
        vm.warp(START + wait);
        int192 answer = _boundAnswer(to, MIN_ANSWER, MAX_ANSWER);
        uint256 moved = uint192(answer > PRICE ? answer - PRICE : PRICE - answer);
        uint256 allowed = uint192(PRICE) * (move + uint256(relax) * wait / 60) / 10_000;

        if (moved > allowed) _assertSkipped(_answer(BTC, answer, START + wait), IPriceOracle.SkipReason.MovedTooFar);
        else _submit(BTC, answer, START + wait);

        if (moved <= allowed) _assertLatest(BTC, answer, START + wait, 2);
    }

    function testFuzz_submit_SkipsIf_AWideAnswerIsNotPositive(uint256 answer) public {
        IPriceOracle.FeedConfig memory config = _config("W / USD");
        config.form = IPriceOracle.Form.Wide;
        vm.prank(ADMIN);
        oracle.addFeed("W/USD", config);
        uint192 body = answer % 7 == 0 ? 0 : uint192(_bound(answer, 1 << 191, type(uint192).max));
        _assertSkippedAt("W/USD", 0x8001, 0, body, IPriceOracle.SkipReason.OutOfBounds);
    }

    function testFuzz_submit_SkipsIf_ThePageHasTheOtherForm(uint256 price) public {
        _assertSkippedAt(
            0, 0x8000, 0, uint192(_bound(price, 0, type(uint192).max)), IPriceOracle.SkipReason.UnknownFeed
        );
    }

    // --------------------------------------------------------------------------------------------------- private

    function _boundSteps(uint16 maxMoveBps, uint16 relaxBpsPerMinute) private {
        IPriceOracle.FeedConfig memory config = _config("BTC / USD");
        (config.maxMoveBps, config.relaxBpsPerMinute) = (maxMoveBps, relaxBpsPerMinute);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);
    }

    /// @dev The answer is refused for this reason, and its feed keeps value, times and round.
    function _assertSkipped(FeedAnswer memory answer, IPriceOracle.SkipReason reason) private {
        (uint16 index, uint8 lane) = _placeOf(answer.feedId);
        bytes32 feedId = index == NO_PAGE ? bytes32(0) : answer.feedId;
        IPriceOracle.FeedView memory before = _latest(answer.feedId);
        Report memory report = _emptyReport(1);
        report.answers[0] = answer;
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(feedId, index, lane, reason, uint192(answer.answer), answer.observedAt);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 3, "");
        _submit(report);
        _assertView(_latest(answer.feedId), before);
    }

    /// @dev As _assertSkipped at START + 1, for answers that have no name or no sign.
    function _assertSkippedAt(bytes32 feedId, uint16 index, uint8 lane, uint192 answer, IPriceOracle.SkipReason reason)
        private
    {
        uint192 body = index < 0x8000 ? answer << (48 * lane) : answer;
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(feedId, index, lane, reason, answer, START + 1);
        _submitEntries(abi.encodePacked(index, uint32(START + 1), body));
    }
}
