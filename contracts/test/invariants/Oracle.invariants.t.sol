// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../../src/FeedProxy.sol";
import {IPriceOracle} from "../../src/IPriceOracle.sol";
import {Vm} from "../Vm.sol";
import {OracleHandler} from "./OracleHandler.sol";

/// @title The invariants of contracts/README.md, over random sequences of reports, time, configuration and rotation
contract OracleInvariants {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant HISTORY_LENGTH = 128;

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    OracleHandler private handler;
    IPriceOracle private oracle;

    function setUp() public {
        handler = new OracleHandler();
        handler.setUp();
        oracle = handler.target();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = OracleHandler.submit.selector;
        selectors[1] = OracleHandler.passTime.selector;
        selectors[2] = OracleHandler.configure.selector;
        selectors[3] = OracleHandler.rotate.selector;
        selectors[4] = OracleHandler.pauseOrResume.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @notice The invariants are not empty words: a run sees many rounds and many refusals.
    function test_handler_AcceptsAndRefuses() public {
        for (uint256 i; i < 64; ++i) {
            handler.submit(uint256(keccak256(abi.encode(i))));
            handler.passTime(i * 7);
        }
        vm.assertGe(handler.accepted(), 30, "accepted");
        vm.assertGe(handler.refused(), 30, "refused");
        invariant_LatestIsTheLastAllowedAnswer();
        invariant_HistoryIsWhatWasSubmitted();
    }

    /// @notice I1, I2, I4: the last round of a feed is the last answer the rules allowed; a refused one left no trace.
    function invariant_LatestIsTheLastAllowedAnswer() public view {
        bytes32[] memory feeds = handler.feeds();
        IPriceOracle.FeedView[] memory views = oracle.latestAnswers(feeds);
        for (uint256 i; i < feeds.length; ++i) {
            IPriceOracle.FeedView[] memory rounds = handler.rounds(feeds[i]);
            vm.assertEq(uint256(views[i].roundId), rounds.length, "one round per allowed answer");
            if (rounds.length > 0) _assertSame(views[i], rounds[rounds.length - 1]);
        }
    }

    /// @notice I3: the history of a feed is what was submitted.
    function invariant_HistoryIsWhatWasSubmitted() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            IPriceOracle.FeedView[] memory rounds = handler.rounds(feeds[i]);
            uint256 first = rounds.length > HISTORY_LENGTH ? rounds.length - HISTORY_LENGTH : 0;
            for (uint256 j = first; j < rounds.length; ++j) {
                // forge-lint: disable-next-line(unsafe-typecast)
                _assertSame(oracle.roundData(feeds[i], uint80(j + 1)), rounds[j]);
            }
        }
    }

    /// @notice I1, I2: observedAt strictly grows, updatedAt never decreases, round ids have no gap.
    function invariant_TimesNeverDecrease() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            uint80 latest = oracle.latestAnswers(feeds)[i].roundId;
            uint80 first = latest > HISTORY_LENGTH ? latest - uint80(HISTORY_LENGTH) + 1 : 1;
            for (uint80 id = first + 1; id <= latest; ++id) {
                IPriceOracle.FeedView memory before = oracle.roundData(feeds[i], id - 1);
                IPriceOracle.FeedView memory current = oracle.roundData(feeds[i], id);
                vm.assertTrue(current.observedAt > before.observedAt, "observedAt grows");
                vm.assertTrue(current.updatedAt >= before.updatedAt, "updatedAt never decreases");
                vm.assertTrue(current.answer > 0, "answer is positive");
            }
        }
    }

    /// @notice I5: a proxy says what the oracle says, or reverts.
    function invariant_ProxyAgreesOrReverts() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            IPriceOracle.FeedView memory last = oracle.latestAnswers(feeds)[i];
            FeedProxy proxy = handler.proxy(feeds[i]);
            try proxy.latestRoundData() returns (uint80 id, int256 answer, uint256 started, uint256 updated, uint80) {
                vm.assertTrue(!handler.paused(), "answers only while not paused");
                _assertSame(IPriceOracle.FeedView(int192(answer), uint64(started), uint64(updated), id), last);
            } catch {
                vm.assertTrue(handler.paused() || last.roundId == 0, "reverts only while paused or without data");
            }
        }
    }

    /// @notice I6: every rotation, and nothing else, raises the version by one.
    function invariant_VersionCountsRotations() public view {
        (address[] memory signers, uint8 threshold, uint32 version) = oracle.signerSet();
        vm.assertEq(uint256(version), 1 + handler.rotations(), "version");
        vm.assertTrue(threshold >= 1 && threshold <= signers.length, "threshold");
        for (uint256 i = 1; i < signers.length; ++i) {
            vm.assertTrue(signers[i] > signers[i - 1], "ascending");
        }
    }

    function _assertSame(IPriceOracle.FeedView memory actual, IPriceOracle.FeedView memory expected) private pure {
        vm.assertEq(keccak256(abi.encode(actual)), keccak256(abi.encode(expected)), "round");
    }
}
