// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Setup, deployOracle} from "../Deployed.sol";
import {OracleTest} from "../OracleTest.sol";
import {Vm} from "../Vm.sol";
import {ReferenceOracle} from "./ReferenceOracle.sol";

/// @title Random calls to the oracle and to the reference, whose results and events must be the same
/// @dev Most calls are near the edges of what is allowed; a signature is made for each contract by itself, since the
///      digest names the contract.
abstract contract RandomCalls is OracleTest {
    ReferenceOracle internal s_reference;

    /// @dev What the runs of a test met: answers skipped by reason, reports with answers taken, calls.
    mapping(uint256 reason => uint256) internal s_skipped;
    uint256 internal s_taken;
    uint256 internal s_reverted;
    uint256 internal s_succeeded;

    uint256 private s_random;
    uint256 private s_clock;
    uint256 private s_named;

    // ------------------------------------------------------------------------------------------------------- random

    function _next(uint256 below) internal returns (uint256) {
        s_random = uint256(keccak256(abi.encode(s_random)));
        return s_random % below;
    }

    function _oneIn(uint256 many) internal returns (bool) {
        return _next(many) == 0;
    }

    function _anyFeed() internal returns (bytes32) {
        bytes32[] memory ids = oracle.feedIds();
        return ids.length == 0 || _oneIn(30) ? bytes32("NO/FEED") : ids[_next(ids.length)];
    }

    /// @dev Usually the one who may.
    function _caller(address entitled) private returns (address) {
        return _oneIn(8) ? [ADMIN, CONFIGURATOR, PAUSER, STRANGER][_next(4)] : entitled;
    }

    // -------------------------------------------------------------------------------------------------------- begin

    /// @dev Two fresh oracles, with some feeds in both forms.
    function _begin(uint256 seed) internal {
        (s_random, s_clock, s_named) = (seed, START, 0);
        vm.warp(START);
        _makeSigners(1 + _next(5));
        Setup memory setup = _setup();
        // forge-lint: disable-next-item(unsafe-typecast)
        (setup.threshold, setup.historyLength) = (uint8(1 + _next(signers.length)), uint16(2 + _next(7)));
        setup.announces = _oneIn(3);
        oracle = deployOracle(vm, setup);
        s_reference = new ReferenceOracle(
            ADMIN, CONFIGURATOR, PAUSER, signers, setup.threshold, setup.historyLength, setup.announces
        );
        for (uint256 i; i < 3 + _next(4); ++i) {
            _addFeeds();
        }
    }

    // -------------------------------------------------------------------------------------------------------- calls

    function _anyCall() internal {
        uint256 kind = _next(100);
        if (kind < 55) _anyReport();
        else if (kind < 70) _passTime();
        else if (kind < 80) _updateFeeds();
        else if (kind < 84) _addFeeds();
        else if (kind < 88) _rotate();
        else if (kind < 94) _pauses();
        else _offices();
    }

    function _passTime() internal {
        s_clock += _oneIn(20) ? _next(4000) : _next(25);
        vm.warp(s_clock);
    }

    function _addFeeds() private {
        s_named += 1;
        bytes32 feedId = _oneIn(20) ? _anyFeed() : keccak256(abi.encode("feed", s_named));
        if (_oneIn(40)) feedId = 0;
        _both(_caller(CONFIGURATOR), abi.encodeCall(IPriceOracle.addFeed, (feedId, _anyConfig())));
    }

    function _updateFeeds() private {
        bytes32 feedId = _anyFeed();
        IPriceOracle.FeedConfig memory config = _anyConfig();
        if (!_oneIn(10) && oracle.proxyOf(feedId) != address(0)) {
            IPriceOracle.FeedConfig memory own = oracle.feedConfig(feedId);
            (config.decimals, config.form) = (own.decimals, own.form);
        }
        _both(_caller(CONFIGURATOR), abi.encodeCall(IPriceOracle.updateFeed, (feedId, config)));
    }

    /// @dev Mostly valid; bounds are such that answers in [900, 1100] are sometimes outside.
    function _anyConfig() private returns (IPriceOracle.FeedConfig memory config) {
        config = _config(_oneIn(40) ? "" : "X / Y");
        // forge-lint: disable-next-item(unsafe-typecast)
        config.form = IPriceOracle.Form(_next(10) < 6 ? 0 : _next(4));
        config.decimals = uint8(_oneIn(30) ? 37 + _next(4) : 8);
        config.maxAge = uint24(_oneIn(40) ? 0 : 1 + _next(120));
        config.heartbeat = uint32(_oneIn(40) ? 0 : 1 + _next(9999));
        config.deviationBps = uint16(_oneIn(30) ? 9_999 + _next(4) : _next(500));
        config.minAnswer = int192(int256(_oneIn(30) ? _next(3) : 1 + _next(_oneIn(3) ? 1000 : 900)));
        config.maxAnswer = int192(int256(_oneIn(3) ? 940 + _next(200) : 2 ** 47 - (_oneIn(20) ? 0 : 1 + _next(3))));
        if (_oneIn(4)) return config;
        config.maxMoveBps = uint16(_oneIn(10) ? _next(65_536) : 50 + _next(900));
        config.relaxBpsPerMinute = uint16(_oneIn(20) ? 0 : 1 + _next(400));
    }

    function _rotate() private {
        _makeSigners(_oneIn(20) ? 32 * _next(2) : 1 + _next(6));
        address[] memory set = signers;
        if (_oneIn(10) && set.length > 1) (set[0], set[1]) = (set[1], set[0]);
        // forge-lint: disable-next-line(unsafe-typecast)
        uint8 threshold = uint8(_oneIn(10) ? _next(9) : 1 + _next(set.length == 0 ? 1 : set.length));
        (bool ok,) = _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.setSigners, (set, threshold)));
        if (ok) return;
        // the keys in use are those of the set in office
        (address[] memory current,,) = oracle.signerSet();
        _makeSigners(current.length);
    }

    function _pauses() private {
        uint256 kind = _next(4);
        bytes32 feedId = _anyFeed();
        if (kind == 0 && _oneIn(2)) _both(_caller(PAUSER), abi.encodeCall(IPriceOracle.pause, ()));
        if (kind == 1 || oracle.paused()) _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.unpause, ()));
        if (kind == 2) _both(_caller(PAUSER), abi.encodeCall(IPriceOracle.pauseFeed, (feedId)));
        if (kind == 3) _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.unpauseFeed, (feedId)));
    }

    /// @dev Offices come back at once, so that the sequence goes on.
    function _offices() private {
        uint256 kind = _next(4);
        address next = _oneIn(2) ? STRANGER : address(0);
        if (kind == 0) {
            _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.setPauser, (next)));
            _both(ADMIN, abi.encodeCall(IPriceOracle.setPauser, (PAUSER)));
        } else if (kind == 1) {
            _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.setConfigurator, (next)));
            _both(ADMIN, abi.encodeCall(IPriceOracle.setConfigurator, (CONFIGURATOR)));
        } else if (kind == 2) {
            _both(_caller(ADMIN), abi.encodeCall(IPriceOracle.transferAdmin, (next)));
            _both(STRANGER, abi.encodeCall(IPriceOracle.acceptAdmin, ()));
            _both(STRANGER, abi.encodeCall(IPriceOracle.transferAdmin, (ADMIN)));
            _both(ADMIN, abi.encodeCall(IPriceOracle.acceptAdmin, ()));
        } else {
            _both(_caller(STRANGER), abi.encodeCall(IPriceOracle.acceptAdmin, ()));
        }
    }

    // ------------------------------------------------------------------------------------------------------ reports

    function _anyReport() internal {
        if (!_oneIn(4)) _passTime();
        (,, uint32 version) = oracle.signerSet();
        if (_oneIn(40)) version += 1;
        bytes memory report = abi.encodePacked(version, keccak256(abi.encode(s_random)));
        for (uint256 i = _oneIn(40) ? 0 : 1 + _next(4); i > 0; --i) {
            report = bytes.concat(report, _anyEntry());
        }
        if (_oneIn(50)) report = bytes.concat(report, hex"00");
        uint256[] memory by = _anyKeys();
        uint256 flaw = _next(120);
        _compareCall(
            STRANGER,
            abi.encodeCall(IPriceOracle.submit, (report, _signed(oracle.reportDigest(report), by, flaw))),
            abi.encodeCall(IPriceOracle.submit, (report, _signed(s_reference.reportDigest(report), by, flaw)))
        );
    }

    /// @dev For a page that a feed has, one time in 15 for any; for the whole page one time in two.
    function _anyEntry() private returns (bytes memory) {
        IPriceOracle.Placement[] memory places = oracle.placements();
        uint16 index = uint16(_next(12));
        if (places.length != 0 && !_oneIn(15)) index = places[_next(places.length)].index;
        if (_oneIn(60)) index ^= 0x8000;
        uint256 observedAt = _anyTime();
        // forge-lint: disable-next-item(unsafe-typecast)
        if (index >= 0x8000) return abi.encodePacked(index, uint32(observedAt), uint192(_anyAnswer(192)));
        uint48[4] memory lanes;
        uint256 used = 0;
        for (uint256 i; i < places.length; ++i) {
            if (places[i].index == index) used |= 1 << places[i].lane;
        }
        uint256 asked = _oneIn(2) ? used : _oneIn(8) ? _next(16) : used & _next(16);
        for (uint256 lane; lane < 4; ++lane) {
            if ((asked >> lane) & 1 == 1) lanes[lane] = uint48(_anyAnswer(48));
        }
        return _entry(index, observedAt, lanes);
    }

    /// @dev Mostly of the last seconds; else around the limits of the future and of any feed's maxAge, or absurd.
    function _anyTime() private returns (uint256) {
        if (_oneIn(60)) return _next(2) * type(uint32).max;
        if (_oneIn(12)) return s_clock + 58 + _next(5);
        if (_oneIn(8)) return s_clock - _next(125);
        return s_clock - _next(6);
    }

    function _anyAnswer(uint256 bits) private returns (uint256) {
        if (_oneIn(40)) return _next(2 ** bits);
        if (_oneIn(40)) return _next(3);
        return _oneIn(3) ? 900 + _next(220) : 990 + _next(20);
    }

    /// @dev Enough signers, ascending.
    function _anyKeys() private returns (uint256[] memory by) {
        (, uint8 threshold,) = oracle.signerSet();
        uint256 count = threshold + _next(keys.length - threshold + 1);
        if (_oneIn(50)) count = threshold - 1;
        by = new uint256[](count);
        uint256 from;
        for (uint256 i; i < count; ++i) {
            from += _next(keys.length - from - (count - i) + 1);
            by[i] = keys[from++];
        }
    }

    function _signed(bytes32 digest, uint256[] memory by, uint256 flaw) private pure returns (bytes memory all) {
        for (uint256 i; i < by.length; ++i) {
            all = bytes.concat(all, _signOne(by[i], digest));
        }
        if (flaw == 0) all = bytes.concat(all, hex"01");
        if (flaw == 1) all = bytes.concat(all, _signOne(77, digest)); // a stranger
        if (flaw == 2 && by.length > 0) all = bytes.concat(all, _signOne(by[0], digest));
        if (flaw == 3) all = abi.encodePacked(uint256(1), HALF_ORDER + 1, all);
        if (flaw == 4) all = abi.encodePacked(uint256(0), uint256(1), all);
    }

    // ------------------------------------------------------------------------------------------------------ compare

    function _both(address caller, bytes memory call) private returns (bool ok, bytes memory said) {
        said = _compareCall(caller, call, call);
        return (s_lastOk, said);
    }

    bool private s_lastOk;

    /// @dev Call both, compare success, return value or revert, and events. Returns what the oracle said.
    function _compareCall(address caller, bytes memory ours, bytes memory theirs) internal returns (bytes memory) {
        vm.recordLogs();
        vm.prank(caller);
        (bool ok, bytes memory said) = address(oracle).call(ours);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.recordLogs();
        vm.prank(caller);
        (bool expectedOk, bytes memory expected) = address(s_reference).call(theirs);
        Vm.Log[] memory expectedLogs = vm.getRecordedLogs();

        vm.assertEq(ok, expectedOk, string.concat("success of ", vm.toString(ours)));
        bool saysProxy =
            bytes4(ours) == IPriceOracle.addFeed.selector && (ok || bytes4(said) == IPriceOracle.FeedExists.selector);
        if (!saysProxy) {
            vm.assertEq(keccak256(said), keccak256(expected), string.concat("result of ", vm.toString(ours)));
        }
        vm.assertEq(logs.length, expectedLogs.length, "number of events");
        for (uint256 i; i < logs.length; ++i) {
            _compareEvent(logs[i], expectedLogs[i]);
        }
        if (logs.length != 0 || !ok) (ok ? s_succeeded += 1 : s_reverted += 1);
        s_lastOk = ok;
        return said;
    }

    function _compareEvent(Vm.Log memory log, Vm.Log memory expected) private {
        bytes32 kind = log.topics[0];
        vm.assertEq(log.topics.length, expected.topics.length, "topics");
        bool isOfOracle = log.emitter == address(oracle);
        vm.assertEq(isOfOracle, expected.emitter == address(s_reference), "emitter");
        if (!isOfOracle) vm.assertEq(_feedOf(log.emitter, oracle), _feedOf(expected.emitter, s_reference), "proxy");
        for (uint256 t; t < log.topics.length; ++t) {
            // the proxy of FeedAdded
            if (kind == IPriceOracle.FeedAdded.selector && t == 2) continue;
            vm.assertEq(log.topics[t], expected.topics[t], "topic");
        }
        vm.assertEq(keccak256(log.data), keccak256(expected.data), "data of an event");
        if (kind == IPriceOracle.AnswerSkipped.selector) {
            (,, IPriceOracle.SkipReason reason,,) =
                abi.decode(log.data, (uint16, uint8, IPriceOracle.SkipReason, uint256, uint256));
            s_skipped[uint256(reason)] += 1;
        }
        if (kind == IPriceOracle.ReportAccepted.selector && log.data.length > 128) s_taken += 1;
    }

    function _feedOf(address proxy, IPriceOracle which) private view returns (bytes32 feedId) {
        bytes32[] memory ids = which.feedIds();
        for (uint256 i; i < ids.length; ++i) {
            if (which.proxyOf(ids[i]) == proxy) return ids[i];
        }
        vm.assertTrue(false, "an event of no proxy");
    }
}
