// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../../src/FeedProxy.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Vm} from "../Vm.sol";
import {OracleHandler} from "./OracleHandler.sol";

/// @title The invariants of contracts/README.md, over random sequences of reports, time, configuration and rotation
contract OracleInvariants {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant HISTORY_LENGTH = 8;

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
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = OracleHandler.submit.selector;
        selectors[1] = OracleHandler.passTime.selector;
        selectors[2] = OracleHandler.configure.selector;
        selectors[3] = OracleHandler.rotate.selector;
        selectors[4] = OracleHandler.pauseOrResume.selector;
        selectors[5] = OracleHandler.pauseOrResumeFeed.selector;
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

    /// @notice I1, I2, I4: the last answer of a feed is the last the rules allowed, with its OWN time and round; refused
    ///         answers, neighbours and the wrapping of the ring left no trace.
    function invariant_LatestIsTheLastAllowedAnswer() public view {
        bytes32[] memory feeds = handler.feeds();
        IPriceOracle.FeedView[] memory views = oracle.latestAnswers(feeds);
        for (uint256 i; i < feeds.length; ++i) {
            OracleHandler.Past[] memory past = handler.past(feeds[i]);
            if (past.length == 0) {
                vm.assertEq(uint256(views[i].roundId), 0, "no data");
                continue;
            }
            _assertIs(views[i], past[past.length - 1], past[past.length - 1].pageRound);
        }
    }

    /// @notice I3: in every kept round a feed has what it had when the page was updated, with its own time; every other
    ///         id is not found.
    function invariant_HistoryIsWhatWasSubmitted() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            OracleHandler.Past[] memory past = handler.past(feeds[i]);
            uint256 latest = past.length == 0 ? 0 : past[past.length - 1].pageRound;
            uint256 pageRound = handler.pageRound(feeds[i]);
            for (uint256 id; id <= pageRound + 1; ++id) {
                _assertRound(feeds[i], past, id, (id + HISTORY_LENGTH > pageRound && id <= latest) || id == latest);
            }
        }
    }

    /// @notice I1, I2: walking back round by round, as consumers do, ids have no gap, times never grow, answers are
    ///         positive, and answeredInRound is at most the round and its own round's answer.
    function invariant_WalkingBackMisleadsNobody() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            if (handler.isStopped(feeds[i])) continue;
            FeedProxy proxy = handler.proxy(feeds[i]);
            (uint80 id, int256 answer, uint256 startedAt,, uint80 answeredIn) = proxy.latestRoundData();
            vm.assertTrue(answeredIn == id && answer > 0, "the latest round is complete");
            uint256 before = startedAt;
            while (--id > 0) {
                try proxy.getRoundData(id) returns (
                    uint80 r, int256 old, uint256 seenAt, uint256 updatedAt, uint80 by
                ) {
                    vm.assertTrue(
                        r == id && old > 0 && by <= id && seenAt <= before && updatedAt <= seenAt, "an older round"
                    );
                    before = seenAt;
                } catch {
                    break;
                }
            }
        }
    }

    /// @notice I5: a proxy says what the oracle says, or reverts.
    function invariant_ProxyAgreesOrReverts() public view {
        bytes32[] memory feeds = handler.feeds();
        for (uint256 i; i < feeds.length; ++i) {
            IPriceOracle.FeedView memory last = oracle.latestAnswers(feeds)[i];
            (bool ok, int192 tried,) = oracle.tryRead(feeds[i]);
            vm.assertTrue(ok != handler.isStopped(feeds[i]), "tryRead");
            try handler.proxy(feeds[i]).latestRoundData() returns (
                uint80 id, int256 answer, uint256 started, uint256 updated, uint80
            ) {
                vm.assertTrue(!handler.isStopped(feeds[i]) && tried == answer, "answers only while nothing stops it");
                IPriceOracle.FeedView memory said =
                    IPriceOracle.FeedView(int192(answer), uint64(started), uint64(updated), id);
                vm.assertEq(keccak256(abi.encode(said)), keccak256(abi.encode(last)), "round");
            } catch {
                vm.assertTrue(handler.isStopped(feeds[i]), "reverts only while something stops it");
            }
        }
    }

    /// @notice I9: the lane that no feed has stays empty, and so does the page beyond the last.
    function invariant_LanesDoNotLeak() public view {
        uint256 word = uint256(vm.load(address(oracle), bytes32(uint256(8))));
        vm.assertEq((word >> 144) & ((1 << 48) - 1), 0, "lane 3 of page 0");
        vm.assertEq(vm.load(address(oracle), bytes32(uint256(8 + 1))), 0, "index 1: the wide feed is at 0x8001");
        vm.assertEq(vm.load(address(oracle), bytes32(uint256(8 + 2))), 0, "index 2");
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

    function _assertRound(bytes32 feedId, OracleHandler.Past[] memory past, uint256 id, bool isKept) private view {
        uint256 own = past.length;
        while (own > 0 && past[own - 1].pageRound > id) --own;
        try oracle.roundData(feedId, uint80(id)) returns (IPriceOracle.FeedView memory round, uint80 answeredIn) {
            vm.assertTrue(isKept && own > 0, "found only what is kept");
            _assertIs(round, past[own - 1], id);
            vm.assertEq(uint256(answeredIn), past[own - 1].pageRound, "answeredInRound");
        } catch {
            vm.assertTrue(!isKept || own == 0, "not found only what is not kept");
        }
    }

    function _assertIs(IPriceOracle.FeedView memory actual, OracleHandler.Past memory expected, uint256 id)
        private
        view
    {
        vm.assertEq(int256(actual.answer), int256(expected.answer), "answer");
        vm.assertEq(uint256(actual.observedAt), expected.observedAt, "observedAt");
        uint256 now_ = block.timestamp;
        vm.assertEq(uint256(actual.updatedAt), expected.observedAt < now_ ? expected.observedAt : now_, "updatedAt");
        vm.assertEq(uint256(actual.roundId), id, "roundId");
    }
}
