// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Reading the oracle itself: latest values, history, digest
contract ReadingTest is OracleTest {
    uint256 private constant LENGTH = 128;

    // --------------------------------------------------------------------------------------------------- latest

    function test_latestAnswers_KeepsTheOrderAskedFor() public {
        _submit(BTC, MIN_ANSWER, START - 1);
        _submit(ETH, MIN_ANSWER + 1, START);
        bytes32[] memory ids = new bytes32[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (ETH, "NO/FEED", BTC, ETH);

        IPriceOracle.FeedView[] memory views = oracle.latestAnswers(ids);

        vm.assertEq(views.length, 4, "one view per id");
        _assertView(views[0], IPriceOracle.FeedView(MIN_ANSWER + 1, uint64(START), uint64(START), 1));
        _assertView(views[1], IPriceOracle.FeedView(0, 0, 0, 0));
        _assertView(views[2], IPriceOracle.FeedView(MIN_ANSWER, uint64(START - 1), uint64(START), 1));
        _assertView(views[3], views[0]);
    }

    function test_latestAnswers_WorksWhilePaused() public {
        _submit(BTC, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pause();
        _assertLatest(BTC, MIN_ANSWER, START, START, 1);
    }

    function test_latestRound_FailsIf_FeedIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, bytes32("NO/FEED")));
        oracle.latestRound("NO/FEED");
    }

    // -------------------------------------------------------------------------------------------------- history

    function test_roundData_KeepsTheLastRounds() public {
        _fill(LENGTH + 2);

        for (uint256 i = 3; i <= LENGTH + 2; ++i) {
            // forge-lint: disable-next-item(unsafe-typecast)
            _assertView(
                oracle.roundData(BTC, uint80(i)),
                IPriceOracle.FeedView(MIN_ANSWER + int192(int256(i)), uint64(START + i), uint64(START + i), uint80(i))
            );
        }
        _roundFails(0, 3, 130);
        _roundFails(2, 3, 130);
        _roundFails(131, 3, 130);
    }

    function test_roundData_KeepsAllUntilTheRingIsFull() public {
        _fill(LENGTH);
        vm.assertEq(uint256(oracle.roundData(BTC, 1).roundId), 1, "first");
        _roundFails(129, 1, 128);
    }

    function test_roundData_FailsIf_NoData() public {
        _roundFails(0, 0, 0);
        _roundFails(1, 0, 0);
    }

    function testFuzz_roundData_FailsIf_FeedIsUnknown(bytes32 feedId, uint80 roundId) public {
        vm.assume(feedId != BTC && feedId != ETH);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, feedId));
        oracle.roundData(feedId, roundId);
    }

    // -------------------------------------------------------------------------------------------------- storage

    /// @dev Pins the layout that contracts/README.md states: 112 + 48 + 48 + 48 bits, mapping at slot 7, ring at 8.
    function testFuzz_storage_RoundIsOneSlot(uint256 price) public {
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        _submit(BTC, answer, START - 1);

        uint256 packed = uint256(uint192(answer)) | (START - 1) << 112 | START << 160 | uint256(1) << 208;
        bytes32 latest = keccak256(abi.encode(BTC, uint256(7)));
        bytes32 ring = keccak256(abi.encode(BTC, uint256(8)));
        vm.assertEq(vm.load(address(oracle), latest), bytes32(packed), "latest");
        vm.assertEq(vm.load(address(oracle), bytes32(uint256(ring) + 1)), bytes32(packed), "ring");
    }

    // --------------------------------------------------------------------------------------------------- digest

    /// @dev forge hashes the typed data by its JSON alone, so this checks types, domain and encoding at once.
    function testFuzz_reportDigest_IsEip712(uint32 version, bytes32 evidence, int192 answer, uint64 observedAt) public {
        IPriceOracle.Report memory report = _emptyReport(2);
        report.signerSetVersion = version;
        report.evidenceHash = evidence;
        report.answers[0] = _answer(BTC, answer, observedAt);
        report.answers[1] = _answer(ETH, MIN_ANSWER, START);
        vm.assertEq(oracle.reportDigest(report), vm.eip712HashTypedData(_typedData(report)), "digest");

        vm.chainId(10);
        vm.assertEq(oracle.reportDigest(report), vm.eip712HashTypedData(_typedData(report)), "digest after a fork");
    }

    function test_reportDigest_OfNoAnswersIsEip712() public view {
        IPriceOracle.Report memory report = _emptyReport(0);
        vm.assertEq(oracle.reportDigest(report), vm.eip712HashTypedData(_typedData(report)), "digest");
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev Round i has answer MIN_ANSWER + i and both times START + i.
    function _fill(uint256 rounds) private {
        for (uint256 i = 1; i <= rounds; ++i) {
            vm.warp(START + i);
            // forge-lint: disable-next-line(unsafe-typecast)
            _submit(BTC, MIN_ANSWER + int192(int256(i)), START + i);
        }
    }

    function _roundFails(uint80 roundId, uint80 oldest, uint80 latest) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPriceOracle.RoundNotFound.selector, BTC, uint256(roundId), oldest, latest)
        );
        oracle.roundData(BTC, roundId);
    }

    function _typedData(IPriceOracle.Report memory report) private view returns (string memory) {
        string memory answers;
        for (uint256 i; i < report.answers.length; ++i) {
            answers = string.concat(answers, i == 0 ? "" : ",", _json(report.answers[i]));
        }
        return string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},',
            '{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"Report":[{"name":"signerSetVersion","type":"uint32"},{"name":"evidenceHash","type":"bytes32"},',
            '{"name":"answers","type":"FeedAnswer[]"}],"FeedAnswer":[{"name":"feedId","type":"bytes32"},',
            '{"name":"answer","type":"int192"},{"name":"observedAt","type":"uint64"}]},"primaryType":"Report",',
            string.concat(
                '"domain":{"name":"PriceOracle","version":"1","chainId":',
                vm.toString(block.chainid),
                ',"verifyingContract":"',
                vm.toString(address(oracle)),
                '"},"message":{"signerSetVersion":',
                vm.toString(uint256(report.signerSetVersion)),
                ',"evidenceHash":"',
                vm.toString(report.evidenceHash),
                '","answers":[',
                answers,
                "]}}"
            )
        );
    }

    function _json(IPriceOracle.FeedAnswer memory answer) private pure returns (string memory) {
        return string.concat(
            '{"feedId":"',
            vm.toString(answer.feedId),
            '","answer":"',
            vm.toString(int256(answer.answer)),
            '","observedAt":"',
            vm.toString(uint256(answer.observedAt)),
            '"}'
        );
    }
}
