// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title Reading the oracle itself: latest values, history, digest
contract ReadingTest is OracleTest {
    // --------------------------------------------------------------------------------------------------- latest

    function test_latestAnswers_KeepsTheOrderAskedFor() public {
        _submit(BTC, MIN_ANSWER, START - 1);
        _submit(ETH, MIN_ANSWER + 1, START);
        bytes32[] memory ids = new bytes32[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (ETH, "NO/FEED", BTC, ETH);

        IPriceOracle.FeedView[] memory views = oracle.latestAnswers(ids);

        vm.assertEq(views.length, 4, "one view per id");
        _assertView(views[0], _feedView(MIN_ANSWER + 1, START, 2));
        _assertView(views[1], IPriceOracle.FeedView(0, 0, 0, 0));
        _assertView(views[2], _feedView(MIN_ANSWER, START - 1, 1));
        _assertView(views[3], views[0]);
    }

    function test_latestAnswers_WorksWhilePaused() public {
        _submit(BTC, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pause();
        _assertLatest(BTC, MIN_ANSWER, START, 1);
    }

    function test_latestRound_FailsIf_FeedIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, bytes32("NO/FEED")));
        oracle.latestRound("NO/FEED");
    }

    function testFuzz_read_AgreesInAllItsForms(uint256 price, uint256 observedAt, uint256 maxAge) public {
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        observedAt = _bound(observedAt, START - MAX_AGE, START + 60);
        maxAge = _bound(maxAge, 0, 2 * MAX_AGE);
        _submit(BTC, answer, observedAt);
        uint256 age = observedAt < START ? START - observedAt : 0;

        (int192 read, uint256 readAt) = oracle.read(BTC);
        (bool ok, int192 tried, uint256 triedAge) = oracle.tryRead(BTC);
        vm.assertTrue(ok && read == answer && tried == answer, "answer");
        vm.assertEq(readAt, observedAt, "observedAt");
        vm.assertEq(triedAge, age, "age");
        _assertView(oracle.latestRound(BTC), _feedView(answer, observedAt, 1));
        if (age > maxAge) vm.expectRevert(abi.encodeWithSelector(IPriceOracle.StaleAnswer.selector, BTC, age, maxAge));
        oracle.getPriceNoOlderThan(BTC, maxAge);
    }

    function test_tryRead_SaysNoWhereReadReverts() public {
        _assertTryReadSaysNo("NO/FEED");
        _assertTryReadSaysNo(BTC);
        _submit(BTC, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pause();
        _assertTryReadSaysNo(BTC);
    }

    function test_read_FailsIf_NoDataOrUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, BTC));
        oracle.read(BTC);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, bytes32("NO/FEED")));
        oracle.read("NO/FEED");
    }

    function testFuzz_latestAt_FailsIf_NoFeedIsThere(uint256 index, uint256 lane) public {
        _submit(BTC, MIN_ANSWER, START);
        index = _bound(index, 0, 1 << 20);
        lane = _bound(lane, 0, 300);
        vm.assume(index != 0 || lane != 0);
        vm.expectRevert(
            abi.encodeWithSelector(IPriceOracle.NoData.selector, index == 0 && lane == 1 ? ETH : bytes32(0))
        );
        oracle.latestAt(index, lane);
    }

    function test_supportsInterface_NamesTheOracle() public view {
        vm.assertTrue(oracle.supportsInterface(0x01ffc9a7), "IERC165");
        vm.assertTrue(oracle.supportsInterface(type(IPriceOracle).interfaceId), "IPriceOracle");
        vm.assertTrue(!oracle.supportsInterface(0xffffffff), "nothing else");
    }

    // -------------------------------------------------------------------------------------------------- history

    function test_roundData_KeepsTheLastRounds() public {
        _fill(HISTORY + 2);

        for (uint256 i = 3; i <= HISTORY + 2; ++i) {
            // forge-lint: disable-next-item(unsafe-typecast)
            (IPriceOracle.FeedView memory round, uint80 answeredIn) = oracle.roundData(BTC, uint80(i));
            // forge-lint: disable-next-line(unsafe-typecast)
            _assertView(round, _feedView(MIN_ANSWER + int192(int256(i)), START + i, i));
            vm.assertEq(uint256(answeredIn), i, "answeredInRound");
        }
        _roundFails(0, 3, 10);
        _roundFails(2, 3, 10);
        _roundFails(11, 3, 10);
    }

    function test_roundData_KeepsAllUntilTheRingIsFull() public {
        _fill(HISTORY);
        (IPriceOracle.FeedView memory round,) = oracle.roundData(BTC, 1);
        vm.assertEq(uint256(round.roundId), 1, "first");
        _roundFails(9, 1, 8);
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

    // --------------------------------------------------------------------------------------------------- digest

    /// @dev forge hashes the typed data by its JSON alone, so this checks types, domain and encoding at once.
    function testFuzz_reportDigest_IsEip712(uint32 version, bytes32 evidence, bytes calldata entries) public {
        bytes memory report = abi.encodePacked(version, evidence, entries);
        vm.assertEq(
            oracle.reportDigest(report), vm.eip712HashTypedData(_typedData(version, evidence, entries)), "digest"
        );

        vm.chainId(10);
        vm.assertEq(
            oracle.reportDigest(report), vm.eip712HashTypedData(_typedData(version, evidence, entries)), "other chain"
        );
    }

    // ------------------------------------------------------------------------------------------------------- twins

    /// @notice Every kept round is what was submitted, every other id is refused, for any number of rounds.
    function testFuzz_roundData_KeepsTheLastRounds(uint256 rounds) public {
        rounds = _bound(rounds, 1, 3 * HISTORY);
        _fill(rounds);
        uint256 oldest = rounds > HISTORY ? rounds - HISTORY + 1 : 1;
        for (uint256 i; i <= rounds + 2; ++i) {
            // forge-lint: disable-next-item(unsafe-typecast)
            if (i < oldest || i > rounds) {
                _roundFails(uint80(i), uint80(oldest), uint80(rounds));
                continue;
            }
            // forge-lint: disable-next-item(unsafe-typecast)
            (IPriceOracle.FeedView memory round, uint80 answeredIn) = oracle.roundData(BTC, uint80(i));
            // forge-lint: disable-next-line(unsafe-typecast)
            _assertView(round, _feedView(MIN_ANSWER + int192(int256(i)), START + i, i));
            vm.assertEq(uint256(answeredIn), i, "answeredInRound");
        }
    }

    function testFuzz_latestAnswers_KeepsTheOrderAskedFor(uint256 order) public {
        _submit(BTC, MIN_ANSWER, START - 1);
        _submit(ETH, MIN_ANSWER + 1, START);
        bytes32[] memory ids = new bytes32[](order % 12);
        for (uint256 i; i < ids.length; ++i) {
            ids[i] = [BTC, ETH, bytes32("NO/FEED")][(order >> (8 + 4 * i)) % 3];
        }
        IPriceOracle.FeedView[] memory views = oracle.latestAnswers(ids);
        vm.assertEq(views.length, ids.length, "one view per id");
        for (uint256 i; i < ids.length; ++i) {
            _assertView(views[i], _latest(ids[i]));
        }
    }

    function testFuzz_reportDigest_FailsIf_ReportIsShorterThanItsHead(uint256 length) public {
        length = _bound(length, 0, 35);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.BadReportLength.selector, length, 36, 30));
        oracle.reportDigest(new bytes(length));
    }

    function test_latestAt_FailsIf_IndexOrLaneIsBeyond() public {
        _submit(BTC, MIN_ANSWER, START);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, bytes32(0)));
        oracle.latestAt(1 << 16, 0);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, bytes32(0)));
        oracle.latestAt(0, 4);
    }

    function testFuzz_latestAt_NamesNoNeighbourIf_LaneIsBeyond(uint256 index, uint256 lane) public {
        _addFeed("A", "A");
        _addFeed("B", "B");
        _addFeed("C", "C"); // the first of page 1, whose place follows that of lane 3
        lane = _bound(lane, 4, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, bytes32(0)));
        oracle.latestAt(index, lane);
        vm.assertEq(oracle.feedAt(index, lane), 0, "feedAt");
        vm.assertEq(oracle.feedAt(_bound(index, 1 << 16, type(uint256).max), lane), 0, "feedAt beyond");
    }

    function testFuzz_latestAt_FailsIf_IndexIsBeyond(uint256 index) public {
        _submit(BTC, MIN_ANSWER, START);
        index = _bound(index, 1, type(uint256).max >> 16) << 16; // page 0 in its low 16 bits
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NoData.selector, bytes32(0)));
        oracle.latestAt(index, 0);
    }

    // -------------------------------------------------------------------------------------------------- private

    function _assertTryReadSaysNo(bytes32 feedId) private view {
        (bool ok, int192 answer, uint256 age) = oracle.tryRead(feedId);
        vm.assertTrue(!ok && answer == 0 && age == 0, "tryRead");
    }

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

    function _typedData(uint32 version, bytes32 evidence, bytes memory entries) private view returns (string memory) {
        return string.concat(
            '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},',
            '{"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],',
            '"Report":[{"name":"signerSetVersion","type":"uint32"},{"name":"evidenceHash","type":"bytes32"},',
            '{"name":"entries","type":"bytes"}]},"primaryType":"Report",',
            string.concat(
                '"domain":{"name":"PriceOracle","version":"2","chainId":',
                vm.toString(block.chainid),
                ',"verifyingContract":"',
                vm.toString(address(oracle)),
                '"},"message":{"signerSetVersion":',
                vm.toString(uint256(version)),
                ',"evidenceHash":"',
                vm.toString(evidence),
                '","entries":"',
                vm.toString(entries),
                '"}}'
            )
        );
    }
}
