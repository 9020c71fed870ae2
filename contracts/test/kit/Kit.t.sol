// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {LendingMarket, RollupLendingMarket} from "../../kit/LendingMarket.sol";
import {TwapReader} from "../../kit/TwapReader.sol";
import {EvidenceProof} from "../../src/EvidenceProof.sol";
import {FeedProxy} from "../../src/FeedProxy.sol";
import {MovableFeedProxy} from "../../src/MovableFeedProxy.sol";
import {SequencerGuard} from "../../src/SequencerGuard.sol";
import {AggregatorV2V3Interface} from "../../src/interfaces/AggregatorV2V3Interface.sol";
import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Setup, deployOracle} from "../Deployed.sol";
import {OracleTest} from "../OracleTest.sol";
import {Vm} from "../Vm.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title An uptime feed that says what a test wants
contract UptimeFeed {
    int256 public status;
    uint256 public since;

    function set(int256 status_, uint256 since_) external {
        (status, since) = (status_, since_);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (1, status, since, since, 1);
    }
}

/// @title A feed whose latest round says what a test wants
contract OddFeed {
    int256 private s_answer;
    uint256 private s_at;
    uint80 private s_answeredIn;
    uint8 public decimals = 8;
    uint256 public latestRound;

    function set(int256 answer, uint256 when, uint80 answeredIn) external {
        (s_answer, s_at, s_answeredIn) = (answer, when, answeredIn);
    }

    function setDecimals(uint8 decimals_) external {
        decimals = decimals_;
    }

    function setRound(uint256 roundId) external {
        latestRound = roundId;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        return (2, s_answer, s_at, s_at, s_answeredIn);
    }

    function latestAnswer() external view returns (int256) {
        require(s_answer > 0, "no data");
        return s_answer;
    }
}

/// @title Consumers, and the contracts around a feed
contract KitTest is OracleTest {
    int192 private constant PRICE = 65_000e8;

    // ------------------------------------------------------------------------------------------------ the market

    function test_market_LiquidatesByPrice() public {
        LendingMarket market = new LendingMarket(btc, 100);
        _submit(BTC, PRICE, START);
        vm.assertTrue(!market.isLiquidatable(1e8, 52_000e8), "covered: 80 % of 65,000");
        vm.assertTrue(market.isLiquidatable(1e8, 52_000e8 + 1), "not covered");
    }

    function test_market_FailsIf_PriceIsStaleThoughNeighboursAreFresh() public {
        LendingMarket market = new LendingMarket(btc, 100);
        _submit(BTC, PRICE, START);
        vm.warp(START + 101);
        _submit(ETH, PRICE, START + 101);
        vm.expectRevert(abi.encodeWithSelector(LendingMarket.StalePrice.selector, 101, 100));
        market.price();
    }

    function test_market_ReadsAnObservationAheadOfItsBlock() public {
        LendingMarket market = new LendingMarket(btc, 0);
        _submit(BTC, PRICE, START + 60);
        vm.assertEq(market.price(), uint192(PRICE), "no underflow");
    }

    // ------------------------------------------------------------------------------------------------- sequencer

    function test_guard_ReadsWhileTheSequencerIsUp() public {
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(btc);
        _submit(BTC, PRICE, START);
        uptime.set(0, START - 3601);
        (uint256 price, uint256 updatedAt) = guard.read(10);
        vm.assertEq(price, uint192(PRICE), "price");
        vm.assertEq(updatedAt, START, "updatedAt");
        vm.assertEq(new RollupLendingMarket(guard, 10).price(), uint192(PRICE), "market");
    }

    function test_guard_FailsIf_SequencerIsDownOrSilent() public {
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(btc);
        _submit(BTC, PRICE, START);
        bytes memory reason = abi.encodeWithSelector(SequencerGuard.SequencerDown.selector);
        uptime.set(1, START - 10_000);
        _guardFails(guard, 10, reason);
        uptime.set(0, 0);
        _guardFails(guard, 10, reason);
        uptime.set(0, START + 1);
        _guardFails(guard, 10, reason);
    }

    function test_guard_FailsIf_GracePeriodIsJustOver() public {
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(btc);
        _submit(BTC, PRICE, START);
        uptime.set(0, START - 3600);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.GracePeriodNotOver.selector, 3600, 3600));
        uptime.set(0, START - 3601);
        guard.read(10);
    }

    function testFuzz_guard_FailsIf_GracePeriodIsNotOver(uint256 upFor) public {
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(btc);
        _submit(BTC, PRICE, START);
        upFor = _bound(upFor, 0, 3600);
        uptime.set(0, START - upFor);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.GracePeriodNotOver.selector, upFor, 3600));
    }

    function test_guard_FailsIf_PriceIsStaleOrOdd() public {
        OddFeed odd = new OddFeed();
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(AggregatorV2V3Interface(address(odd)));
        uptime.set(0, START - 10_000);
        odd.set(5, START - 11, 2);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.StalePrice.selector, 11, 10));
        odd.set(0, START, 2);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.BadPrice.selector, 0));
        odd.set(5, 0, 2);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.BadPrice.selector, 5));
        odd.set(5, START, 1);
        _guardFails(guard, 10, abi.encodeWithSelector(SequencerGuard.BadPrice.selector, 5));
        odd.set(1, START + 5, 2);
        (, uint256 updatedAt) = guard.read(0);
        vm.assertEq(updatedAt, START + 5, "ahead of the block is not stale");
    }

    // ------------------------------------------------------------------------------------------------------ twap

    /// @notice Against a sum over every second.
    function testFuzz_twap_IsTheAverageOverSeconds(uint256 seed) public {
        TwapReader reader = new TwapReader();
        uint256[40] memory prices;
        uint256 last;
        for (uint256 t; t < 40; ++t) {
            vm.warp(START + t);
            uint256 random = uint256(keccak256(abi.encode(seed, t)));
            if (t == 30 || (t > 30 && random % 3 == 0)) {
                last = _bound(random >> 8, uint192(MIN_ANSWER), uint192(MAX_ANSWER));
                _submit(BTC, int192(uint192(last)), START + t);
            }
            // at most 4 neighbour rounds, so that the ring still has the window
            if (t == 36) _submit(ETH, PRICE, START + t);
            prices[t] = last;
        }
        vm.warp(START + 40);
        uint256 sum;
        for (uint256 t = 35; t < 40; ++t) {
            sum += prices[t];
        }
        vm.assertEq(reader.twap(btc, 5, 10), sum / 5, "average of the last five seconds");
    }

    function test_twap_FailsIf_HistoryIsTooShort() public {
        TwapReader reader = new TwapReader();
        _submit(BTC, PRICE, START - 10);
        _submit(BTC, PRICE, START - 5);
        vm.expectRevert(abi.encodeWithSelector(TwapReader.HistoryTooShort.selector, 10, 11));
        reader.twap(btc, 11, 10);
        vm.expectRevert(abi.encodeWithSelector(TwapReader.HistoryTooShort.selector, 5, 10));
        reader.twap(btc, 10, 0);
        vm.expectRevert(abi.encodeWithSelector(TwapReader.EmptyWindow.selector));
        reader.twap(btc, 0, 0);
    }

    // --------------------------------------------------------------------------------------------- movable proxy

    function test_movable_SpeaksInPhasesOfChainlink() public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        _submit(BTC, PRICE, START - 1);
        _submit(BTC, PRICE + 1, START);
        uint80 phase = uint80(1) << 64;

        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 by) = proxy.latestRoundData();
        vm.assertEq(uint256(id), phase + 2, "roundId");
        vm.assertEq(uint256(by), phase + 2, "answeredInRound");
        vm.assertEq(answer, PRICE + 1, "answer");
        vm.assertTrue(startedAt == START && updatedAt == START, "times");
        (id, answer,,, by) = proxy.getRoundData(phase + 1);
        vm.assertEq(uint256(id), phase + 1, "roundId");
        vm.assertEq(uint256(by), phase + 1, "answeredInRound");
        vm.assertEq(answer, PRICE, "answer");
        vm.assertEq(proxy.latestRound(), phase + 2, "latestRound");
        vm.assertEq(proxy.latestAnswer(), PRICE + 1, "latestAnswer");
        vm.assertEq(proxy.latestTimestamp(), START, "latestTimestamp");
        vm.assertEq(proxy.getAnswer(phase + 1), PRICE, "getAnswer");
        vm.assertEq(proxy.getTimestamp(phase + 1), START - 1, "getTimestamp");
        vm.assertEq(proxy.description(), "BTC / USD", "description");
        vm.assertEq(proxy.version(), 2, "version");
        vm.assertEq(uint256(proxy.decimals()), 8, "decimals");
        vm.assertEq(uint256(proxy.phaseId()), 1, "phaseId");
    }

    function test_movable_KeepsOldPhasesReadable() public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        _submit(BTC, PRICE, START - 1);
        FeedProxy next = FeedProxy(_addFeed("BTC/USD 2", "BTC / USD"));
        _submit("BTC/USD 2", PRICE + 7, START);
        vm.expectEmit(address(proxy));
        emit MovableFeedProxy.AggregatorProposed(address(btc), address(next));
        vm.prank(ADMIN);
        proxy.proposeAggregator(next);
        vm.assertEq(address(proxy.proposedAggregator()), address(next), "can be looked at before");
        vm.expectEmit(address(proxy));
        emit MovableFeedProxy.AggregatorConfirmed(address(btc), address(next), 2);
        vm.prank(ADMIN);
        proxy.confirmAggregator(next);

        vm.assertEq(address(proxy.proposedAggregator()), address(0), "a proposal is confirmed once");
        vm.assertEq(proxy.latestAnswer(), PRICE + 7, "the new one answers");
        vm.assertEq(proxy.latestRound(), (uint256(2) << 64) + 1, "in phase 2");
        vm.assertEq(proxy.getAnswer((uint256(1) << 64) + 1), PRICE, "the old one still answers for its rounds");
        vm.assertEq(proxy.aggregator(), address(next), "aggregator");
        vm.assertEq(proxy.phaseAggregators(1), address(btc), "phase 1");
    }

    function testFuzz_movable_FailsIf_PhaseIsUnknown(uint256 roundId) public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        _submit(BTC, PRICE, START);
        vm.assume(roundId >> 64 != 1);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.UnknownRound.selector, roundId));
        proxy.getAnswer(roundId);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.UnknownRound.selector, roundId));
        proxy.getTimestamp(roundId);
    }

    /// @notice An id that does not fit Chainlink's 80 bits is not cut down to one that does.
    function testFuzz_movable_FailsIf_IdIsLong(uint256 beyond) public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        _submit(BTC, PRICE, START);
        uint256 roundId = (_bound(beyond, 1, type(uint256).max >> 80) << 80) | proxy.latestRound();
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.UnknownRound.selector, roundId));
        proxy.getAnswer(roundId);
    }

    function test_movable_FailsIf_NotProposedSilentOrOfOtherDecimals() public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        OddFeed odd = new OddFeed();
        AggregatorV2V3Interface next = AggregatorV2V3Interface(address(odd));
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.NotProposed.selector, address(next), address(0)));
        proxy.confirmAggregator(next);
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.NotProposed.selector, address(0), address(0)));
        proxy.confirmAggregator(AggregatorV2V3Interface(address(0)));
        vm.prank(ADMIN);
        proxy.proposeAggregator(next);
        odd.setDecimals(18);
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.OtherDecimals.selector, 18, 8));
        proxy.confirmAggregator(next);
        odd.setDecimals(8);
        vm.prank(ADMIN);
        vm.expectRevert("no data");
        proxy.confirmAggregator(next);
    }

    /// @notice Ids of a proxy with phases, as Chainlink's are, would mix with ours and name rounds of other aggregators.
    function test_movable_FailsIf_TheAggregatorHasPhasesOfItsOwn() public {
        _submit(BTC, PRICE, START);
        MovableFeedProxy phased = new MovableFeedProxy(ADMIN, btc);
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        bytes memory refused = abi.encodeWithSelector(MovableFeedProxy.PhasesWithin.selector, (uint256(1) << 64) + 1);
        vm.prank(ADMIN);
        proxy.proposeAggregator(phased);
        vm.prank(ADMIN);
        vm.expectRevert(refused);
        proxy.confirmAggregator(phased);
        vm.assertEq(proxy.aggregator(), address(btc), "stays");

        MovableFeedProxy outer = new MovableFeedProxy(ADMIN, phased);
        vm.expectRevert(refused);
        outer.latestRoundData();
        vm.expectRevert(refused);
        outer.latestRound();
    }

    /// @notice The largest id that fits beside a phase does.
    function test_movable_TakesIdsOf64Bits() public {
        OddFeed odd = new OddFeed();
        odd.setRound(type(uint64).max);
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, AggregatorV2V3Interface(address(odd)));
        vm.assertEq(proxy.latestRound(), (uint256(1) << 64) | type(uint64).max, "roundId");
        odd.setRound(uint256(1) << 80);
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.PhasesWithin.selector, uint256(1) << 80));
        proxy.latestRound();
    }

    function testFuzz_movable_FailsIf_CallerIsNotOwner(address caller) public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        vm.assume(caller != ADMIN);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        proxy.proposeAggregator(btc);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        proxy.confirmAggregator(btc);
    }

    // -------------------------------------------------------------------------------------------------- evidence

    /// @notice A tree of three: the odd leaf moves up, siblings are sorted.
    function test_evidence_ProvesOneObservation() public {
        EvidenceProof evidence = new EvidenceProof();
        (bytes32 root, bytes32[] memory proof, bytes memory observation) = _tree();
        vm.assertTrue(evidence.isObserved(root, observation, proof), "in the tree");
        vm.assertTrue(!evidence.isObserved(root, "another", proof), "not in the tree");
    }

    function test_evidence_BindsTheObservationToSigners() public {
        EvidenceProof evidence = new EvidenceProof();
        (bytes32 root, bytes32[] memory proof, bytes memory observation) = _tree();
        Report memory draft = _report(BTC, PRICE, START);
        draft.evidenceHash = root;
        bytes memory report = _encode(draft);
        bytes memory signatures = _sign(report, 2);
        vm.assertTrue(evidence.isVouchedFor(oracle, report, signatures, observation, proof), "vouched for");

        report[40] ^= 0x01;
        vm.expectRevert();
        evidence.isVouchedFor(oracle, report, signatures, observation, proof);
    }

    // -------------------------------------------------------------------------------------------------- announced

    function test_announces_EmitsChainlinksEventsFromTheProxy() public {
        Setup memory setup = _setup();
        setup.announces = true;
        oracle = deployOracle(vm, setup);
        FeedProxy proxy = FeedProxy(_addFeed(BTC, "BTC / USD"));
        _addFeed(ETH, "ETH / USD");
        _submit(ETH, PRICE, START - 2);
        bytes memory report = _encode(_report(BTC, PRICE, START - 1));
        bytes memory signatures = _sign(report, 2);

        vm.expectEmit(address(proxy));
        emit AggregatorV2V3Interface.AnswerUpdated(PRICE, 2, START - 1);
        vm.expectEmit(address(proxy));
        emit AggregatorV2V3Interface.NewRound(2, STRANGER, START - 1);
        vm.prank(STRANGER);
        oracle.submit(report, signatures);
    }

    function test_announces_NamesOnlyFeedsThatWereAnswered() public {
        Setup memory setup = _setup();
        setup.announces = true;
        oracle = deployOracle(vm, setup);
        _addFeed(BTC, "BTC / USD");
        _addFeed(ETH, "ETH / USD");
        _submit(ETH, PRICE, START - 2);
        vm.recordLogs();
        _submit(BTC, PRICE, START - 1);
        vm.assertEq(vm.getRecordedLogs().length, 3, "the report, and BTC's two");
    }

    function test_announces_FindsTheProxyOfEveryPageAndForm() public {
        Setup memory setup = _setup();
        setup.announces = true;
        oracle = deployOracle(vm, setup);
        for (uint256 i; i < 5; ++i) {
            _addFeed(bytes32(bytes1(uint8(65 + i))), "feed");
        }
        IPriceOracle.FeedConfig memory wide = _config("wide");
        (wide.form, wide.maxAnswer) = (IPriceOracle.Form.Wide, type(int192).max);
        vm.prank(CONFIGURATOR);
        oracle.addFeed("W", wide);
        IPriceOracle.Placement[] memory places = oracle.placements();
        Report memory report = _emptyReport(6);
        for (uint256 i; i < 6; ++i) {
            bytes32 feedId = i < 5 ? bytes32(bytes1(uint8(65 + i))) : bytes32("W");
            // forge-lint: disable-next-line(unsafe-typecast)
            report.answers[i] = _answer(feedId, PRICE + int192(int256(i)), START);
        }
        report.answers[5].answer = type(int192).max - 1; // neither a lane nor two

        vm.recordLogs();
        _submit(report);
        Vm.Log[] memory logs = vm.getRecordedLogs();

        // one page entry per answer: a lane of an earlier entry is carried in the next, and not announced again
        vm.assertEq(logs.length, 13, "the report, and two of each feed");
        for (uint256 i; i < 6; ++i) {
            vm.assertEq(logs[1 + 2 * i].emitter, places[i].proxy, "AnswerUpdated");
            vm.assertEq(uint256(logs[1 + 2 * i].topics[1]), uint192(report.answers[i].answer), "its answer");
            vm.assertEq(logs[2 + 2 * i].emitter, places[i].proxy, "NewRound");
        }
    }

    // ------------------------------------------------------------------------------------------------------- twins

    function testFuzz_market_LiquidatesByPrice(uint256 price, uint256 collateral, uint256 debt) public {
        LendingMarket market = new LendingMarket(btc, 100);
        int192 answer = _boundAnswer(price, MIN_ANSWER, MAX_ANSWER);
        _submit(BTC, answer, START);
        collateral = _bound(collateral, 0, 1e30);
        uint256 worth = collateral * uint192(answer) / 1e8 * 8 / 10;
        debt = _bound(debt, worth > 2 ? worth - 2 : 0, worth + 2);
        vm.assertTrue(market.isLiquidatable(collateral, debt) == (debt > worth), "80 % of the price");
    }

    function testFuzz_guard_ReadsExactlyWhenNothingSpeaksAgainstIt(uint256 since, uint256 maxAge, uint256 seed) public {
        OddFeed odd = new OddFeed();
        (SequencerGuard guard, UptimeFeed uptime) = _guarded(AggregatorV2V3Interface(address(odd)));
        since = seed % 7 == 0 ? 0 : _bound(since, START - 7300, START + 50);
        int256 status = seed % 5 == 0 ? int256(1) : int256(0);
        uptime.set(status, since);
        int256 answer = int256(seed % 4) - 1;
        uint256 seenAt = seed % 11 == 0 ? 0 : START - 100 + (seed >> 16) % 130;
        uint80 answeredIn = uint80(1 + (seed >> 32) % 3);
        odd.set(answer, seenAt, answeredIn);
        maxAge = _bound(maxAge, 0, 130);

        bool isUp = status == 0 && since != 0 && since <= START && START - since > 3600;
        bool isGood = answer > 0 && seenAt != 0 && answeredIn >= 2 && (seenAt >= START || START - seenAt <= maxAge);
        try guard.read(maxAge) returns (uint256 price, uint256 updatedAt) {
            vm.assertTrue(isUp && isGood, "reads only then");
            vm.assertTrue(price == uint256(answer) && updatedAt == seenAt, "what the feed says");
        } catch {
            vm.assertTrue(!(isUp && isGood), "reverts only otherwise");
        }
    }

    /// @notice Any number of phases: each stays readable by its ids, the last one answers.
    function testFuzz_movable_KeepsOldPhasesReadable(uint256 moves, uint256 seed) public {
        MovableFeedProxy proxy = new MovableFeedProxy(ADMIN, btc);
        moves = _bound(moves, 0, 4);
        bytes32 id = BTC;
        int192[] memory answers = new int192[](moves + 1);
        for (uint256 i; i <= moves; ++i) {
            if (i > 0) {
                id = bytes32(i);
                FeedProxy next = FeedProxy(_addFeed(id, "BTC / USD"));
                answers[i] = _boundAnswer(seed >> (32 * i), MIN_ANSWER, MAX_ANSWER);
                _submit(id, answers[i], START + i);
                vm.prank(ADMIN);
                proxy.proposeAggregator(next);
                vm.prank(ADMIN);
                proxy.confirmAggregator(next);
            } else {
                answers[0] = _boundAnswer(seed, MIN_ANSWER, MAX_ANSWER);
                _submit(BTC, answers[0], START);
            }
        }
        vm.assertEq(uint256(proxy.phaseId()), moves + 1, "phaseId");
        vm.assertEq(proxy.latestAnswer(), answers[moves], "latestAnswer");
        for (uint256 i; i <= moves; ++i) {
            uint256 inner = FeedProxy(proxy.phaseAggregators(uint16(i + 1))).latestRound();
            vm.assertEq(proxy.getAnswer(((i + 1) << 64) + inner), answers[i], "each phase by its ids");
        }
        vm.expectRevert(abi.encodeWithSelector(MovableFeedProxy.UnknownRound.selector, (moves + 2) << 64));
        proxy.getAnswer((moves + 2) << 64);
    }

    /// @notice Trees of 1 to 9 leaves, built level by level; another observation, sibling or root is refused.
    function testFuzz_evidence_ProvesOneObservation(bytes32 seed, uint256 size, uint256 chosen) public {
        EvidenceProof evidence = new EvidenceProof();
        bytes32[] memory level = new bytes32[](_bound(size, 1, 9));
        for (uint256 i; i < level.length; ++i) {
            level[i] = keccak256(bytes.concat(keccak256(abi.encodePacked(seed, i))));
        }
        uint256 place = _bound(chosen, 0, level.length - 1);
        bytes memory observation = abi.encodePacked(seed, place);
        (bytes32 root, bytes32[] memory proof) = _climb(level, place);

        vm.assertTrue(evidence.isObserved(root, observation, proof), "in the tree");
        vm.assertTrue(!evidence.isObserved(root, abi.encodePacked(seed, level.length), proof), "another observation");
        vm.assertTrue(!evidence.isObserved(~root, observation, proof), "another root");
        if (proof.length == 0) return;
        proof[chosen % proof.length] ^= bytes32(uint256(1) << (chosen % 256));
        vm.assertTrue(!evidence.isObserved(root, observation, proof), "another sibling");
    }

    // -------------------------------------------------------------------------------------------------- private

    function _guarded(AggregatorV2V3Interface feed) private returns (SequencerGuard guard, UptimeFeed uptime) {
        uptime = new UptimeFeed();
        guard = new SequencerGuard(AggregatorV2V3Interface(address(uptime)), feed, 3600);
    }

    function _guardFails(SequencerGuard guard, uint256 maxAge, bytes memory reason) private {
        vm.expectRevert(reason);
        guard.read(maxAge);
    }

    function _tree() private pure returns (bytes32 root, bytes32[] memory proof, bytes memory observation) {
        observation = '{"answer":"65000","source":"a"}';
        bytes32 a = keccak256(bytes.concat(keccak256(observation)));
        bytes32 b = keccak256(bytes.concat(keccak256("b")));
        bytes32 c = keccak256(bytes.concat(keccak256("c")));
        proof = new bytes32[](2);
        (proof[0], proof[1]) = (b, c);
        root = _pair(_pair(a, b), c);
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(bytes.concat(a, b)) : keccak256(bytes.concat(b, a));
    }

    /// @dev The root of a tree, and the siblings of a leaf; an odd node moves up.
    function _climb(bytes32[] memory level, uint256 place) private pure returns (bytes32, bytes32[] memory proof) {
        while (level.length > 1) {
            if (place ^ 1 < level.length) proof = _with(proof, level[place ^ 1]);
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i; i < above.length; ++i) {
                above[i] = 2 * i + 1 < level.length ? _pair(level[2 * i], level[2 * i + 1]) : level[2 * i];
            }
            (level, place) = (above, place / 2);
        }
        return (level[0], proof);
    }

    function _with(bytes32[] memory list, bytes32 one) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i; i < list.length; ++i) {
            longer[i] = list[i];
        }
        longer[list.length] = one;
    }
}
