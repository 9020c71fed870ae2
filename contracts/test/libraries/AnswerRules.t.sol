// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {AnswerRules} from "../../src/libraries/AnswerRules.sol";
import {Page} from "../../src/libraries/Page.sol";
import {RuleBook} from "../../src/libraries/RuleBook.sol";
import {Vm} from "../Vm.sol";

/// @title The quick check of a page against the rules asked lane by lane, and the rules against plain arithmetic
contract AnswerRulesTest {
    using Page for uint256;

    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant NOW = 1_790_000_000;

    /// @dev A case near the edges: whatever is not near them is refused for one reason and teaches nothing.
    struct Case {
        uint256 old;
        uint256 next;
        RuleBook.Record rules;
    }

    /// @notice Where the quick check says yes, every lane of the page is answered and taken, or has no feed and no answer.
    function testFuzz_takesWhole_NeverSaysYesWrongly(uint256 seed) public pure {
        Case memory c = _nearTheEdges(seed);
        if (!AnswerRules.takesWhole(c.old, c.next, c.rules.mins, c.rules.maxs, NOW)) return;
        vm.assertTrue(_takesWholeSlowly(c), "each lane by itself");
    }

    /// @notice The same for any words at all.
    function testFuzz_takesWhole_NeverSaysYesWronglyToAnything(uint256 old, uint256 next, uint256 mins, uint256 maxs)
        public
        pure
    {
        // limits agree with what mins says of them, as RuleBook.withLimits sees to
        mins = mins & ~(uint256(0xFF) << 216);
        RuleBook.Record memory rules = RuleBook.Record(mins, maxs & ((1 << 192) - 1) & ~GUARDS, 0);
        for (uint256 lane; lane < 4; ++lane) {
            rules.limits |= ((mins >> 192) & 0xFFFFFF) << (64 * lane);
            if (mins.laneOf(lane) != 0 && rules.maxs.laneOf(lane) != 0) continue;
            // no feed: no bounds and no answer yet
            rules.maxs &= ~(Page.LANE_MASK << (48 * lane));
            old &= ~(Page.LANE_MASK << (48 * lane));
        }
        if (!AnswerRules.takesWhole(old, next, rules.mins, rules.maxs, NOW)) return;
        vm.assertTrue(_takesWholeSlowly(Case(old, next, rules)), "each lane by itself");
    }

    /// @notice The usual report is taken the quick way: a small step of every feed, newer and in bounds.
    function testFuzz_takesWhole_SaysYesToTheUsual(uint256 seed) public pure {
        Case memory c;
        (c.old, c.next) = (Page.make(7, (NOW - 30) << 192), (NOW - seed % 25) << 192);
        for (uint256 lane; lane < 1 + seed % 4; ++lane) {
            uint256 price = 1e13 + (seed >> 8) % 1e13;
            c.old |= price << (48 * lane);
            c.next |= (price + price * ((seed >> (32 + 8 * lane)) % 100) / 2000) << (48 * lane);
            c.rules = _with(c.rules, lane, 1, 9e13, 60, 1000);
        }
        vm.assertTrue(AnswerRules.takesWhole(c.old, c.next, c.rules.mins, c.rules.maxs, NOW), "up to 5 % of 10 %");
    }

    /// @notice The quick check says yes at both edges of every rule, for bounds of every shift, and no one beyond.
    function test_takesWhole_GoesAsFarAsItMay() public pure {
        uint256 shifts;
        for (uint256 move; move <= 10_000; move = move == 0 ? 1 : 2 * move) {
            shifts |= _goesAsFarAsItMay(move);
        }
        for (uint256 move = 625; move <= 10_000; move = 2 * move) {
            _goesAsFarAsItMay(move); // exactly 1 / 2**shift
        }
        vm.assertEq(shifts, (1 << 15) - 1, "every shift that a bound can give");
    }

    function _goesAsFarAsItMay(uint256 move) private pure returns (uint256 seen) {
        uint256 shift;
        while (move != 0 && move << shift < 10_000) ++shift;
        Case memory c;
        c.old = Page.make(7, (NOW - 50) << 192);
        for (uint256 lane; lane < 4; ++lane) {
            uint256 last = ((1 << 46) - 1) >> (7 * lane); // all ones, so is every step
            c.old |= last << (48 * lane);
            c.rules = _with(c.rules, lane, 1, (1 << 47) - 1, 45, move);
        }
        for (uint256 lane; lane < 4; ++lane) {
            uint256 last = c.old.laneOf(lane);
            uint256 step = last >> shift;
            _assertEdge(c, lane, last + step, last + step + 1);
            if (step < last) _assertEdge(c, lane, last - step, last - step - 1);
        }
        _assertWhole(c, c.old, NOW - 45, NOW - 46);
        _assertWhole(c, c.old, NOW + 60, NOW + 61);
        c.old = Page.make(7, (NOW - 20) << 192) | c.old.body();
        _assertWhole(c, c.old, NOW - 19, NOW - 20);
        c.old = Page.make(Page.MAX_ROUND - 1, (NOW - 20) << 192) | c.old.body();
        _assertWhole(c, c.old, NOW, NOW - 20);
        return 1 << shift;
    }

    /// @dev A step of one lane is taken to `yes` and not to `no`; the others stand still.
    function _assertEdge(Case memory c, uint256 lane, uint256 yes, uint256 no) private pure {
        uint256 others = c.old.body() & ~(Page.LANE_MASK << (48 * lane)) | (NOW << 192);
        (uint256 mins, uint256 maxs) = (c.rules.mins, c.rules.maxs);
        vm.assertTrue(AnswerRules.takesWhole(c.old, others | yes << (48 * lane), mins, maxs, NOW), "at the edge");
        vm.assertTrue(!AnswerRules.takesWhole(c.old, others | no << (48 * lane), mins, maxs, NOW), "beyond");
    }

    /// @dev The answers of `word` are taken when they are observed at `yes`, not at `no`.
    function _assertWhole(Case memory c, uint256 word, uint256 yes, uint256 no) private pure {
        (uint256 mins, uint256 maxs) = (c.rules.mins, c.rules.maxs);
        vm.assertTrue(AnswerRules.takesWhole(c.old, word.body() | yes << 192, mins, maxs, NOW), "time at the edge");
        vm.assertTrue(!AnswerRules.takesWhole(c.old, word.body() | no << 192, mins, maxs, NOW), "time beyond");
    }

    /// @notice refusal names the first rule that is broken, by arithmetic that cannot overflow or round the wrong way.
    function testFuzz_refusal_IsThePlainRules(uint192 answer, uint32 when, uint192 last, uint32 lastAt, uint256 seed)
        public
        pure
    {
        Ask memory ask = Ask(answer, when, seed % 1000, uint192(uint256(keccak256(abi.encode(seed)))), 0, last, lastAt);
        if (seed % 5 == 0) ask.max = 0;
        if (seed % 3 != 0) ask.when = NOW - 50 + (seed >> 16) % 120;
        if (seed % 2 != 0 && ask.when > 2) ask.lastAt = ask.when - (seed >> 24) % 3;
        if (seed % 7 != 0) ask.answer = ask.last * (9_000 + (seed >> 40) % 2_000) / 10_000;
        if (ask.last == 0) ask.lastAt = 0;
        ask.limits = 40 | ((seed >> 100) % 2000) << 24 | ((seed >> 120) % 1000) << 40;
        vm.assertEq(uint256(_said(ask)), uint256(_plainly(ask)), "reason");
    }

    // -------------------------------------------------------------------------------------------------- private

    uint256 private constant GUARDS = 0x800000000000800000000000800000000000800000000000;

    /// @dev What is asked of the rules.
    struct Ask {
        uint256 answer;
        uint256 when;
        uint256 min;
        uint256 max;
        uint256 limits;
        uint256 last;
        uint256 lastAt;
    }

    function _said(Ask memory ask) private pure returns (IPriceOracle.SkipReason) {
        return AnswerRules.refusal(ask.answer, ask.when, ask.min, ask.max, ask.limits, ask.last, ask.lastAt, NOW);
    }

    function _plainly(Ask memory ask) private pure returns (IPriceOracle.SkipReason) {
        if (ask.max == 0) return IPriceOracle.SkipReason.UnknownFeed;
        if (ask.when <= ask.lastAt) return IPriceOracle.SkipReason.NotNewer;
        if (ask.when > NOW + 60) return IPriceOracle.SkipReason.FromFuture;
        if (NOW > ask.when && NOW - ask.when > ask.limits % (1 << 24)) return IPriceOracle.SkipReason.TooOld;
        if (ask.answer < ask.min || ask.max < ask.answer) return IPriceOracle.SkipReason.OutOfBounds;
        uint256 bound = (ask.limits >> 24) % (1 << 16);
        if (bound == 0 || ask.last == 0) return IPriceOracle.SkipReason.None;
        bound += (ask.when - ask.lastAt) * ((ask.limits >> 40) % (1 << 16)) / 60;
        uint256 up = ask.last + ask.last * bound / 10_000;
        uint256 down = bound >= 10_000 ? 0 : ask.last - ask.last * bound / 10_000;
        return ask.answer > up || ask.answer < down ? IPriceOracle.SkipReason.MovedTooFar : IPriceOracle.SkipReason.None;
    }

    function _takesWholeSlowly(Case memory c) private pure returns (bool) {
        if (c.old >> 255 != 0 || c.rules.mins >> 255 != 0 || c.old.round() == Page.MAX_ROUND) return false;
        bool any;
        for (uint256 lane; lane < 4; ++lane) {
            uint256 answer = c.next.laneOf(lane);
            uint256 old = c.old.laneOf(lane);
            if (old & Page.CARRIED != 0) return false;
            if (answer == 0 && old == 0 && c.rules.maxs.laneOf(lane) == 0) continue;
            any = true;
            Ask memory ask = Ask({
                answer: answer,
                when: c.next.observedAt(),
                min: c.rules.mins.laneOf(lane),
                max: c.rules.maxs.laneOf(lane),
                limits: c.rules.limits >> (64 * lane),
                last: old,
                lastAt: c.old.observedAt()
            });
            IPriceOracle.SkipReason reason = _plainly(ask);
            if (answer == 0 || reason != IPriceOracle.SkipReason.None) return false;
        }
        return any;
    }

    function _nearTheEdges(uint256 seed) private pure returns (Case memory c) {
        c.old = Page.make(seed % 3 == 0 ? Page.MAX_ROUND - 1 + seed % 2 : 5, (NOW - (seed >> 8) % 70) << 192);
        if (seed % 16 == 0) c.old |= 1 << 255;
        c.next = (NOW - 45 + (seed >> 20) % 110) << 192;
        for (uint256 lane; lane < (seed >> 30) % 5; ++lane) {
            uint256 random = uint256(keccak256(abi.encode(seed, lane)));
            uint256 min = 1 + random % 1000;
            uint256 max = min + (random >> 16) % 1e6;
            if (random % 4 == 0) max = (1 << 47) - 1 - random % 3;
            uint256 last = min - 1 + (random >> 64) % (max - min + 3);
            uint256 move = (random >> 100) % 4000;
            uint256 answer = last + last * (move + 2) / 10_000 - (random >> 120) % (2 * last * (move + 2) / 10_000 + 2);
            if (random % 32 == 1) answer |= 1 << 47;
            if (random % 64 == 2) last |= 1 << 47;
            c.old |= (last & Page.LANE_MASK) << (48 * lane);
            c.next |= (answer & Page.LANE_MASK) << (48 * lane);
            c.rules = _with(c.rules, lane, min, max, 40 + random % 3, move);
        }
    }

    /// @dev A record with one more lane, by the way that feeds take into the book.
    function _with(RuleBook.Record memory rules, uint256 lane, uint256 min, uint256 max, uint256 maxAge, uint256 move)
        private
        pure
        returns (RuleBook.Record memory)
    {
        bytes memory book = abi.encodePacked(hex"00", rules.mins, rules.maxs, rules.limits);
        RuleBook.Limits memory limits =
            RuleBook.Limits(uint192(min), uint192(max), uint24(maxAge), uint16(move), move == 0 ? 0 : 1);
        book = RuleBook.withLimits(book, 1, 0, false, lane, limits);
        return RuleBook.recordAt(book, 1, 0);
    }
}
