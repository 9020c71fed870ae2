// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

/// @title What docs/behaviour.md promises, where no other test says it in one piece
contract PromisesTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    /// @notice The signatures are the authority: whoever carries the report, it has the same effect, and gives no right.
    function testFuzz_submit_IsOpenToAnyone(address carrier) public {
        vm.assume(carrier != ADMIN && carrier != CONFIGURATOR && carrier != PAUSER);
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 2);

        vm.prank(carrier);
        oracle.submit(report, signatures);

        _assertLatest(BTC, PRICE, START, 1);
        vm.prank(carrier);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Unauthorized.selector, carrier));
        oracle.pause();
    }

    /// @notice Signers and threshold change in one transaction, and a report signed before it is void after it.
    function test_rotation_IsOneTransactionAndVoidsOldReports() public {
        bytes memory report = _encode(_report(BTC, PRICE, START));
        bytes memory signatures = _sign(report, 3);
        _makeSigners(5);
        vm.prank(ADMIN);
        oracle.setSigners(signers, 4);

        (address[] memory set, uint8 threshold, uint32 version) = oracle.signerSet();
        vm.assertTrue(set.length == 5 && threshold == 4 && version == 2, "all of it at once");
        _submitFails(
            report,
            signatures,
            abi.encodeWithSelector(IPriceOracle.WrongSignerSetVersion.selector, uint32(1), uint32(2))
        );
    }

    /// @notice A refused feed keeps its old value, its old time and its old round, whatever the others of the batch do.
    function testFuzz_refusedFeed_KeepsValueTimeAndRound(uint256 price, uint256 later) public {
        _submit(BTC, PRICE, START - 7);
        int192 refused = _boundAnswer(price, MAX_ANSWER + 1, type(int192).max);
        later = _bound(later, START - 6, START + 60);
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, refused, later);
        report.answers[1] = _answer(ETH, PRICE + 1, later);

        _submit(report);

        _assertLatest(BTC, PRICE, START - 7, 1);
        _assertLatest(ETH, PRICE + 1, later, 2);
    }

    /// @notice One bad signature reverts the batch, however good the others and the answers are; nothing is stored.
    function testFuzz_badSignature_RevertsTheBatch(uint256 bad, uint256 bit) public {
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, PRICE, START);
        report.answers[1] = _answer(ETH, PRICE, START);
        bytes memory encoded = _encode(report);
        bytes memory signatures = _sign(encoded, 3);
        bad = _bound(bad, 0, 2);
        bit = _bound(bit, 0, 511);
        signatures[bad * 64 + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));

        vm.expectRevert();
        oracle.submit(encoded, signatures);

        _assertLatest(BTC, 0, 0, 0);
        _assertLatest(ETH, 0, 0, 0);
    }

    /// @notice Every subset of the feeds of a page and a wide feed may be a report; the others stay as they are.
    function test_submit_TakesEverySubset() public {
        bytes32[4] memory ids = [BTC, ETH, bytes32("SOL/USD"), bytes32("W/USD")];
        _addFeed(ids[2], "SOL / USD");
        IPriceOracle.FeedConfig memory wide = _config("W / USD");
        wide.form = IPriceOracle.Form.Wide;
        vm.prank(CONFIGURATOR);
        oracle.addFeed(ids[3], wide);
        for (uint256 subset = 1; subset < 16; ++subset) {
            vm.warp(START + subset);
            IPriceOracle.FeedView[4] memory before;
            uint256 size;
            for (uint256 i; i < 4; ++i) {
                before[i] = _latest(ids[i]);
                if ((subset >> i) & 1 == 1) ++size;
            }
            _submit(_subset(ids, subset, size));
            for (uint256 i; i < 4; ++i) {
                IPriceOracle.FeedView memory now_ = _latest(ids[i]);
                if ((subset >> i) & 1 == 0) _assertView(now_, before[i]);
                else vm.assertEq(uint256(now_.observedAt), START + subset, "taken");
            }
        }
    }

    /// @notice Heartbeat and deviation stand on the chain for readers, and change with the feed.
    function test_heartbeatAndDeviation_ArePublished() public {
        IPriceOracle.FeedConfig memory config = _config("BTC / USD");
        (config.heartbeat, config.deviationBps) = (86_400, 25);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(BTC, config);
        config = oracle.feedConfig(BTC);
        vm.assertTrue(config.heartbeat == 86_400 && config.deviationBps == 25, "published");
    }

    /// @notice Round ids begin at 1 and have no gap, and no id ever answers with another round's price.
    function test_roundIds_HaveNoGapAndNeverShowAnother() public {
        for (uint256 i = 1; i <= HISTORY; ++i) {
            vm.warp(START + i);
            // forge-lint: disable-next-line(unsafe-typecast)
            _submit(BTC, PRICE + int192(int256(i)), START + i);
        }
        for (uint80 id = 1; id <= HISTORY; ++id) {
            (uint80 said, int256 answer,, uint256 updatedAt,) = btc.getRoundData(id);
            vm.assertTrue(said == id && answer == PRICE + int256(uint256(id)) && updatedAt == START + id, "its own");
        }
        vm.expectRevert();
        btc.getRoundData(0);
        vm.expectRevert();
        // forge-lint: disable-next-line(unsafe-typecast)
        btc.getRoundData(uint80(HISTORY + 1));
    }

    function _subset(bytes32[4] memory ids, uint256 subset, uint256 size) private view returns (Report memory report) {
        report = _emptyReport(size);
        for ((uint256 i, uint256 next) = (0, 0); i < 4; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            if ((subset >> i) & 1 == 1) {
                report.answers[next++] = _answer(ids[i], PRICE + int192(int256(subset)), block.timestamp);
            }
        }
    }
}
