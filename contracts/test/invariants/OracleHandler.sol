// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../../src/FeedProxy.sol";
import {IPriceOracle} from "../../src/IPriceOracle.sol";
import {OracleTest} from "../OracleTest.sol";

/// @title The actions of an invariant run, and a model of what they should leave behind
/// @dev The model keeps whole histories in plain arrays and knows the rules in its own words; it shares no code with src.
contract OracleHandler is OracleTest {
    bytes32[] private s_feeds = [BTC, ETH];
    mapping(bytes32 feedId => IPriceOracle.FeedView[]) private s_rounds;
    mapping(bytes32 feedId => IPriceOracle.FeedConfig) private s_configs;

    /// @notice Signer sets put in office after the first.
    uint256 public rotations;

    /// @notice Whether the model is paused.
    bool public paused;

    /// @notice Answers that opened a round, and answers that did not.
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
        s_configs[BTC] = _config("BTC / USD");
        s_configs[ETH] = _config("ETH / USD");
    }

    // -------------------------------------------------------------------------------------------------- actions

    /// @notice Send a report of 1 to 4 answers, most near the edges of the rules, and compare with the model.
    function submit(uint256 seed) external atClock {
        if (paused) return;
        IPriceOracle.Report memory report = _emptyReport(1 + seed % 4);
        for (uint256 i; i < report.answers.length; ++i) {
            report.answers[i] = _randomAnswer(uint256(keccak256(abi.encode(seed, i))));
        }
        _submit(report);
        for (uint256 i; i < report.answers.length; ++i) {
            _learn(report.answers[i]);
        }
    }

    /// @notice Let up to four minutes pass.
    function passTime(uint256 seconds_) external {
        s_clock += seconds_ % 240;
    }

    /// @notice Change bounds and age of a feed.
    function configure(uint256 feed, uint256 min, uint256 max, uint256 maxAge) external atClock {
        bytes32 feedId = s_feeds[feed % 2];
        IPriceOracle.FeedConfig memory config = _config("changed");
        config.maxAnswer = _boundAnswer(max, MIN_ANSWER, MAX_ANSWER);
        config.minAnswer = _boundAnswer(min, 1, config.maxAnswer);
        config.maxAge = uint32(_bound(maxAge, 1, MAX_AGE));
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

    // --------------------------------------------------------------------------------------------------- model

    /// @notice Return the oracle under test.
    function target() external view returns (IPriceOracle) {
        return oracle;
    }

    /// @notice Return the feeds of the run.
    function feeds() external view returns (bytes32[] memory) {
        return s_feeds;
    }

    /// @notice Return all rounds that a feed should have had, the first at index 0.
    function rounds(bytes32 feedId) external view returns (IPriceOracle.FeedView[] memory) {
        return s_rounds[feedId];
    }

    /// @notice Return the proxy of a feed.
    function proxy(bytes32 feedId) external view returns (FeedProxy) {
        return FeedProxy(oracle.proxyOf(feedId));
    }

    function _randomAnswer(uint256 seed) private view returns (IPriceOracle.FeedAnswer memory) {
        bytes32 feedId = seed % 8 == 0 ? bytes32("NO/FEED") : s_feeds[(seed >> 8) % 2];
        uint256 observedAt = s_clock + 70 - (seed >> 16) % (MAX_AGE + 80);
        int192 price = _boundAnswer(uint128(seed >> 128), 0, MAX_ANSWER + MIN_ANSWER);
        return _answer(feedId, price, observedAt);
    }

    function _learn(IPriceOracle.FeedAnswer memory answer) private {
        IPriceOracle.FeedConfig memory config = s_configs[answer.feedId];
        IPriceOracle.FeedView[] storage past = s_rounds[answer.feedId];
        bool isKnown = bytes(config.description).length > 0;
        bool isNewer = past.length == 0 || answer.observedAt > past[past.length - 1].observedAt;
        bool isTimely = answer.observedAt <= s_clock + 60 && s_clock - _min(answer.observedAt, s_clock) <= config.maxAge;
        bool isInBounds = answer.answer >= config.minAnswer && answer.answer <= config.maxAnswer;
        if (!(isKnown && isNewer && isTimely && isInBounds)) {
            ++refused;
            return;
        }
        ++accepted;
        // forge-lint: disable-next-item(unsafe-typecast)
        past.push(IPriceOracle.FeedView(answer.answer, answer.observedAt, uint64(s_clock), uint80(past.length + 1)));
    }

    function _min(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
