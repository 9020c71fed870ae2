// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../../src/FeedProxy.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {RandomCalls} from "./RandomCalls.sol";

/// @title The oracle beside the reference: any sequence of calls has the same results, reverts, events and readings
contract DifferentialTest is RandomCalls {
    /// @notice Random calls by random callers: reports, time, feeds, limits, signers, pauses and offices.
    /// forge-config: default.fuzz.runs = 64
    /// forge-config: mutate.fuzz.runs = 10
    /// forge-config: intense.fuzz.runs = 1500
    function testFuzz_everyCall_DoesWhatTheReferenceDoes(uint256 seed) public {
        _begin(seed);
        for (uint256 i; i < 40; ++i) {
            _anyCall();
            _compareFeed(_anyFeed());
        }
        _compareAll();
    }

    /// @notice Reports alone, many in a row: the ring wraps, lanes are carried over and over.
    /// forge-config: default.fuzz.runs = 32
    /// forge-config: mutate.fuzz.runs = 6
    /// forge-config: intense.fuzz.runs = 1000
    function testFuzz_everyReport_IsTakenAsTheReferenceTakesIt(uint256 seed) public {
        _begin(seed);
        for (uint256 i; i < 40; ++i) {
            _anyReport();
        }
        _compareAll();
    }

    /// @notice The comparison is not empty words: a run takes and skips answers for every reason but RoundsExhausted, and
    ///         sees every event and reports that revert.
    function test_sequences_ReachEveryReason() public {
        for (uint256 run; run < 6; ++run) {
            _begin(uint256(keccak256(abi.encode("reach", run))));
            for (uint256 i; i < 60; ++i) {
                _anyCall();
            }
        }
        for (uint256 reason = 1; reason < uint256(IPriceOracle.SkipReason.RoundsExhausted); ++reason) {
            vm.assertGe(s_skipped[reason], 5, vm.toString(reason));
        }
        vm.assertGe(s_taken, 60, "reports with answers that were taken");
        vm.assertGe(s_reverted, 50, "calls that reverted");
        vm.assertGe(s_succeeded, 150, "calls that did not");
    }

    // ------------------------------------------------------------------------------------------------------ readings

    function _compareAll() private {
        _same(abi.encodeCall(IPriceOracle.feedIds, ()));
        _same(abi.encodeCall(IPriceOracle.signerSet, ()));
        _same(abi.encodeCall(IPriceOracle.paused, ()));
        _same(abi.encodeCall(IPriceOracle.admin, ()));
        _same(abi.encodeCall(IPriceOracle.pendingAdmin, ()));
        _same(abi.encodeCall(IPriceOracle.configurator, ()));
        _same(abi.encodeCall(IPriceOracle.pauser, ()));
        _same(abi.encodeCall(IPriceOracle.announces, ()));
        _same(abi.encodeCall(IPriceOracle.historyLength, ()));
        bytes32[] memory ids = oracle.feedIds();
        for (uint256 i; i < ids.length; ++i) {
            _compareFeed(ids[i]);
            _compareHistory(ids[i]);
            _comparePlace(i);
        }
        _compareFeed("NO/FEED");
    }

    /// @dev All that is said of a feed, by the oracle and by its proxy.
    function _compareFeed(bytes32 feedId) private {
        bytes32[] memory ids = new bytes32[](3);
        (ids[0], ids[1], ids[2]) = (feedId, "NO/FEED", _anyFeed());
        _same(abi.encodeCall(IPriceOracle.latestAnswers, (ids)));
        _same(abi.encodeCall(IPriceOracle.read, (feedId)));
        _same(abi.encodeCall(IPriceOracle.tryRead, (feedId)));
        _same(abi.encodeCall(IPriceOracle.getPriceNoOlderThan, (feedId, _next(150))));
        _same(abi.encodeCall(IPriceOracle.feedConfig, (feedId)));
        _same(abi.encodeCall(IPriceOracle.feedPaused, (feedId)));
        bytes memory latest = _same(abi.encodeCall(IPriceOracle.latestRound, (feedId)));
        if (oracle.proxyOf(feedId) == address(0)) return;
        FeedProxy proxy = FeedProxy(oracle.proxyOf(feedId));
        (bool ok, bytes memory said) = address(proxy).staticcall(abi.encodeCall(FeedProxy.latestRoundData, ()));
        if (latest.length != 128) {
            vm.assertTrue(!ok && keccak256(said) == keccak256(latest), "the proxy reverts as the oracle does");
            return;
        }
        IPriceOracle.FeedView memory round = abi.decode(latest, (IPriceOracle.FeedView));
        bytes memory expected =
            abi.encode(round.roundId, round.answer, round.observedAt, round.updatedAt, round.roundId);
        vm.assertTrue(ok && keccak256(said) == keccak256(expected), "the proxy says what the oracle says");
    }

    function _compareHistory(bytes32 feedId) private {
        IPriceOracle.FeedView memory last = _latest(feedId);
        uint256 from = last.roundId > 20 ? last.roundId - 20 : 0;
        for (uint256 id = from; id <= uint256(last.roundId) + 2; ++id) {
            _same(abi.encodeCall(IPriceOracle.roundData, (feedId, uint80(id))));
        }
        _same(abi.encodeCall(IPriceOracle.roundData, (feedId, 1)));
        _same(abi.encodeCall(IPriceOracle.roundData, (feedId, type(uint80).max)));
    }

    /// @dev Placements but for the proxies' addresses, and what is at the place and beside it.
    function _comparePlace(uint256 nth) private {
        IPriceOracle.Placement memory ours = oracle.placements()[nth];
        IPriceOracle.Placement memory theirs = s_reference.placements()[nth];
        (ours.proxy, theirs.proxy) = (address(0), address(0));
        vm.assertEq(keccak256(abi.encode(ours)), keccak256(abi.encode(theirs)), "placement");
        for (uint256 lane; lane < 4; ++lane) {
            _same(abi.encodeCall(IPriceOracle.latestAt, (ours.index, lane)));
            _same(abi.encodeCall(IPriceOracle.feedAt, (ours.index, lane)));
            _same(abi.encodeCall(IPriceOracle.latestAt, (ours.index ^ 0x8000, lane)));
        }
    }

    function _same(bytes memory call) private returns (bytes memory said) {
        return _compareCall(address(this), call, call);
    }
}
