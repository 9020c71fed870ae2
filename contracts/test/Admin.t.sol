// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {FeedProxy} from "../src/FeedProxy.sol";
import {IPriceOracle} from "../src/interfaces/IPriceOracle.sol";
import {Setup, deployOracle} from "./Deployed.sol";
import {OracleTest} from "./OracleTest.sol";
import {Vm} from "./Vm.sol";

/// @title Offices: admin, configurator, pauser, and the signer set
contract AdminTest is OracleTest {
    // ---------------------------------------------------------------------------------------------- construction

    function test_constructor_StartsWithVersionOne() public view {
        (address[] memory actual, uint8 threshold, uint32 version) = oracle.signerSet();
        vm.assertEq(actual, signers, "signers");
        vm.assertEq(uint256(threshold), 2, "threshold");
        vm.assertEq(uint256(version), 1, "version");
        vm.assertEq(oracle.admin(), ADMIN, "admin");
        vm.assertTrue(!oracle.paused(), "not paused");
    }

    function test_constructor_AnnouncesEveryOffice() public {
        vm.recordLogs();
        address deployed = address(deployOracle(vm, _setup()));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 4, "three offices and the signers");
        _assertMoved(logs[0], IPriceOracle.AdminTransferred.selector, ADMIN);
        _assertMoved(logs[1], IPriceOracle.ConfiguratorChanged.selector, CONFIGURATOR);
        _assertMoved(logs[2], IPriceOracle.PauserChanged.selector, PAUSER);
        vm.assertEq(logs[3].topics[0], IPriceOracle.SignersChanged.selector, "signers");
        vm.assertEq(logs[3].emitter, deployed, "emitter");
    }

    /// @dev An event that an office went from nobody to its first holder.
    function _assertMoved(Vm.Log memory log, bytes32 selector, address holder) private pure {
        vm.assertEq(log.topics[0], selector, "event");
        vm.assertEq(log.topics[1], bytes32(0), "from nobody");
        vm.assertEq(log.topics[2], bytes32(uint256(uint160(holder))), "holder");
    }

    function test_constructor_FailsIf_AdminIsZero() public {
        Setup memory setup = _setup();
        setup.admin = address(0);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.ZeroAdmin.selector));
        deployOracle(vm, setup);
    }

    function testFuzz_constructor_FailsIf_HistoryIsShort(uint8 length) public {
        Setup memory setup = _setup();
        setup.historyLength = uint16(_bound(length, 0, 1));
        vm.expectRevert(
            abi.encodeWithSelector(IPriceOracle.BadHistoryLength.selector, setup.historyLength, 2, type(uint16).max)
        );
        deployOracle(vm, setup);
    }

    function test_constructor_TakesTheLongestAndTheShortestHistory() public {
        Setup memory setup = _setup();
        for (uint256 i; i < 2; ++i) {
            setup.historyLength = i == 0 ? type(uint16).max : 2;
            vm.assertEq(deployOracle(vm, setup).historyLength(), setup.historyLength, "history");
        }
    }

    function test_constructor_FailsIf_SignersAreNotAscending() public {
        (signers[0], signers[1]) = (signers[1], signers[0]);
        Setup memory setup = _setup();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, signers[0], signers[1]));
        deployOracle(vm, setup);
    }

    // -------------------------------------------------------------------------------------------------- signers

    function testFuzz_setSigners_PutsTheSetInOffice(uint256 size, uint256 threshold) public {
        size = _bound(size, 1, 31);
        uint8 m = uint8(_bound(threshold, 1, size));
        _makeSigners(size);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.SignersChanged(2, m, signers);
        vm.prank(ADMIN);
        oracle.setSigners(signers, m);

        (address[] memory actual, uint8 actualThreshold, uint32 version) = oracle.signerSet();
        vm.assertEq(actual, signers, "signers");
        vm.assertEq(uint256(actualThreshold), m, "threshold");
        vm.assertEq(uint256(version), 2, "version");
    }

    function test_setSigners_FailsIf_NoneIsGiven() public {
        _setSignersFails(
            new address[](0), 0, abi.encodeWithSelector(IPriceOracle.BadSignerCount.selector, 0, uint256(31))
        );
    }

    function test_setSigners_FailsIf_TooManyAreGiven() public {
        _makeSigners(32);
        _setSignersFails(signers, 2, abi.encodeWithSelector(IPriceOracle.BadSignerCount.selector, 32, uint256(31)));
    }

    function testFuzz_setSigners_FailsIf_ThresholdIsImpossible(uint8 threshold) public {
        vm.assume(threshold == 0 || threshold > 3);
        _setSignersFails(signers, threshold, abi.encodeWithSelector(IPriceOracle.BadThreshold.selector, threshold, 3));
    }

    function test_setSigners_FailsIf_OneIsZero() public {
        signers[0] = address(0);
        _setSignersFails(
            signers, 2, abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, address(0), address(0))
        );
    }

    function testFuzz_setSigners_FailsIf_OneIsTwice(uint256 place) public {
        place = _bound(place, 1, 2);
        signers[place] = signers[place - 1];
        _setSignersFails(
            signers,
            2,
            abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, signers[place], signers[place])
        );
    }

    // ---------------------------------------------------------------------------------------------------- pause

    function test_pause_WorksForPauserAndAdmin() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.PauseChanged(PAUSER, true);
        vm.prank(PAUSER);
        oracle.pause();
        vm.assertTrue(oracle.paused(), "paused");

        vm.expectEmit(address(oracle));
        emit IPriceOracle.PauseChanged(ADMIN, false);
        vm.prank(ADMIN);
        oracle.unpause();
        vm.assertTrue(!oracle.paused(), "resumed");

        vm.prank(ADMIN);
        oracle.pause();
        vm.assertTrue(oracle.paused(), "paused again");
    }

    function test_pause_TwiceChangesNothing() public {
        vm.prank(PAUSER);
        oracle.pause();
        vm.recordLogs();
        vm.prank(PAUSER);
        oracle.pause();
        vm.assertEq(vm.getRecordedLogs().length, 0, "no event");
        vm.assertTrue(oracle.paused(), "paused");
    }

    function test_unpause_FailsIf_NotPaused() public {
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NotPaused.selector));
        oracle.unpause();
    }

    function test_unpause_FailsIf_CallerIsPauser() public {
        vm.prank(PAUSER);
        oracle.pause();
        _expectUnauthorized(PAUSER);
        oracle.unpause();
    }

    function test_unpause_ResumesWithTheOldRound() public {
        _submit(BTC, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pause();
        vm.prank(ADMIN);
        oracle.unpause();
        vm.assertEq(btc.latestRound(), 1, "round");
        _submit(BTC, MIN_ANSWER, START + 1);
        vm.assertEq(btc.latestRound(), 2, "round");
    }

    // ----------------------------------------------------------------------------------------------- one feed's pause

    function test_pauseFeed_StopsThatFeedAlone() public {
        _submit(BTC, MIN_ANSWER, START - 2);
        _submit(ETH, MIN_ANSWER, START - 2);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.FeedPauseChanged(BTC, PAUSER, true);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);

        vm.assertTrue(oracle.feedPaused(BTC) && !oracle.feedPaused(ETH), "feedPaused");
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.PausedFeed.selector, BTC));
        btc.latestRoundData();
        (bool ok,,) = oracle.tryRead(BTC);
        vm.assertTrue(!ok, "tryRead");
        (int192 answer,) = oracle.read(ETH);
        vm.assertEq(int256(answer), int256(MIN_ANSWER), "the neighbour goes on");
    }

    function test_pauseFeed_SkipsItsAnswersAndTakesTheNeighbours() public {
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        Report memory report = _emptyReport(2);
        report.answers[0] = _answer(BTC, MIN_ANSWER, START);
        report.answers[1] = _answer(ETH, MIN_ANSWER, START);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AnswerSkipped(BTC, 0, 0, IPriceOracle.SkipReason.FeedPaused, uint192(MIN_ANSWER), START);
        _submit(report);
        _assertLatest(BTC, 0, 0, 0);
        _assertLatest(ETH, MIN_ANSWER, START, 1);
    }

    function test_pauseFeed_TwiceChangesNothing() public {
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.recordLogs();
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.assertEq(vm.getRecordedLogs().length, 0, "no event");
    }

    function test_unpauseFeed_ResumesWithTheOldRound() public {
        _submit(BTC, MIN_ANSWER, START - 2);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.prank(ADMIN);
        oracle.unpauseFeed(BTC);
        vm.assertEq(btc.latestRound(), 1, "round");
        _submit(BTC, MIN_ANSWER, START);
        vm.assertEq(btc.latestRound(), 2, "round");
    }

    function test_unpause_LeavesTheFeedsPause() public {
        _submit(BTC, MIN_ANSWER, START);
        _submit(ETH, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.prank(PAUSER);
        oracle.pause();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Paused.selector));
        oracle.read(ETH);
        vm.prank(ADMIN);
        oracle.unpause();

        oracle.read(ETH);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.PausedFeed.selector, BTC));
        oracle.read(BTC);
    }

    function test_unpauseFeed_LeavesTheOraclesPause() public {
        _submit(BTC, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.prank(PAUSER);
        oracle.pause();
        vm.prank(ADMIN);
        oracle.unpauseFeed(BTC);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Paused.selector));
        oracle.read(BTC);
    }

    function test_unpauseFeed_LeavesTheNeighboursPause() public {
        _submit(ETH, MIN_ANSWER, START);
        vm.prank(PAUSER);
        oracle.pauseFeed(BTC);
        vm.prank(PAUSER);
        oracle.pauseFeed(ETH);
        vm.prank(ADMIN);
        oracle.unpauseFeed(BTC);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.PausedFeed.selector, ETH));
        oracle.read(ETH);
    }

    function test_unpauseFeed_FailsIf_NotPaused() public {
        vm.prank(ADMIN);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NotPaused.selector));
        oracle.unpauseFeed(BTC);
    }

    function test_pauseFeed_FailsIf_FeedIsUnknown() public {
        vm.prank(PAUSER);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, bytes32("NO/FEED")));
        oracle.pauseFeed("NO/FEED");
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.UnknownFeed.selector, bytes32("NO/FEED")));
        oracle.feedPaused("NO/FEED");
    }

    function test_addFeed_OpensAPageThatIsPausedWithTheOracle() public {
        vm.prank(PAUSER);
        oracle.pause();
        IPriceOracle.FeedConfig memory config = _config("W / USD");
        config.form = IPriceOracle.Form.Wide;
        vm.prank(CONFIGURATOR);
        FeedProxy proxy = FeedProxy(oracle.addFeed("W/USD", config));
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Paused.selector));
        proxy.latestRoundData();
    }

    // ------------------------------------------------------------------------------------------------- two steps

    function test_acceptAdmin_MovesTheOffice() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AdminTransferStarted(ADMIN, STRANGER);
        vm.prank(ADMIN);
        oracle.transferAdmin(STRANGER);
        vm.assertEq(oracle.admin(), ADMIN, "still the old one");

        vm.expectEmit(address(oracle));
        emit IPriceOracle.AdminTransferred(ADMIN, STRANGER);
        vm.prank(STRANGER);
        oracle.acceptAdmin();
        vm.assertEq(oracle.admin(), STRANGER, "the new one");
        vm.assertEq(oracle.pendingAdmin(), address(0), "offer is used up");

        _expectUnauthorized(ADMIN);
        oracle.transferAdmin(ADMIN);
    }

    function testFuzz_acceptAdmin_FailsIf_NotNamed(address caller) public {
        vm.assume(caller != STRANGER);
        vm.prank(ADMIN);
        oracle.transferAdmin(STRANGER);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NotPendingAdmin.selector, caller, STRANGER));
        oracle.acceptAdmin();
    }

    function test_acceptAdmin_FailsIf_OfferWasWithdrawn() public {
        vm.prank(ADMIN);
        oracle.transferAdmin(STRANGER);
        vm.prank(ADMIN);
        oracle.transferAdmin(address(0));
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.NotPendingAdmin.selector, STRANGER, address(0)));
        oracle.acceptAdmin();
    }

    // ---------------------------------------------------------------------------------------------------- roles

    function test_setConfigurator_MovesTheOffice() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ConfiguratorChanged(CONFIGURATOR, STRANGER);
        vm.prank(ADMIN);
        oracle.setConfigurator(STRANGER);
        vm.assertEq(oracle.configurator(), STRANGER, "configurator");

        _expectUnauthorized(CONFIGURATOR);
        oracle.updateFeed(BTC, _config("x"));
        vm.prank(STRANGER);
        oracle.updateFeed(BTC, _config("x"));
    }

    function test_setPauser_MovesTheOffice() public {
        vm.expectEmit(address(oracle));
        emit IPriceOracle.PauserChanged(PAUSER, STRANGER);
        vm.prank(ADMIN);
        oracle.setPauser(STRANGER);
        vm.assertEq(oracle.pauser(), STRANGER, "pauser");

        _expectUnauthorized(PAUSER);
        oracle.pause();
        vm.prank(STRANGER);
        oracle.pause();
    }

    function testFuzz_addFeed_FailsIf_CallerHasNoRight(address caller) public {
        vm.assume(caller != ADMIN && caller != CONFIGURATOR);
        _expectUnauthorized(caller);
        oracle.addFeed("SOL/USD", _config("x"));
    }

    function testFuzz_updateFeed_FailsIf_CallerHasNoRight(address caller) public {
        vm.assume(caller != ADMIN && caller != CONFIGURATOR);
        _expectUnauthorized(caller);
        oracle.updateFeed(BTC, _config("x"));
    }

    function testFuzz_pause_FailsIf_CallerHasNoRight(address caller) public {
        vm.assume(caller != ADMIN && caller != PAUSER);
        _expectUnauthorized(caller);
        oracle.pause();
        _expectUnauthorized(caller);
        oracle.pauseFeed(BTC);
    }

    function test_addFeed_FailsIf_OfficeWasEmptied() public {
        vm.prank(ADMIN);
        oracle.setConfigurator(address(0));
        _expectUnauthorized(CONFIGURATOR);
        oracle.addFeed("SOL/USD", _config("x"));
    }

    function testFuzz_adminCalls_FailIf_CallerIsNotAdmin(address caller) public {
        vm.assume(caller != ADMIN);
        _expectUnauthorized(caller);
        oracle.setSigners(signers, 1);
        _expectUnauthorized(caller);
        oracle.unpause();
        _expectUnauthorized(caller);
        oracle.unpauseFeed(BTC);
        _expectUnauthorized(caller);
        oracle.transferAdmin(caller);
        _expectUnauthorized(caller);
        oracle.setConfigurator(caller);
        _expectUnauthorized(caller);
        oracle.setPauser(caller);
    }

    // ------------------------------------------------------------------------------------------------------- twins

    function testFuzz_constructor_FailsIf_SignersAreNotAscending(uint256 a, uint256 b, uint256 size) public {
        _makeSigners(_bound(size, 2, 31));
        (a, b) = (_bound(a, 0, signers.length - 1), _bound(b, 0, signers.length - 1));
        vm.assume(a != b);
        (signers[a], signers[b]) = (signers[b], signers[a]);
        Setup memory setup = _setup();
        (address previous, address signer) = _firstDescent();
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, previous, signer));
        deployOracle(vm, setup);
        _setSignersFails(
            signers, 2, abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, previous, signer)
        );
    }

    function testFuzz_setSigners_FailsIf_TooManyAreGiven(uint256 count) public {
        count = _bound(count, 32, 200);
        _setSignersFails(
            new address[](count), 1, abi.encodeWithSelector(IPriceOracle.BadSignerCount.selector, count, uint256(31))
        );
    }

    function testFuzz_offices_MoveToWhomeverTheAdminNames(address next) public {
        vm.assume(next != ADMIN && next != address(0));
        vm.expectEmit(address(oracle));
        emit IPriceOracle.PauserChanged(PAUSER, next);
        vm.prank(ADMIN);
        oracle.setPauser(next);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.ConfiguratorChanged(CONFIGURATOR, next);
        vm.prank(ADMIN);
        oracle.setConfigurator(next);
        vm.prank(ADMIN);
        oracle.transferAdmin(next);
        vm.expectEmit(address(oracle));
        emit IPriceOracle.AdminTransferred(ADMIN, next);
        vm.prank(next);
        oracle.acceptAdmin();

        vm.assertTrue(oracle.pauser() == next && oracle.configurator() == next && oracle.admin() == next, "offices");
        vm.assertEq(oracle.pendingAdmin(), address(0), "offer");
        _expectUnauthorized(ADMIN);
        oracle.setPauser(ADMIN);
    }

    /// @notice Whatever is paused and resumed, a feed is stopped exactly while it or the oracle is paused, and every change
    ///         has its event.
    function testFuzz_pauses_StopExactlyWhatTheyName(uint256 steps) public {
        _submit(BTC, MIN_ANSWER, START - 1);
        _submit(ETH, MIN_ANSWER, START - 1);
        bool[3] memory isPaused; // BTC, ETH, all
        for (uint256 i; i < 12; ++i) {
            uint256 which = (steps >> (2 * i)) % 3;
            bytes32 feedId = which == 0 ? BTC : ETH;
            isPaused[which] = !isPaused[which];
            vm.expectEmit(address(oracle));
            if (which == 2) emit IPriceOracle.PauseChanged(ADMIN, isPaused[2]);
            else emit IPriceOracle.FeedPauseChanged(feedId, ADMIN, isPaused[which]);
            vm.prank(ADMIN);
            if (which == 2 && isPaused[2]) oracle.pause();
            else if (which == 2) oracle.unpause();
            else if (isPaused[which]) oracle.pauseFeed(feedId);
            else oracle.unpauseFeed(feedId);

            (bool readsBtc,,) = oracle.tryRead(BTC);
            (bool readsEth,,) = oracle.tryRead(ETH);
            vm.assertTrue(readsBtc == !(isPaused[2] || isPaused[0]), "BTC");
            vm.assertTrue(readsEth == !(isPaused[2] || isPaused[1]), "ETH");
            vm.assertTrue(oracle.paused() == isPaused[2], "paused");
        }
    }

    // -------------------------------------------------------------------------------------------------- private

    /// @dev The next call comes from `caller` and is refused.
    function _expectUnauthorized(address caller) private {
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.Unauthorized.selector, caller));
    }

    function _setSignersFails(address[] memory set, uint8 threshold, bytes memory reason) private {
        vm.prank(ADMIN);
        vm.expectRevert(reason);
        oracle.setSigners(set, threshold);
    }

    /// @dev The first signer that is not above the one before it, and that one.
    function _firstDescent() private view returns (address previous, address signer) {
        uint256 i = 1;
        while (signers[i] > signers[i - 1]) ++i;
        return (signers[i - 1], signers[i]);
    }
}
