// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title What submit does with each answer of a valid report
contract SubmitTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ------------------------------------------------------------------------------------------------- accepted

    function test_submit_OpensTheFirstRound() public {
        _submit(BTC, PRICE, START - 5);
        _assertLatest(BTC, PRICE, START - 5, START, 1);
    }

    function test_submit_EmitsUpdateThenReport() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);

        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedUpdated(BTC, PRICE, 1, uint64(START));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, STRANGER, 1, 3, 1, 0);
        vm.prank(STRANGER);
        oracle.submit(report, signatures);
    }

    function test_submit_CountsRoundsPerFeed() public {
        _submit(BTC, PRICE, START - 2);
        _submit(BTC, PRICE + 1, START - 1);
        _submit(ETH, PRICE + 2, START - 1);
        _assertLatest(BTC, PRICE + 1, START - 1, START, 2);
        _assertLatest(ETH, PRICE + 2, START - 1, START, 1);
    }

    function test_submit_TakesAscendingTimesOfOneFeedInOneReport() public {
        IPriceOracle.Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, PRICE, START - 1);
        report.answers[1] = _answer(BTC, PRICE + 1, START);
        _submit(report);
        _assertLatest(BTC, PRICE + 1, START, START, 2);
    }

    function testFuzz_submit_TakesWhatTheRulesAllow(uint256 price, uint256 observedAt) public {
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE, START + 60);
        _submit(BTC, answer, observedAt);
        _assertLatest(BTC, answer, observedAt, START, 1);
        _assertView(oracle.roundData(BTC, 1), _latest(BTC));
    }

    function test_submit_TakesEveryEdge() public {
        _submit(BTC, MIN_ANSWER, START - MAX_AGE);
        _assertLatest(BTC, MIN_ANSWER, START - MAX_AGE, START, 1);
        _submit(BTC, MAX_ANSWER, START + 60);
        _assertLatest(BTC, MAX_ANSWER, START + 60, START, 2);
    }

    function test_submit_StoresTheLargestAnswer() public {
        IPriceOracle.FeedConfig memory config = _config("BIG / USD");
        config.maxAnswer = oracle.MAX_ANSWER();
        vm.prank(ADMIN);
        oracle.addFeed("BIG/USD", config);
        _submit("BIG/USD", config.maxAnswer, START);
        _assertLatest("BIG/USD", config.maxAnswer, START, START, 1);
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
        _assertSkipped(_answer(BTC, PRICE, type(uint64).max), IPriceOracle.SkipReason.FromFuture);
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

    function test_submit_SkipsIf_ZeroOrNegative() public {
        _assertSkipped(_answer(BTC, 0, START), IPriceOracle.SkipReason.OutOfBounds);
        _assertSkipped(_answer(BTC, -PRICE, START), IPriceOracle.SkipReason.OutOfBounds);
        _assertSkipped(_answer(BTC, type(int192).min, START), IPriceOracle.SkipReason.OutOfBounds);
    }

    function testFuzz_submit_SkipsIf_FeedIsUnknown(bytes32 feedId, int192 answer, uint64 observedAt) public {
        vm.assume(feedId != BTC && feedId != ETH);
        _assertSkipped(_answer(feedId, answer, observedAt), IPriceOracle.SkipReason.UnknownFeed);
    }

    function testFuzz_submit_SkipsIf_NotNewer(int192 answer, uint256 observedAt) public {
        _submit(BTC, PRICE, START);
        observedAt = _bound(observedAt, 0, START);
        _assertSkipped(_answer(BTC, answer, observedAt), IPriceOracle.SkipReason.NotNewer);
    }

    function testFuzz_submit_SkipsIf_FromTheFuture(int192 answer, uint256 observedAt) public {
        observedAt = _bound(observedAt, START + 61, type(uint64).max);
        _assertSkipped(_answer(BTC, answer, observedAt), IPriceOracle.SkipReason.FromFuture);
    }

    function testFuzz_submit_SkipsIf_TooOld(int192 answer, uint256 observedAt) public {
        observedAt = _bound(observedAt, 1, START - MAX_AGE - 1);
        _assertSkipped(_answer(BTC, answer, observedAt), IPriceOracle.SkipReason.TooOld);
    }

    function testFuzz_submit_SkipsIf_OutOfBounds(int192 answer, uint256 observedAt) public {
        vm.assume(answer < MIN_ANSWER || answer > MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE, START + 60);
        _assertSkipped(_answer(BTC, answer, observedAt), IPriceOracle.SkipReason.OutOfBounds);
    }

    function test_submit_ReplayChangesNothing() public {
        IPriceOracle.Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, PRICE, START);
        report.answers[1] = _answer(ETH, PRICE, START);
        _submit(report);
        vm.warp(START + 10);

        bytes[] memory signatures = _sign(report, 2);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 3, 0, 2);
        oracle.submit(report, signatures);

        _assertLatest(BTC, PRICE, START, START, 1);
        _assertLatest(ETH, PRICE, START, START, 1);
    }

    function test_submit_OneRefusedAnswerStopsNoOther() public {
        IPriceOracle.Report memory report = _emptyReport(3);
        report.answers[0] = _answer("NO/FEED", PRICE, START);
        report.answers[1] = _answer(BTC, MAX_ANSWER + 1, START);
        report.answers[2] = _answer(ETH, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);

        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped("NO/FEED", uint8(IPriceOracle.SkipReason.UnknownFeed));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(BTC, uint8(IPriceOracle.SkipReason.OutOfBounds));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedUpdated(ETH, PRICE, 1, uint64(START));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 3, 1, 2);
        oracle.submit(report, signatures);

        _assertLatest(BTC, 0, 0, 0, 0);
        _assertLatest(ETH, PRICE, START, START, 1);
    }

    // --------------------------------------------------------------------------------------------------- reverts

    function test_submit_FailsIf_ReportIsEmpty() public {
        IPriceOracle.Report memory report = _emptyReport(0);
        _submitFails(report, _sign(report, 2), abi.encodeWithSelector(IPriceOracle.EmptyReport.selector));
    }

    function test_submit_FailsIf_Paused() public {
        IPriceOracle.Report memory report = _report(BTC, PRICE, START);
        bytes[] memory signatures = _sign(report, 2);
        vm.prank(PAUSER);
        oracle.pause();
        _submitFails(report, signatures, abi.encodeWithSelector(IPriceOracle.Paused.selector));
    }

    // --------------------------------------------------------------------------------------------------- private

    /// @dev The answer is refused for this reason, and its feed keeps value, times and round.
    function _assertSkipped(IPriceOracle.FeedAnswer memory answer, IPriceOracle.SkipReason reason) private {
        IPriceOracle.FeedView memory before = _latest(answer.feedId);
        IPriceOracle.Report memory report = _emptyReport(1);
        report.answers[0] = answer;
        bytes[] memory signatures = _sign(report, 2);

        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(answer.feedId, uint8(reason));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ReportAccepted(EVIDENCE, address(this), 1, 3, 0, 1);
        oracle.submit(report, signatures);

        _assertView(_latest(answer.feedId), before);
    }
}
