// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../../src/FeedProxy.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {OracleTest} from "../OracleTest.sol";

/// @title The actions of an invariant run, and a model of what they should leave behind
/// @dev The model keeps whole histories in plain arrays and knows the rules in its own words; it shares no code with src.
///      Three feeds share page 0, the fourth is wide and has page 1.
contract OracleHandler is OracleTest {
    struct Past {
        int192 answer;
        uint256 observedAt;
        uint256 pageRound;
    }

    bytes32 internal constant SOL = "SOL/USD";
    bytes32 internal constant WIDE = "WIDE/USD";

    bytes32[] private s_feeds = [BTC, ETH, SOL, WIDE];
    mapping(bytes32 feedId => Past[]) private s_past;
    mapping(bytes32 feedId => IPriceOracle.FeedConfig) private s_configs;
    mapping(bytes32 feedId => bool) private s_feedPaused;
    mapping(uint256 page => uint256) private s_pageRounds;

    /// @notice Signer sets put in office after the first.
    uint256 public rotations;

    /// @notice Whether the model is paused.
    bool public paused;

    /// @notice Answers that were taken, and answers that were not.
    uint256 public accepted;
    uint256 public refused;

    uint256 private s_clock = START;

    /// @dev forge starts every call with the block time of setUp.
    modifier atClock() {
        vm.warp(s_clock);
        _;
    }

    function setUp() public override {
        super.setUp();
        _addFeed(SOL, "SOL / USD");
        IPriceOracle.FeedConfig memory config = _config("WIDE / USD");
        config.form = IPriceOracle.Form.Wide;
        vm.prank(CONFIGURATOR);
        oracle.addFeed(WIDE, config);
        for (uint256 i; i < s_feeds.length; ++i) {
            s_configs[s_feeds[i]] = oracle.feedConfig(s_feeds[i]);
        }
    }

    // -------------------------------------------------------------------------------------------------- actions

    /// @notice Send a report of 1 to 3 entries, most near the edges of the rules, and compare with the model.
    function submit(uint256 seed) external atClock {
        if (paused) return;
        uint256 entries = 1 + seed % 3;
        bytes memory encoded;
        for (uint256 i; i < entries; ++i) {
            encoded = bytes.concat(encoded, _randomEntry(uint256(keccak256(abi.encode(seed, i)))));
        }
        _submitEntries(encoded);
    }

    /// @notice Let up to four minutes pass.
    function passTime(uint256 seconds_) external {
        s_clock += seconds_ % 240;
    }

    /// @notice Change bounds, steps and age of a feed.
    function configure(uint256 feed, uint256 min, uint256 max, uint256 maxAge, uint256 move) external atClock {
        bytes32 feedId = s_feeds[feed % 4];
        IPriceOracle.FeedConfig memory config = oracle.feedConfig(feedId);
        config.maxAnswer = _boundAnswer(max, MIN_ANSWER, MAX_ANSWER);
        config.minAnswer = _boundAnswer(min, 1, config.maxAnswer);
        config.maxAge = uint24(_bound(maxAge, 1, MAX_AGE));
        (config.maxMoveBps, config.relaxBpsPerMinute) = (uint16(move), uint16(move >> 16) | 1);
        vm.prank(CONFIGURATOR);
        oracle.updateFeed(feedId, config);
        s_configs[feedId] = config;
    }

    /// @notice Put another signer set in office; two must always sign.
    function rotate(uint256 size) external atClock {
        _makeSigners(_bound(size, 2, 6));
        vm.prank(ADMIN);
        oracle.setSigners(signers, 2);
        ++rotations;
    }

    /// @notice Resume if paused; otherwise pause, one time in four.
    function pauseOrResume(uint256 seed) external atClock {
        if (!paused && seed % 4 != 0) return;
        vm.prank(ADMIN);
        if (paused) oracle.unpause();
        else oracle.pause();
        paused = !paused;
    }

    /// @notice The same for one feed.
    function pauseOrResumeFeed(uint256 seed) external atClock {
        bytes32 feedId = s_feeds[(seed >> 8) % 4];
        if (!s_feedPaused[feedId] && seed % 4 != 0) return;
        vm.prank(ADMIN);
        if (s_feedPaused[feedId]) oracle.unpauseFeed(feedId);
        else oracle.pauseFeed(feedId);
        s_feedPaused[feedId] = !s_feedPaused[feedId];
    }

    // --------------------------------------------------------------------------------------------------- model

    function target() external view returns (IPriceOracle) {
        return oracle;
    }

    function feeds() external view returns (bytes32[] memory) {
        return s_feeds;
    }

    /// @notice Return whether the latest readings of a feed should revert.
    function isStopped(bytes32 feedId) external view returns (bool) {
        return paused || s_feedPaused[feedId] || s_past[feedId].length == 0;
    }

    /// @notice Return all answers that a feed should have taken, the first at index 0.
    function past(bytes32 feedId) external view returns (Past[] memory) {
        return s_past[feedId];
    }

    /// @notice Return how often the page of a feed was updated.
    function pageRound(bytes32 feedId) external view returns (uint256) {
        return s_pageRounds[feedId == WIDE ? 1 : 0];
    }

    function proxy(bytes32 feedId) external view returns (FeedProxy) {
        return FeedProxy(oracle.proxyOf(feedId));
    }

    function clock() external view returns (uint256) {
        return s_clock;
    }

    function _randomEntry(uint256 seed) private returns (bytes memory) {
        uint256 observedAt = s_clock + 70 - (seed >> 16) % (MAX_AGE + 80);
        if (seed % 8 == 0) return _entry(NO_PAGE, observedAt, [uint48(seed >> 128), 0, 0, 0]);
        if (seed % 8 == 1) {
            uint192 answer = uint192(_randomPrice(WIDE, seed));
            if (_learn(WIDE, int192(answer), observedAt, s_pageRounds[1] + 1)) ++s_pageRounds[1];
            return abi.encodePacked(uint16(0x8001), uint32(observedAt), answer);
        }
        uint48[4] memory lanes;
        bool anyTaken;
        for (uint256 lane; lane < 3; ++lane) {
            // half of the entries are for the whole page
            if (seed % 2 == 0 && (seed >> (40 + lane)) & 1 == 0) continue;
            lanes[lane] = uint48(uint192(_randomPrice(s_feeds[lane], uint256(keccak256(abi.encode(seed, lane))))));
            if (lanes[lane] == 0) continue;
            if (_learn(s_feeds[lane], int192(uint192(lanes[lane])), observedAt, s_pageRounds[0] + 1)) anyTaken = true;
        }
        if (anyTaken) ++s_pageRounds[0];
        return _entry(0, observedAt, lanes);
    }

    /// @dev Most near the last price, so that steps are taken and refused, some anywhere.
    function _randomPrice(bytes32 feedId, uint256 seed) private view returns (int192) {
        Past[] storage known = s_past[feedId];
        if (seed % 4 == 0 || known.length == 0) return _boundAnswer(uint128(seed >> 128), 0, MAX_ANSWER + MIN_ANSWER);
        int192 last = known[known.length - 1].answer;
        return last - last / 100 + _boundAnswer(uint128(seed >> 128), 0, last / 50);
    }

    function _learn(bytes32 feedId, int192 answer, uint256 observedAt, uint256 round) private returns (bool) {
        IPriceOracle.FeedConfig memory config = s_configs[feedId];
        Past[] storage known = s_past[feedId];
        bool isNewer = known.length == 0 || observedAt > known[known.length - 1].observedAt;
        bool isTimely = observedAt <= s_clock + 60 && s_clock - _min(observedAt, s_clock) <= config.maxAge;
        bool isInBounds = answer >= config.minAnswer && answer <= config.maxAnswer;
        if (
            !(isNewer && isTimely && isInBounds && _isStepAllowed(config, known, answer, observedAt))
                || s_feedPaused[feedId]
        ) {
            ++refused;
            return false;
        }
        ++accepted;
        known.push(Past(answer, observedAt, round));
        return true;
    }

    function _isStepAllowed(
        IPriceOracle.FeedConfig memory config,
        Past[] storage known,
        int192 answer,
        uint256 observedAt
    ) private view returns (bool) {
        if (known.length == 0 || config.maxMoveBps == 0) return true;
        int256 last = known[known.length - 1].answer;
        int256 moved = answer > last ? answer - last : last - answer;
        uint256 age = observedAt - known[known.length - 1].observedAt;
        uint256 allowedBps = config.maxMoveBps + uint256(config.relaxBpsPerMinute) * age / 60;
        return uint256(moved) * 10_000 <= uint256(last) * allowedBps;
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
