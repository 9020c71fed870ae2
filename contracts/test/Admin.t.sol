// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../src/IPriceOracle.sol";
import {PriceOracle} from "../src/PriceOracle.sol";
import {OracleTest} from "./OracleTest.sol";

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

    function test_constructor_FailsIf_AdminIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.ZeroAdmin.selector));
        new PriceOracle(address(0), signers, 2);
    }

    function test_constructor_FailsIf_SignersAreNotAscending() public {
        (signers[0], signers[1]) = (signers[1], signers[0]);
        vm.expectRevert(abi.encodeWithSelector(IPriceOracle.SignersNotAscending.selector, signers[0], signers[1]));
        new PriceOracle(ADMIN, signers, 2);
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
        oracle.transferAdmin(caller);
        _expectUnauthorized(caller);
        oracle.setConfigurator(caller);
        _expectUnauthorized(caller);
        oracle.setPauser(caller);
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
}
