// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {AnswerRules} from "../../src/libraries/AnswerRules.sol";
import {Page} from "../../src/libraries/Page.sol";

/// @title Properties for every input there is, proved by halmos; forge does not run them
/// @dev pip install halmos==0.3.3; in contracts/: halmos --contract SymbolicTest --forge-build-out out --loop 16
contract SymbolicTest {
    using Page for uint256;

    /// @notice One guarded subtraction says a >= b for every lane.
    function check_guards_CompareEveryLane(uint256 a, uint256 b, uint256 lane) public pure {
        if (lane > 3 || a & Page.GUARDS != 0 || b & Page.GUARDS != 0) return;
        uint256 guards;
        unchecked {
            guards = (a | Page.GUARDS) - b;
        }
        bool said = (guards >> (48 * lane + 47)) & 1 == 1;
        assert(said == (a.laneOf(lane) >= b.laneOf(lane)));
    }

    /// @notice What is packed is what is unpacked.
    function check_make_IsUndoneByItsParts(uint32 round, uint32 time, uint192 body) public pure {
        if (round > Page.MAX_ROUND) return;
        uint256 word = Page.make(round, (uint256(time) << 192) | body);
        assert(word.round() == round && word.observedAt() == time && word.body() == body && !word.needsAttention());
        assert(word.own() == ((uint256(round) << 32) | time));
    }

    /// @notice Writing one lane leaves the others.
    function check_lanes_DoNotLeak(uint192 body, uint48 value, uint256 lane, uint256 other) public pure {
        if (lane > 3 || other > 3 || lane == other) return;
        uint256 shift = lane * 48;
        uint256 changed = (body & ~(Page.LANE_MASK << shift)) | (uint256(value) << shift);
        assert(changed.laneOf(other) == uint256(body).laneOf(other) && changed.laneOf(lane) == value);
    }

    /// @notice A page that is taken whole is newer, timely, packed, not flagged, and carries nothing.
    function check_takesWhole_KeepsTheRulesOfThePage(uint256 old, uint224 next, uint256 mins, uint192 maxs, uint32 now_)
        public
        pure
    {
        // as RuleBook writes records: a page that exists has both, one that does not has neither
        if ((mins == 0) != (maxs == 0)) return;
        if (!AnswerRules.takesWhole(old, next, mins, maxs, now_)) return;
        uint256 observedAt = uint256(next).observedAt();
        assert(observedAt > old.observedAt() && observedAt <= uint256(now_) + 60);
        assert(observedAt + ((mins >> 192) & 0xFFFFFF) >= now_);
        assert(!old.needsAttention() && old.round() < Page.MAX_ROUND && mins >> 255 == 0 && maxs != 0);
        assert((old | next) & Page.GUARDS == 0);
    }

    /// @notice In a page that is taken whole, every lane is in its bounds. Bounds are values, as RuleBook has them.
    function check_takesWhole_KeepsTheBoundsOfEveryLane(
        uint256 old,
        uint224 next,
        uint256 mins,
        uint192 maxs,
        uint32 now_,
        uint256 lane
    ) public pure {
        if (lane > 3 || mins & Page.GUARDS != 0 || maxs & Page.GUARDS != 0) return;
        if (!AnswerRules.takesWhole(old, next, mins, maxs, now_)) return;
        uint256 answer = uint256(next).laneOf(lane);
        assert(answer >= mins.laneOf(lane) && answer <= uint256(maxs).laneOf(lane));
    }

    /// @notice In a page that is taken whole, no lane steps by more than its last answer / 2**shift, for each shift that a
    ///         bound can give: 1/10000 << 14 is more than the whole.
    /// @dev Each shift is a number of its own here; one that may be any is too hard for the solver.
    function check_takesWhole_KeepsTheStepOfEveryLane(
        uint256 old,
        uint224 next,
        uint256 mins,
        uint192 maxs,
        uint32 now_,
        uint256 shift
    ) public pure {
        if (mins & Page.GUARDS != 0 || maxs & Page.GUARDS != 0) return;
        for (uint256 given; given <= 14; ++given) {
            if (given != shift) continue;
            uint256 rules = (mins & ~(uint256(0xFF) << 216)) | (given << 216);
            if (!AnswerRules.takesWhole(old, next, rules, maxs, now_)) return;
            for (uint256 lane; lane < 4; ++lane) {
                uint256 last = old.laneOf(lane);
                uint256 answer = uint256(next).laneOf(lane);
                assert(answer >= last - (last >> given) && answer <= last + (last >> given));
            }
        }
    }

    /// @notice An answer that no rule refuses is newer, timely and in bounds.
    function check_refusal_KeepsTimeAndBounds(
        uint192 answer,
        uint32 observedAt,
        uint192 min,
        uint192 max,
        uint24 maxAge,
        uint192 last,
        uint32 lastAt,
        uint32 now_
    ) public pure {
        if (
            AnswerRules.refusal(answer, observedAt, min, max, maxAge, last, lastAt, now_)
                != IPriceOracle.SkipReason.None
        ) return;
        assert(observedAt > lastAt && observedAt <= uint256(now_) + 60 && uint256(observedAt) + maxAge >= now_);
        assert(answer >= min && answer <= max && max != 0);
    }
}
