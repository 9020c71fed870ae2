// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IPriceOracle} from "../../src/interfaces/IPriceOracle.sol";
import {Reports} from "../../src/libraries/Reports.sol";
import {Vm} from "../Vm.sol";

/// @title The wire format against abi.encode and plain slices
contract ReportsTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice Every length from nothing to five entries: whole entries behind a head are counted, all else is refused.
    function test_count_OfEveryLength() public {
        for (uint256 length; length <= 36 + 5 * 30; ++length) {
            bytes memory report = new bytes(length);
            bool isWhole = length > 36 && (length - 36) % 30 == 0;
            if (!isWhole) {
                vm.expectRevert(abi.encodeWithSelector(IPriceOracle.BadReportLength.selector, length, 36, 30));
            }
            uint256 entries = this.count(report);
            if (isWhole) vm.assertEq(entries, (length - 36) / 30, "entries");
        }
    }

    /// @notice The digest is that of EIP-712, written out with abi.encode.
    function testFuzz_digest_IsThePlainOne(bytes32 domain, uint32 version, bytes32 evidence, bytes calldata entries)
        public
        view
    {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Report(uint32 signerSetVersion,bytes32 evidenceHash,bytes entries)"),
                version,
                evidence,
                keccak256(entries)
            )
        );
        bytes32 plain = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        vm.assertEq(this.digest(domain, abi.encodePacked(version, evidence, entries)), plain, "digest");
    }

    /// @notice Hashing leaves what others keep in memory as it is.
    function testFuzz_digest_DisturbsNoMemory(bytes calldata report, bytes memory kept) public pure {
        vm.assume(report.length >= 36);
        bytes32 before = keccak256(kept);
        Reports.digest(bytes32(0), report);
        bytes memory later = new bytes(64);
        vm.assertTrue(keccak256(kept) == before && keccak256(later) == keccak256(new bytes(64)), "memory");
    }

    /// @notice An entry is its parts, wherever it stands.
    function testFuzz_entryAt_ReadsItsParts(uint16 index, uint32 observedAt, uint192 body, uint8 before) public view {
        bytes memory report = abi.encodePacked(new bytes(before), index, observedAt, body);
        (uint256 i, uint256 stamped) = this.entryAt(report, before);
        vm.assertEq(i, index, "index");
        vm.assertEq(stamped, (uint256(observedAt) << 192) | body, "time and body");
    }

    // -------------------------------------------------------------------------------------------------- external

    function count(bytes calldata report) external pure returns (uint256) {
        return Reports.count(report);
    }

    function digest(bytes32 domain, bytes calldata report) external pure returns (bytes32) {
        return Reports.digest(domain, report);
    }

    function entryAt(bytes calldata report, uint256 offset) external pure returns (uint256, uint256) {
        return Reports.entryAt(report, offset);
    }
}
